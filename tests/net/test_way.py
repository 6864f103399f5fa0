"""A connection with a way before it, on a transport in memory; proxies lead the way."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.net.streams import HalfCloseableKeeper, Keeper
from tnet.errors import CertificateRejected, ProxyRefused
from tnet.net.proxies.passages import passage_to
from tnet.net.way import REASONS_SECONDS, WayConnection, WayFactory
from tnet.plans.proxies import Proxy, Scheme

OPEN = b"HTTP/1.1 200 OK\r\n\r\n"
CONNECT = b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"


class Caller(Keeper):
    """Says something as soon as it may."""

    def connectionMade(self) -> None:
        self.transport.write(b"hello")  # type: ignore[union-attr]  # it is connected


class ConnectionTests(SynchronousTestCase):
    """`WayConnection`."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.transport = StringTransport()

    def connect(self, inner: Protocol, scheme: Scheme = "http", host: str = "h") -> WayConnection:
        """A connection that has asked its proxy."""
        passage = passage_to(Proxy(scheme, "p", 1), host, 443)
        factory = WayFactory(passage, Factory.forProtocol(lambda: inner), self.clock)  # type: ignore[arg-type]
        made: Any = factory.buildProtocol(None)
        self.assertIs(made, factory.made)
        made.makeConnection(self.transport)
        return factory.made

    def test_open(self) -> None:
        """The inner protocol is connected when the way is open, gets what came too early, and then everything."""
        inner = Caller()
        connection = self.connect(inner)
        opening = connection.whenOpen()
        self.assertEqual((self.transport.value(), inner.connected), (CONNECT, 0))
        connection.dataReceived(OPEN[:10])
        self.assertNoResult(opening)
        connection.dataReceived(OPEN[10:] + b"early")
        self.successResultOf(opening)
        self.assertEqual(self.transport.value(), CONNECT + b"hello")
        connection.dataReceived(b"later")
        self.assertEqual(inner.chunks, [b"early", b"later"])
        self.successResultOf(connection.whenOpen())
        connection.connectionLost(Failure(ConnectionDone()))
        assert inner.lost is not None
        self.assertIsInstance(inner.lost.value, ConnectionDone)

    def test_open_before_the_early_bytes(self) -> None:
        """Whoever waits hears of the way before the inner protocol hears of the target."""
        inner = Keeper()
        connection = self.connect(inner)
        seen: list[list[bytes]] = []
        connection.whenOpen().addCallback(lambda _: seen.append(list(inner.chunks)))
        connection.dataReceived(OPEN + b"early")
        self.assertEqual(seen, [[]])

    def test_dialogue(self) -> None:
        """Answers go back to the proxy until the way is open."""
        connection = self.connect(Keeper(), "socks5h")
        connection.dataReceived(b"\5\0")
        self.assertEqual(self.transport.value(), b"\5\1\0\5\1\0\3\1h\1\xbb")
        connection.dataReceived(b"\5\0\0\1\0\0\0\0\0\0")
        self.successResultOf(connection.whenOpen())

    def test_refused(self) -> None:
        """A refusal reaches whoever waits, or comes to wait; the inner protocol hears nothing of it."""
        inner = Keeper()
        connection = self.connect(inner)
        opening = connection.whenOpen()
        connection.dataReceived(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        self.assertIn("403 No", str(self.failureResultOf(opening, ProxyRefused).value))
        connection.dataReceived(OPEN)
        connection.connectionLost(Failure(ConnectionDone()))
        self.failureResultOf(connection.whenOpen(), ProxyRefused)
        self.assertEqual((inner.connected, inner.lost), (0, None))

    def test_refused_at_once(self) -> None:
        """What cannot even be asked for is refused without a word."""
        connection = self.connect(Keeper(), "socks4a", "::1")
        self.failureResultOf(connection.whenOpen(), ProxyRefused)
        self.assertEqual(self.transport.value(), b"")

    def test_reasons_that_do_not_end(self) -> None:
        """A refusal's reasons are awaited for a moment, not for ever."""
        connection = self.connect(Keeper())
        opening = connection.whenOpen()
        connection.dataReceived(b"HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\n")
        connection.dataReceived(b"come back ")
        connection.dataReceived(b"later")
        self.assertNoResult(opening)
        self.clock.advance(REASONS_SECONDS)
        self.assertIn("503 Busy: come back later", str(self.failureResultOf(opening, ProxyRefused).value))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_reasons_cut_off(self) -> None:
        """They end with the connection as well."""
        connection = self.connect(Keeper())
        connection.dataReceived(b"HTTP/1.1 503 Busy\r\n\r\nsorry")
        connection.connectionLost(Failure(ConnectionDone()))
        self.assertIn("503 Busy: sorry", str(self.failureResultOf(connection.whenOpen(), ProxyRefused).value))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_lost(self) -> None:
        """A proxy that closes, one whose connection breaks, and one that fails in TLS are told apart."""
        tls = CertificateRejected("proxy p:1", "expired")
        for reason, words in (
            (ConnectionDone(), "closed the connection without an answer"),
            (ConnectionLost(), "the connection to it broke (lost)"),
            (tls, "certificate of proxy p:1 rejected"),
        ):
            connection = self.connect(Keeper())
            opening = connection.whenOpen()
            connection.connectionLost(Failure(reason))
            self.assertIn(words, str(self.failureResultOf(opening).value))

    def test_cancelled(self) -> None:
        """Whoever stops waiting gets nothing more, whatever comes."""
        for end in (OPEN, b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"):
            connection = self.connect(Keeper())
            opening: Deferred[None] = connection.whenOpen()
            opening.cancel()
            self.failureResultOf(opening, CancelledError)
            connection.dataReceived(end)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_half_closing(self) -> None:
        """Only an inner protocol that goes on after half an end makes the connection do so, and not before its time."""
        self.assertFalse(IHalfCloseableProtocol.providedBy(self.connect(Keeper())))
        inner = HalfCloseableKeeper()
        connection: Any = self.connect(inner)
        self.assertTrue(IHalfCloseableProtocol.providedBy(connection))
        connection.dataReceived(OPEN)
        connection.readConnectionLost()
        connection.writeConnectionLost()
        self.assertEqual(inner.halves, ["read", "write"])
        early: Any = self.connect(HalfCloseableKeeper())
        early.readConnectionLost()
        self.failureResultOf(early.whenOpen(), ProxyRefused)

    def test_handshake_with_the_proxy(self) -> None:
        """TLS with the proxy is no news for the inner protocol."""

        class Listening(Keeper):
            handshakes = 0

            def handshakeCompleted(self) -> None:
                self.handshakes += 1

        inner = Listening()
        self.connect(inner).handshakeCompleted()
        self.assertEqual(inner.handshakes, 0)

    def test_way_in_a_way(self) -> None:
        """The way around another one hands on to it, and it to what is inside, for good."""
        inner, inside = Keeper(), passage_to(Proxy("http", "q", 2), "h", 443)
        second = WayFactory(inside, Factory.forProtocol(lambda: inner), self.clock)  # type: ignore[arg-type]
        connection = self.connect(second.buildProtocol(None))
        connection.dataReceived(OPEN)
        self.assertEqual(self.transport.value(), CONNECT * 2)
        connection.dataReceived(OPEN + b"early")
        self.successResultOf(second.made.whenOpen())
        connection.dataReceived(b"later")
        self.assertEqual(inner.chunks, [b"early", b"later"])
