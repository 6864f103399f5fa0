"""The echo server in memory; the same over real connections is in tests/end_to_end/test_echo.py."""

from __future__ import annotations

import contextlib
import socket
from typing import Any
from unittest import mock

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.testing import StringTransport
from twisted.test import iosim
from twisted.trial.unittest import SynchronousTestCase

from tests.net.streams import Wire
from tests.net.tls.pairs import Pair, TlsTestCase, Witness
from tests.support import World
from tnet.net.faults.factory import Faults
from tnet.net.server import Server
from tnet.plans.addresses import TcpAddress
from tnet.plans.faults import Fault
from tnet.plans.serve import EchoPlan
from tnet.servers.echo import Echo, EchoDatagrams, EchoFactory, offer


class Ordered(StringTransport):
    """Keeps the order in which it is told to end."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def unregisterProducer(self) -> None:
        self.told.append("unregister")
        super().unregisterProducer()

    def loseConnection(self) -> None:
        self.told.append("lose")
        super().loseConnection()

    def loseWriteConnection(self) -> None:
        self.told.append("lose write")


class EchoTests(SynchronousTestCase):
    """One connection."""

    def setUp(self) -> None:
        self.factory = EchoFactory()

    def connect(self, transport: Any) -> Any:
        """An echo on `transport`."""
        echo = self.factory.buildProtocol(None)
        echo.makeConnection(transport)
        return echo

    def test_every_byte(self) -> None:
        """All 256 byte values come back as they are."""
        transport = StringTransport()
        self.connect(transport).dataReceived(bytes(range(256)))
        self.assertEqual(transport.value(), bytes(range(256)))

    def test_between_two_protocols(self) -> None:
        """A client hears exactly what it said, in order."""
        client, _, pump = iosim.connectedServerAndClient(
            lambda: self.factory.buildProtocol(None), lambda: Witness(b"hello, ")
        )
        client.transport.write(b"world")
        pump.flush()
        self.assertEqual(client.data, b"hello, world")

    def test_reads_as_fast_as_its_peer(self) -> None:
        """The transport is its own producer, so it stops reading when its peer does."""
        transport = StringTransport()
        self.connect(transport)
        self.assertEqual((transport.producer, transport.streaming), (transport, True))

    def test_end_of_the_peer(self) -> None:
        """At the peer's end the producer is unregistered before the connection is closed: else it never would be."""
        transport = Ordered()
        self.connect(transport).readConnectionLost()
        self.assertEqual(transport.told, ["unregister", "lose"])

    def test_knows_who_is_connected(self) -> None:
        """A connection is known from its beginning to its end."""
        echo = self.connect(StringTransport())
        self.assertEqual(self.factory.connected, {echo})
        echo.connectionLost(connectionDone)
        self.assertEqual(self.factory.connected, set())

    def test_leaves_reading_until_its_end_is_sent(self) -> None:
        """A server that leaves takes nothing more until its own end is out; then it reads on, to notice the peer's."""
        transport = Ordered()
        echo = self.connect(transport)
        echo.finish()
        self.assertEqual((transport.told, transport.producerState), (["unregister", "lose write"], "paused"))
        echo.writeConnectionLost()
        self.assertEqual(transport.producerState, "producing")


class StreamTests(SynchronousTestCase):
    """One connection on our own stream."""

    def setUp(self) -> None:
        self.factory = EchoFactory()
        self.wire = Wire(self.factory.buildProtocol(None))
        self.addCleanup(self.wire.close)

    def push(self) -> bytes:
        """Send without reading until nothing moves any more: all that was sent."""
        self.wire.peer.setblocking(False)
        sent, stuck = b"", 0
        while stuck < 3:
            try:
                chunk = b"%08d" % len(sent) * 4096
                sent += chunk[: self.wire.peer.send(chunk)]
                stuck = 0
            except BlockingIOError:
                self.wire.turn()
                stuck += 1
        return sent

    def pull(self) -> bytes:
        """Read to the end, the server running whenever it wants to."""
        got = b""
        for _ in range(10_000):
            self.wire.turn()
            with contextlib.suppress(BlockingIOError):
                chunk = self.wire.peer.recv(1 << 20)
                if not chunk:
                    return got
                got += chunk
        raise AssertionError("no end")

    def test_reader_that_stops_is_not_read_from(self) -> None:
        """A peer that sends and never reads is stopped after a bounded amount."""
        self.push()
        waiting = len(self.wire.stream.dataBuffer) + self.wire.stream._tempDataLen
        self.assertLess(waiting, 512 * 1024)
        self.assertNotIn(self.wire.stream, self.wire.reactor.getReaders())

    def test_all_of_it_after_a_half_close(self) -> None:
        """Whatever was sent before the peer's end comes back, to the last byte, and then our end."""
        sent = self.push()
        self.wire.peer.shutdown(socket.SHUT_WR)
        self.assertEqual(self.pull(), sent)
        self.assertEqual(self.factory.connected, set())

    def test_finish(self) -> None:
        """When the server leaves, the peer gets what is due and our end; its own end closes the connection."""
        sent = self.push()
        self.factory.finish()
        got = self.pull()
        self.assertTrue(sent.startswith(got) and got)
        self.assertEqual(len(self.factory.connected), 1)
        self.wire.peer.close()
        for _ in range(50):
            self.wire.turn()
        self.assertEqual(self.factory.connected, set())


class SecuredTests(TlsTestCase):
    """Under TLS."""

    def setUp(self) -> None:
        super().setUp()
        self.factory = EchoFactory()
        self.pair = Pair(self.dialing(), self.serving(), server=self.factory.buildProtocol(None))

    def test_waits_for_the_handshake(self) -> None:
        """The transport becomes its own producer only when it no longer has to read in order to write."""
        self.assertIsNone(self.pair.server_wire.producer)
        self.pair.settle()
        self.assertIsNotNone(self.pair.server_wire.producer)

    def test_echoes(self) -> None:
        """What is sent comes back."""
        self.pair.settle()
        self.pair.client_tls.write(b"x" * 100_000)
        self.pair.settle()
        self.assertEqual(self.pair.client.data, b"x" * 100_000)

    def test_last_bytes_before_the_end(self) -> None:
        """What came just before the peer's close_notify comes back before ours."""
        self.pair.settle()
        self.pair.client_tls.write(b"last words")
        self.pair.client_tls.loseConnection()
        self.pair.settle()
        self.assertEqual((self.pair.server_tls.bytes_in, self.pair.server_tls.bytes_out), (10, 10))
        self.assertEqual(self.pair.client.data, b"last words")

    def test_second_handshake(self) -> None:
        """A renegotiation changes nothing: there is one producer."""
        self.pair.settle()
        self.pair.server.handshakeCompleted()
        self.assertIsNotNone(self.pair.server_wire.producer)

    def test_finish(self) -> None:
        """When the server leaves, both ends are closed by TLS's own rules."""
        self.pair.settle()
        self.factory.finish()
        self.pair.settle()
        self.assertEqual(self.factory.connected, set())
        self.assertIsNotNone(self.pair.client.reason)


class DatagramTests(SynchronousTestCase):
    """Datagrams."""

    def test_one_for_one(self) -> None:
        """Each goes back to whom it came from, an empty one as well, and nothing goes anywhere else."""
        sent: list[Any] = []
        echo = EchoDatagrams()
        echo.transport = mock.Mock(write=lambda *args: sent.append(args))
        alice, bob = ("192.0.2.1", 1), ("2001:db8::2", 2, 0, 0)
        for data, sender in ((b"one", alice), (b"", bob), (b"x" * 65_507, alice)):
            echo.datagramReceived(data, sender)
        self.assertEqual(sent, [(b"one", alice), (b"", bob), (b"x" * 65_507, alice)])


class OfferTests(SynchronousTestCase):
    """The tool."""

    def test_offer(self) -> None:
        """The server is a plain factory, and its goodbye finishes every connection."""
        plan = EchoPlan(listen=(TcpAddress("127.0.0.1", 0),))
        server = self.successResultOf(Deferred.fromCoroutine(offer(plan, World().context)))
        self.assertIsInstance(server, Server)
        self.assertIs(server.datagrams, EchoDatagrams)
        echo: Protocol | None = server.factory.buildProtocol(None)
        assert isinstance(echo, Echo)
        transport = Ordered()
        echo.makeConnection(transport)
        server.goodbye()
        self.assertEqual(transport.told, ["unregister", "lose write"])

    def test_faults(self) -> None:
        """With faults, the plain factory is behind them."""
        plan = EchoPlan(listen=(TcpAddress("127.0.0.1", 0),), faults=(Fault("latency", seconds=1),), seed=7)
        server = self.successResultOf(Deferred.fromCoroutine(offer(plan, World().context)))
        self.assertIsInstance(server.factory, Faults)
