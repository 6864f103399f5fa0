"""What a dashboard shows: records in, rows out. Knows no terminal."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import islice

from tnet.events import Record, kinds
from tnet.view.measures import address
from tnet.view.totals import Totals

TAIL_RECORDS = 100
RATE_SECONDS = 5.0

KINDS = frozenset(kinds.ALL_KINDS) - {kinds.SpanStarted, kinds.DnsAnswered, kinds.DialAttempted}


@dataclass(slots=True)
class Row:
    """One open connection.

    Units: `opened` on the records' clock; the bytes are what its events have told so far.
    """

    conn: int
    peer: str
    opened: float
    state: str = "open"
    bytes_in: int = 0
    bytes_out: int = 0
    last: str = ""


@dataclass(slots=True)
class _Sample:
    t: float
    bytes_in: int
    bytes_out: int


@dataclass(slots=True)
class Board:
    """The state of a server as its events tell it; `changes` grows with each record."""

    totals: Totals = field(default_factory=Totals)
    endpoints: list[str] = field(default_factory=list)
    rows: dict[int, Row] = field(default_factory=dict)
    tail: deque[Record] = field(default_factory=lambda: deque(maxlen=TAIL_RECORDS))
    began: float | None = None
    worst_lag: float = 0.0
    draining: bool = False
    changes: int = 0
    _samples: deque[_Sample] = field(default_factory=deque)

    def see(self, record: Record) -> None:
        """Take one record into account."""
        self.changes += 1
        self.totals.see(record)
        match record.event:
            case kinds.Listening() as event:
                self.endpoints.append(event.endpoint)
                self.began = record.t if self.began is None else self.began
            case kinds.ReactorLagged() as event:
                self.worst_lag = max(self.worst_lag, event.seconds)
            case kinds.Draining():
                self.draining = True
            case kinds.ConnectionOpened() as event if record.conn is not None:
                to = "→ " if event.role == "client" else ""
                peer = to + address(event.peer_address, event.peer_port)
                self.rows[record.conn] = Row(record.conn, peer, record.t)
            case kinds.ConnectionClosed() if record.conn is not None:
                self.rows.pop(record.conn, None)
            case event if record.conn in self.rows:
                self._touch(record.conn, event)

    def recent(self, count: int) -> list[Row]:
        """At most `count` open connections, those that did something last, in the order of their ids."""
        return sorted(islice(reversed(self.rows.values()), count), key=lambda row: row.conn)

    @property
    def traffic(self) -> tuple[int, int]:
        """Bytes in and out, of connections that are over and what is known of the others."""
        rows = self.rows.values()
        return (
            self.totals.bytes_in + sum(row.bytes_in for row in rows),
            self.totals.bytes_out + sum(row.bytes_out for row in rows),
        )

    def rates(self, now: float) -> tuple[float, float]:
        """Bytes a second in and out over the last `RATE_SECONDS`; to be asked regularly."""
        self._samples.append(_Sample(now, *self.traffic))
        while len(self._samples) > 2 and now - self._samples[1].t >= RATE_SECONDS:
            self._samples.popleft()
        first, last = self._samples[0], self._samples[-1]
        seconds = last.t - first.t
        if seconds <= 0:
            return 0.0, 0.0
        return (last.bytes_in - first.bytes_in) / seconds, (last.bytes_out - first.bytes_out) / seconds

    def _touch(self, conn: int, event: kinds.Event) -> None:
        row = self.rows[conn] = self.rows.pop(conn)
        match event:
            case kinds.TlsHandshaken():
                row.state = "secured" if event.outcome == "ok" else "tls failed"
            case kinds.HalfClosed():
                row.state = "half-closed"
                row.bytes_in, row.bytes_out = event.bytes_in, event.bytes_out
            case kinds.Paused():
                row.state = "paused"
                row.bytes_in, row.bytes_out = event.bytes_in, event.bytes_out
            case kinds.Resumed():
                row.state = "open"
            case kinds.StateEntered():
                row.state = event.state
            case kinds.AuthAttempted():
                row.last = f"{event.user} {event.result}"
            case kinds.HttpExchanged():
                row.last = f"{event.status or '---'} {event.method} {event.url}"
                row.bytes_in += event.bytes_in
                row.bytes_out += event.bytes_out
            case kinds.SshChannelChanged():
                row.last = f"{event.channel} {event.action}"
            case kinds.SpanEnded():
                row.last = f"{event.span} {event.outcome}"
