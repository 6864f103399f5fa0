"""Where the time of a client went: records in, lanes out. Knows no terminal.

An event that ends a phase carries its length, so a lane begins at `record.t - seconds`. Everything on one
connection up to an HTTP exchange's end is one hop; a second exchange on the connection is a hop that reused it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tnet.events import Record, kinds
from tnet.view.measures import address

KINDS = frozenset(
    {kinds.DnsAnswered, kinds.DialAttempted, kinds.TlsHandshaken, kinds.SpanEnded, kinds.HttpExchanged}
    | {kinds.ConnectionOpened}
)


@dataclass(frozen=True, slots=True)
class Lane:
    """One phase. Units: `start` and `end` in seconds on the records' clock."""

    name: str
    detail: str
    start: float
    end: float
    outcome: str = "ok"

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass(slots=True)
class Hop:
    """One request on one connection, or one connection without a request."""

    conn: int | None
    peer: str = ""
    reused: bool = False
    lanes: list[Lane] = field(default_factory=list)
    handshake: kinds.TlsHandshaken | None = None
    exchange: kinds.HttpExchanged | None = None
    ended: float = 0.0

    @property
    def start(self) -> float:
        """When its first phase began."""
        return min((lane.start for lane in self.lanes), default=self.ended)

    @property
    def end(self) -> float:
        """When it was over."""
        return max((lane.end for lane in self.lanes), default=self.ended)


class Phases:
    """Collects the hops of one command."""

    def __init__(self) -> None:
        self.hops: list[Hop] = []
        self._current: dict[int | None, Hop] = {}

    def see(self, record: Record) -> None:
        """Take one record into account."""
        match record.event:
            case kinds.ConnectionOpened() as event:
                self._hop(record).peer = address(event.peer_address, event.peer_port)
            case kinds.HttpExchanged() as event:
                hop = self._hop(record)
                hop.exchange, hop.ended = event, record.t
            case event if lane := _lane(record):
                hop = self._hop(record, lane.start)
                hop.lanes.append(lane)
                if isinstance(event, kinds.TlsHandshaken):
                    hop.handshake = event

    @property
    def start(self) -> float:
        """When the first phase of all began."""
        return min((hop.start for hop in self.hops), default=0.0)

    @property
    def end(self) -> float:
        """When the last phase of all was over."""
        return max((hop.end for hop in self.hops), default=0.0)

    def _hop(self, record: Record, start: float | None = None) -> Hop:
        """The hop that a record belongs to: a new one when its connection has already answered before `start`."""
        hop = self._current.get(record.conn)
        began = record.t if start is None else start
        if hop is None or (hop.exchange is not None and began >= hop.ended):
            hop = self._current[record.conn] = _next(hop, record)
            self.hops.append(hop)
        return hop


def _next(before: Hop | None, record: Record) -> Hop:
    if before is None:
        return Hop(record.conn, ended=record.t)
    return Hop(record.conn, before.peer, reused=True, handshake=before.handshake, ended=record.t)


def _lane(record: Record) -> Lane | None:
    match record.event:
        case kinds.DnsAnswered() as event:
            name, detail, outcome = "dns", event.error or event.host, "failed" if event.error else "ok"
        case kinds.DialAttempted() as event:
            name, outcome = "connect", event.outcome
            detail = " ".join(filter(None, (event.error, address(event.peer_address, event.peer_port))))
        case kinds.TlsHandshaken() as event:
            name, detail, outcome = "tls", event.error or event.tls_version or "", event.outcome
        case kinds.SpanEnded() as event:
            name, outcome = event.span, event.outcome
            detail = outcome if outcome == "cancelled" else event.error or ""
        case _:
            return None
    return Lane(name, detail, record.t - event.seconds, record.t, outcome)
