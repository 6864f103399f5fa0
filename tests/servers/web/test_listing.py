"""Tests for tnet.servers.web.listing."""

from __future__ import annotations

import json
import os
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.listing import Entry, Listing, human_size, make, render, scan
from tnet.servers.web.root import Root


class Links(HTMLParser):
    """Collects what a browser would see: the links, their text, and every tag."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]


class ScanTests(TestCase):
    """What is listed."""

    def setUp(self) -> None:
        self.path = self.mktemp()
        os.makedirs(os.path.join(self.path, "Zoo"))
        os.makedirs(os.path.join(self.path, "abc"))
        for name in (b"b.txt", b"A.txt", b".env", b"bad\xff", b"new\nline", b".tnet-upload-1"):
            with open(os.path.join(os.fsencode(self.path), name), "wb") as file:
                file.write(b"x" * len(name))
        os.mkfifo(os.path.join(self.path, "pipe"))
        os.symlink("b.txt", os.path.join(self.path, "in"))
        os.symlink("abc", os.path.join(self.path, "in_dir"))
        os.symlink("/etc", os.path.join(self.path, "out"))
        self.root = Root(self.path)
        self.addCleanup(self.root.close)

    def test_entries(self) -> None:
        """Directories first, then by name whatever the case; nothing that would be a 404."""
        entries = scan(self.root, []).entries
        names = [entry.name for entry in entries]
        self.assertEqual(names, [b"abc", b"in_dir", b"Zoo", b"A.txt", b"b.txt", b"bad\xff", b"in", b"new\nline"])
        sizes = {entry.name: entry.size for entry in entries if not entry.is_directory}
        self.assertEqual((sizes[b"b.txt"], sizes[b"in"]), (5, 5))

    def test_hidden(self) -> None:
        """Hidden names are listed when they are served; unfinished uploads never."""
        root = Root(self.path, hidden=True)
        self.addCleanup(root.close)
        names = [entry.name for entry in scan(root, []).entries]
        self.assertIn(b".env", names)
        self.assertNotIn(b".tnet-upload-1", names)

    def test_too_many(self) -> None:
        """Beyond a limit entries are counted, not listed."""
        found = scan(self.root, [], limit=3)
        self.assertEqual((len(found.entries), found.more), (3, 5))
        self.assertIn(b"5 more are not shown", render(found, pages.HTML, upload=False))
        self.assertIn(b"5 more are not shown", render(found, pages.TEXT, upload=False))

    def test_no_directory(self) -> None:
        """What is no directory cannot be listed."""
        self.assertRaises(Refusal, scan, self.root, [b"b.txt"])

    def test_descriptors(self) -> None:
        """Listing leaves no descriptor open."""
        before = len(os.listdir("/proc/self/fd"))
        make(self.root, [b"abc"], pages.HTML, upload=True)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)


class RenderTests(TestCase):
    """The three forms."""

    hostile = (b"<img src=x onerror=alert(1)>\"'&", b"javascript:alert(1)", "\u202egnp.exe".encode(), b"\xff\n\x1b[2J")

    def page(self, *names: bytes, directory: bool = False) -> bytes:
        """A page with entries of these names."""
        entries = tuple(Entry(name, directory, 2048, 1_000_000_000) for name in names)
        return render(Listing((), entries), pages.HTML, upload=False)

    def test_hostile_names(self) -> None:
        """Names are text, their links stay on this site, and nothing in them is a tag or turns the page around."""
        page = self.page(*self.hostile)
        seen = Links(page)
        self.assertNotIn("img", seen.tags)
        self.assertNotIn("script", seen.tags)
        self.assertEqual([unquote_to_bytes(link) for link in seen.links], [b"./" + name for name in self.hostile])
        for harm in ("\u202e", "\x1b", "<img"):
            self.assertNotIn(harm, page.decode())

    @given(
        st.binary(min_size=1, max_size=40).filter(lambda name: b"/" not in name and b"\0" not in name), st.booleans()
    )
    def test_any_name(self, name: bytes, directory: bool) -> None:
        """Every name's link leads back to exactly that name."""
        (link,) = Links(self.page(name, directory=directory)).links
        self.assertEqual(unquote_to_bytes(link), b"./" + name + (b"/" if directory else b""))

    def test_page(self) -> None:
        """Sizes, times, a count, the way up, and a form only where uploads are taken."""
        entries = (Entry(b"d", True, 0, 1e9), Entry(b"f", False, 2048, 1e9))
        page = render(Listing((b"a&b", b"c"), entries), pages.HTML, upload=False).decode()
        self.assertIn("2.0 KiB", page)
        self.assertIn('datetime="2001-09-09T01:46:40Z"', page)
        self.assertIn("1 folder · 1 file", page)
        self.assertEqual(Links(page.encode()).links, ["../../", "../", "../", "./d/", "./f"])
        self.assertIn("a&amp;b", page)
        self.assertNotIn("<form", page)
        self.assertIn("<form", render(Listing((), entries), pages.HTML, upload=True).decode())

    def test_json(self) -> None:
        """Programs get names, links, types, sizes and times."""
        entries = (Entry(b"d\xff", True, 0, 1e9), Entry(b"f g", False, 3, 1e9))
        got = json.loads(render(Listing((b"a b",), entries, 2), pages.JSON, upload=False))
        time = "2001-09-09T01:46:40Z"
        directory = {"name": "d\ufffd", "href": "./d%FF/", "type": "directory", "size": None, "modified": time}
        file = {"name": "f g", "href": "./f%20g", "type": "file", "size": 3, "modified": time}
        self.assertEqual(got, {"path": "/a%20b/", "entries": [directory, file], "more": 2})

    def test_text(self) -> None:
        """A terminal gets one harmless line a name."""
        entries = tuple(Entry(name, False, 3, 1e9) for name in self.hostile)
        text = render(Listing((), entries), pages.TEXT, upload=False).decode()
        self.assertEqual(len(text.splitlines()), len(self.hostile))
        self.assertNotIn("\x1b", text)

    def test_impossible_times(self) -> None:
        """A time stamp that no calendar holds breaks no listing."""
        entries = (Entry(b"f", False, 0, 1e18), Entry(b"g", False, 0, -1e18))
        for form in (pages.HTML, pages.JSON, pages.TEXT):
            render(Listing((), entries), form, upload=False)

    def test_sizes(self) -> None:
        """Sizes are for people."""
        sizes = (0, 1023, 1024, 1536, 1048575, 1 << 20, 1 << 60)
        shown = ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "1.0 MiB", "1024.0 PiB"]
        self.assertEqual([human_size(size) for size in sizes], shown)
