"""One deadline for the whole of a transfer, whose error names the phase that it was in."""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall

from tnet.errors import TimedOut
from tnet.events import Record
from tnet.events.kinds import RequestBegan, RetryPlanned, SpanStarted
from tnet.net.context import Context
from tnet.net.dial import CONNECTING

R = TypeVar("R")

RETRYING = "waiting to try again"
_WORDS = {
    "queue": "waiting for a free connection",
    "send": "sending the request",
    "wait": "waiting for the answer",
    "receive": "receiving the answer",
}
MOST_REQUESTS = 100


class Deadline:
    """Cancels the work that it holds when `seconds` have passed; 0 is no limit.

    The phase is the one that a cancelled `dial` was in, or the span that began last of the transfer's last requests.
    """

    def __init__(self, seconds: float, transfer: int, context: Context) -> None:
        self._seconds = seconds
        self._transfer = transfer
        self._context = context
        self._phase = CONNECTING
        self._requests: deque[int | None] = deque(maxlen=MOST_REQUESTS)

    async def hold(self, work: Coroutine[Deferred[Any], Any, R]) -> R:
        """The outcome of `work`.

        Raises: TimedOut.
        """
        if not self._seconds:
            return await work
        self._context.publisher.subscribe(self._see, only=(RequestBegan, RetryPlanned, SpanStarted))
        running: Deferred[R] = Deferred.fromCoroutine(work)
        timer: IDelayedCall = self._context.reactor.callLater(self._seconds, running.cancel)
        try:
            return await running
        except CancelledError as error:
            if timer.active():
                raise
            raise TimedOut(getattr(error, "phase", self._phase), self._seconds) from None
        finally:
            self._context.publisher.unsubscribe(self._see)
            if timer.active():
                timer.cancel()

    def _see(self, record: Record) -> None:
        match record.event:
            case RequestBegan(transfer=self._transfer):
                self._requests.append(record.request)
                self._phase = CONNECTING
            case RetryPlanned(transfer=self._transfer):
                self._phase = RETRYING
            case SpanStarted(span=span) if record.request in self._requests:
                self._phase = _WORDS.get(span, span)
