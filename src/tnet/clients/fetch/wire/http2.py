"""HTTP/2 from the client's side: many exchanges at a time on one connection.

What nobody reads is not given back to the peer's windows, and so holds back that one answer alone; who sends takes
turns whenever there is room.

Source: RFC 9113 sections 5.2 and 6.8.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.clients.fetch.bell import Bell
from tnet.clients.fetch.outgoing import Outgoing
from tnet.clients.fetch.request import Request, fields_of
from tnet.clients.fetch.wire.exchange import Exchange
from tnet.errors import BodyCutShort, EmptyReply, ReceiveFailed, SendFailed, TnetError
from tnet.events import Trace, silent_trace
from tnet.protocols.http1.responses import Fields, ResponsePart
from tnet.protocols.http2.engine import Engine
from tnet.protocols.http2.heads import request_fields
from tnet.protocols.http2.outputs import Came, Eased, Lost, Output, Resized

TURN_BYTES = 1 << 16
UNREAD_BYTES = 1 << 20


@implementer(IPushProducer)
class Http2(Protocol):
    """A connection to `peer`, as errors call it, over TLS or (prior knowledge) without.

    Units: `UNREAD_BYTES` is how much of what we have to answer may wait for a peer that does not read.
    """

    trace = silent_trace()
    version = "2"

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.on_change: Callable[[], object] = _nothing
        self.gone = False
        self.choked = False
        self._engine = Engine(peer)
        self._closing = False
        self._exchanges: dict[Http2Exchange, None] = {}
        self._streams: dict[int, Http2Exchange] = {}
        self._queue: deque[Http2Exchange] = deque()
        self._waiting_bytes = 0

    @property
    def room(self) -> int:
        """How many more exchanges can begin now."""
        return 0 if self.closing else max(0, self._engine.limit - len(self._exchanges))

    @property
    def idle(self) -> bool:
        """Whether no exchange is under way."""
        return not self._exchanges

    @property
    def closing(self) -> bool:
        """Whether nothing will begin on it any more."""
        return self._closing or self._engine.closing or self.gone

    def exchange(self, request: Request, trace: Trace) -> Http2Exchange:
        """Begin one more exchange."""
        assert self.room, "an exchange begins only where there is room"
        made = Http2Exchange(request, trace, self)
        self._exchanges[made] = None
        return made

    def close(self) -> None:
        """End the connection in good order."""
        if not self._closing and not self.gone:
            self._closing = True
            self._engine.goodbye()
            self._flush()
            self._transport.unregisterProducer()
            self._transport.loseConnection()

    def abort(self) -> None:
        """Cut the connection, if it still stands."""
        self._closing = True
        if not self.gone:
            self._transport.abortConnection()

    # ── what an exchange calls ──

    def begin(self, exchange: Http2Exchange, fields: Fields, *, end: bool) -> int:
        """Send the head; what that took. Where there is no room any more, the exchange is told so."""
        if self._closing or not self._engine.room:
            self._lose(exchange, ReceiveFailed(self.peer, "it takes on no more requests"), refused=True)
            self._changed()
            return 0
        exchange.stream = self._engine.begin(fields, end=end)
        self._streams[exchange.stream] = exchange
        return self._flush()

    def send(self, exchange: Http2Exchange, piece: memoryview) -> tuple[int, int]:
        """Send of a body what there is room for: how many bytes of it, and how many that took."""
        if self.choked:
            return 0, 0
        sent = self._engine.send(exchange.stream, piece[:TURN_BYTES])
        return sent, self._flush()

    def end(self, exchange: Http2Exchange) -> int:
        """Send the end of a body; what that took."""
        self._engine.end(exchange.stream)
        return self._flush()

    def queue(self, exchange: Http2Exchange) -> None:
        """Let the exchange know when there is room, after those who asked before."""
        self._queue.append(exchange)

    def consumed(self, exchange: Http2Exchange, count: int) -> None:
        """So much was read."""
        self._engine.consumed(exchange.stream, count)
        self._flush()

    def free(self, exchange: Http2Exchange) -> None:
        """The exchange is over; what is left of it is cut."""
        self._forget(exchange)
        self._engine.release(exchange.stream)
        self._flush()
        self._changed()

    # ── what Twisted calls ──

    def connectionMade(self) -> None:
        self._transport.registerProducer(self, True)
        self._flush()

    def dataReceived(self, data: bytes) -> None:
        if self._closing:
            return
        try:
            for output in self._engine.feed(data):
                self._perform(output)
            self._flush()
        except TnetError as error:
            self._fail(error)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.gone = True
        for exchange in tuple(self._exchanges):
            self._lose(exchange, self._broken(reason, exchange))
        self.on_change()

    def pauseProducing(self) -> None:
        self.choked = True

    def resumeProducing(self) -> None:
        self.choked = False
        self._waiting_bytes = 0
        self._serve()

    def stopProducing(self) -> None:
        """Do nothing: the connection is lost, and `connectionLost`, which says why, comes next."""

    # ── inside ──

    @property
    def _transport(self) -> Any:
        return self.transport

    def _perform(self, output: Output) -> None:
        match output:
            case Came():
                if (exchange := self._streams.get(output.stream)) is not None:
                    exchange.came(output.part, output.size)
            case Lost():
                if (exchange := self._streams.get(output.stream)) is not None:
                    self._lose(exchange, output.error, refused=output.refused)
                    self._changed()
            case Eased():
                self._serve()
            case Resized():
                self._changed()

    def _serve(self) -> None:
        """Give each who waits a turn, the one who waited longest first, while there is room."""
        for _ in range(len(self._queue)):
            if self.choked or not self._engine.window:
                return
            self._queue.popleft().has_room()

    def _changed(self) -> None:
        """Tell the pool; close when nothing more can begin and nothing is under way."""
        if self._engine.closing and self.idle and not self.gone:
            self.close()
        self.on_change()

    def _lose(self, exchange: Http2Exchange, error: TnetError, *, refused: bool = False) -> None:
        self._forget(exchange)
        exchange.refused = refused
        exchange.lost(error)

    def _forget(self, exchange: Http2Exchange) -> None:
        self._exchanges.pop(exchange, None)
        self._streams.pop(exchange.stream, None)
        if exchange in self._queue:
            self._queue.remove(exchange)

    def _fail(self, error: TnetError) -> None:
        """The peer cannot be understood, or must not be listened to: that is the end of every exchange."""
        self._flush()
        for exchange in tuple(self._exchanges):
            self._lose(exchange, error)
        self.abort()

    def _flush(self) -> int:
        """Write what there is to send: how many bytes. While the peer reads nothing, that is bounded."""
        data = b"" if self.gone else self._engine.to_send()
        if data:
            self._transport.write(data)
            self._waiting_bytes += len(data) if self.choked else 0
            if self._waiting_bytes > UNREAD_BYTES:
                self._waiting_bytes = 0
                self._fail(SendFailed(self.peer, "it asks for more and more answers, and reads none"))
        return len(data)

    def _broken(self, reason: Failure, exchange: Http2Exchange) -> TnetError:
        """The error for an exchange whose connection ended before it."""
        if isinstance(reason.value, TnetError):
            return reason.value
        if self._engine.farewell:
            return ReceiveFailed(self.peer, self._engine.farewell)
        if reason.check(ConnectionDone):
            return exchange.cut_short()
        cause = getattr(self.transport, "os_error", None)
        text = cause.strerror if cause is not None else "the connection was cut"
        return SendFailed(self.peer, text) if exchange.unsent else ReceiveFailed(self.peer, text)


class Http2Exchange(Exchange):
    """An exchange on one stream of a connection."""

    version = "2"
    stream = 0

    def __init__(self, request: Request, trace: Trace, connection: Http2) -> None:
        super().__init__(request, trace, connection.peer)
        self._connection = connection
        self._body_bytes = 0
        self._room = Bell()

    @property
    def unsent(self) -> bool:
        """Whether it broke off while the request was being sent."""
        return not self._sent and not self._hushed

    def came(self, part: ResponsePart, size: int) -> None:
        """A part of the answer has come, in frames of `size` bytes."""
        self.bytes_in += size
        if isinstance(part, bytes):
            self._body_bytes += len(part)
        self.take((part,))

    def has_room(self) -> None:
        """The peer takes more of the body."""
        self._room.ring()

    def cut_short(self) -> TnetError:
        """The error for an orderly end of the connection in the middle of the answer."""
        if self.head is None:
            return EmptyReply(self.peer, "it closed the connection without an answer")
        return BodyCutShort(self._body_bytes, self.head.length)

    # ── what the shared half asks for ──

    def _send_head(self, body: Outgoing | None) -> None:
        if self.over:
            return
        url = self.request.url
        asked = self.request.method.encode("utf-8", "surrogateescape"), url.scheme.encode(), url.target.encode()
        fields = request_fields(*asked, fields_of(self.request, length=body.length if body is not None else None))
        self.sent_fields = tuple(field for field in fields if field[0] not in _OF_THE_REQUEST_LINE)
        self.bytes_out += self._connection.begin(self, fields, end=body is None)

    async def _send_piece(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while not self._hushed:
            sent, size = self._connection.send(self, rest)
            rest = rest[sent:]
            self.bytes_out += size
            if not rest:
                return
            if not sent:
                self._connection.queue(self)
                await self._room.rung()

    def _send_end(self) -> None:
        self.bytes_out += self._connection.end(self)

    def _hold_back(self) -> None:
        """Nothing is to be done: the peer's window shrinks by itself."""

    def _consumed(self, count: int) -> None:
        self._connection.consumed(self, count)

    def _released(self, *, complete: bool) -> None:
        self._connection.free(self)

    def _hush(self) -> None:
        super()._hush()
        self._room.ring()


_OF_THE_REQUEST_LINE = frozenset({b":method", b":scheme", b":path"})


def _nothing() -> None:
    """Nobody wants to know."""
