"""What a recorder writes."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.lines import FakeLine, LaterWorkers
from tests.support import World
from tnet.clients.connect import recorder as module
from tnet.clients.connect.recorder import HIGH_WATER_BYTES, Recorder
from tnet.errors import CannotWrite, Overloaded
from tnet.events.kinds import Logged
from tnet.net.recordings import read_recording
from tnet.protocols.recording import Chunk, Mask


class RecorderCase(SynchronousTestCase):
    """A recorder into a file."""

    def record(self, path: str = "", workers: Any = None) -> None:
        """Open the file, and join a line."""
        self.world, self.path = World(), path or self.mktemp()
        context = replace(self.world.context, workers=workers) if workers else self.world.context
        opening = Deferred.fromCoroutine(Recorder.open(self.path, "h:7", context))
        if workers:
            workers.work()
        self.recorder = self.successResultOf(opening)
        self.line = FakeLine(self.world)
        self.world.reactor.advance(100)
        self.recorder.join(self.line)

    def close(self) -> None:
        """Close it, with success."""
        self.successResultOf(Deferred.fromCoroutine(self.recorder.close()))


class WritingTests(RecorderCase):
    """What is in the file."""

    def test_a_conversation(self) -> None:
        """Every chunk with its side and its time since the connection stood, and both ends."""
        self.record()
        self.recorder.hear("us", b"hello\n")
        self.world.reactor.advance(0.25)
        self.recorder.hear("peer", b"\xff")
        self.recorder.hear_end("peer")
        self.recorder.hear_loss("closed")
        self.close()
        found = read_recording(self.path)
        self.assertEqual(found.target, "h:7")
        self.assertEqual(
            found.chunks, (Chunk(0, "us", b"hello\n"), Chunk(0.25, "peer", b"\xff"), Chunk(0.25, "peer", eof=True))
        )

    def test_password_ahead_of_its_prompt(self) -> None:
        """It is too late to mask what was sent before it was asked for: that is said, once."""
        self.record()
        self.recorder.hear("us", b"alice\nsecret\n")
        self.recorder.hear("peer", b"login: ")
        self.recorder.hear("peer", b"Password: ")
        self.recorder.hear("peer", b"Password: ")
        self.close()
        said = [event.text for event in self.world.recorder.of(Logged)]
        self.assertEqual(said, ["what was sent before the prompt for a password is in the recording as it is"])

    def test_password_behind_its_prompt(self) -> None:
        """Who answers a line at a time is not warned."""
        self.record()
        for by, data in (("peer", b"login: "), ("us", b"alice\n"), ("peer", b"Password: "), ("us", b"secret\n")):
            self.recorder.hear(by, data)
        self.close()
        self.assertEqual(self.world.recorder.of(Logged), [])

    def test_passwords(self) -> None:
        """A password is not in the file, where it was is, and the header says what was looked for."""
        self.record()
        self.recorder.hear("us", b"PASS sec")
        self.recorder.hear("us", b"ret\r\n")
        self.close()
        self.assertNotIn("sec", Path(self.path).read_text("utf-8"))
        self.assertEqual(
            read_recording(self.path).chunks,
            (Chunk(0, "us", b"PASS ***", masked=(Mask(5, 3),)), Chunk(0, "us", b"\r\n")),
        )
        header = json.loads(Path(self.path).read_text("utf-8").splitlines()[0])
        self.assertIn("POP3", header["redacts"])

    def test_large_chunks(self) -> None:
        """However much is said at once, each line can be read again."""
        self.record()
        self.recorder.hear("us", b"x" * 9_000_000)
        self.close()
        self.assertEqual(sum(len(chunk.data) for chunk in read_recording(self.path).chunks), 9_000_000)

    def test_without_a_connection(self) -> None:
        """When there is no connection the file keeps what it held."""
        path = self.mktemp()
        Path(path).write_text("old", "utf-8")
        recorder = self.successResultOf(Deferred.fromCoroutine(Recorder.open(path, "h:7", World().context)))
        self.successResultOf(Deferred.fromCoroutine(recorder.close()))
        self.assertEqual(Path(path).read_text("utf-8"), "old")

    def test_too_large_to_be_replayed(self) -> None:
        """A recording that nobody could read is told of, once, and written all the same."""
        self.patch(module, "RECORDING_BYTES", 300)
        self.record()
        for _ in range(10):
            self.recorder.hear("us", b"x" * 100)
        self.assertEqual(["too large" in event.text for event in self.world.recorder.of(Logged)], [True])
        self.close()


class SpeedTests(RecorderCase):
    """A disk that is slow."""

    def test_holds_both_sides(self) -> None:
        """When too much waits, both sides wait, until everything is written."""
        workers = LaterWorkers()
        self.record(workers=workers)
        while not self.line.held:
            self.recorder.hear("us", bytes(100_000))
        self.assertLess(self.recorder._waiting, HIGH_WATER_BYTES + 200_000)
        self.recorder.hear("us", bytes(100_000))
        self.assertEqual(self.line.held, 1)
        while workers.work():
            pass
        self.assertEqual(self.line.held, 0)

    def test_close_writes_the_rest(self) -> None:
        """Closing waits until the last line is written."""
        workers = LaterWorkers()
        self.record(workers=workers)
        self.recorder.hear("us", b"one")
        self.recorder.hear("us", b"two")
        closing = Deferred.fromCoroutine(self.recorder.close())
        self.assertNoResult(closing)
        while workers.work():
            pass
        self.successResultOf(closing)
        self.assertEqual([chunk.data for chunk in read_recording(self.path).chunks], [b"one", b"two"])


class ErrorTests(RecorderCase):
    """A disk that does not take it."""

    def test_cannot_be_opened(self) -> None:
        """A path where no file can be is told before anything is dialled."""
        path = os.path.join(self.mktemp(), "x")
        self.failureResultOf(Deferred.fromCoroutine(Recorder.open(path, "h", World().context)), CannotWrite)

    def test_disk_full(self) -> None:
        """The conversation ends with the error, nothing more is kept, and closing says it again."""
        self.record("/dev/full")
        self.recorder.hear("us", b"more")
        (failure,) = self.line.failures
        self.assertIn("No space", str(failure))
        self.failureResultOf(Deferred.fromCoroutine(self.recorder.close()), CannotWrite)

    def test_disk_full_while_it_holds(self) -> None:
        """Nobody is held by a recorder that has given up."""
        workers = LaterWorkers()
        self.record("/dev/full", workers)
        while not self.line.held:
            self.recorder.hear("us", bytes(100_000))
        workers.work()
        self.assertEqual((self.line.held, len(self.line.failures)), (0, 1))

    def test_workers_too_busy(self) -> None:
        """A write that could not even be begun ends it as well."""
        workers = LaterWorkers()
        self.record(workers=workers)
        while workers.work():
            pass

        def refuse(*_: Any) -> Any:
            raise Overloaded("files")

        self.patch(self.recorder._file, "write", refuse)
        self.recorder.hear("us", b"x")
        workers.work()
        self.assertIsInstance(self.line.failures[0], Overloaded)
