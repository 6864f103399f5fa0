"""Tests for tnet.servers.web.listing.plain."""

from __future__ import annotations

import json

from twisted.trial.unittest import TestCase

from tnet.servers.web.listing.entries import Entry
from tnet.servers.web.listing.plain import as_json, as_text

HOSTILE = (b"<img src=x>\"'&", b"javascript:alert(1)", "\u202egnp.exe".encode(), b"\xff\n\x1b[2J")


class PlainTests(TestCase):
    """For programs and terminals."""

    def test_json(self) -> None:
        """Programs get names, links, types, sizes and times."""
        entries = (Entry(b"d\xff", True, 0, 1e9), Entry(b"f g", False, 3, 1e9))
        time = "2001-09-09T01:46:40Z"
        directory = {"name": "d\ufffd", "href": "./d%FF/", "type": "directory", "size": None, "modified": time}
        file = {"name": "f g", "href": "./f%20g", "type": "file", "size": 3, "modified": time}
        got = json.loads(as_json((b"a b",), entries, 2))
        self.assertEqual(got, {"path": "/a%20b/", "entries": [directory, file], "more": 2})

    def test_text(self) -> None:
        """A terminal gets one harmless line a name, and is told what is missing."""
        text = as_text([Entry(name, False, 3, 1e9) for name in HOSTILE], 7).decode()
        self.assertEqual(len(text.splitlines()), len(HOSTILE) + 1)
        self.assertIn("7 more are not shown", text)
        self.assertIn("2001-09-09 01:46", text)
        for harm in ("\x1b", "\u202e"):
            self.assertNotIn(harm, text)

    def test_impossible_times(self) -> None:
        """A time stamp that no calendar holds breaks no listing."""
        entries = (Entry(b"f", False, 0, 1e18), Entry(b"g", False, 0, -1e18))
        self.assertIn(b"1970-01-01T00:00:00Z", as_json((), entries, 0))
        self.assertIn(b"1970-01-01", as_text(entries, 0))
