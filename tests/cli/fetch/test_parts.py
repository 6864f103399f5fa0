"""Words and options in, FetchPlan out."""

from __future__ import annotations

import os
from typing import Any
from unittest.mock import patch

import click
from twisted.trial.unittest import TestCase

from tnet.cli.main import parse
from tnet.plans.fetch import Body, FetchPlan, Keeping, Login, Memory, Patience, Retrying, Showing, Way
from tnet.plans.proxies import Proxy
from tnet.plans.routes import Override
from tnet.plans.tls import TlsDialing


def plan(*argv: str) -> Any:
    """The plan of a command line after `tnet fetch`."""
    asked = parse(["fetch", *argv])
    assert asked is not None
    return asked.plan


class Case(TestCase):
    """With a short way to expect a usage error."""

    def refused(self, *argv: str) -> str:
        """The message of the usage error that a command line is."""
        return self.assertRaises(click.UsageError, plan, *argv).format_message()


class RequestTests(Case):
    """Method, URLs, headers and body."""

    def test_the_plainest(self) -> None:
        """A URL alone is a GET with nothing but defaults; http where no scheme is named."""
        self.assertEqual(plan("h/x"), FetchPlan(method="GET", urls=("http://h/x",)))

    def test_method_first(self) -> None:
        """An upper-case word before the URL is the method, even when the URL looks like an item."""
        for words in (("PUT", "localhost:8080"), ("put", "localhost:8080"), ("PURGE", "localhost:8080")):
            self.assertEqual((plan(*words).method, plan(*words).urls), (words[0].upper(), ("http://localhost:8080/",)))
        self.assertEqual(plan("localhost", "a=b").urls, ("http://localhost/",))

    def test_several_urls(self) -> None:
        """All are asked the same; a query item goes to each."""
        asked = plan("h/a", "https://g/b", "localhost:1", "q==r", "-Z", "3")
        self.assertEqual(asked.urls, ("http://h/a?q=r", "https://g/b?q=r", "http://localhost:1/?q=r"))
        self.assertEqual(asked.parallel, 3)

    def test_urls_from_a_file_alone(self) -> None:
        """Then no word is a URL."""
        asked = plan("--input-file", "list", "POST", "a=b")
        self.assertEqual((asked.method, asked.urls, asked.input_file), ("POST", (), "list"))

    def test_items_make_a_json_body(self) -> None:
        """name=value items are a JSON object, sent with POST; they nest."""
        asked = plan("h", "a=1", "b:=2", "c[d][]=e", "X-Y:z", "q==r")
        self.assertEqual((asked.method, asked.urls), ("POST", ("http://h/?q=r",)))
        self.assertEqual(asked.body, Body(b'{"a": "1", "b": 2, "c": {"d": ["e"]}}'))
        self.assertIn(("X-Y", "z"), asked.headers)
        self.assertIn(("Content-Type", "application/json"), asked.headers)

    def test_json_without_an_item(self) -> None:
        """--json asks for JSON, and describes a body that it does not invent."""
        asked = plan("h", "--json")
        self.assertEqual((asked.method, asked.body), ("GET", None))
        self.assertIn(("Accept", "application/json, */*;q=0.5"), asked.headers)

    def test_form(self) -> None:
        """--form sends the items as a form."""
        asked = plan("--form", "h", "a=1 2")
        self.assertEqual(asked.body, Body(b"a=1+2"))
        self.assertEqual(asked.headers, (("Content-Type", "application/x-www-form-urlencoded"),))

    def test_files_and_multipart(self) -> None:
        """A file field needs --form or --multipart; the boundary is in the header, and another one each time."""
        asked = plan("--form", "h", "f@some/file;type=text/plain", "a=b")
        (_, value), *_ = asked.headers
        self.assertEqual(value, f"multipart/form-data; boundary={asked.body.boundary}")
        self.assertEqual([part.name for part in asked.body.parts], ["a", "f"])
        self.assertNotEqual(
            plan("--multipart", "h", "a=b").body.boundary, plan("--multipart", "h", "a=b").body.boundary
        )
        self.assertIn("--multipart", self.refused("h", "f@some/file"))

    def test_a_file_as_the_whole_body(self) -> None:
        """`@FILE` is sent as it is, with its type where that is known."""
        self.assertEqual(plan("h", "@f.json").body, Body(path="f.json"))
        self.assertEqual(plan("h", "@f.json").headers, (("Content-Type", "application/json"),))
        self.refused("h", "@f", "a=b")

    def test_given_header_wins(self) -> None:
        """A header of the user's replaces the one that follows from the body; so does leaving it out."""
        types = [value for name, value in plan("h", "a=1", "content-type:x").headers if name.lower() == "content-type"]
        self.assertEqual(types, ["x"])
        self.assertEqual(plan("--form", "h", "a=1", "Content-Type:").headers, ())

    def test_data(self) -> None:
        """--data is text, a file, or stdin, and excludes items; stdin is read only when asked for."""
        self.assertEqual(plan("h", "--data", "x").body, Body(b"x"))
        self.assertEqual(plan("h", "--data", "@f").body, Body(path="f"))
        self.assertEqual(plan("h", "--data", "-").body, Body(path="-"))
        self.refused("h", "--data", "x", "a=b")
        self.refused("h", "--data", "x", "--form")

    def test_how_a_body_is_sent(self) -> None:
        """Chunked, deflated; without a body that cannot be meant."""
        body = plan("h", "--data", "x", "--chunked", "-x").body
        self.assertEqual((body.chunked, body.deflate), (True, True))
        self.assertIn("--chunked", self.refused("h", "--chunked"))
        self.assertIn("--compress", self.refused("h", "-x"))

    def test_dry_runs(self) -> None:
        """One or the other."""
        self.assertEqual(
            (plan("h").dry, plan("h", "--offline").dry, plan("h", "--curl").dry), (None, "offline", "curl")
        )
        self.refused("h", "--offline", "--curl")


class LoginTests(Case):
    """Who we are."""

    def test_user_and_password(self) -> None:
        """On the command line, with a warning; never in a repr."""
        asked = plan("h", "-a", "me:p:w")
        self.assertEqual(asked.login, Login(user="me", password="p:w"))
        self.assertEqual(len(asked.cautions), 1)
        self.assertNotIn("p:w", repr(asked))

    def test_password_from_a_file(self) -> None:
        """Its first line, and nothing to warn of."""
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(b"secret\r\nmore\n")
        asked = plan("h", "-a", "me", "--password-file", path, "-A", "digest")
        self.assertEqual((asked.login, asked.cautions), (Login(kind="digest", user="me", password="secret"), ()))
        self.assertEqual(plan("h", "-A", "bearer", "--password-file", path).login, Login(kind="bearer", token="secret"))

    def test_password_from_the_terminal(self) -> None:
        """It is asked for where somebody can answer, else refused."""
        self.assertIn("--password-file", self.refused("h", "-a", "me"))
        with patch("sys.stdin.isatty", lambda: True), patch("click.prompt", lambda text, **_: f"<{text}>"):
            self.assertEqual(plan("h", "-a", "me").login.password, "<Password of me>")

    def test_login_in_the_url_is_taken_out(self) -> None:
        """User information becomes the login, and is in no repr."""
        asked = plan("http://us%65r:p%40ss@h/")
        self.assertEqual((asked.urls, asked.login), (("http://h/",), Login(user="user", password="p@ss")))
        self.assertNotIn("p@ss", repr(asked))
        self.assertEqual(
            [bool(plan(url).cautions) for url in ("http://u:p@h/", "http://u@h/", "h")], [True, False, False]
        )

    def test_a_login_in_a_url_is_for_its_server(self) -> None:
        """With another server on the same line it would go there, too."""
        self.assertIn("-a logs in", self.refused("http://u:p@h/", "http://g/"))
        self.assertEqual(plan("http://u:p@h/a", "http://h/b").login.user, "u")

    def test_bearer_and_netrc(self) -> None:
        """A token is no user; a netrc file may be named."""
        self.assertEqual(plan("h", "-A", "bearer", "-a", "t:k").login, Login(kind="bearer", token="t:k"))
        self.assertEqual(plan("h", "--netrc-file", "f").login, Login(netrc=True, netrc_file="f"))
        self.refused("h", "-A", "digest")
        self.refused("http://u@h", "-A", "bearer")

    def test_memory(self) -> None:
        """A cookie file, and a session that changes or does not."""
        self.assertEqual(plan("h", "--cookie-jar", "j", "--session", "s").memory, Memory(cookie_jar="j", session="s"))
        self.assertTrue(plan("h", "--session-read-only", "s").memory.session_read_only)
        self.assertEqual(plan("h", "--hsts", "f").memory, Memory(hsts="f"))
        self.refused("h", "--session", "a", "--session-read-only", "b")


class WayTests(Case):
    """How to get there, and how long it may take."""

    def test_way(self) -> None:
        """Every option sets its part."""
        asked = plan(
            "https://h", "--proxy", "socks5h://p:1", "--noproxy", "x", "--unix-socket", "/s", "--http2", "-4",
            "--resolve", "h:443:127.0.0.1", "--connect-to", "a:1:b:2", "--source", "127.0.0.1", "--tls-min", "1.3",
        ).way  # fmt: skip
        self.assertEqual(asked.proxy, Proxy("socks5h", "p", 1))
        self.assertTrue(asked.no_proxy.covers("x", 80))
        self.assertEqual(asked.overrides, (Override("h", 443, ("127.0.0.1",)), Override("a", 1, (), "b", 2)))
        rest = (asked.unix_socket, asked.version, asked.family, asked.source, asked.tls.min_version)
        self.assertEqual(rest, ("/s", "2", 4, "127.0.0.1", "1.3"))

    def test_an_empty_proxy_is_none_at_all(self) -> None:
        """Whatever the environment says."""
        self.assertEqual(plan("h", "--proxy", "").way, Way(direct=True))
        self.assertEqual(plan("h").way, Way(tls=TlsDialing()))

    def test_what_contradicts_itself(self) -> None:
        """Two versions, two families, and a network that is none."""
        for argv in (("--http1.1", "--http2"), ("-4", "-6"), ("--noproxy", "10.0.0.0/33")):
            self.assertRaises(click.UsageError, plan, "h", *argv)

    def test_patience(self) -> None:
        """A limit for each phase, and for everything."""
        limits = plan(
            "h", "--dns-timeout", "1", "--connect-timeout", "2", "--tls-timeout", "3", "--ttfb-timeout", "4",
            "--idle-timeout", "5", "--max-time", "6",
        ).patience  # fmt: skip
        expected = Patience(
            dns_seconds=1, connect_seconds=2, tls_seconds=3, first_byte_seconds=4, idle_seconds=5, total_seconds=6
        )
        self.assertEqual(limits, expected)


class AnswerTests(Case):
    """What becomes of the answer."""

    def test_keeping(self) -> None:
        """Where it goes, and what it must be."""
        digest = "0" * 64
        asked = plan("h", "-o", "f", "--resume", "--segments", "4", "--checksum", f"sha256:{digest}", "--no-part")
        self.assertEqual(
            asked.keeping,
            Keeping(path="f", resume=True, segments=4, checksum=("sha256", digest), keep_part=False),
        )
        self.assertEqual(plan("h", "-O", "--output-dir", "d").keeping, Keeping(remote_name=True, folder="d"))
        self.assertEqual(
            plan("h", "--retry", "3", "--retry-max-time", "9").retrying, Retrying(times=3, total_seconds=9)
        )

    def test_what_needs_a_file(self) -> None:
        """And what several URLs cannot share; mirrors can."""
        for options in (("--resume",), ("--segments", "2"), ("--output-dir", "d"), ("--resume", "-o", "-")):
            self.refused("h", *options)
        self.refused("h", "-o", "f", "-O")
        self.refused("h", "https://g", "-o", "f")
        self.assertTrue(plan("h", "https://g", "-o", "f", "--race").race)
        self.assertEqual(plan("h", "https://g", "-o", "/dev/null", "-Z", "2").keeping.path, "/dev/null")
        fifo = self.mktemp()
        os.mkfifo(fifo)
        self.assertEqual(plan("h", "https://g", "-o", fifo).keeping.path, fifo)
        self.refused("h", "https://g", "-o", fifo, "-Z", "2")
        self.refused("h", "https://g", "--race", "--stream")

    def test_showing(self) -> None:
        """What is shown, and told."""
        asked = plan("h", "--print", "Hh", "--pretty", "none", "-w", "%{json}", "--slo", "ttfb=1,total=2s")
        self.assertEqual(
            asked.showing,
            Showing(parts="Hh", pretty="none", write_out="%{json}", slo=(("ttfb", 1.0), ("total", 2.0))),
        )
        self.assertEqual((plan("h", "-i").showing.parts, plan("h").showing.parts), ("hb", None))
        self.refused("h", "-i", "--print", "h")

    def test_a_template_from_a_file(self) -> None:
        """All of it, line ends and all."""
        path = self.mktemp()
        with open(path, "w", encoding="utf-8") as file:
            file.write("%{http_code}\n%{json}\n")
        self.assertEqual(plan("h", "-w", f"@{path}").showing.write_out, "%{http_code}\n%{json}\n")

    def test_head(self) -> None:
        """-I asks for the head alone and prints it."""
        self.assertEqual((plan("-I", "h").method, plan("-I", "h").showing.parts), ("HEAD", "h"))

    def test_colour_is_that_of_the_story(self) -> None:
        """One option for both streams."""
        self.assertEqual(plan("h", "--color", "never").showing.color, "never")

    def test_a_password_file_that_cannot_be_read(self) -> None:
        """It is named."""
        error = self.assertRaises(click.ClickException, plan, "h", "-a", "u", "--password-file", "/nowhere")
        self.assertIn("/nowhere", error.format_message())
