"""A connection that becomes a WebSocket, through `twisted.web.websocket`, and then carries messages for a protocol.

Twisted's part speaks the protocol. This one stands around it, on the connection and before the messages, for what that
leaves open: Host with its port, messages without a bound, the code of a close, an answer that never comes, and a close
that waits for the other side's. The protocol inside has a transport like any other; each write to it is a message.

Source: RFC 6455; twisted#12397.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall, IProtocol, IProtocolFactory, IPushProducer, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.iweb import IAgentEndpointFactory
from twisted.web.websocket import WebSocketClientEndpoint
from wsproto.utilities import LocalProtocolError, RemoteProtocolError
from zope.interface import implementer

from tnet.clients.connect.message_stream import MessageStream
from tnet.errors import EmptyReply, HttpStatusRefused, MalformedReply, ReceiveFailed, TnetError, TooLarge
from tnet.escape import safe_line
from tnet.events import silent_trace
from tnet.events.kinds import HeadReceived, HeadSent, Logged
from tnet.net.closing import closing
from tnet.net.context import Context
from tnet.plans import WebSocketAddress
from tnet.protocols.http1.responses import Fields, ResponseHead
from tnet.protocols.websocket import frames
from tnet.protocols.websocket.frames import Closure, Frames, closure_of, opcode_of
from tnet.protocols.websocket.heads import SWITCHING_PROTOCOLS, AnswerHead, request_fields, request_head
from tnet.protocols.websocket.messages import Cutter

CLOSE_SECONDS = 2.0
SURPLUS_BYTES = 1 << 16

# Twisted writes a Host without port and brackets: `request_head` says the address, which this is not.
_ENDPOINT = "ws://localhost/"
_PLACES = ("location", "www-authenticate")

P = TypeVar("P", bound=IProtocol)


@implementer(IPushProducer)
class WebSocketLine(Protocol, Generic[P]):
    """One connection to `address`. `build` makes the protocol inside, which is connected when the WebSocket is open.

    `cutter` makes messages of what that writes. Where messages are `lines`, each that comes ends with a line feed.
    As the producer of its transport it knows when the peer takes nothing.
    """

    transport: Any
    trace = silent_trace()

    def __init__(
        self,
        address: WebSocketAddress,
        build: Callable[[], P],
        context: Context,
        *,
        cutter: Cutter,
        lines: bool,
        limit_bytes: int,
    ) -> None:
        self._address = address
        self._peer = str(address)
        self._context = context
        self._limit_bytes = limit_bytes
        self._stream = MessageStream(self, build, cutter, lines=lines)
        self._answer = AnswerHead(self._peer)
        self._frames = Frames(limit_bytes)
        self._wire: Any = None
        self._open = self._gone = self._left = self._behind = False
        self._unread = 0
        self._error: TnetError | None = None
        self._waiting: Deferred[P] | None = None
        self._patience: IDelayedCall | None = None

    def whenOpen(self) -> Deferred[P]:
        """Fires with: the protocol inside, once messages pass; else why they never will. Cancelling ends the waiting.

        Who gets an error has still to end the connection, if it is not `gone`.
        """
        if self._open and self._stream.inner is not None:
            return succeed(self._stream.inner)
        if self._error is not None:
            return fail(self._error)
        self._waiting = Deferred()
        return self._waiting

    # ── what Twisted calls: the connection ──

    def connectionMade(self) -> None:
        opening = Deferred.fromCoroutine(WebSocketClientEndpoint(_Door(self), _ENDPOINT).connect(self._stream))
        opening.addErrback(_told_already)

    def dataReceived(self, data: bytes) -> None:
        if self._error is not None and not self._open:
            return
        try:
            passed = self._watch(data)
            if passed and self._error is None:
                self._hand_on(data[:passed])
        except TnetError as error:
            self._refuse(error)
        except (RemoteProtocolError, UnicodeError) as error:
            self._refuse(MalformedReply(self._peer, f"it is no WebSocket: {safe_line(str(error))}"))
        if self._frames.too_large:
            self.give_up(TooLarge("a message from the peer", self._limit_bytes), frames.TOO_LARGE)
        if self._frames.closure is not None and self._error is not None:
            self._hang_up()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._gone = True
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        verdict = self._verdict(reason)
        if not self._open and isinstance(verdict.value, TnetError):
            self._refuse(verdict.value)
        if self._wire is not None:
            self._wire.connectionLost(verdict)

    # ── what the transport calls ──

    def pauseProducing(self) -> None:
        self._behind = True
        self._stream.peer_reads(False)

    def resumeProducing(self) -> None:
        self._behind = False
        self._stream.peer_reads(True)

    def stopProducing(self) -> None:
        """Whoever writes is told by `connectionLost`."""

    # ── what the wire and the stream call ──

    @property
    def is_closing(self) -> bool:
        """Whether one of the sides has closed, or the connection is gone."""
        return self._left or self._gone or self._frames.closure is not None

    def carry(self, wire: IProtocol) -> None:
        """Let `wire` speak WebSocket on this connection."""
        self._wire = wire
        wire.makeConnection(cast(ITransport, _Outlet(self)))

    def put(self, data: bytes) -> None:
        """Send the head of the request, or a frame. A pong to a peer that takes nothing waits for the next ping."""
        if self._open and self._behind and opcode_of(data) == frames.PONG:
            return
        if not self._answer.has_begun:
            data = request_head(data, self._address)
            self._tell_request(data)
        elif opcode_of(data) == frames.CLOSE and not self._left and not self._is_echo(ours := closure_of(data)):
            self._complain(ours)
        self.transport.write(data)

    def ended(self) -> None:
        """The wire has done its part of closing."""
        if self._open and self._frames.closure is not None:
            self._tell_closure(self._frames.closure)
            self._hang_up()

    def opened(self, inner: P) -> None:
        """Messages pass from now on."""
        self._open = True
        self.transport.registerProducer(self, True)
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.callback(inner)

    def leave(self, code: int = frames.NORMAL) -> None:
        """Say that we close; what the peer still says is taken until it closes, too."""
        if not self.is_closing:
            self._left, self._unread = True, 0
            self._wire.loseConnection(code)

    def give_up(self, error: TnetError, code: int = frames.GOING_AWAY) -> None:
        """End it because of `error`, in good order if the peer joins in within a moment."""
        if self._error is None and not self._gone:
            self._error = error
            self.transport.ended_because = str(error)
            self.leave(code)
            self._limit()

    # ── inside ──

    def _watch(self, data: bytes) -> int:
        """How much of `data` the wire may have."""
        if self._open:
            return self._frames.feed(data)
        head, size = self._answer.feed(data)
        if head is None:
            return size
        self._tell_answer(head)
        if head.status != SWITCHING_PROTOCOLS:
            raise HttpStatusRefused(self._peer, head.status, _reason(head))
        return size + self._frames.feed(data[size:])

    def _hand_on(self, data: bytes) -> None:
        """Let the wire have `data`; what it would have said to a ping or a fault after our close is not owed."""
        before = self._stream.count
        self._unread += len(data)
        while True:
            try:
                self._wire.dataReceived(data)
                break
            except LocalProtocolError:
                data = b""
        if self._stream.count != before:
            self._unread = 0
        elif self._frames.message_bytes:
            self._stream.part_came()
        if self._left and self._unread > self._limit_bytes + SURPLUS_BYTES and not self._gone:
            self._error = self._error or MalformedReply(self._peer, "what it says after our close is no message")
            self._abort()

    def _is_echo(self, ours: Closure) -> bool:
        theirs = self._frames.closure
        return theirs is not None and theirs.code == ours.code

    def _complain(self, ours: Closure) -> None:
        """The wire closes because the peer broke the protocol."""
        self._left = True
        self._error = MalformedReply(self._peer, f"it breaks the WebSocket protocol: {ours.reason or ours}")
        self.transport.ended_because = str(self._error)
        self._limit()

    def _refuse(self, error: TnetError) -> None:
        """There will be no WebSocket."""
        if self._error is None:
            self._error = error
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.errback(self._error)

    def _hang_up(self) -> None:
        """Both have closed, or need not."""
        if not self._gone:
            self.transport.unregisterProducer()
            self.transport.loseConnection()
            self._limit()

    def _limit(self) -> None:
        if self._patience is None:
            self._patience = self._context.reactor.callLater(CLOSE_SECONDS, self._abort)

    def _abort(self) -> None:
        self.transport.unregisterProducer()
        self.transport.abortConnection()

    def _verdict(self, reason: Failure) -> Failure:
        """What the end of the connection means to whoever talks."""
        closure = self._frames.closure
        clean = reason.check(ConnectionDone) is not None
        if self._error is not None:
            return Failure(self._error)
        if isinstance(reason.value, TnetError):
            return reason
        if closure is not None:
            return Failure(ConnectionDone() if closure.is_normal else self._lost(f"closed by peer: {closure}"))
        if not self._open:
            return Failure(self._never_open(reason)) if clean else Failure(self._lost(self._why(reason)))
        if clean and not self._left:
            return Failure(self._lost("closed by peer without WebSocket's close: it may have been cut short"))
        return reason

    def _never_open(self, reason: Failure) -> TnetError:
        if self._answer.has_begun:
            return MalformedReply(self._peer, "it closed the connection within its answer")
        return EmptyReply(self._peer, "it closed the connection without an answer")

    def _lost(self, reason: str) -> ReceiveFailed:
        self.transport.ended_because = reason
        return ReceiveFailed(self._peer, reason)

    def _why(self, reason: Failure) -> str:
        return closing(reason, self.transport).reason

    # ── what is told ──

    def _tell_request(self, head: bytes) -> None:
        if self.trace.wants(HeadSent):
            target = safe_line(self._address.path)
            self.trace.emit(HeadSent, method="GET", target=target, version="1.1", fields=_shown(request_fields(head)))

    def _tell_answer(self, head: ResponseHead) -> None:
        if self.trace.wants(HeadReceived):
            self.trace.emit(
                HeadReceived,
                status=head.status,
                reason=safe_line(head.reason.decode("latin-1")),
                version=head.version,
                fields=_shown(head.fields),
            )

    def _tell_closure(self, closure: Closure) -> None:
        self.trace.emit(Logged, level="info", text=f"the peer closed the WebSocket: {closure}")


@implementer(IAgentEndpointFactory)
class _Door:
    """Leads Twisted's client to a connection that is there already."""

    def __init__(self, line: WebSocketLine[Any]) -> None:
        self._line = line

    def endpointForURI(self, uri: object) -> Any:
        return self

    def connect(self, factory: IProtocolFactory) -> Deferred[Any]:
        """The wire, connected."""
        wire = factory.buildProtocol(self._line.transport.getPeer())
        assert wire is not None, "Twisted has a protocol for each connection"
        self._line.carry(wire)
        return succeed(wire)


class _Outlet:
    """The transport that the wire has: it does not close before the other side has, too."""

    def __init__(self, line: WebSocketLine[Any]) -> None:
        self.write = line.put
        self.loseConnection = line.ended


def _told_already(failure: Failure) -> None:
    """The line has looked at the answer itself."""


def _reason(head: ResponseHead) -> str:
    """The reason of a refusal, with what the client could do about it."""
    words = [head.reason.decode("latin-1")]
    words += [f"{name}: {value.decode('latin-1')}" for name in _PLACES for value in head.values(name.encode())[:1]]
    return safe_line(", ".join(word for word in words if word))[:300]


def _shown(fields: Fields) -> tuple[str, ...]:
    from tnet.protocols.masks import mask_fields

    return mask_fields(fields, show_secrets=False)
