"""Tests for tnet.servers.web.page.crumbs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.trial.unittest import TestCase

from tests.servers.web.page.reading import Parts
from tnet.servers.web.page.crumbs import Place
from tnet.servers.web.permissions import Permissions, Right


class PlaceTests(TestCase):
    """The way to a place."""

    def crumbs(self, *names: bytes, **more: Any) -> Parts:
        """The way as a browser sees it."""
        return Parts(Place(names, "host", **more).crumbs())

    def test_links(self) -> None:
        """Each step leads to where it is, relative to a directory's own page."""
        page = self.crumbs(b"a", b"b <i>", b"c")
        self.assertEqual(page.links, ["../../../", "../../", "../"])
        self.assertEqual((page.text, "i" in page.tags), ("hostab <i>c", False))
        self.assertEqual(self.crumbs().links, [])
        self.assertEqual(len(self.crumbs().all("h1", aria_current="page")), 1)

    def test_file(self) -> None:
        """The page of a file is one step nearer."""
        self.assertEqual(self.crumbs(b"a", b"f", leaf=True).links, ["../", "./"])
        self.assertEqual(self.crumbs(b"f", leaf=True).links, ["./"])

    def test_hidden(self) -> None:
        """What a visitor is not told of is not there; what the visitor may not go to is no link."""
        page = self.crumbs(b"a", b"b", b"c", hidden=1, closed=frozenset((0, 1)))
        self.assertEqual((page.text, page.links), ("hostbc", ["../"]))
        self.assertFalse(Place((b"a", b"b"), "h", 1, closed=frozenset((0, 1))).leads_up)
        self.assertTrue(Place((b"a", b"b"), "h", 1, closed=frozenset((0,))).leads_up)
        self.assertFalse(Place((), "h").leads_up)

    def test_of_a_request(self) -> None:
        """The beginning is called what the visitor calls the host; ways are closed by permissions."""

        class Below(Permissions):
            def at(self, place: Any) -> Right:
                return Right.ALL if place else Right.NONE

        request: Any = SimpleNamespace(getHeader=lambda _: b"h:\xff\x1b", permissions=Below(), unshown=0)
        place = Place.of(request, [b"a"])
        self.assertEqual((place.start, place.closed, place.title), ("h:\ufffd\\x1b", {0}, "a"))
        request.getHeader = lambda _: None
        self.assertEqual(Place.of(request, []).title, "Files")
