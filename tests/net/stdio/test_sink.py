"""Standard output, to streams in memory."""

from __future__ import annotations

import errno
import os

from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.net.stdio.streams import Memory, Slow
from tests.support import World
from tnet.errors import CannotWrite, OutputClosed, TnetError
from tnet.net.stdio.sink import HIGH_WATER_BYTES, PolledOutput, StandardOutput, ThreadedOutput, standard_output


class Faucet:
    """A push producer that says whether it may flow."""

    def __init__(self, output: StandardOutput) -> None:
        self.calls: list[str] = []
        output.registerProducer(self, True)  # type: ignore[arg-type]  # duck-typed

    def pauseProducing(self) -> None:
        self.calls.append("pause")

    def resumeProducing(self) -> None:
        self.calls.append("resume")

    def stopProducing(self) -> None:
        self.calls.append("stop")


class PolledTests(SynchronousTestCase):
    """A stream that the reactor watches."""

    def setUp(self) -> None:
        self.reactor, self.stream = World().reactor, Memory(hangs_up=True)
        self.output = PolledOutput(self.reactor, self.stream)
        self.broken: list[TnetError] = []
        self.output.watch(self.broken.append)

    @property
    def waits(self) -> bool:
        """Whether the reactor was asked to call when there is room."""
        return self.output in self.reactor.getWriters()

    def test_written_at_once(self) -> None:
        """While there is room nothing waits."""
        self.output.write(b"one")
        self.assertEqual((self.stream.written, self.waits, self.output.waiting), (b"one", False, 0))

    def test_line_is_ended_on_a_terminal_alone(self) -> None:
        """What is no terminal gets no byte that was not written; what has ended its line needs none."""
        self.output.write(b"one")
        self.output.end_line()
        self.assertEqual(self.stream.written, b"one")
        output = PolledOutput(self.reactor, stream := Memory(hangs_up=True), is_terminal=True)
        output.end_line()
        for data in (b"one", b"two\n"):
            output.write(data)
            output.end_line()
        self.assertEqual(stream.written, b"one\ntwo\n")

    def test_rest_waits_for_room(self) -> None:
        """What finds no room is written in order when there is."""
        self.stream.room = 4
        for data in (b"one", b"two", b"three"):
            self.output.write(data)
        self.assertEqual((self.stream.written, self.waits, self.output.waiting), (b"onet", True, 7))
        self.stream.room = 3
        self.output.doWrite()
        self.assertEqual((self.stream.written, self.waits), (b"onetwot", True))
        self.stream.room = 100
        self.output.doWrite()
        self.assertEqual((self.stream.written, self.waits), (b"onetwothree", False))

    def test_producer_is_paused_and_resumed(self) -> None:
        """Above the mark the producer waits until everything is written."""
        self.stream.room = 0
        faucet = Faucet(self.output)
        self.output.write(bytes(HIGH_WATER_BYTES - 1))
        self.assertEqual(faucet.calls, [])
        self.output.write(b"x")
        self.assertEqual(faucet.calls, ["pause"])
        self.stream.room = HIGH_WATER_BYTES - 1
        self.output.doWrite()
        self.assertEqual(faucet.calls, ["pause"])
        self.stream.room = 1
        self.output.doWrite()
        self.assertEqual(faucet.calls, ["pause", "resume"])

    def test_producer_that_comes_late(self) -> None:
        """A producer registered above the mark waits from the beginning."""
        self.stream.room = 0
        self.output.write(bytes(HIGH_WATER_BYTES))
        self.assertEqual(Faucet(self.output).calls, ["pause"])

    def test_pull_producer(self) -> None:
        """A producer that wants to be asked is refused."""
        self.assertRaises(TypeError, self.output.registerProducer, object(), False)

    def test_flushed(self) -> None:
        """It fires when all is written: at once, or later; whoever cancels waits no more."""
        self.successResultOf(self.output.flushed())
        self.stream.room = 0
        self.output.write(b"one")
        flushed, cancelled = self.output.flushed(), self.output.flushed()
        cancelled.cancel()
        self.failureResultOf(cancelled, CancelledError)
        self.assertNoResult(flushed)
        self.stream.room = 3
        self.output.doWrite()
        self.successResultOf(flushed)

    def test_reader_leaves(self) -> None:
        """A reader that is gone is noticed without writing; what waited is dropped, and nothing is watched."""
        self.stream.room = 0
        self.output.write(b"one")
        flushed = self.output.flushed()
        self.assertIn(self.output, self.reactor.getReaders())
        self.output.connectionLost(Failure(ConnectionDone()))
        self.failureResultOf(flushed, OutputClosed)
        self.assertIsInstance(self.broken[0], OutputClosed)
        self.assertEqual((self.reactor.getReaders(), self.reactor.getWriters()), ([], []))
        self.assertTrue(self.stream.closed)
        self.output.write(b"two")
        self.assertEqual(self.output.waiting, 0)

    def test_only_pipes_are_watched_for_their_reader(self) -> None:
        """Where readability means something else it is not asked for."""
        reactor = World().reactor
        PolledOutput(reactor, Memory(hangs_up=False))
        self.assertEqual(reactor.getReaders(), [])

    def test_capacity(self) -> None:
        """It takes at once what its stream does."""
        self.assertIsNone(self.output.capacity)
        self.assertEqual(PolledOutput(World().reactor, Memory(capacity=65536)).capacity, 65536)

    def test_errors(self) -> None:
        """A closed pipe or socket is OutputClosed, a lost terminal too; the rest is CannotWrite with its reason."""
        expected = [
            (errno.EPIPE, False, OutputClosed),
            (errno.ECONNRESET, False, OutputClosed),
            (errno.EIO, True, OutputClosed),
            (errno.EIO, False, CannotWrite),
            (errno.ENOSPC, False, CannotWrite),
        ]
        for number, terminal, kind in expected:
            stream = Memory()
            stream.breaks = OSError(number, os.strerror(number))
            output = PolledOutput(self.reactor, stream, is_terminal=terminal)
            output.write(b"x")
            self.failureResultOf(output.flushed(), kind)

    def test_error_before_anybody_watches(self) -> None:
        """Who watches a broken output is told at once."""
        self.stream.breaks = OSError(errno.EPIPE, "gone")
        output = PolledOutput(self.reactor, self.stream)
        output.write(b"x")
        told: list[TnetError] = []
        output.watch(told.append)
        self.assertIsInstance(told[0], OutputClosed)

    def test_close_is_silent(self) -> None:
        """Closing tells nobody that something broke."""
        self.output.close()
        self.output.close()
        self.assertEqual((self.broken, self.stream.closed), ([], True))


class ThreadedTests(SynchronousTestCase):
    """A descriptor that only blocking calls can write."""

    def setUp(self) -> None:
        self.workers = Slow()
        self.output = ThreadedOutput(self.workers, 5)

    def test_what_comes_meanwhile_goes_together(self) -> None:
        """One call at a time; what is written during it makes the next."""
        for data in (b"one", b"two", b"three"):
            self.output.write(data)
        self.assertEqual(self.workers.finish(None), (5, b"one"))
        self.assertEqual(self.workers.finish(None), (5, b"twothree"))
        self.assertEqual((self.output.waiting, self.workers.calls), (0, []))

    def test_flushed_waits_for_the_thread(self) -> None:
        """What a thread has not finished is not written."""
        self.output.write(b"one")
        flushed = self.output.flushed()
        self.assertNoResult(flushed)
        self.workers.finish(None)
        self.successResultOf(flushed)

    def test_producer_is_paused_and_resumed(self) -> None:
        """Too much that waits for the thread pauses the producer."""
        faucet = Faucet(self.output)
        self.output.write(bytes(HIGH_WATER_BYTES))
        self.assertEqual(faucet.calls, ["pause"])
        self.workers.finish(None)
        self.assertEqual(faucet.calls, ["pause", "resume"])

    def test_error(self) -> None:
        """The system's error is told with its reason."""
        self.output.write(b"one")
        self.workers.finish(OSError(errno.ENOSPC, "No space left on device"))
        self.assertEqual(str(self.output.error), "cannot write standard output: No space left on device")

    def test_closed_while_writing(self) -> None:
        """A thread that ends after the close changes nothing."""
        self.output.write(b"one")
        self.output.close()
        self.workers.finish(None)
        self.assertEqual(self.output.waiting, 0)


class KindTests(SynchronousTestCase):
    """Which output for which descriptor."""

    def output(self, fd: int) -> StandardOutput:
        """What is made for `fd`."""
        self.addCleanup(os.close, fd)
        output = standard_output(World().context, fd)
        self.addCleanup(output.close)
        return output

    def test_kinds(self) -> None:
        """Pipes and terminals are watched, files and devices written in a thread."""
        reading, writing = os.pipe()
        ours, theirs = os.openpty()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, ours)
        pipe, terminal = self.output(writing), self.output(theirs)
        device = self.output(os.open(os.devnull, os.O_WRONLY))
        self.assertEqual([type(each) for each in (pipe, terminal)], [PolledOutput] * 2)
        self.assertIsInstance(device, ThreadedOutput)
        self.assertEqual([each.is_terminal for each in (pipe, terminal, device)], [False, True, False])

    def test_reader_left_before_us(self) -> None:
        """A FIFO that nobody reads any more is closed from the beginning."""
        path = self.mktemp()
        os.mkfifo(path)
        reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writing = os.open(path, os.O_WRONLY)
        os.close(reading)
        self.addCleanup(os.close, writing)
        self.assertRaises(OutputClosed, standard_output, World().context, writing)

    def test_not_open(self) -> None:
        """What is not open cannot be written."""
        self.assertRaises(CannotWrite, standard_output, World().context, 1 << 20)
