"""Standard input, from streams in memory."""

from __future__ import annotations

import errno
import os

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.net.stdio.streams import Memory, Slow
from tests.support import World
from tnet.errors import CannotRead, Overloaded, TnetError
from tnet.net.stdio.source import PolledInput, StandardInput, ThreadedInput, WaitsFor, standard_input


class Heard:
    """What an input told."""

    def __init__(self, source: StandardInput) -> None:
        self.chunks: list[bytes] = []
        self.ends: list[TnetError | None] = []
        source.start(self.chunks.append, self.ends.append)


class PolledTests(TestCase):
    """A stream that the reactor watches."""

    def setUp(self) -> None:
        self.reactor, self.stream = World().reactor, Memory()
        self.source = PolledInput(self.reactor, self.stream)

    @property
    def watched(self) -> bool:
        """Whether the reactor was asked to call when there is something."""
        return self.source in self.reactor.getReaders()

    def test_nothing_is_read_before_the_start(self) -> None:
        """Only a started input is watched."""
        self.assertFalse(self.watched)
        Heard(self.source)
        self.assertTrue(self.watched)

    def test_chunks_then_the_end(self) -> None:
        """Chunks in order, then the end once; then the stream is let go of."""
        self.stream.arrives = [b"one", b"two", b""]
        heard = Heard(self.source)
        for _ in range(4):
            self.source.doRead()
        self.assertEqual((heard.chunks, heard.ends), ([b"one", b"two"], [None]))
        self.assertEqual((self.watched, self.stream.closed), (False, True))

    def test_pausing(self) -> None:
        """A paused input is not watched until it is resumed."""
        Heard(self.source)
        self.source.pauseProducing()
        self.assertFalse(self.watched)
        self.source.resumeProducing()
        self.assertTrue(self.watched)

    def test_false_alarm(self) -> None:
        """Readiness without bytes is nothing."""
        heard = Heard(self.source)
        self.source.doRead()
        self.assertEqual((heard.chunks, heard.ends), ([], []))

    def test_hang_up(self) -> None:
        """A writing end that the reactor saw go is the end."""
        heard = Heard(self.source)
        self.source.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(heard.ends, [None])

    def test_errors(self) -> None:
        """An error ends the input with its reason; a terminal that hung up just ends."""
        self.stream.arrives = [OSError(errno.ECONNRESET, "reset")]
        heard = Heard(self.source)
        self.source.doRead()
        self.assertIsInstance(heard.ends[0], CannotRead)
        other = Memory()
        other.arrives = [OSError(errno.EIO, "gone")]
        source = PolledInput(self.reactor, other)
        heard = Heard(source)
        source.doRead()
        self.assertEqual(heard.ends, [None])

    def test_stopped(self) -> None:
        """A stopped input says nothing more and cannot be resumed; to stop it twice is harmless."""
        heard = Heard(self.source)
        self.source.stopProducing()
        self.source.stopProducing()
        self.source.resumeProducing()
        self.source.connectionLost(Failure(ConnectionDone()))
        self.assertEqual((heard.ends, self.watched, self.stream.closed), ([], False, True))


class ThreadedTests(TestCase):
    """A descriptor that only blocking calls can read."""

    def setUp(self) -> None:
        self.workers = Slow()
        self.source = ThreadedInput(self.workers, 5)
        self.heard = Heard(self.source)

    def test_one_chunk_at_a_time(self) -> None:
        """The next chunk is asked for when the last one was delivered."""
        for data in (b"one", b"two", b""):
            self.assertEqual(len(self.workers.calls), 1)
            self.workers.finish(data)
        self.assertEqual((self.heard.chunks, self.heard.ends), ([b"one", b"two"], [None]))
        self.assertEqual(self.workers.calls, [])

    def test_pausing_holds_one_chunk(self) -> None:
        """What was being read when the pause came is delivered after it, the end as well."""
        self.source.pauseProducing()
        self.workers.finish(b"one")
        self.assertEqual((self.heard.chunks, self.workers.calls), ([], []))
        self.source.resumeProducing()
        self.assertEqual((self.heard.chunks, len(self.workers.calls)), ([b"one"], 1))
        self.source.pauseProducing()
        self.workers.finish(b"")
        self.source.resumeProducing()
        self.assertEqual(self.heard.ends, [None])

    def test_pause_during_delivery(self) -> None:
        """A receiver that pauses inside of a delivery gets no more until it resumes."""
        source = ThreadedInput(self.workers, 5)
        self.workers.calls.clear()
        source.start(lambda _: source.pauseProducing(), lambda _: None)
        self.workers.finish(b"one")
        self.assertEqual(self.workers.calls, [])
        source.resumeProducing()
        source.resumeProducing()
        self.assertEqual(len(self.workers.calls), 1)

    def test_stopped_while_reading(self) -> None:
        """A chunk that comes after the stop is dropped."""
        self.source.stopProducing()
        self.workers.finish(b"late")
        self.assertEqual((self.heard.chunks, self.workers.calls), ([], []))

    def test_errors(self) -> None:
        """The system's errors become CannotRead, ours stay, and a mistake in a receiver is not swallowed."""
        self.workers.finish(OSError(errno.EISDIR, "Is a directory"))
        self.assertEqual(str(self.heard.ends[0]), "cannot read standard input: Is a directory")
        busy, mistaken = ThreadedInput(self.workers, 5), ThreadedInput(self.workers, 5)
        heard = Heard(busy)
        self.workers.finish(Overloaded("the file queue"))
        self.assertIsInstance(heard.ends[0], Overloaded)
        ends: list[object] = []
        mistaken.start(lambda data: data.no_such_thing, ends.append)  # type: ignore[attr-defined]
        self.workers.finish(b"x")
        self.assertIsInstance(ends[0], AttributeError)


class KindTests(TestCase):
    """Which input for which descriptor."""

    def kind(self, fd: int) -> tuple[type[StandardInput], WaitsFor]:
        """What is made for `fd`."""
        self.addCleanup(os.close, fd)
        source = standard_input(World().context, fd)
        self.addCleanup(source.stopProducing)
        return type(source), source.waits_for

    def test_pipe(self) -> None:
        """A pipe is watched, and a program writes it."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, writing)
        self.assertEqual(self.kind(reading), (PolledInput, WaitsFor.PROGRAM))

    def test_terminal(self) -> None:
        """A terminal is watched, and a person types."""
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        self.assertEqual(self.kind(theirs), (PolledInput, WaitsFor.PERSON))

    def test_file(self) -> None:
        """A file is read in a thread, and nobody is waited for."""
        with open(self.mktemp(), "wb") as file:
            self.assertEqual(self.kind(os.open(file.name, os.O_RDONLY)), (ThreadedInput, WaitsFor.NOBODY))

    def test_device(self) -> None:
        """A device is read in a thread."""
        self.assertEqual(self.kind(os.open(os.devnull, os.O_RDONLY)), (ThreadedInput, WaitsFor.PROGRAM))

    def test_not_open(self) -> None:
        """What is not open cannot be read."""
        self.assertRaises(CannotRead, standard_input, World().context, 1 << 20)
