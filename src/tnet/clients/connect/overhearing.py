"""Ears on a connection: what is said by either side, as it is on the wire (or inside of TLS), and when it ends.

The ears stand between the protocol and its transport, so that neither knows of them; without ears there is nothing in
between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, cast

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol, IHandshakeListener, INegotiated, IPushProducer
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy

from tnet.errors import ReceiveFailed, SendFailed, TnetError
from tnet.events import Trace, silent_trace
from tnet.net.closing import closing
from tnet.net.stdio import StandardInput
from tnet.protocols.recording import Side


class Line(Protocol):
    """What an ear may do to the connection that it hears."""

    @property
    def trace(self) -> Trace:
        """Where its events go."""

    def hold(self) -> None:
        """Let neither side say more for now."""

    def let_go(self) -> None:
        """Let them go on, when everybody who held them has let go."""

    def fail(self, error: TnetError) -> None:
        """End the connection at once, and the whole conversation with `error`."""


class Ear(Protocol):
    """Hears one connection, from `join` to `hear_loss`."""

    def join(self, line: Line) -> None:
        """The connection stands."""

    def hear(self, by: Side, data: bytes) -> None:
        """One side said something."""

    def hear_end(self, by: Side) -> None:
        """One side says no more; the other may go on."""

    def hear_loss(self, reason: str) -> None:
        """The connection is gone. Who had not ended before was cut off."""


class Talk(Protocol):
    """A protocol that carries on a conversation with standard input."""

    trace: Trace

    def run(self, source: StandardInput) -> Any:
        """Until it is over; awaitable."""


@implementer(IHalfCloseableProtocol, IHandshakeListener)
class Overheard(TwistedProtocol):
    """`talk`, a half-closeable protocol, with `ears` on its connection.

    Each of the ears hears everything in the order in which they are given: one that answers comes last.
    """

    transport: Any

    def __init__(self, talk: Talk, ears: Sequence[Ear]) -> None:
        self._talk: Any = talk
        self._ears = ears
        self._trace = silent_trace()
        self._joined = self._gone = self._failed_late = False
        self._peer_closes = False  # as the answer to our end, without a half-close of its own
        self._ended: set[Side] = set()
        self._failure: TnetError | None = None

    async def run(self, source: StandardInput) -> None:
        """See `Talk.run`.

        Raises: what it does, or what an ear had to complain of; a complaint about a connection that was gone already
        tells more than that it was lost, but not more than why we dropped it.
        """
        try:
            await self._talk.run(source)
        except TnetError as error:
            lost = isinstance(error, SendFailed | ReceiveFailed)
            if self._failure is None or (self._failed_late and not lost):
                raise
        if self._failure is not None:
            raise self._failure

    @property
    def trace(self) -> Trace:
        """Where the events of the connection go."""
        return self._trace

    @trace.setter
    def trace(self, trace: Trace) -> None:
        self._trace = self._talk.trace = trace

    # ── what Twisted calls ──

    def makeConnection(self, transport: Any) -> None:
        self.transport = _Wire(transport, self)
        self.connected = 1
        if not INegotiated.providedBy(transport) or getattr(transport, "handshaken", False):
            self._join()
        self._talk.makeConnection(self.transport)

    def handshakeCompleted(self) -> None:
        self._join()
        if IHandshakeListener.providedBy(self._talk):
            self._talk.handshakeCompleted()

    def dataReceived(self, data: bytes) -> None:
        self._talk.dataReceived(data)
        self.heard("peer", data)

    def readConnectionLost(self) -> None:
        self.transport.ended()
        self.heard_end("peer")
        self._talk.readConnectionLost()

    def writeConnectionLost(self) -> None:
        self.heard_end("us")
        self._talk.writeConnectionLost()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.connected = 0
        self._gone = True
        if reason.check(ConnectionDone) and ("us" not in self._ended or self._peer_closes):
            self.heard_end("peer")
        if self._joined:
            told = closing(reason, self.transport).reason
            for ear in self._ears:
                ear.hear_loss(told)
        self._talk.connectionLost(reason)

    # ── what the wire tells ──

    def heard(self, by: Side, data: bytes) -> None:
        """One side said something."""
        if self._joined:
            for ear in self._ears:
                ear.hear(by, data)

    def heard_end(self, by: Side) -> None:
        """One side says no more."""
        if by not in self._ended and self._joined:
            self._ended.add(by)
            for ear in self._ears:
                ear.hear_end(by)

    def heard_whole_end(self) -> None:
        """We say no more, and where the connection then ends in good order the peer has said so, too."""
        self._peer_closes = True
        self.heard_end("us")

    # ── what ears do ──

    def hold(self) -> None:
        """See `Line.hold`."""
        self.transport.hold()

    def let_go(self) -> None:
        """See `Line.let_go`."""
        self.transport.let_go()

    def fail(self, error: TnetError) -> None:
        """See `Line.fail`."""
        if self._failure is None:
            self._failure = error
            self._failed_late = self._gone
            if not self._gone:
                self.transport.ended_because = str(error)
                self.transport.abortConnection()

    def _join(self) -> None:
        if not self._joined:
            self._joined = True
            for ear in self._ears:
                ear.join(self)


@implementer(IPushProducer)
class _Wire:
    """The transport of an overheard protocol: tells what is written, and can be held from outside.

    It is the producer that the transport knows, in the place of the one that it was given.
    """

    def __init__(self, transport: Any, overheard: Overheard) -> None:
        directlyProvides(self, providedBy(transport))
        self._transport = transport
        self._overheard = overheard
        self._producer: IPushProducer | None = None
        self._holds = 0
        self._reads, self._read_ended, self._peer_reads = True, False, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    @property
    def ended_because(self) -> str:
        """Why we end it, in plain words."""
        return str(getattr(self._transport, "ended_because", ""))

    @ended_because.setter
    def ended_because(self, reason: str) -> None:
        self._transport.ended_because = reason

    # ── what is said ──

    def write(self, data: bytes) -> None:
        if data:
            self._overheard.heard("us", data)
            self._transport.write(data)

    def writeSequence(self, data: Sequence[bytes]) -> None:
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        self._overheard.heard_end("us")
        self._transport.loseConnection()

    def loseWriteConnection(self) -> None:
        """Where there is no half of a connection to close, this is our end; elsewhere the transport says when it is."""
        before = getattr(self._transport, "disconnecting", False)
        self._transport.loseWriteConnection()
        if getattr(self._transport, "disconnecting", False) and not before:
            self._overheard.heard_whole_end()

    # ── who may go on ──

    def hold(self) -> None:
        """Neither side may."""
        self._holds += 1
        if self._holds == 1:
            if self._reads and not self._read_ended:
                self._transport.pauseProducing()
            if self._producer is not None and self._peer_reads:
                self._producer.pauseProducing()

    def let_go(self) -> None:
        """Both may, as far as they could before."""
        self._holds -= 1
        if not self._holds:
            if self._reads and not self._read_ended:
                self._transport.resumeProducing()
            if self._producer is not None and self._peer_reads:
                self._producer.resumeProducing()

    def ended(self) -> None:
        """The peer has ended: to resume a reading that has ended would end it again."""
        self._read_ended = True

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        self._producer = producer
        self._transport.registerProducer(_Peer(self, producer), streaming)
        if self._holds:
            producer.pauseProducing()

    def unregisterProducer(self) -> None:
        self._producer = None
        self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        self._reads = False
        self._transport.pauseProducing()

    def resumeProducing(self) -> None:
        self._reads = True
        if not self._holds:
            self._transport.resumeProducing()

    def peer_reads(self, reads: bool) -> None:
        """Whether the peer takes what the producer gives."""
        self._peer_reads = reads
        if self._producer is not None and not self._holds:
            (self._producer.resumeProducing if reads else self._producer.pauseProducing)()


@implementer(IPushProducer)
class _Peer:
    """What the transport pauses while the peer is slower."""

    def __init__(self, wire: _Wire, producer: IPushProducer) -> None:
        self._wire = wire
        self._producer = producer

    def pauseProducing(self) -> None:
        self._wire.peer_reads(False)

    def resumeProducing(self) -> None:
        self._wire.peer_reads(True)

    def stopProducing(self) -> None:
        cast("Any", self._producer).stopProducing()
