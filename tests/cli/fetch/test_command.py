"""`tnet fetch …`: argv in, plan out."""

from __future__ import annotations

from typing import Any

import click
from twisted.trial.unittest import TestCase

from tnet.cli.main import parse
from tnet.plans.fetch import Body


def plan(*argv: str) -> Any:
    """The plan of a command line after `tnet fetch`."""
    asked = parse(["fetch", *argv])
    assert asked is not None
    return asked.plan


class FetchTests(TestCase):
    """From the words of a person to a FetchPlan."""

    def test_get_by_default(self) -> None:
        """A URL alone is a GET; http where no scheme is named."""
        self.assertEqual((plan("h/x").method, plan("h/x").url, plan("h").body), ("GET", "http://h/x", None))

    def test_method_first(self) -> None:
        """An upper-case word before the URL is the method, even when the URL looks like an item."""
        for words in (("PUT", "localhost:8080"), ("put", "localhost:8080"), ("PURGE", "localhost:8080")):
            self.assertEqual((plan(*words).method, plan(*words).url), (words[0].upper(), "http://localhost:8080/"))
        self.assertEqual(plan("localhost", "a=b").url, "http://localhost/")

    def test_items_make_a_json_body(self) -> None:
        """name=value items are a JSON object, sent with POST."""
        asked = plan("h", "a=1", "b:=2", "X-Y:z", "q==r")
        self.assertEqual((asked.method, asked.url, asked.body), ("POST", "http://h/?q=r", Body(b'{"a": "1", "b": 2}')))
        self.assertIn(("X-Y", "z"), asked.headers)
        self.assertIn(("Content-Type", "application/json"), asked.headers)

    def test_form(self) -> None:
        """--form sends the items as a form."""
        self.assertEqual(plan("--form", "h", "a=1 2").body, Body(b"a=1+2"))

    def test_given_header_wins(self) -> None:
        """A header of the user's replaces the one that follows from the body."""
        types = [value for name, value in plan("h", "a=1", "content-type:x").headers if name.lower() == "content-type"]
        self.assertEqual(types, ["x"])

    def test_data(self) -> None:
        """--data is text, a file, or stdin, and excludes items; stdin is read only when asked for."""
        self.assertEqual(plan("h", "--data", "x").body, Body(b"x"))
        self.assertEqual(plan("h", "--data", "@f").body, Body(path="f"))
        self.assertEqual(plan("h", "--data", "-").body, Body(path="-"))
        self.assertRaises(click.UsageError, plan, "h", "--data", "x", "a=b")

    def test_login_in_the_url_is_taken_out(self) -> None:
        """User information becomes an Authorization header, and is in no repr."""
        asked = plan("http://us%65r:p%40ss@h/")
        self.assertEqual(asked.url, "http://h/")
        self.assertEqual(dict(asked.headers)["Authorization"], "Basic dXNlcjpwQHNz")
        self.assertNotIn("dXNlcjpwQHNz", repr(asked))
        self.assertEqual(
            [bool(plan(url).cautions) for url in ("http://u:p@h/", "http://u@h/", "h")], [True, False, False]
        )

    def test_head(self) -> None:
        """-I asks for the head alone and prints it."""
        self.assertEqual(
            (plan("-I", "h").method, plan("-I", "h").include, plan("-I", "h").head_only), ("HEAD", True, True)
        )
