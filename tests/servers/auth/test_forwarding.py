"""The way of those who are logged in to a backend."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import TestCase

from tests.support import World
from tnet.errors import TimedOut
from tnet.net.relay import Dialled
from tnet.plans import TcpAddress
from tnet.protocols.proxy_header import USER_TLV, IpPlace, UnixPlace, encode_v1, encode_v2
from tnet.servers.auth.forwarding import CONNECT_SECONDS, Forwarding

PEER, HOST = IPv4Address("TCP", "192.0.2.1", 50000), IPv4Address("TCP", "192.0.2.2", 8000)


class ForwardingTests(TestCase):
    """Connecting, in memory."""

    def setUp(self) -> None:
        self.world = World()
        self.client = StringTransport(hostAddress=HOST, peerAddress=PEER)

    def connect(self, send_proxy: str | None = None) -> tuple[Dialled, bytes]:
        """A connection to the backend, and what it was greeted with."""
        forwarding = Forwarding(TcpAddress("127.0.0.1", 9), self.world.context, send_proxy)
        asked = Deferred.fromCoroutine(forwarding.connect("alice", self.client))
        factory = self.world.reactor.tcpClients[-1][2]
        backend = StringTransport()
        factory.buildProtocol(None).makeConnection(backend)
        self.world.reactor.advance(0)
        return self.successResultOf(asked), backend.value()

    def test_plain(self) -> None:
        """Without a header the backend hears nothing that is not the client's."""
        dialled, greeting = self.connect()
        self.assertIsInstance(dialled, Dialled)
        self.assertEqual(greeting, b"")

    def test_headers(self) -> None:
        """The header tells the client's address and ours, and version 2 the name."""
        source, destination = IpPlace.of("192.0.2.1", 50000), IpPlace.of("192.0.2.2", 8000)
        self.assertEqual(self.connect("v1")[1], encode_v1(source, destination))
        self.assertEqual(self.connect("v2")[1], encode_v2(source, destination, {USER_TLV: b"alice"}))

    def test_client_on_a_unix_socket(self) -> None:
        """A client on a UNIX socket is told as one."""
        self.client = StringTransport(hostAddress=UNIXAddress(b"/run/x"), peerAddress=UNIXAddress(None))
        expected = encode_v2(UnixPlace(b""), UnixPlace(b"/run/x"), {USER_TLV: b"alice"})
        self.assertEqual(self.connect("v2")[1], expected)

    def test_slow(self) -> None:
        """A backend that does not answer is given up after a while."""
        forwarding = Forwarding(TcpAddress("127.0.0.1", 9), self.world.context)
        asked = Deferred.fromCoroutine(forwarding.connect("alice", self.client))
        self.world.reactor.advance(CONNECT_SECONDS)
        self.failureResultOf(asked, TimedOut)
