"""The publisher stamps events and hands them to observers; an observer that raises is dropped, and told of once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from itertools import count
from typing import ParamSpec, Protocol, cast

from tnet.events.kinds import Event, Logged
from tnet.events.record import Record
from tnet.events.trace import Trace

Observer = Callable[[Record], None]
P = ParamSpec("P")


class View(Protocol):
    """An observer that owns a piece of screen.

    `tick` is called every `tick_seconds` while it is not None; `stop` leaves the terminal as `start` found it.
    """

    tick_seconds: float | None

    def __call__(self, record: Record) -> None: ...
    def start(self) -> None: ...
    def tick(self) -> None: ...
    def stop(self) -> None: ...


class Publisher:
    """Where every event passes.

    An event that no observer wants is counted in `unbuilt` and never built.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self.clock = clock
        self.unbuilt: Counter[str] = Counter()
        self._wall_clock = wall_clock
        self._began = clock()
        self._seq = count(1)
        self._conn = count(1)
        self._request = count(1)
        self._observers: list[tuple[Observer, Collection[type[Event]] | None]] = []
        self._hearers: dict[type[Event], tuple[Observer, ...]] = {}

    @property
    def elapsed(self) -> float:
        """Seconds since this publisher began."""
        return self.clock() - self._began

    def subscribe(self, observer: Observer, only: Collection[type[Event]] | None = None) -> None:
        """Hand every later event to `observer`, or just those of the kinds in `only`."""
        self._observers.append((observer, only))
        self._hearers = {}

    def unsubscribe(self, observer: Observer) -> None:
        """Stop handing events to `observer`; unknown observers are ignored."""
        self._observers = [pair for pair in self._observers if pair[0] != observer]
        self._hearers = {}

    def trace(self) -> Trace:
        """A reporter for one new connection, with the next connection id."""
        return Trace(self, next(self._conn))

    def next_request(self) -> int:
        """The number of one more request of a client's: see `Trace.about`."""
        return next(self._request)

    def wants(self, kind: type[Event]) -> bool:
        """Whether any observer would see an event of this kind."""
        return bool(self._hearers_of(kind))

    def emit(self, kind: Callable[P, Event], *args: P.args, **kwargs: P.kwargs) -> None:
        """Report an event that belongs to no connection: `emit(Logged, level="info", text=…)`."""
        self.publish(None, kind, *args, **kwargs)

    def publish(self, conn: int | None, kind: Callable[P, Event], *args: P.args, **kwargs: P.kwargs) -> None:
        """Report an event of connection `conn`."""
        self.report((conn, None), kind, *args, **kwargs)

    def report(
        self, about: tuple[int | None, int | None], kind: Callable[P, Event], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Build an event of `kind`, stamp it and hand it on; when nobody wants it, just count it.

        Shape: `about` is the connection and the client's request that it belongs to.
        """
        wanted = cast("type[Event]", kind)
        hearers = self._hearers_of(wanted)
        if not hearers:
            self.unbuilt[wanted.name] += 1
            return
        event = kind(*args, **kwargs)
        record = Record(next(self._seq), self.elapsed, self._wall_clock(), about[0], event, about[1])
        for observer in hearers:
            self._hand(observer, record)

    def log(self, level: str, text: str, hint: str = "") -> None:
        """Report a line for the log; `level` is debug, info, notice, warning or error."""
        self.emit(Logged, level=level, text=text, hint=hint or None)

    def _hearers_of(self, kind: type[Event]) -> tuple[Observer, ...]:
        """Who sees events of this kind; found out once for each kind, as a busy server asks for every event."""
        hearers = self._hearers.get(kind)
        if hearers is None:
            found = (observer for observer, only in self._observers if only is None or kind in only)
            hearers = self._hearers[kind] = tuple(found)
        return hearers

    def _hand(self, observer: Observer, record: Record) -> None:
        try:
            observer(record)
        except Exception as error:  # noqa: BLE001 (one broken observer must not take the others down)
            self.unsubscribe(observer)
            self.log("error", f"an event observer failed and was dropped: {error!r}")
