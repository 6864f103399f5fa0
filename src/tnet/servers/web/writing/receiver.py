"""Where the body of a request that changes something goes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from threading import Lock
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.net.context import Offload
from tnet.servers.web.bodies import IBodySink
from tnet.servers.web.request import WebRequest
from tnet.servers.web.writing.targets import Made


class Upload(Protocol):
    """What becomes of a body. Blocking; of one thread after the other."""

    def take(self, data: bytes) -> None:
        """Write some of it. Raises: Refusal."""

    def commit(self) -> Made:
        """It is complete. Raises: Refusal."""

    def discard(self) -> None:
        """Leave nothing behind that was not committed, and give all descriptors back; whatever was done before."""

    def release(self) -> None:
        """It was cut off: keep what can be gone on with, and give all descriptors back."""


@implementer(IBodySink)
class Receiver:
    """Feeds a body to an upload in a worker, one piece at a time; `answer` tells the client what has come of it.

    While it cleans up in a worker, that is among `ending`. Nothing is written before `after` fires. `advanced` is
    called after each piece.
    """

    def __init__(
        self,
        request: WebRequest,
        upload: Upload,
        workers: Offload,
        ending: set[Deferred[Any]],
        answer: Callable[[Made], None],
        *,
        after: Deferred[Any] | None = None,
        advanced: Callable[[], None] = lambda: None,
    ) -> None:
        self._request = request
        self._upload = upload
        self._workers = workers
        self._ending = ending
        self._answer = answer
        self._after = after
        self._advanced = advanced
        self._lock = Lock()
        self._over = self._done = False

    def bodyReceived(self, data: bytes) -> Deferred[Any]:
        """Fires when the piece is written."""
        return self._step(self._upload.take, data).addCallback(lambda _: self._advanced())

    def bodyEnded(self) -> None:
        """Make the files appear and say so."""
        self._request.answer(self._finish())

    def bodyLost(self, reason: Failure) -> None:
        """Leave behind what can be gone on with, if anything."""
        self._done = True
        self._end(self._upload.release)

    def interrupt(self) -> Deferred[Any]:
        """End it now, since somebody else goes on with the upload.

        Fires with: None, when nothing is written any more.
        """
        ended = self._end(self._upload.release)
        if not self._done:
            self._done = True
            self._request.channel.abortConnection("another request goes on with the upload")
        return ended

    async def _finish(self) -> None:
        try:
            with self._request.trace.span("commit upload"):
                made = await self._step(self._upload.commit)
        except CancelledError:
            self._end(self._upload.release)
            raise
        finally:
            self._done = True
            self._end(self._upload.discard)
        if made is not None:
            self._answer(made)

    def _step(self, step: Callable[..., Any], *args: Any) -> Deferred[Any]:
        after, self._after = self._after, None
        if after is None:
            running: Deferred[Any] = self._workers.run(self._alone, step, *args)
            return running
        turn: Deferred[Any] = Deferred()
        after.addBoth(lambda _: turn.callback(None))
        return turn.addCallback(lambda _: self._workers.run(self._alone, step, *args))

    def _alone(self, step: Callable[..., Any], *args: Any) -> Any:
        """In a worker: a step of an upload, while no other step runs; none runs after the end.

        A client that leaves cancels the waiting, not the thread, so a step may still be running when the end comes.
        """
        with self._lock:
            return None if self._over else step(*args)

    def _end(self, how: Callable[[], None]) -> Deferred[Any]:
        end: Deferred[Any] = self._workers.run(self._end_alone, how).addErrback(lambda _: self._end_alone(how))
        self._ending.add(end)
        told: Deferred[Any] = Deferred()

        def ended(_: object) -> None:
            self._ending.discard(end)
            told.callback(None)

        end.addBoth(ended)
        return told

    def _end_alone(self, how: Callable[[], None]) -> None:
        with self._lock:
            if not self._over:
                self._over = True
                how()


@implementer(IBodySink)
class Deed:
    """Does what a request asks for by its head alone, once its body, which does not matter, is over.

    `undone` is called when that never comes.
    """

    def __init__(
        self,
        request: WebRequest,
        work: Callable[[], Coroutine[Any, Any, None]],
        undone: Callable[[], None] = lambda: None,
    ) -> None:
        self._request = request
        self._work = work
        self._undone = undone

    def bodyReceived(self, data: bytes) -> None:
        """Not needed."""

    def bodyEnded(self) -> None:
        """Do it."""
        self._request.answer(self._work())

    def bodyLost(self, reason: Failure) -> None:
        """Then it is not done."""
        self._undone()
