"""Tests for the pages."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.servers.web.inspector.sightings import sighting
from tnet.servers.web.inspector.choice import Choice
from tnet.servers.web.inspector.commands import as_curl, as_fetch
from tnet.servers.web.inspector.sheet import detail, lines, overview
from tnet.servers.web.inspector.shown import Shown

HOSTILE = "<img src=x onerror=alert(1)>\"'&\x1b[31m\u202e"
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "p",
        "a",
        "dl",
        "dt",
        "dd",
        "table",
        "caption",
    ),
    *("tbody", "tr", "th", "td", "h1", "h2", "small", "pre", "script", "thead", "span", "form", "input", "select"),
    *("option", "button", "div", "section", "bdi"),
}


class Tags(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """A tag."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text += data


class PageTests(SynchronousTestCase):
    """`overview` and `detail`."""

    def pages(self, text: str) -> list[Tags]:
        """Both pages of an exchange in which everything that can be is `text`."""
        data = text.encode("utf-8", "surrogateescape")
        seen = sighting(
            "GET",
            "/" + text.encode("ascii", "ignore").decode(),
            (b"X", data),
            request_body=data,
            response_body=data,
            fields=((b"Y", data), (b"Content-Type", data)),
            reason=text,
            status=404,
            user=text,
        )
        shown = Shown(seen)
        found = shown.detail() | {"curl": as_curl(shown), "fetch": as_fetch(shown)}
        return [Tags(overview([shown.row()], Choice(text, "x" + text))), Tags(detail(found))]

    def test_hostile(self) -> None:
        """Whatever a peer said is text, and none of it moves anything."""
        for page in self.pages(HOSTILE):
            self.assertLessEqual(page.tags, TAGS)
            self.assertNotIn("onerror", page.attributes)
            self.assertIn("<img src=x onerror=alert(1)>", page.text)
            self.assertNotIn("\x1b", page.text)
            self.assertNotIn("\u202e", page.text)

    @given(st.text(max_size=40))
    def test_anything(self, text: str) -> None:
        """No text makes a tag or an attribute that was not there."""
        harmless = self.pages("x")
        for page, plain in zip(self.pages(text), harmless, strict=True):
            self.assertLessEqual(page.tags, plain.tags | {"small", "p", "a", "pre"})
            self.assertLessEqual(page.attributes, plain.attributes)

    def test_lines(self) -> None:
        """For a terminal each is one line."""
        rows = [Shown(sighting("GET", "/a", status=0, over=False, reason="\n\x1b")).row(), Shown(sighting()).row()]
        text = lines(rows).decode()
        self.assertEqual(text.count("\n"), 2)
        self.assertNotIn("\x1b", text)
        self.assertIn("(in progress)", text)
