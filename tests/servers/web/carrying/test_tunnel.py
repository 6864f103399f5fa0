"""Tests for tnet.servers.web.carrying.tunnel: a connection that another protocol takes over."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from zope.interface import directlyProvides

from tests.servers.web.wire import Wire


class Other(Protocol):
    """The protocol that takes over: it keeps what comes, and can say something at once."""

    transport: Any

    def __init__(self) -> None:
        self.got = b""
        self.ended: list[str] = []

    def connectionMade(self) -> None:
        self.transport.write(b"welcome")

    def dataReceived(self, data: bytes) -> None:
        self.got += data

    def readConnectionLost(self) -> None:
        self.ended.append("half")

    def writeConnectionLost(self) -> None:
        """Never asked for."""

    def connectionLost(self, reason: Any = None) -> None:
        self.ended.append("lost")


class Switching(Resource):
    """Gives every connection away."""

    isLeaf = True

    def __init__(self, protocol: Protocol) -> None:
        super().__init__()
        self.protocol = protocol

    def render_GET(self, request: Any) -> int:
        request.setHeader(b"Upgrade", b"other")
        request.setHeader(b"Connection", b"Upgrade")
        return int(request.switch(self.protocol))

    render_POST = render_GET


class TunnelTests(TestCase):
    """What happens after 101."""

    def setUp(self) -> None:
        self.other = Other()
        self.wire = Wire(Switching(self.other))

    def switch(self) -> None:
        """Become the other protocol."""
        self.wire.send(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\nearly")

    def test_given_away(self) -> None:
        """The client gets 101 with the fields, then what the protocol says; the protocol gets what came early."""
        self.switch()
        reply = self.wire.reply(bodiless=True)
        self.assertEqual(
            (reply.status, reply.fields[b"upgrade"], reply.fields[b"connection"]), (101, b"other", b"Upgrade")
        )
        self.assertEqual((self.wire.sent, self.other.got), (b"welcome", b"early"))
        self.wire.send(b" and late")
        self.assertEqual(self.other.got, b"early and late")

    def test_no_deadline(self) -> None:
        """Nothing of ours ends it."""
        self.switch()
        self.wire.clock.advance(10_000)
        self.assertEqual((self.wire.socket.disconnecting, self.wire.clock.getDelayedCalls()), (False, []))
        self.assertIsNone(self.wire.channel.waiting_since())

    def test_the_end(self) -> None:
        """Both hear of the end, and the exchange is reported with what passed."""
        self.switch()
        self.wire.socket.bytes_out = 7
        self.wire.hang_up(ConnectionDone())
        (event,) = self.wire.exchanges
        self.assertEqual((event.status, event.bytes_in, event.bytes_out), (101, 5, 7))
        self.assertEqual((event.reason, self.other.ended), ("closed by peer", ["lost"]))

    def test_half_closed(self) -> None:
        """A protocol that knows half-closed connections hears of it; for another one it is the end."""
        self.switch()
        self.wire.channel.readConnectionLost()
        self.assertTrue(self.wire.socket.disconnecting)
        self.setUp()
        directlyProvides(self.other, IHalfCloseableProtocol)
        self.switch()
        self.wire.channel.readConnectionLost()
        self.assertEqual((self.other.ended, self.wire.socket.disconnecting), (["half"], False))

    def test_goodbye(self) -> None:
        """When the server leaves, a tunnel ends."""
        self.switch()
        self.wire.site.goodbye()
        self.assertTrue(self.wire.socket.disconnecting)

    def test_not_for_everybody(self) -> None:
        """HTTP/1.0 knows no 101."""
        self.wire.ask("GET", "/", version="1.0")
        self.assertEqual(self.wire.reply().status, 501)
