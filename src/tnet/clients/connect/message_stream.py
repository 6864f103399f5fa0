"""Messages as a stream: the transport of a protocol that knows of bytes, on what carries messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IAddress, IConsumer, IPushProducer, ITransport
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.errors import TnetError
from tnet.protocols.websocket.messages import Cutter, Message, as_bytes

if TYPE_CHECKING:
    from twisted.web.websocket import WebSocketTransport

    from tnet.clients.connect.websocket_line import WebSocketLine


@implementer(ITransport, IConsumer)
class MessageStream:
    """Between a wire that speaks WebSocket (it is a `WebSocketProtocol`) and the protocol `inner`, when there is one.

    There is no half-closing: to end our side is to close. What is written after that goes nowhere.

    Units: `count` of messages that came.
    """

    def __init__(self, line: WebSocketLine[Any], build: Callable[[], Any], cutter: Cutter, *, lines: bool) -> None:
        self.inner: Any = None
        self.count = 0
        self._ended = False
        self._line = line
        self._build = build
        self._cutter = cutter
        self._lines = lines
        self._producer: IPushProducer | None = None
        self._peer_reads = True

    def buildProtocol(self, url: str) -> MessageStream:
        """See `WebSocketClientFactory`."""
        return self

    # ── what the wire calls ──

    def negotiationStarted(self, transport: WebSocketTransport) -> None:
        self._wire = transport

    def negotiationFinished(self) -> None:
        self.inner = self._build()
        if hasattr(self.inner, "trace"):
            self.inner.trace = self._line.trace
        self.inner.makeConnection(self)
        self._line.opened(self.inner)

    def pongReceived(self, payload: bytes) -> None:
        """We asked for none."""

    def textMessageReceived(self, message: str) -> None:
        self._received(message)

    def bytesMessageReceived(self, data: bytes | bytearray) -> None:
        self._received(bytes(data))

    def connectionLost(self, reason: Failure) -> None:
        self._ended = True
        if self.inner is not None:
            self.inner.connectionLost(reason)

    def _received(self, message: Message) -> None:
        self.count += 1
        self.inner.dataReceived(as_bytes(message, line=self._lines))

    # ── what the line calls ──

    def part_came(self) -> None:
        """A part of a message is a sign of life, though nothing of it can be given yet."""
        self.inner.dataReceived(b"")

    def peer_reads(self, reads: bool) -> None:
        """Whether the peer takes what we send."""
        self._peer_reads = reads
        if self._producer is not None:
            (self._producer.resumeProducing if reads else self._producer.pauseProducing)()

    # ── what the protocol inside calls ──

    def write(self, data: bytes) -> None:
        """Send the messages that `data` makes, unless one of the sides has closed."""
        if not self.disconnecting:
            self._send(lambda: self._cutter.feed(data))

    def writeSequence(self, data: Iterable[bytes]) -> None:
        self.write(b"".join(data))

    def loseWriteConnection(self) -> None:
        """Send what waits for its end, then close."""
        if not self.disconnecting:
            self._send(self._cutter.rest)
            self._ended = True
            self._line.leave()

    def loseConnection(self) -> None:
        self.loseWriteConnection()

    def abortConnection(self) -> None:
        """Drop the connection."""
        self._ended = True
        self.unregisterProducer()
        self._line.transport.abortConnection()

    def registerProducer(  # type: ignore[override]  # a push producer is what is meant by streaming
        self, producer: IPushProducer, streaming: bool
    ) -> None:
        self._producer = producer
        if not self._peer_reads:
            producer.pauseProducing()

    def unregisterProducer(self) -> None:
        self._producer = None

    def pauseProducing(self) -> None:
        self._line.transport.pauseProducing()

    def resumeProducing(self) -> None:
        self._line.transport.resumeProducing()

    def _send(self, messages: Callable[[], Iterable[Message]]) -> None:
        try:
            for message in messages():
                if isinstance(message, str):
                    self._wire.sendTextMessage(message)
                else:
                    self._wire.sendBytesMessage(message)
        except TnetError as error:
            self._ended = True
            self._line.give_up(error)

    # ── what it tells of the connection ──

    @property
    def disconnecting(self) -> bool:
        """Whether nothing is sent any more."""
        return self._ended or self._line.is_closing

    def getPeer(self) -> IAddress:
        peer: IAddress = self._line.transport.getPeer()
        return peer

    def getHost(self) -> IAddress:
        host: IAddress = self._line.transport.getHost()
        return host

    @property
    def bytes_out(self) -> int:
        """See `Stream`."""
        return int(getattr(self._line.transport, "bytes_out", 0))

    @property
    def os_error(self) -> OSError | None:
        """See `Stream`."""
        error: OSError | None = getattr(self._line.transport, "os_error", None)
        return error

    @property
    def socket(self) -> Any:
        """What tells how much of it the peer's side has not taken."""
        return getattr(self._line.transport, "socket", None)

    @property
    def ended_because(self) -> str:
        """See `Stream`."""
        return str(getattr(self._line.transport, "ended_because", ""))

    @ended_because.setter
    def ended_because(self, reason: str) -> None:
        """See `Stream`."""
        self._line.transport.ended_because = reason
