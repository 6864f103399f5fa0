"""Tests for tnet.servers.web.files.sending; how a Sender gets along with its client is seen in test_files."""

from __future__ import annotations

import os

from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.compressing import compressed
from tnet.servers.web.files.ranges import Range
from tnet.servers.web.files.root import OpenFile
from tnet.servers.web.files.sending import FIRST_BYTES, PIECE_BYTES, Compressed, Parts

CONTENT = os.urandom(2 * PIECE_BYTES + 10)


class SourceTestCase(TestCase):
    """Has a file."""

    def setUp(self) -> None:
        self.path = self.mktemp()
        with open(self.path, "wb") as file:
            file.write(CONTENT)
        fd = os.open(self.path, os.O_RDONLY)
        self.file = OpenFile(fd, os.fstat(fd))
        self.addCleanup(self.file.close)


class PartsTests(SourceTestCase):
    """Parts of a file."""

    def test_in_pieces(self) -> None:
        """Parts and what stands between them come in order, in pieces that are not too large."""
        parts = Parts(self.file, [b"head", Range(1, FIRST_BYTES + 5), b"middle", Range(7, 7), b"end"])
        pieces = []
        while not parts.done:
            pieces.append(parts.next())
        expected = [b"head", CONTENT[1 : FIRST_BYTES + 1], CONTENT[FIRST_BYTES + 1 : FIRST_BYTES + 6]]
        self.assertEqual(pieces, [*expected, b"middle", CONTENT[7:8], b"end"])
        self.assertEqual(parts.length, sum(map(len, pieces)))

    def test_pieces_grow(self) -> None:
        """The first pieces are small; they grow with what was given, to a bound."""
        with open(self.path, "r+b") as file:
            file.truncate(40 * PIECE_BYTES)
        parts, sizes = Parts(self.file, [Range(0, 40 * PIECE_BYTES - 1)]), []
        while not parts.done:
            sizes.append(len(parts.next()))
        self.assertEqual((sizes[0], max(sizes), sum(sizes)), (FIRST_BYTES, PIECE_BYTES, 40 * PIECE_BYTES))
        self.assertLess(max(size for at, size in enumerate(sizes) if sum(sizes[:at]) < 4 * PIECE_BYTES), PIECE_BYTES)
        self.assertEqual(sorted(sizes[:-1]), sizes[:-1])

    def test_all(self) -> None:
        """All of it at once; of an empty file, nothing."""
        whole = Parts(self.file, [Range(0, len(CONTENT) - 1)])
        self.assertEqual((whole.all(), whole.done), (CONTENT, True))
        empty = Parts(self.file, [Range(0, -1)])
        self.assertEqual((empty.length, empty.done, empty.all()), (0, True, b""))

    def test_at_hand(self) -> None:
        """What nobody has to wait for is given at once, and nothing is taken when that is not all of it."""
        parts = Parts(self.file, [b"<", Range(1, 3), b">"])
        self.assertIn(parts.at_hand(), (b"<" + CONTENT[1:4] + b">", None))
        self.assertEqual(parts.all(), b"<" + CONTENT[1:4] + b">")
        os.truncate(self.path, 4)
        self.assertIsNone(Parts(self.file, [Range(0, 9)]).at_hand())
        self.assertEqual(Parts(self.file, [Range(0, -1)]).at_hand(), b"")

    def test_too_short(self) -> None:
        """What is there is given, then that it is too short."""
        parts = Parts(self.file, [Range(0, 9)])
        os.truncate(self.path, 4)
        self.assertEqual(parts.next(), CONTENT[:4])
        self.assertFalse(parts.done)
        self.assertEqual(self.assertRaises(Refusal, parts.next).status, 503)


class CompressedTests(SourceTestCase):
    """A source in a coding."""

    def test_the_same_as_at_once(self) -> None:
        """The pieces make the same stream as the whole at once."""
        for coding in (b"gzip", b"br", b"zstd"):
            source = Compressed(Parts(self.file, [Range(0, len(CONTENT) - 1)]), coding)
            pieces = []
            while not source.done:
                pieces.append(source.next())
            self.assertGreater(len(pieces), 2)
            self.assertEqual(b"".join(pieces), compressed(coding, CONTENT))
