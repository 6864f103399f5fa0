"""A server in memory: what a fetch sends to it, and what the test lets it answer."""

import ssl
from contextlib import suppress

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from tests.support import World
from tnet.clients.fetch.request import Request
from tnet.plans.fetch import Body
from tnet.plans.urls import parse_url


def request(
    method: str = "GET", *headers: tuple[str, str], url: str = "http://h/", body: Body | None = None
) -> Request:
    """A request, with a short name of ours."""
    return Request(method, parse_url(url), (("User-Agent", "t"), *headers), body=body)


class Wire:
    """The connections that are made on a World's reactor; `accept` takes the next one."""

    def __init__(self) -> None:
        self.world = World()
        self.context = self.world.context
        self.accepted = 0

    @property
    def dialled(self) -> list[tuple[str, int]]:
        """Where connections were asked for."""
        return [client[:2] for client in self.world.reactor.tcpClients]

    def accept(self, *, settle: bool = True) -> "Peer":
        """Let the next connection stand; whoever dialled is told, unless it is not to `settle` yet."""
        host, port, factory = self.world.reactor.tcpClients[self.accepted][:3]
        self.accepted += 1
        protocol = factory.buildProtocol(IPv4Address("TCP", host, port))
        peer = Peer(self, protocol, host, port)
        protocol.makeConnection(peer)
        if settle:
            self.world.reactor.advance(0)
        return peer


class Peer(StringTransport):
    """Our transport, and the other end of it: `says` is what it answers, `heard` what it was sent.

    That we have ended it, we are told at once; one that is not `prompt` tells us in the next turn, as real ones do and
    TLS needs it.
    """

    def __init__(self, wire: Wire, protocol, host: str, port: int) -> None:
        super().__init__(peerAddress=IPv4Address("TCP", host, port))
        self._wire = wire
        self._protocol = protocol
        self.ended = ""
        self.prompt = True

    def says(self, data: bytes) -> None:
        self._protocol.dataReceived(data)
        self._wire.world.reactor.advance(0)

    @property
    def heard(self) -> bytes:
        return self.value()

    def hangs_up(self) -> None:
        self._lose(ConnectionDone(), "by the peer")

    def breaks(self) -> None:
        self._lose(ConnectionLost(), "broken")

    def loseConnection(self) -> None:
        self._lose(ConnectionDone(), "in good order")

    def abortConnection(self) -> None:
        self._lose(ConnectionLost(), "by an abort")

    def _lose(self, reason: Exception, how: str) -> None:
        if self.ended:
            return
        self.ended = how
        if self.prompt:
            self._protocol.connectionLost(Failure(reason))
            self._wire.world.reactor.advance(0)
        else:
            self._wire.world.reactor.callLater(0, self._protocol.connectionLost, Failure(reason))


class Secured:
    """The other end of a connection that is secured, once its handshake is through; `pair` are certificate and key."""

    def __init__(self, peer: Peer, pair: tuple[str, str]) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        self._peer = peer
        peer.prompt = False
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._plain = b""
        self._settle()

    def says(self, data: bytes) -> None:
        self._tls.write(data)
        self._settle()

    @property
    def heard(self) -> bytes:
        self._settle()
        return self._plain

    def clear(self) -> None:
        self._plain = b""

    def _settle(self) -> None:
        """Take in and give out until nobody has anything to say."""
        moved = True
        while moved:
            received = self._peer.heard
            self._peer.clear()
            self._incoming.write(received)
            with suppress(ssl.SSLWantReadError):
                while data := self._tls.read():
                    self._plain += data
            sent = self._outgoing.read()
            if sent:
                self._peer.says(sent)
            moved = bool(received or sent)
