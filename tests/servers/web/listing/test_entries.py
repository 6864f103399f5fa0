"""Tests for tnet.servers.web.listing.entries."""

from __future__ import annotations

import os
from urllib.parse import unquote_to_bytes

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import Root
from tnet.servers.web.listing.entries import Entry, scan

NAMES = st.binary(min_size=1, max_size=40).filter(lambda name: b"/" not in name and b"\0" not in name)


class EntryTests(TestCase):
    """One name."""

    @given(NAMES, st.booleans())
    def test_any_name(self, name: bytes, directory: bool) -> None:
        """Every name's link leads back to exactly that name, and stays in its directory."""
        href = Entry(name, directory, 0, 0).href
        self.assertTrue(href.startswith("./"))
        self.assertEqual(unquote_to_bytes(href), b"./" + name + (b"/" if directory else b""))

    def test_order(self) -> None:
        """Case does not matter, numbers count as numbers, and names that fold to the same stay apart."""
        names = [b"a", b"A1", b"a2", b"a10", b"B", b"b007", b"b7", b"b08", "\u00e9".encode(), b"\xff"]
        entries = [Entry(name, False, 0, 0) for name in reversed(names)]
        self.assertEqual([entry.name for entry in sorted(entries, key=lambda entry: entry.order)], names)


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
        """Directories first, then by name; nothing that would be a 404."""
        entries = scan(self.root, []).entries
        names = [entry.name for entry in entries]
        self.assertEqual(names, [b"abc", b"in_dir", b"Zoo", b"A.txt", b"b.txt", b"bad\xff", b"in", b"new\nline"])
        sizes = {entry.name: entry.size for entry in entries if not entry.is_directory}
        self.assertEqual((sizes[b"b.txt"], sizes[b"in"]), (5, 5))

    def test_links(self) -> None:
        """Of a link it is known where it leads."""
        targets = {entry.name: entry.target for entry in scan(self.root, []).entries}
        self.assertEqual((targets[b"in"], targets[b"in_dir"], targets[b"abc"]), ((b"b.txt",), (b"abc",), None))

    def test_hidden(self) -> None:
        """Hidden names are listed when they are served; unfinished uploads never."""
        root = Root(self.path, hidden=True)
        self.addCleanup(root.close)
        names = [entry.name for entry in scan(root, []).entries]
        self.assertIn(b".env", names)
        self.assertNotIn(b".tnet-upload-1", names)

    def test_too_many(self) -> None:
        """Beyond a limit names are counted, and nothing more is asked about them."""
        found = scan(self.root, [], limit=3)
        self.assertEqual(len(found.entries), 3)
        self.assertGreaterEqual(found.more, 5)

    def test_no_directory(self) -> None:
        """What is no directory cannot be listed."""
        self.assertRaises(Refusal, scan, self.root, [b"b.txt"])

    def test_descriptors(self) -> None:
        """Listing leaves no descriptor open."""
        before = len(os.listdir("/proc/self/fd"))
        scan(self.root, [b"abc"])
        self.assertRaises(Refusal, scan, self.root, [b"b.txt"])
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)
