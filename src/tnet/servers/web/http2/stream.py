"""One stream: it carries one request to its exchange, and the response back, each at the pace of the other side."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from twisted.internet.error import ConnectionAborted
from twisted.internet.interfaces import IProtocol
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers

from tnet.protocols.http1.heads import RequestHead
from tnet.protocols.http2.arrivals import Denied
from tnet.protocols.http2.reasons import CANCEL, INTERNAL_ERROR, NO_ERROR
from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.carrying.alarm import Alarm
from tnet.servers.web.carrying.exchange import Exchange
from tnet.servers.web.carrying.outlet import Pump
from tnet.servers.web.carrying.pace import Pace
from tnet.servers.web.http2.backlog import Backlog
from tnet.servers.web.http2.fields import interim_fields, response_fields

if TYPE_CHECKING:
    from tnet.servers.web.http2.connection import Connection

HELD_BYTES = 64 * 1024
TURN_BYTES = 32 * 1024
PIECE_BYTES = 256 * 1024


class Turn(Enum):
    """What became of a turn to send in."""

    DONE = auto()
    MORE = auto()
    BLOCKED = auto()


class Stream:
    """The carrier of one exchange; its connection gives it turns to send in. `id` is HTTP/2's for it."""

    _pace: Pace | None = None
    _blocked_from = 0.0, 0

    def __init__(self, connection: Connection, number: int, id: int = 0) -> None:
        self.id = id
        self.site, self.trace, self.transport = connection.site, connection.trace, connection.transport
        self.peer, self.host, self.secure = connection.peer, connection.host, connection.secure
        self._connection = connection
        self._engine = connection.engine
        self._inbox: deque[bytes] = deque()
        self._owed = 0
        self._request_ended = self._completed = False
        self._backlog = Backlog()
        self._response_ended = self._said_all = self._over = self._stopping = False
        self._producer: Any = None
        self._held_back = False
        self._body_alarm: Alarm | None = None
        self._stall_alarm: Alarm | None = None
        self._waiting = False
        self.exchange = Exchange(self, number)

    # ── the request, from the connection ──

    def begin(self, head: RequestHead, *, ended: bool) -> None:
        """The request's head has come, and with it, if `ended`, all of it."""
        if not ended:
            self._body_alarm = Alarm(self.site.reactor, self.site.now)
            self._pace = Pace(self._body_alarm, self.site.deadlines, self._late)
            self._pace.watch(self.exchange)
        self.exchange.begin(head)
        if ended:
            self.end()

    def deny(self, denied: Denied) -> None:
        """Answer to a request that nobody needs to look at."""
        self._request_ended = denied.ended
        self.exchange.head = denied.head
        self.exchange.reject(denied.status, denied.reason)
        media, body = pages.error(denied.status, denied.reason, b"")
        fields = (
            (b"server", b"tnet"),
            (b"date", self.site.date()),
            (b"content-type", media),
            (b"x-content-type-options", b"nosniff"),
            (b"content-length", b"%d" % len(body)),
        )
        self._said_all = denied.head.method == b"HEAD"
        self._engine.respond(self.id, denied.status, fields, end=self._said_all)
        if not self._said_all:
            self.send_data(self.exchange, body)
        self.finish(self.exchange)

    def pour(self, data: bytes) -> None:
        """Some of its body has come."""
        self._inbox.append(data)
        self._advance()

    def end(self) -> None:
        """It is complete."""
        self._request_ended = True
        if self._body_alarm is not None:
            self._body_alarm.stop()
        if self._said_all and self._response_ended:
            self._connection.drop(self)
        else:
            self._advance()

    def _late(self) -> None:
        self.exchange.refuse(408, "the body came too slowly")

    def break_off(self) -> None:
        """Nothing more of it comes, and the client listens on."""
        if not self._request_ended:
            self.exchange.refuse(400, "the body ended early")

    def _advance(self) -> None:
        """Hand on what has come, as far as the exchange takes it; only what it took may be sent again."""
        exchange = self.exchange
        while self._inbox and not exchange.busy:
            piece = self._next_piece()
            self._owed += len(piece)
            exchange.receive(piece)
        if exchange.busy:
            return
        owed, self._owed = self._owed, 0
        if owed:
            self._engine.consumed(self.id, owed)
        if self._request_ended and not self._completed:
            self._completed = True
            exchange.complete()

    def _next_piece(self) -> bytes:
        """What has come, in pieces that are neither small nor large: a sink may go to a disk for each."""
        pieces = [self._inbox.popleft()]
        size = len(pieces[0])
        while self._inbox and size + len(self._inbox[0]) <= PIECE_BYTES:
            pieces.append(self._inbox.popleft())
            size += len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    # ── the response, to the connection ──

    @property
    def has_waiting(self) -> bool:
        """Whether there is something to send."""
        return self._backlog.size > 0

    @property
    def eager(self) -> bool:
        """Whether what there is to send is worth a frame of its own, or is the last of it."""
        return self._response_ended or self._stopping or self._backlog.size >= TURN_BYTES

    def take_turn(self) -> Turn:
        """Send some of what waits."""
        left = TURN_BYTES
        while left and self._backlog.size:
            piece = self._backlog.first()[:left]
            last = self._response_ended and len(piece) == self._backlog.size
            sent = self._engine.send(self.id, piece, end=last)
            self._backlog.drop(sent)
            self._connection.waiting_bytes -= sent
            if sent < len(piece):
                self.wait(moved=sent > 0)
                return Turn.BLOCKED
            if last:
                self._say_no_more()
                return Turn.DONE
            left -= sent
        self._moved()
        return Turn.MORE if self._backlog.size else Turn.DONE

    def _moved(self) -> None:
        """Nothing holds us back: get more to send, or end as it was asked for."""
        if self._waiting and self._stall_alarm is not None:
            self._waiting = False
            self._stall_alarm.clear()
        if self._stopping and not self._backlog.size:
            self._abort(INTERNAL_ERROR, self.exchange.reason)
        elif self._held_back and self._backlog.size < HELD_BYTES // 2:
            self._held_back = False
            if self._producer is not None:
                self._producer.resumeProducing()

    def wait(self, *, moved: bool = False) -> None:
        """The client takes no more for now, and gets time as long as it takes anything."""
        if self._stall_alarm is None:
            self._stall_alarm = Alarm(self.site.reactor, self.site.now)
        if not self._waiting:
            self._blocked_from = self.site.now(), self._sent
        if moved or not self._waiting:
            self._waiting = True
            self._stall_alarm.set(self.site.deadlines.stall_seconds, self._stalled)

    def waiting_since(self) -> float | None:
        """Since when it has been waiting for the client, which sends or takes too little; None when it has not."""
        if self._waiting:
            since, sent = self._blocked_from
            due = self.site.deadlines.body_bytes_per_second * (self.site.now() - since)
            return since if self._sent - sent < due else None
        if self._pace is None or self._request_ended:
            return None
        if self.exchange.over:
            return self.exchange.phases.last_byte
        return self._pace.behind_since(self.exchange)

    @property
    def _sent(self) -> int:
        """How much of the response the client has taken."""
        return self.exchange.bytes_out - self._backlog.size

    def _stalled(self) -> None:
        self.give_up("the client took nothing for too long")

    def give_up(self, reason: str) -> None:
        """End in the middle, because of the client."""
        self._abort(CANCEL, reason)

    # ── the end ──

    def lost(self, why: Failure, reason: str = "") -> None:
        """The stream, or its connection, is gone."""
        self.close()
        if self._producer is not None:
            self._producer.stopProducing()
        self.exchange.lost(why, reason)

    def close(self) -> None:
        """Leave nothing with the reactor."""
        self._over = True
        self._connection.waiting_bytes -= self._backlog.size
        self._backlog = Backlog()
        self._inbox.clear()
        for alarm in (self._body_alarm, self._stall_alarm):
            if alarm is not None:
                alarm.stop()
        if isinstance(self._producer, Pump):
            self._producer.pauseProducing()

    def _say_no_more(self) -> None:
        """The response was sent. A client that is still sending gets time to see that: some take a reset for no answer.

        Source: curl before 8.0 forgets a response that a reset comes with.
        """
        self._said_all = True
        if self._request_ended:
            self._connection.drop(self)
            return
        self._body_alarm = self._body_alarm or Alarm(self.site.reactor, self.site.now)
        self._body_alarm.set(self.site.deadlines.linger_seconds, lambda: self._abort(NO_ERROR, ""))

    def _abort(self, code: int, reason: str) -> None:
        """Reset the stream; who works on the response hears of it in the next turn, as it would of a connection."""
        if self._over:
            return
        self._engine.reset(self.id, code)
        self._connection.drop(self)
        self._connection.wake(self)
        if not self.exchange.over:
            self.site.reactor.callLater(0, self.lost, Failure(ConnectionAborted()), reason)

    # ── what an exchange calls ──

    def send_head(self, exchange: Exchange, status: int, reason: bytes, fields: Headers) -> None:
        """Begin the response, which is its end as well where no body comes."""
        end = exchange.bodiless or exchange.left == 0
        self._engine.respond(self.id, status, response_fields(fields), end=end)
        self._said_all = end
        self._connection.wake(self)

    def send_interim(self, exchange: Exchange, status: int, fields: Sequence[tuple[bytes, bytes]]) -> None:
        """Send a head before the response; a body that comes already need not be asked for."""
        if status != 100 or not (self._inbox or self._request_ended):
            self._engine.respond(self.id, status, interim_fields(fields))
            self._connection.wake(self)

    def send_data(self, exchange: Exchange, data: bytes) -> None:
        """Send some of the body."""
        if self._over:
            return
        self._backlog.add(data)
        self._connection.waiting_bytes += len(data)
        if self._backlog.size >= HELD_BYTES and not self._held_back:
            self._held_back = True
            if self._producer is not None:
                self._producer.pauseProducing()
        self._connection.wake(self)

    def finish(self, exchange: Exchange) -> None:
        """The response is complete."""
        if self._over:
            return
        self._response_ended = True
        if not self._backlog.size:
            if not self._said_all:
                self._engine.send(self.id, memoryview(b""), end=True)
            self._say_no_more()
        self._connection.wake(self)

    def cut(self, exchange: Exchange, reason: str) -> None:
        """End in the middle."""
        self._abort(INTERNAL_ERROR, reason)

    def stop(self, exchange: Exchange) -> None:
        """End in the middle, when what was written has been sent."""
        self._stopping = True
        if self._backlog.size:
            self._connection.wake(self)
        else:
            self._abort(INTERNAL_ERROR, exchange.reason)

    def resume(self, exchange: Exchange) -> None:
        """Go on with the body, or with its end."""
        self._advance()
        self._connection.wake(self)

    def register_producer(self, exchange: Exchange, producer: Any, streaming: bool) -> None:
        """Let `producer` write the rest of the response, at the client's pace."""
        if self._producer is not None:
            raise RuntimeError(f"{producer} cannot produce while {self._producer} does")
        if self._over:
            producer.stopProducing()
            return
        self._producer = producer if streaming else Pump(producer, self.site.reactor)
        if not streaming and not self._held_back:
            self._producer.resumeProducing()
        elif streaming and self._held_back:
            producer.pauseProducing()

    def unregister_producer(self, exchange: Exchange) -> None:
        """The producer is done."""
        producer, self._producer = self._producer, None
        if isinstance(producer, Pump):
            producer.pauseProducing()

    def switch(self, exchange: Exchange, protocol: IProtocol, fields: Headers) -> None:
        """Never: a stream is not a connection.

        Raises: Refusal.
        """
        raise Refusal(501, "over HTTP/2 nothing can become another protocol")
