"""Tests for replies that repeat what was asked."""

from __future__ import annotations

import html
import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.servers.web.inspector.templates import Told, asks_for_json, fill

TOLD = Told(
    "POST",
    "/hook/a",
    {"hub.challenge": "123", "x": '"<b>'},
    {"user-agent": "slack"},
    {"challenge": "abc", "a": {"b": [1, {"c": True}]}, "a.b": "dotted"},
)


class FillTests(SynchronousTestCase):
    """`fill`."""

    def test_places(self) -> None:
        """Each kind, the ways into JSON included; what is not there is empty, and other braces stay."""
        for text, filled in (
            ("{method} {path}", "POST /hook/a"),
            ("{query.hub.challenge}", "123"),
            ("{header.User-Agent}", "slack"),
            ("{json.challenge}", "abc"),
            ("{json.a.b}", "dotted"),
            ("{json.a.b.1.c}", "true"),
            ("{query.none}{header.none}{json.none}{json.a.c}", ""),
            ('{"a": {}, "b": {x}, "c": {json}, "d": {query.}}', '{"a": {}, "b": {x}, "c": {json}, "d": {query.}}'),
        ):
            self.assertEqual(fill(text, TOLD, "text/plain"), filled, text)
        self.assertEqual(
            fill("{json.b.1.c}{json.b.9}", Told("", "", {}, {}, {"b": [0, {"c": True}]}), "text/plain"), "true"
        )
        self.assertEqual(fill("{json.a}", Told("", "", {}, {}, "text"), "text/plain"), "")

    def test_what_it_asks_for(self) -> None:
        """The body is read only if something of it is repeated."""
        self.assertTrue(asks_for_json("a {json.b}"))
        self.assertFalse(asks_for_json("a {query.json}"))

    @given(st.text(max_size=30))
    def test_no_way_out(self, value: str) -> None:
        """Nothing breaks out of JSON, and nothing becomes HTML; a value is not filled again."""
        told = Told("GET", "/", {"x": value}, {})
        self.assertEqual(json.loads(fill('{"a": "{query.x}"}', told, "application/json; charset=utf-8")), {"a": value})
        shown = fill("<p>{query.x}</p>", told, "text/html")
        self.assertEqual(html.unescape(shown), f"<p>{value}</p>")
        self.assertEqual(shown.count("<"), 2)
        self.assertEqual(fill("{query.x}", Told("GET", "/", {"x": "{path}"}, {}), "text/plain"), "{path}")
