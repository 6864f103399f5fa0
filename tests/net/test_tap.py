"""What the tap reports."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.net.streams import CountingTransport, HalfCloseableKeeper, Keeper, SecuredTransport
from tests.support import World
from tnet.events import Trace, silent_trace
from tnet.events.kinds import ConnectionClosed, ConnectionOpened, HalfClosed, Paused, Resumed, TlsHandshaken
from tnet.net.tap import Tap, place

PEER = IPv4Address("TCP", "192.0.2.7", 40000)


class Traced(Keeper):
    """Keeps the trace that it had when it was connected."""

    trace = silent_trace()
    trace_at_first: Trace | None = None

    def connectionMade(self) -> None:
        self.trace_at_first = self.trace


class Session:
    """A TLS session of which only a few facts are known."""

    def get_cipher_name(self) -> str:
        return "TLS_AES_128_GCM_SHA256"

    def get_protocol_version_name(self) -> str:
        return "TLSv1.3"

    def get_alpn_proto_negotiated(self) -> bytes:
        return b"h2\x1b"

    def get_peer_certificate(self) -> None:
        return None

    def get_servername(self) -> bytes:
        return b"a\x1b.example"

    def get_group_name(self) -> str:
        return "X25519"

    def get_peer_cert_chain(self) -> None:
        return None

    get_verified_chain = get_peer_cert_chain


class _Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()

    def connect(self, inner: Any, transport: Any = None, **tap: Any) -> tuple[Any, Any]:
        """A tapped `inner` on its transport."""
        factory = Factory.forProtocol(lambda: inner)
        built: Any = Tap(factory, self.world.publisher, role="server", **tap).buildProtocol(PEER)
        transport = transport or CountingTransport()
        built.makeConnection(transport)
        return built, transport

    def only(self, kind: Any) -> Any:
        """The one event of that kind."""
        (event,) = self.world.recorder.of(kind)
        return event


class LifeTests(_Case):
    """A connection from its opening to its end."""

    def test_open(self) -> None:
        """A connection is reported with both its addresses and our role, before its protocol is connected."""
        names: list[list[str]] = []
        inner = Keeper()
        inner.connectionMade = lambda: names.append(list(self.world.recorder.names))  # type: ignore[method-assign]
        self.connect(inner, CountingTransport(IPv6Address("TCP", "::1", 80), IPv4Address("TCP", "192.0.2.7", 5)))
        self.assertEqual(names, [["connection.open"]])
        opened = ConnectionOpened(
            role="server", transport="tcp", peer_address="192.0.2.7", peer_port=5, local_address="::1", local_port=80
        )
        self.assertEqual(self.only(ConnectionOpened), opened)

    def test_unix(self) -> None:
        """A UNIX connection has paths, and a peer without one is unnamed."""
        self.connect(Keeper(), CountingTransport(UNIXAddress(b"/run/x\x1b"), UNIXAddress(None)))
        opened = self.only(ConnectionOpened)
        self.assertEqual((opened.transport, opened.peer_address), ("unix", "unnamed"))
        self.assertEqual((opened.local_address, opened.local_port), ("/run/x\\x1b", None))
        self.assertEqual(place(UNIXAddress(b"\0name")), ("@name", None))

    def test_close(self) -> None:
        """The end is reported last, with the reason, the bytes and the duration."""
        tapped, transport = self.connect(Keeper())
        transport.bytes_in, transport.bytes_out = 7, 9
        self.world.reactor.advance(1.5)
        tapped.connectionLost(Failure(ConnectionDone()))
        closed = ConnectionClosed(reason="closed by peer", clean=True, bytes_in=7, bytes_out=9, seconds=1.5)
        self.assertEqual(self.only(ConnectionClosed), closed)

    def test_close_is_reported_though_the_protocol_fails(self) -> None:
        """A protocol that raises at the end does not swallow the report."""
        inner = Keeper()
        inner.connectionLost = lambda reason: 1 / 0  # type: ignore[method-assign, assignment]
        tapped, _ = self.connect(inner)
        self.assertRaises(ZeroDivisionError, tapped.connectionLost, Failure(ConnectionAborted()))
        self.assertEqual(self.only(ConnectionClosed).reason, "aborted")

    def test_each_connection_has_its_id(self) -> None:
        """Two connections are told apart; with a trace given, its id is used."""
        self.connect(Keeper())
        self.connect(Keeper())
        self.connect(Keeper(), trace=Trace(self.world.publisher, 77))
        self.assertEqual([record.conn for record in self.world.recorder.records], [1, 2, 77])

    def test_protocol_is_given_the_trace_first(self) -> None:
        """A protocol that reports has its trace when it is connected."""
        inner = Traced()
        self.connect(inner)
        assert inner.trace_at_first is not None
        self.assertEqual(inner.trace_at_first.conn, 1)

    def test_factory_without_a_protocol(self) -> None:
        """A factory that refuses is left alone."""
        tap = Tap(Factory.forProtocol(lambda: None), self.world.publisher, role="client")  # type: ignore[arg-type]
        tap.factory.buildProtocol = lambda address: None  # type: ignore[method-assign]
        self.assertIsNone(tap.buildProtocol(PEER))
        self.assertEqual(self.world.recorder.names, [])

    def test_transport_that_counts_nothing(self) -> None:
        """On a transport without counters the bytes are 0."""
        from twisted.internet.testing import StringTransport

        tapped, _ = self.connect(Keeper(), StringTransport())
        tapped.connectionLost(connectionDone)
        self.assertEqual(self.only(ConnectionClosed).bytes_in, 0)


class BetweenTests(_Case):
    """Half-closing and backpressure."""

    def test_half_close_is_reported_and_forwarded(self) -> None:
        """Each side's end is an event and reaches the protocol; the first one decides who closed."""
        inner = HalfCloseableKeeper()
        tapped, transport = self.connect(inner)
        transport.bytes_in = 3
        tapped.readConnectionLost()
        tapped.writeConnectionLost()
        tapped.connectionLost(connectionDone)
        self.assertEqual([event.by for event in self.world.recorder.of(HalfClosed)], ["peer", "us"])
        self.assertEqual(self.world.recorder.of(HalfClosed)[0].bytes_in, 3)
        self.assertEqual(inner.halves, ["read", "write"])
        self.assertEqual(self.only(ConnectionClosed).reason, "closed by peer")

    def test_plain_protocol_stays_plain(self) -> None:
        """A tap does not make a protocol half-closeable, nor less so."""
        self.assertFalse(IHalfCloseableProtocol.providedBy(self.connect(Keeper())[0]))
        self.assertTrue(IHalfCloseableProtocol.providedBy(self.connect(HalfCloseableKeeper())[0]))

    def test_backpressure(self) -> None:
        """What the stream tells its watcher becomes events, the resumption with the time it took."""
        _, transport = self.connect(Keeper())
        transport.bytes_out = 70_000
        transport.watcher.paused()
        self.world.reactor.advance(0.25)
        transport.watcher.resumed()
        self.assertEqual(self.only(Paused), Paused(bytes_in=0, bytes_out=70_000))
        self.assertEqual(self.only(Resumed), Resumed(seconds=0.25))

    def test_data_costs_no_call(self) -> None:
        """Once connected, data goes to the protocol's own method."""
        inner = Keeper()
        self.assertEqual(self.connect(inner)[0].dataReceived, inner.dataReceived)


class HandshakeTests(_Case):
    """TLS."""

    def test_completed(self) -> None:
        """A handshake is reported once, with what was agreed on, harmless, and the time it took."""
        tapped, _ = self.connect(Keeper(), SecuredTransport(Session()))
        self.world.reactor.advance(0.5)
        tapped.handshakeCompleted()
        tapped.handshakeCompleted()
        expected = TlsHandshaken(
            outcome="ok",
            seconds=0.5,
            tls_version="TLSv1.3",
            tls_cipher="TLS_AES_128_GCM_SHA256",
            tls_alpn="h2\\x1b",
            group="X25519",
            sni="a\\x1b.example",
        )
        self.assertEqual(self.only(TlsHandshaken), expected)

    def test_failed(self) -> None:
        """One that failed is reported before the end, with the reason."""
        tapped, _ = self.connect(Keeper(), SecuredTransport())
        tapped.connectionLost(Failure(SSL.Error([("SSL routines", "", "no shared cipher")])))
        handshake = self.only(TlsHandshaken)
        self.assertEqual((handshake.outcome, handshake.error), ("failed", "no shared cipher"))
        self.assertEqual(self.world.recorder.names[-1], "connection.close")
        self.assertEqual(self.only(ConnectionClosed).reason, "TLS failed: no shared cipher")

    def test_cut_off(self) -> None:
        """One that was cut off says what whoever did it said."""
        tapped, transport = self.connect(Keeper(), SecuredTransport())
        transport.ended_because = "timed out: too slow"
        tapped.connectionLost(Failure(ConnectionAborted()))
        self.assertEqual(self.only(TlsHandshaken).error, "timed out: too slow")
        self.assertEqual(self.only(ConnectionClosed).reason, "timed out: too slow")

    def test_none_without_tls(self) -> None:
        """A plain connection reports no handshake at all."""
        tapped, _ = self.connect(Keeper())
        tapped.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(self.world.recorder.names, ["connection.open", "connection.close"])

    def test_none_that_is_over(self) -> None:
        """TLS that stood before the connection was ours, as with a proxy, is nothing to wait for."""
        transport = SecuredTransport(Session())
        transport.handshaken = True  # type: ignore[attr-defined]  # as TlsTransport has it
        tapped, _ = self.connect(Keeper(), transport)
        tapped.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(self.world.recorder.of(TlsHandshaken), [])

    def test_free_when_nobody_looks(self) -> None:
        """With no observer nothing is asked of the session or the addresses; the connection is counted all the same."""
        self.world.publisher.unsubscribe(self.world.recorder)
        transport = SecuredTransport()
        transport.getPeer = transport.getHandle = lambda: 1 / 0  # type: ignore[method-assign]
        tapped, _ = self.connect(Keeper(), transport)
        tapped.handshakeCompleted()
        tapped.connectionLost(connectionDone)
        self.assertEqual(self.world.publisher.unbuilt, {"connection.open": 1, "connection.close": 1})
