"""Tests for tnet.servers.web.viewing.sheet."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase

from tests.servers.web.page.reading import Parts
from tnet.servers.web.page.crumbs import Place
from tnet.servers.web.viewing.preview import Subject
from tnet.servers.web.viewing.sheet import FileSheet


class FileSheetTests(TestCase):
    """The page about a file."""

    def page(self, name: bytes, **more: Any) -> Parts:
        """The page about a file of three bytes."""
        subject = Subject(name, "./x%22y", 3, lambda at, size: b"abc"[at : at + size])
        place = Place((b"d", name), "host", leaf=True)
        return Parts(FileSheet(place, subject, "text/plain; charset=utf-8", 1e9, **more).render())

    def test_facts(self) -> None:
        """Its name, size, time and kind, and links to it as it is."""
        page = self.page(b"<x>.rs")
        for word in ("<x>.rs", "3 B", "2001-09-09 01:46 UTC", "Rust", "abc"):
            self.assertIn(word, page.text)
        self.assertEqual(page.links, ["#inside", "../", "./", "./x%22y", "./x%22y"])
        self.assertEqual(["download" in link for link in page.all("a", href="./x%22y")], [False, True])
        self.assertIn("text/plain", self.page(b"x").text)

    def test_neighbours(self) -> None:
        """Links to the files before and after, where there are such."""
        page = self.page(b"x", before="./a?view", after="./b?view")
        self.assertEqual(page.all("a", rel="prev")[0]["href"], "./a?view")
        self.assertEqual(page.all("a", rel="next")[0]["href"], "./b?view")

    def test_source(self) -> None:
        """Of prose the source can be seen."""
        self.assertIn("./x%22y?view=source", self.page(b"x.md").links)
        self.assertNotIn("./x%22y?view=source", self.page(b"x.txt").links)

    def test_sharing(self) -> None:
        """A link to it can be made by who may."""
        self.assertEqual(len(self.page(b"x", may_share=True).all("form", id="share")), 1)
        self.assertEqual(self.page(b"x").all("form"), [])
