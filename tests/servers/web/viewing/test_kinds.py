"""Tests for tnet.servers.web.viewing.kinds."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.servers.web.viewing.kinds import Kind, ending_of, is_picture, kind_of


class KindTests(TestCase):
    """What a name promises."""

    def test_kinds(self) -> None:
        """By the end of the name, whatever its case."""
        for name, kind in (
            (b"a.tar.gz", Kind.ARCHIVE),
            (b"A.MP3", Kind.AUDIO),
            (b"a.ts", Kind.CODE),
            (b"a.md", Kind.DOCUMENT),
            (b"a.JPG", Kind.IMAGE),
            (b"a.mp4", Kind.VIDEO),
            (b"Makefile", Kind.FILE),
            (b".gz", Kind.FILE),
            (b"a.\xff", Kind.FILE),
        ):
            self.assertEqual(kind_of(name), kind, name)

    def test_pictures(self) -> None:
        """Only what browsers can show is a picture."""
        self.assertEqual(
            [is_picture(name) for name in (b"a.png", b"a.svg", b"a.tiff", b"png")], [True, True, False, False]
        )

    def test_endings(self) -> None:
        """What follows the last dot, of a name that has something before it."""
        self.assertEqual([ending_of(name) for name in (b"a.B", b".b", b"b", b"a.")], [b"b", b"", b"", b""])
