"""One deadline for the whole of a fetch, whose error names the phase that it was in."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall

from tnet.errors import TimedOut
from tnet.events import Record
from tnet.events.kinds import SpanStarted
from tnet.net.context import Context
from tnet.net.dial import CONNECTING

R = TypeVar("R")


class Deadline:
    """Cancels the work that it holds when `seconds` have passed; 0 is no limit.

    The phase is the span that began last, on whatever connection.
    """

    def __init__(self, seconds: float, context: Context) -> None:
        self._seconds = seconds
        self._context = context
        self._phase = CONNECTING
        self._timer: IDelayedCall | None = None
        self._running: Deferred[Any] | None = None
        self._lent = False

    async def hold(self, work: Coroutine[Deferred[Any], Any, R]) -> R:
        """The outcome of `work`.

        Raises: TimedOut.
        """
        if not self._seconds:
            return await work
        self._context.publisher.subscribe(self._see, only=(SpanStarted,))
        self._timer = self._context.reactor.callLater(self._seconds, self._expire)
        try:
            running: Deferred[R] = Deferred.fromCoroutine(work)
            self._running = running
            return await running
        except CancelledError:
            if self._timer.active():
                raise
            raise TimedOut(self._phase, self._seconds) from None
        finally:
            self._context.publisher.unsubscribe(self._see)
            if self._timer.active():
                self._timer.cancel()

    @contextmanager
    def lent(self, seconds: float) -> Iterator[float]:
        """The seconds (0: no limit) that work may have which keeps its own time and knows its own phases.

        They are `seconds`, or what is left of the deadline when that is less: the work is not cancelled then, but
        has to raise TimedOut by itself.
        """
        left = max(self._timer.getTime() - self._context.reactor.seconds(), 0.001) if self._timer is not None else 0
        if not left or 0 < seconds < left:
            yield seconds
            return
        self._lent = True
        try:
            yield left
        except TimedOut as error:
            raise TimedOut(error.phase, self._seconds) from error
        finally:
            self._lent = False
        if self._timer is not None and not self._timer.active():
            raise TimedOut(CONNECTING, self._seconds)

    def _expire(self) -> None:
        if self._running is not None and not self._lent:
            self._running.cancel()

    def _see(self, record: Record) -> None:
        if isinstance(record.event, SpanStarted):
            self._phase = record.event.span
