"""Two connections coupled: what one side sends the other gets, at the slower one's pace and with every end in place.

Each transport is the producer of the other, so that a reader that stops stops its writer. An end of one direction
is passed on as that; a stream that broke off is never passed on as one that ended.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall, IHalfCloseableProtocol, INegotiated, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.events import silent_trace

CLOSING_SECONDS = 10.0
BROKE = "the other side of the relay broke off"


class End:
    """One end of a relay; whoever is the protocol of its transport tells it what happens there."""

    other: End

    def __init__(self, transport: Any, clock: IReactorTime) -> None:
        self._transport = transport
        self._clock = clock
        self._ended = self._finished = self._half_closed = self._lost = False
        self._patience: IDelayedCall | None = None

    def received(self, data: bytes) -> None:
        """Bytes came: the other end sends them."""
        self.other._transport.write(data)

    def ended(self) -> None:
        """No more bytes will come: the other end says so once it has sent all."""
        self._ended = True
        if self._finished:
            self._transport.loseConnection()
        self.other._finish()

    def half_closed(self) -> None:
        """Our saying that no more will come was sent."""
        self._half_closed = True

    def lost(self, reason: Failure) -> None:
        """The connection is gone: so is the other soon, once all is sent, or at once if this one broke off."""
        self._lost = True
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        if not self.other._lost:
            self.other._part(whole=self._ended or bool(reason.check(ConnectionDone)))

    def _finish(self) -> None:
        """Say that no more will come. TLS before 1.3 cannot say it of one direction, and ends both."""
        if self._finished or self._lost:
            return
        self._finished = True
        # A producer that has ended must not be resumed, and a paused one keeps its consumer open.
        self._transport.unregisterProducer()
        if self._ended:
            self._transport.loseConnection()
            return
        self._transport.loseWriteConnection()
        if INegotiated.providedBy(self._transport) and not self._half_closed:
            self._transport.loseConnection()

    def _part(self, *, whole: bool) -> None:
        if not self._finished:
            self._finished = True
            self._transport.unregisterProducer()
        if whole:
            self._transport.loseConnection()
            self._await_progress()
        else:
            self._transport.ended_because = BROKE
            self._transport.abortConnection()

    def _await_progress(self) -> None:
        """Cut off a peer that takes nothing of what it is still to get."""
        self._patience = self._clock.callLater(CLOSING_SECONDS, self._look, self._sent())

    def _look(self, sent_before: int) -> None:
        if self._sent() > sent_before:
            self._await_progress()
        else:
            self._transport.abortConnection()

    def _sent(self) -> int:
        return int(getattr(self._transport, "bytes_out", 0))


@implementer(IHalfCloseableProtocol)
class Dialled(Protocol):
    """A connection that was dialled for a relay: it reads nothing until it is coupled, and loses nothing."""

    transport: Any
    trace = silent_trace()

    _end: End | None = None
    _loss: Failure | None = None
    _ended_early = False

    def __init__(self) -> None:
        self._early: list[bytes] = []

    def couple(self, near: Any, clock: IReactorTime) -> End:
        """Couple with the connection whose transport is `near`, which has no producer now; near's end."""
        ours, theirs = End(near, clock), End(self.transport, clock)
        ours.other, theirs.other = theirs, ours
        self._end = theirs
        near.registerProducer(self.transport, True)
        if self._loss is None:
            self.transport.registerProducer(near, True)
            self.transport.resumeProducing()
        self._catch_up(theirs)
        return ours

    def connectionMade(self) -> None:
        self.transport.pauseProducing()

    def dataReceived(self, data: bytes) -> None:
        if self._end is None:
            self._early.append(data)
        else:
            self._end.received(data)

    def readConnectionLost(self) -> None:
        if self._end is None:
            self._ended_early = True
        else:
            self._end.ended()

    def writeConnectionLost(self) -> None:
        if self._end is not None:
            self._end.half_closed()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._loss = reason
        if self._end is not None:
            self._end.lost(reason)

    def _catch_up(self, end: End) -> None:
        """Tell what came before its time: TLS hands on what a record held, though nobody reads."""
        for data in self._early:
            end.received(data)
        self._early.clear()
        if self._ended_early:
            end.ended()
        if self._loss is not None:
            end.lost(self._loss)
