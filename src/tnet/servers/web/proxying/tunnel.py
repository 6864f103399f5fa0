"""Two connections that have left HTTP, coupled: WebSocket, or whatever client and upstream have agreed on."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.events import silent_trace
from tnet.net.context import Context
from tnet.net.relay import End
from tnet.servers.web.carrying.alarm import Alarm
from tnet.servers.web.proxying.connection import UpstreamConnection

SILENCE_SECONDS = 3600.0


@implementer(IHalfCloseableProtocol)
class Tunnel(Protocol):
    """The client's end of a tunnel to `upstream`; it ends when neither side says anything for `SILENCE_SECONDS`."""

    transport: Any
    trace = silent_trace()

    _end: End

    def __init__(self, upstream: UpstreamConnection, context: Context) -> None:
        self._upstream = upstream
        self._reactor = context.reactor
        self._alarm = Alarm(context.reactor, context.clock)
        self._heard = 0

    def connectionMade(self) -> None:
        """Couple both: each transport is the producer of the other."""
        near, far = self.transport, self._upstream.transport
        self._end, theirs = End(near, self._reactor), End(far, self._reactor)
        self._end.other, theirs.other = theirs, self._end
        early = self._upstream.tunnel(theirs)
        near.registerProducer(far, True)
        far.registerProducer(near, True)
        if early:
            theirs.received(early)
        self._listen()

    def dataReceived(self, data: bytes) -> None:
        """The client said something."""
        self._end.received(data)

    def readConnectionLost(self) -> None:
        """The client says no more."""
        self._end.ended()

    def writeConnectionLost(self) -> None:
        """The client has heard that the upstream says no more."""
        self._end.half_closed()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client has gone."""
        self._alarm.stop()
        self._end.lost(reason)

    def _listen(self) -> None:
        self._heard = self._count()
        self._alarm.set(SILENCE_SECONDS, self._look)

    def _look(self) -> None:
        if self._count() > self._heard:
            self._listen()
            return
        for transport in (self.transport, self._upstream.transport):
            transport.ended_because = "nothing was said in the tunnel for too long"
            transport.abortConnection()

    def _count(self) -> int:
        ends = (self.transport, self._upstream.transport)
        return sum(int(getattr(transport, "bytes_in", 0)) for transport in ends)
