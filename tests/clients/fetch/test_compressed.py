"""Bodies that are compressed on their way out."""

import os
import zlib

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import AtOnce
from tnet.clients.fetch.compressed import AT_ONCE_BYTES, Compressed, compressed
from tnet.clients.fetch.outgoing import PIECE_BYTES, FromMemory
from tnet.errors import CannotRead


class Counting(AtOnce):
    """Workers that know how often they were asked."""

    def __init__(self):
        self.calls = 0

    def run(self, function, /, *args, **kwargs):
        self.calls += 1
        return super().run(function, *args, **kwargs)


class Broken(FromMemory):
    """A body that cannot be read."""

    closed = False

    async def read(self):
        raise CannotRead("it", "it is broken")

    def close(self):
        self.closed = True


class Whole(SynchronousTestCase):
    def test_a_little_at_once_and_much_in_a_thread(self):
        """The reactor does not wait for either."""
        for size, calls in ((0, 0), (AT_ONCE_BYTES, 0), (AT_ONCE_BYTES + 1, 1)):
            workers, data = Counting(), os.urandom(size)
            packed = self.successResultOf(Deferred.fromCoroutine(compressed(data, workers)))
            self.assertEqual((zlib.decompress(packed), workers.calls), (data, calls))


class Streamed(SynchronousTestCase):
    def read_all(self, body):
        pieces = []
        while piece := self.successResultOf(Deferred.fromCoroutine(body.read())):
            pieces.append(piece)
        return pieces

    def test_the_pieces_are_one_stream(self):
        """Big pieces are compressed in a thread, and nothing waits for the end that need not."""
        workers, data = Counting(), os.urandom(PIECE_BYTES * 3 + 5)
        body = Compressed(FromMemory(data), workers)
        pieces = self.read_all(body)
        self.assertEqual((zlib.decompress(b"".join(pieces)), body.length, workers.calls), (data, None, 3))
        self.assertGreater(len(pieces), 3)

    def test_pieces_that_come_to_nothing_are_no_end(self):
        """Neither for a body that is very regular, nor for one that is empty."""
        for data in (b"", b"\0" * PIECE_BYTES * 2):
            body = Compressed(FromMemory(data), AtOnce())
            self.assertEqual(zlib.decompress(b"".join(self.read_all(body))), data)
            self.assertEqual(self.read_all(body), [])

    def test_what_it_reads_from_is_its_own(self):
        """An error in there is its error, and closing it closes that."""
        inner = Broken(b"")
        body = Compressed(inner, AtOnce())
        self.failureResultOf(Deferred.fromCoroutine(body.read()), CannotRead)
        body.close()
        self.assertTrue(inner.closed)
