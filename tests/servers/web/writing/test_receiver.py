"""Tests for tnet.servers.web.writing.receiver."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from tests.servers.web.files.test_files import Threads
from tnet.events import silent_trace
from tnet.servers.web.bodies import IBodySink, Refusal
from tnet.servers.web.writing.receiver import Deed, Receiver
from tnet.servers.web.writing.targets import Made


class Asked:
    """A request, as far as it matters."""

    trace = silent_trace()

    def __init__(self) -> None:
        self.channel = self
        self.outcome: list[object] = []
        self.aborted = False

    def answer(self, work: Any) -> None:
        self.running = Deferred.fromCoroutine(work)
        self.running.addErrback(lambda failure: self.outcome.append(failure.type))

    def abortConnection(self, reason: str) -> None:
        self.aborted = True


class Recorded:
    """An upload that remembers what was done to it."""

    def __init__(self, refuse: bool = False) -> None:
        self.done: list[object] = []
        self.refuse = refuse

    def take(self, data: bytes) -> None:
        self.done.append(data)

    def commit(self) -> Made:
        self.done.append("commit")
        if self.refuse:
            raise Refusal(409)
        return Made((b"name",))

    def discard(self) -> None:
        self.done.append("discard")

    def release(self) -> None:
        self.done.append("release")


class ReceiverTests(TestCase):
    """A body on its way to an upload."""

    def begin(self, refuse: bool = False, **options: Any) -> Receiver:
        """A receiver whose threads run when we say so."""
        self.request, self.upload, self.threads = Asked(), Recorded(refuse), Threads()
        self.ending: set[Deferred[Any]] = set()
        answer = self.request.outcome.append
        return Receiver(self.request, self.upload, self.threads, self.ending, answer, **options)  # type: ignore[arg-type]

    def test_to_its_end(self) -> None:
        """Pieces, the commit and the end follow each other; the answer tells what was made."""
        advanced: list[bool] = []
        receiver = self.begin(advanced=lambda: advanced.append(True))
        receiver.bodyReceived(b"one")
        receiver.bodyEnded()
        self.assertEqual(self.upload.done, [])
        self.threads.work()
        self.assertEqual(self.upload.done, [b"one", "commit", "discard"])
        self.assertEqual((self.request.outcome, advanced, self.ending), ([Made((b"name",))], [True], set()))

    def test_refused(self) -> None:
        """When the commit is refused there is no answer but that."""
        receiver = self.begin(refuse=True)
        receiver.bodyEnded()
        self.threads.work()
        self.assertEqual((self.upload.done, self.request.outcome), (["commit", "discard"], [Refusal]))

    def test_lost(self) -> None:
        """When the client leaves, no step follows that has not begun; it is known when the end is there."""
        receiver = self.begin()
        receiver.bodyReceived(b"one")
        receiver.bodyLost(Failure(ConnectionLost()))
        self.assertEqual(len(self.ending), 1)
        self.threads.waiting.reverse()
        self.threads.work()
        self.assertEqual((self.upload.done, self.ending), (["release"], set()))

    def test_left_at_the_commit(self) -> None:
        """A client that leaves when all is there leaves what can be gone on with."""
        receiver = self.begin()
        receiver.bodyEnded()
        self.threads.waiting.clear()
        self.request.running.cancel()
        self.threads.work()
        self.assertEqual(self.upload.done, ["release"])

    def test_interrupted(self) -> None:
        """Who goes on with it knows when the last step is over; a request that is over is not cut off."""
        receiver = self.begin()
        receiver.bodyReceived(b"one")
        over: list[object] = []
        receiver.interrupt().addCallback(over.append)
        self.assertEqual((self.request.aborted, over), (True, []))
        self.threads.work()
        self.assertEqual((self.upload.done, over), ([b"one", "release"], [None]))
        receiver = self.begin()
        receiver.bodyEnded()
        self.threads.work()
        receiver.interrupt()
        self.assertFalse(self.request.aborted)

    def test_after_another(self) -> None:
        """Nothing is written before its turn."""
        turn: Deferred[Any] = Deferred()
        receiver = self.begin(after=turn)
        receiver.bodyReceived(b"one")
        self.threads.work()
        self.assertEqual(self.upload.done, [])
        turn.callback(None)
        self.threads.work()
        self.assertEqual(self.upload.done, [b"one"])


class DeedTests(TestCase):
    """What needs no body."""

    def test_done(self) -> None:
        """It is done when the body is over, and not at all when that never comes."""
        done: list[str] = []

        async def work() -> None:
            done.append("done")

        deed = Deed(Asked(), work, lambda: done.append("undone"))  # type: ignore[arg-type]  # all that is asked of it
        self.assertTrue(verifyObject(IBodySink, deed))
        deed.bodyReceived(b"ignored")
        self.assertEqual(done, [])
        deed.bodyEnded()
        deed.bodyLost(Failure(ConnectionLost()))
        self.assertEqual(done, ["done", "undone"])
