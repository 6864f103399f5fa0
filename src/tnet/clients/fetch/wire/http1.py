"""HTTP/1.1 from the client's side: one exchange at a time on a connection that may carry another one afterwards.

Source: RFC 9112 sections 6.3 and 9; CVE-2022-32205 and its like for what happens when doubtful connections are reused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.clients.fetch.bell import Bell
from tnet.clients.fetch.outgoing import Outgoing
from tnet.clients.fetch.request import Request, encoded, fields_of
from tnet.clients.fetch.wire.exchange import Exchange
from tnet.errors import ReceiveFailed, SendFailed, TnetError
from tnet.events import Trace, silent_trace
from tnet.protocols.http1.encoding import LAST_CHUNK, chunk
from tnet.protocols.http1.fields import tokens
from tnet.protocols.http1.responses import ResponseParser


@implementer(IPushProducer)
class Http1(Protocol):
    """A connection to `peer`, as errors call it; through a forward proxy requests are in `absolute` form."""

    trace = silent_trace()
    version = "1.1"

    def __init__(self, peer: str, *, absolute: bool = False) -> None:
        self.peer = peer
        self.absolute = absolute
        self.on_change: Callable[[], object] = _nothing
        self.gone = False
        self.choked = False
        self._closing = False
        self._current: Http1Exchange | None = None

    @property
    def room(self) -> int:
        """One, while nothing is under way."""
        return int(self.idle and not self.closing)

    @property
    def idle(self) -> bool:
        """Whether no exchange is under way."""
        return self._current is None

    @property
    def closing(self) -> bool:
        """Whether nothing will begin on it any more."""
        return self._closing or self.gone

    def exchange(self, request: Request, trace: Trace) -> Http1Exchange:
        """Begin the next exchange."""
        assert self.room, "one exchange at a time"
        self._current = Http1Exchange(request, trace, self)
        return self._current

    def close(self) -> None:
        """End the connection in good order."""
        self._closing = True
        if not self.gone:
            self._transport.loseConnection()

    def abort(self) -> None:
        """Cut the connection, if it still stands."""
        self._closing = True
        if not self.gone:
            self._transport.abortConnection()

    def free(self, *, reusable: bool, complete: bool) -> None:
        """The current exchange is over: wait for the next one, or end."""
        self._current = None
        if not complete:
            self.abort()
        elif not reusable:
            self.close()
        self.on_change()

    def write(self, data: bytes) -> None:
        """Send."""
        self._transport.write(data)

    # ── what Twisted calls ──

    def dataReceived(self, data: bytes) -> None:
        if self._current is not None:
            self._current.received(data)
        else:
            self.abort()  # nobody asked: whatever it answers, it is not ours

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.gone = True
        current, self._current = self._current, None
        if current is not None:
            current.connection_lost(reason)
        self.on_change()

    def pauseProducing(self) -> None:
        self.choked = True

    def resumeProducing(self) -> None:
        self.choked = False
        if self._current is not None:
            self._current.has_room()

    def stopProducing(self) -> None:
        """Do nothing: the connection is lost, and `connectionLost`, which says why, comes next."""

    @property
    def _transport(self) -> Any:
        return self.transport


class Http1Exchange(Exchange):
    """The exchange that is under way on a connection."""

    version = "1.1"

    def __init__(self, request: Request, trace: Trace, connection: Http1) -> None:
        super().__init__(request, trace, connection.peer)
        self._connection = connection
        self._parser = ResponseParser(request.method.encode(), connection.peer)
        self._chunked = False
        self._producing = False
        self._held = False
        self._room = Bell()

    def received(self, data: bytes) -> None:
        """The peer has sent bytes."""
        self.bytes_in += len(data)
        self.take(self._parser.feed(data))

    def connection_lost(self, reason: Failure) -> None:
        """The connection is gone: in good order that may complete the answer."""
        unsent = not self._sent and not self._hushed
        if self.complete or self._failure is not None:
            self.lost(None)
        elif reason.check(ConnectionDone):
            self.take(self._parser.close())
            self.lost(None)
        else:
            self.lost(self._broken(reason, unsent))

    def has_room(self) -> None:
        """The peer takes more of the body."""
        self._room.ring()

    # ── what the shared half asks for ──

    def _send_head(self, body: Outgoing | None) -> None:
        length = body.length if body is not None else None
        self._chunked = body is not None and length is None
        self.sent_fields = fields_of(self.request, length=length)
        self._write(encoded(self.request, length=length, absolute=self._connection.absolute))
        if body is not None:
            self._producing = True
            self._connection._transport.registerProducer(self._connection, True)

    async def _send_piece(self, piece: bytes) -> None:
        while self._connection.choked and not self._hushed:
            await self._room.rung()
        if not self._hushed:
            self._write(chunk(piece) if self._chunked else piece)

    def _send_end(self) -> None:
        if self._chunked:
            self._write(LAST_CHUNK)
        self._produce_no_more()

    def _hold_back(self) -> None:
        if not self._held:
            self._held = True
            self._connection._transport.pauseProducing()

    def _consumed(self, count: int) -> None:
        if self._held and not self.over:
            self._held = False
            self._connection._transport.resumeProducing()

    def _released(self, *, complete: bool) -> None:
        self._produce_no_more()
        if self._held and complete:
            self._connection._transport.resumeProducing()
        self._connection.free(reusable=complete and self._keeps_alive(), complete=complete)

    def _hush(self) -> None:
        super()._hush()
        self._room.ring()

    # ── inside ──

    def _write(self, data: bytes) -> None:
        self.bytes_out += len(data)
        self._connection.write(data)

    def _produce_no_more(self) -> None:
        if self._producing:
            self._producing = False
            if not self._connection.gone:
                self._connection._transport.unregisterProducer()

    def _keeps_alive(self) -> bool:
        """Whether both sides leave the connection open, and nothing on it is in doubt."""
        assert self.head is not None, "a complete exchange has an answer"
        theirs = [token for value in self.head.values(b"connection") for token in tokens(value)]
        ours = tokens((self.request.value("connection") or "").encode("latin-1", "replace"))
        if b"close" in theirs or b"close" in ours or self._parser.until_close or self._parser.surplus:
            return False
        return self.head.version == "1.1" or b"keep-alive" in theirs

    def _broken(self, reason: Failure, unsent: bool) -> TnetError:
        """The error for a connection that did not end in good order."""
        if isinstance(reason.value, TnetError):
            return reason.value
        cause = getattr(self._connection.transport, "os_error", None)
        text = cause.strerror if cause is not None else "the connection was cut"
        return SendFailed(self.peer, text) if unsent else ReceiveFailed(self.peer, text)


def _nothing() -> None:
    """Nobody wants to know."""
