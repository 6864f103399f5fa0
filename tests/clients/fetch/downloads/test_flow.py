"""Bytes on their way into a file."""

import errno

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.downloads.flow import MOST_PIECES, PIECE_BYTES, Flow
from tnet.clients.fetch.downloads.ranges import Ranges
from tnet.errors import CannotWrite
from tnet.net.context import Context


class Part:
    path = "body"

    def __init__(self):
        self.writes = []

    def write(self, offset, pieces):
        self.writes.append((offset, sum(map(len, pieces))))


class Threads:
    """Workers whose calls end when a test says so."""

    def __init__(self):
        self.calls = []

    def run(self, function, *arguments):
        function(*arguments)
        self.calls.append(Deferred())
        return self.calls[-1]


class Flowing(SynchronousTestCase):
    def setUp(self):
        self.world = World()
        self.threads, self.part = Threads(), Part()
        context = {name: getattr(self.world.context, name) for name in Context.__dataclass_fields__}
        self.context = Context(**context | {"workers": self.threads})
        self.claim = Ranges(1 << 30, [(0, 100)]).take()
        self.kept = 0
        self.flow = Flow(self.part, self.claim, self.context, self.note)

    def note(self):
        self.kept += 1

    def add(self, size):
        return Deferred.fromCoroutine(self.flow.add(b"x" * size))

    def test_small_pieces_are_gathered(self):
        """They are written together, at their place."""
        for _ in range(4):
            self.successResultOf(self.add(PIECE_BYTES // 4))
        self.assertEqual(self.part.writes, [(100, PIECE_BYTES)])
        self.assertEqual((self.claim.kept, self.kept), (100, 0))
        self.threads.calls[0].callback(None)
        self.assertEqual((self.claim.kept, self.kept), (100 + PIECE_BYTES, 1))

    def test_one_write_while_the_next_bytes_come(self):
        """More than that has to wait."""
        self.successResultOf(self.add(PIECE_BYTES))
        second = self.add(PIECE_BYTES)
        self.assertNoResult(second)
        self.threads.calls[0].callback(None)
        self.successResultOf(second)
        self.assertEqual(self.part.writes, [(100, PIECE_BYTES), (100 + PIECE_BYTES, PIECE_BYTES)])

    def test_many_tiny_pieces(self):
        """The system takes only so many at once."""
        for _ in range(MOST_PIECES):
            self.successResultOf(self.add(1))
        self.assertEqual(self.part.writes, [(100, MOST_PIECES)])

    def test_a_slow_stream(self):
        """Its bytes do not wait long for others."""
        self.successResultOf(self.add(10))
        self.world.reactor.advance(0.6)
        self.successResultOf(self.add(10))
        self.assertEqual(self.part.writes, [(100, 20)])

    def test_the_end(self):
        """Everything is written then."""
        self.successResultOf(self.add(10))
        flushed = Deferred.fromCoroutine(self.flow.flush())
        self.assertNoResult(flushed)
        self.threads.calls[0].callback(None)
        self.successResultOf(flushed)
        self.assertEqual((self.part.writes, self.claim.kept), ([(100, 10)], 110))

    def test_a_full_disk(self):
        """Case 29: exit 23; nothing behind the gap counts as written."""
        self.successResultOf(self.add(PIECE_BYTES))
        second = self.add(PIECE_BYTES)
        self.threads.calls[0].errback(OSError(errno.ENOSPC, "No space left on device"))
        error = self.failureResultOf(second, CannotWrite).value
        self.assertEqual(error.exit_status, 23)
        self.successResultOf(Deferred.fromCoroutine(self.flow.flush()))
        self.assertEqual((len(self.part.writes), self.claim.kept), (1, 100))

    def test_left_while_it_writes(self):
        """How that ends concerns nobody any more."""
        self.successResultOf(self.add(PIECE_BYTES))
        self.flow.leave()
        self.threads.calls[0].errback(OSError(errno.ENOSPC, "No space left on device"))
        self.assertEqual(self.claim.kept, 100)
