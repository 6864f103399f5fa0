"""One connection's reporter: emits its events and times its Deferreds and spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from tnet.events.kinds import Event, SpanEnded, SpanStarted

if TYPE_CHECKING:
    from tnet.events.publisher import Publisher

P = ParamSpec("P")


class _Deferred(Protocol):
    def addCallbacks(self, callback: Callable[[Any], Any], errback: Callable[[Any], Any]) -> Any: ...


D = TypeVar("D", bound=_Deferred)


class Trace:
    """Reports what happens on connection `conn`; `conn` is None for what belongs to no connection.

    `request` numbers the client's request that it happens for, where there is one.

    Emitting is free when nobody observes: the event is not even built.
    """

    __slots__ = ("conn", "publisher", "request")

    def __init__(self, publisher: Publisher, conn: int | None, request: int | None = None) -> None:
        self.publisher = publisher
        self.conn = conn
        self.request = request

    def about(self, request: int) -> Trace:
        """A reporter for the same connection, of what happens there for one request."""
        return Trace(self.publisher, self.conn, request)

    def wants(self, kind: type[Event]) -> bool:
        """Whether anybody would see an event of this kind: ask before computing costly fields."""
        return self.publisher.wants(kind)

    def emit(self, kind: Callable[P, Event], *args: P.args, **kwargs: P.kwargs) -> None:
        """Report an event: `trace.emit(HalfClosed, by="peer", bytes_in=3, bytes_out=0)`."""
        self.publisher.report((self.conn, self.request), kind, *args, **kwargs)

    def time(self, span: str, deferred: D) -> D:
        """The same Deferred, with its beginning, end, outcome and duration reported."""
        began = self._start(span)

        def succeeded(result: Any) -> Any:
            self._end(span, began, None)
            return result

        def failed(failure: Any) -> Any:
            self._end(span, began, failure.type)
            return failure

        deferred.addCallbacks(succeeded, failed)
        return deferred

    @contextmanager
    def span(self, span: str) -> Iterator[None]:
        """Time the body of a `with` statement; awaiting inside is what it is for."""
        began = self._start(span)
        try:
            yield
        except BaseException as error:
            self._end(span, began, type(error))
            raise
        self._end(span, began, None)

    def _start(self, span: str) -> float:
        self.emit(SpanStarted, span=span)
        return self.publisher.clock()

    def _end(self, span: str, began: float, error: type[BaseException] | None) -> None:
        self.emit(
            SpanEnded,
            span=span,
            seconds=self.publisher.clock() - began,
            outcome="ok" if error is None else _outcome(error),
            error=None if error is None else error.__name__,
        )


def _outcome(error: type[BaseException]) -> str:
    names = {kind.__name__ for kind in error.__mro__}
    return "cancelled" if names & {"GeneratorExit", "CancelledError"} else "failed"
