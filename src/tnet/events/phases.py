"""Where the time of a client went: records in, hops and their phases out.

An event that ends a phase carries its length, so a phase begins at `record.t - seconds`. Every event of one request
is one hop. Where requests have no numbers, everything on one connection up to an HTTP exchange's end is one.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tnet.events import kinds
from tnet.events.record import Record

KINDS = frozenset(
    {
        kinds.RequestBegan,
        kinds.RetryPlanned,
        kinds.DnsAnswered,
        kinds.DialAttempted,
        kinds.ConnectionOpened,
        kinds.ConnectionClosed,
        kinds.TlsHandshaken,
        kinds.SpanEnded,
        kinds.HttpExchanged,
    }
)
MOST_HOPS = 1000

_Key = tuple[int | None, int | None]
PhaseEvent = kinds.DnsAnswered | kinds.DialAttempted | kinds.TlsHandshaken | kinds.SpanEnded


@dataclass(frozen=True, slots=True)
class Phase:
    """One piece of work, and the event that told of its end.

    Units: `start` and `end` in seconds on the records' clock.
    """

    name: str
    start: float
    end: float
    event: PhaseEvent
    outcome: str = "ok"

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass(slots=True)
class Hop:
    """One request on one connection, or one connection without a request.

    `opened` and `handshake` are those of its connection, which it has `reused` when another hop opened it. `attempt`
    is the number of the attempt that it begins, where it is a retry.

    Units: `began` and `ended` in seconds on the records' clock, `wall` in seconds since the epoch.
    """

    request: int | None
    began: float
    wall: float
    conn: int | None = None
    asked: kinds.RequestBegan | None = None
    attempt: int = 0
    opened: kinds.ConnectionOpened | None = None
    handshake: kinds.TlsHandshaken | None = None
    reused: bool = False
    phases: list[Phase] = field(default_factory=list)
    exchange: kinds.HttpExchanged | None = None
    ended: float = 0.0

    @property
    def start(self) -> float:
        """When it began."""
        return min([self.began, *(phase.start for phase in self.phases)])

    @property
    def end(self) -> float:
        """When the last of it was over."""
        return max([self.ended, *(phase.end for phase in self.phases)])

    def spread(self, name: str) -> tuple[float, float] | None:
        """From when to when the work called `name` was done; None when there was none of it.

        What failed or was given up counts only where nothing went well, but attempts to connect race: they count from
        the first one's beginning.
        """
        found = [phase for phase in self.phases if phase.name == name]
        good = [phase for phase in found if phase.outcome == "ok"] or found
        if not good:
            return None
        return min(phase.start for phase in (found if name == "connect" else good)), max(phase.end for phase in good)


@dataclass(slots=True)
class _Standing:
    """A connection that is open."""

    opened: kinds.ConnectionOpened
    handshake: kinds.TlsHandshaken | None = None


class Phases:
    """Collects the `hops` of one command, in the order in which they began; of more than `MOST_HOPS` the last ones.

    `dropped` is how many others there were.
    """

    def __init__(self) -> None:
        self.hops: deque[Hop] = deque()
        self.dropped = 0
        self._current: dict[_Key, Hop] = {}
        self._standing: dict[int | None, _Standing] = {}
        self._attempts: dict[int, int] = {}

    @property
    def start(self) -> float:
        """When the first hop began."""
        return min((hop.start for hop in self.hops), default=0.0)

    @property
    def end(self) -> float:
        """When the last hop was over."""
        return max((hop.end for hop in self.hops), default=0.0)

    def see(self, record: Record) -> None:
        """Take one record into account."""
        match record.event:
            case kinds.RequestBegan() as event:
                hop = self._hop(record)
                hop.asked, hop.attempt = event, self._attempts.pop(event.transfer, 0) if event.cause == "retry" else 0
            case kinds.RetryPlanned() as event:
                self._attempts[event.transfer] = event.attempt
            case kinds.ConnectionOpened() as event:
                hop = self._hop(record)
                hop.opened, hop.handshake, hop.reused = event, None, False
                self._standing[record.conn] = _Standing(event)
            case kinds.ConnectionClosed():
                self._standing.pop(record.conn, None)
            case kinds.HttpExchanged() as event:
                hop = self._hop(record)
                hop.exchange, hop.ended = event, record.t
            case event if phase := _phase(record):
                self._hop(record, phase.start).phases.append(phase)
                if isinstance(event, kinds.TlsHandshaken):
                    self._secured(record, event)

    # ── inside ──

    def _secured(self, record: Record, handshake: kinds.TlsHandshaken) -> None:
        self._hop(record).handshake = handshake
        if standing := self._standing.get(record.conn):
            standing.handshake = handshake

    def _hop(self, record: Record, start: float | None = None) -> Hop:
        """The hop that a record belongs to.

        Without a request's number it is a new one when its connection has already answered before `start`.
        """
        key = _key(record.request, record.conn)
        began = record.t if start is None else start
        hop = self._current.get(key)
        if hop is None or (record.request is None and hop.exchange is not None and began >= hop.ended):
            hop = self._current[key] = Hop(record.request, began, record.wall - record.t + began)
            self._append(hop)
        if record.conn is not None and hop.conn != record.conn:
            self._meet(hop, record.conn)
        return hop

    def _append(self, hop: Hop) -> None:
        self.hops.append(hop)
        if len(self.hops) > MOST_HOPS:
            oldest = self.hops.popleft()
            key = _key(oldest.request, oldest.conn)
            if self._current.get(key) is oldest:
                del self._current[key]
            self.dropped += 1

    def _meet(self, hop: Hop, conn: int) -> None:
        """`hop` is on a connection: which that is, is known when another hop has opened it."""
        hop.conn = conn
        if standing := self._standing.get(conn):
            hop.opened, hop.handshake, hop.reused = standing.opened, standing.handshake, True


def _key(request: int | None, conn: int | None) -> _Key:
    return (request, None if request is not None else conn)


def _phase(record: Record) -> Phase | None:
    match record.event:
        case kinds.DnsAnswered() as event:
            name, outcome = "dns", "failed" if event.error else "ok"
        case kinds.DialAttempted() as event:
            name, outcome = "connect", event.outcome
        case kinds.TlsHandshaken() as event:
            name, outcome = "tls", event.outcome
        case kinds.SpanEnded() as event:
            name, outcome = event.span, event.outcome
        case _:
            return None
    return Phase(name, record.t - event.seconds, record.t, event, outcome)
