"""Tests for tnet.servers.web.files.sending; more of how a Sender gets along with its client is seen in test_files."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.support import AtOnce
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.compressing import compressed
from tnet.servers.web.files.ranges import Range
from tnet.servers.web.files.root import OpenFile
from tnet.servers.web.files.sending import FIRST_BYTES, PIECE_BYTES, PROVEN_BYTES, Compressed, Parts, Sender

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


class Counted:
    """A source of so many pieces, which counts those that were taken."""

    def __init__(self, pieces: int, size: int) -> None:
        self.taken = 0
        self._pieces = pieces
        self._size = size

    @property
    def done(self) -> bool:
        """Whether all of them were."""
        return self.taken == self._pieces

    def next(self) -> bytes:
        """One more."""
        self.taken += 1
        return bytes(self._size)


class Taker:
    """A request whose client takes nothing until it is told to."""

    def __init__(self, *, eager: bool = False) -> None:
        self.channel = self
        self.eager = eager
        self.written = 0
        self.finished = False
        self.producer: Sender | None = None

    def registerProducer(self, producer: Sender, streaming: bool) -> None:
        self.producer = producer
        if not self.eager:
            producer.pauseProducing()

    def unregisterProducer(self) -> None:
        self.producer = None

    def write(self, data: bytes) -> None:
        self.written += len(data)
        if self.producer is not None and not self.eager:
            self.producer.pauseProducing()

    def finish(self) -> None:
        self.finished = True


class SenderTests(SynchronousTestCase):
    """Who takes nothing costs nothing."""

    def send(self, taker: Taker, source: Counted) -> Sender:
        """Begin to send."""
        request: Any = taker
        sender = Sender(request, source, AtOnce())
        Deferred.fromCoroutine(sender.send())
        return sender

    def test_nothing_is_read_for_nobody(self) -> None:
        """Nothing is read before the client takes something, and then one piece at a time."""
        taker, source = Taker(), Counted(3, 10)
        sender = self.send(taker, source)
        self.assertEqual(source.taken, 0)
        for count in (1, 2):
            sender.resumeProducing()
            self.assertEqual((source.taken, taker.written), (count, 10 * count))
        sender.resumeProducing()
        self.assertEqual((taker.written, taker.finished), (30, True))

    def test_ahead(self) -> None:
        """For a client that has taken much, the next piece is there when it asks for it."""
        taker, source = Taker(), Counted(4, PROVEN_BYTES)
        sender = self.send(taker, source)
        sender.resumeProducing()
        self.assertEqual(source.taken, 1)
        sender.resumeProducing()
        self.assertEqual((source.taken, taker.written), (3, 2 * PROVEN_BYTES))

    def test_all_of_it(self) -> None:
        """A client that takes everything gets everything."""
        taker, source = Taker(eager=True), Counted(40, PROVEN_BYTES // 8)
        self.send(taker, source)
        self.assertEqual((taker.written, taker.finished), (5 * PROVEN_BYTES, True))
