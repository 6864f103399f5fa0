"""Sends back what comes: exactly, to the last byte after a half-close, and no faster than the peer reads."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IHandshakeListener, INegotiated
from twisted.internet.protocol import DatagramProtocol, Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.events import silent_trace
from tnet.net.context import Context
from tnet.net.server import Server
from tnet.plans.serve import EchoPlan


@implementer(IHalfCloseableProtocol, IHandshakeListener)
class Echo(Protocol):
    """One connection: its transport produces for itself, so a peer that does not read is not read from either.

    How long a peer may take for the last bytes is not decided here: `tnet.net.gate` ends a close that stands still.
    """

    transport: Any
    trace = silent_trace()

    _minds_reader = False

    def __init__(self, connected: set[Echo]) -> None:
        self._connected = connected

    def connectionMade(self) -> None:
        self._connected.add(self)
        if not INegotiated.providedBy(self.transport):
            self._mind_reader()

    def handshakeCompleted(self) -> None:
        self._mind_reader()

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(data)

    def readConnectionLost(self) -> None:
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        self.transport.resumeProducing()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._connected.discard(self)

    def finish(self) -> None:
        """Read no more, send what is left, then say that no more will come; the peer closes when it has read that.

        From then on reading goes on, so that the peer's end is noticed; a transport drops what is written to it.
        """
        self.transport.unregisterProducer()
        if INegotiated.providedBy(self.transport):
            self.transport.loseConnection()
        else:
            self.transport.pauseProducing()
            self.transport.loseWriteConnection()

    def _mind_reader(self) -> None:
        """Stop reading while the peer does not.

        Not before a TLS handshake is complete: it has to read while it writes, and would wait for itself for ever.
        """
        if not self._minds_reader:
            self._minds_reader = True
            self.transport.registerProducer(self.transport, True)


class EchoFactory(Factory):
    """Makes Echo protocols, and knows those that are connected."""

    noisy = False

    def __init__(self) -> None:
        self.connected: set[Echo] = set()

    def buildProtocol(self, address: IAddress | None) -> Echo:
        return Echo(self.connected)

    def finish(self) -> None:
        """Let every connection end as soon as its last bytes are sent."""
        for one in tuple(self.connected):
            one.finish()


class EchoDatagrams(DatagramProtocol):
    """Sends each datagram back to whom it came from: one for one, and not a byte more."""

    transport: Any
    noisy = False

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        self.transport.write(datagram, addr)


async def offer(plan: EchoPlan, context: Context) -> Server:
    """The echo server, ready to listen; with a recording, what it has recorded of a server; with faults, with them."""
    server = await _sound(plan, context)
    if plan.faults:
        from tnet.servers.faulty import with_faults

        return with_faults(server, plan, context)
    return server


async def _sound(plan: EchoPlan, context: Context) -> Server:
    if plan.replay is not None:
        from tnet.servers.replaying import offer_replay

        return await offer_replay(plan, context, plan.replay)
    factory = EchoFactory()
    return Server(factory=factory, goodbye=factory.finish, datagrams=EchoDatagrams)
