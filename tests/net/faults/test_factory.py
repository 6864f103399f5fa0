"""Connections of an echo server on a bad network, over socket pairs and TLS in memory."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from twisted.internet.address import UNIXAddress
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.net.streams import Wire
from tests.net.tls.pairs import Pair, TlsTestCase
from tests.support import World
from tnet.events.kinds import ConnectionClosed, FaultInjected
from tnet.net.faults.factory import Faults
from tnet.net.faults.sender import LINGER_SECONDS, SILENCE_SECONDS
from tnet.net.tap import Tap
from tnet.net.transport import UnixServer
from tnet.plans.faults import parse_fault
from tnet.servers.echo import EchoFactory


class Nameless(UnixServer):
    """The stream of a socket pair, whose ends have no names."""

    def getPeer(self) -> UNIXAddress:
        return UNIXAddress(None)

    getHost = getPeer


class _FaultyTestCase(SynchronousTestCase):
    """An echo with faults."""

    def setUp(self) -> None:
        self.world = World()
        self.echo = EchoFactory()

    def faults(self, *faults: str, seed: int = 7) -> Faults:
        """The echo's factory with these faults."""
        return Faults(self.echo, map(parse_fault, faults), seed, self.world.context)

    def connect(self, *faults: str, tapped: bool = True) -> Wire:
        """A connection with these faults; `peer` of it is the client's bare end."""
        self.made = self.faults(*faults)
        factory = Tap(self.made, self.world.publisher, role="server") if tapped else self.made
        wire = Wire(factory.buildProtocol(None), Nameless)  # type: ignore[arg-type]  # no address
        wire.peer.setblocking(False)
        self.addCleanup(wire.close)
        return wire

    def pass_time(self, wire: Wire, seconds: float = 0.0) -> bytes:
        """Let time pass, a hundredth at a time: what the peer got."""
        got = b""
        for _ in range(max(1, round(seconds * 100))):
            wire.turn()
            self.world.reactor.advance(0.01 if seconds else 0)
            got += self.got(wire)
        return got

    def got(self, wire: Wire) -> bytes:
        """What the peer can read now."""
        found = b""
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            while data := wire.peer.recv(1 << 20):
                found += data
        return found

    def ended(self, wire: Wire) -> bool:
        """Whether the peer sees an end."""
        try:
            return wire.peer.recv(1) == b""
        except BlockingIOError:
            return False

    def told(self) -> list[tuple[str, str]]:
        """Which faults were told."""
        return [(event.fault, event.detail) for event in self.world.recorder.of(FaultInjected)]


class ShapeTests(_FaultyTestCase):
    """Later, slower, in pieces."""

    def test_latency(self) -> None:
        """An answer comes when its time has come."""
        wire = self.connect("latency=200ms")
        wire.peer.send(b"hello")
        self.assertEqual(self.pass_time(wire, 0.19), b"")
        self.assertEqual(self.pass_time(wire, 0.03), b"hello")

    def test_told_once(self) -> None:
        """A connection tells its faults with its first bytes, and not again."""
        wire = self.connect("latency=200ms±50ms", "slice=1-2")
        self.assertEqual(self.told(), [])
        for _ in range(3):
            wire.peer.send(b"hello")
            self.pass_time(wire, 0.5)
        self.assertEqual(self.told(), [("latency", "200ms±50ms"), ("slice", "1-2")])

    def test_bandwidth(self) -> None:
        """So many bytes a second arrive."""
        wire = self.connect("bandwidth=1000")
        wire.peer.send(b"x" * 5000)
        got = len(self.pass_time(wire, 2.0))
        self.assertTrue(1900 <= got <= 2100, got)

    def test_half_close(self) -> None:
        """The client's end is answered after the last byte, however late that is."""
        wire = self.connect("latency=1s", "bandwidth=1000")
        wire.peer.send(b"x" * 500)
        self.pass_time(wire)
        wire.peer.shutdown(socket.SHUT_WR)
        self.assertEqual(self.pass_time(wire, 2.0), b"x" * 500)
        self.assertTrue(self.ended(wire))
        self.assertEqual(self.world.recorder.of(ConnectionClosed)[0].reason, "closed by peer")

    def test_goodbye(self) -> None:
        """A server that leaves sends what is held back before its end."""
        wire = self.connect("latency=1s")
        wire.peer.send(b"hello")
        self.pass_time(wire)
        self.echo.finish()
        self.assertFalse(self.ended(wire))
        self.assertEqual(self.pass_time(wire, 1.1), b"hello")
        self.assertTrue(self.ended(wire))

    def test_reader_that_stops(self) -> None:
        """A peer that sends and never reads is stopped after a bounded amount, and gets all of it later."""
        for fault in ("latency=10ms", "bandwidth=1G", "slice=60000"):
            wire = self.connect(fault)
            sent = self.push(wire)
            self.assertLess(len(sent), 8 << 20)
            self.assertNotIn(wire.stream, wire.reactor.getReaders())
            wire.peer.shutdown(socket.SHUT_WR)
            got = b""
            while len(got) < len(sent):
                got += self.pass_time(wire, 0.02)
            self.assertEqual(got, sent)

    def push(self, wire: Wire) -> bytes:
        """Send until nothing moves any more: all that was sent."""
        sent, stuck = b"", 0
        while stuck < 50:
            try:
                chunk = b"%08d" % len(sent) * 4096
                sent += chunk[: wire.peer.send(chunk)]
                stuck = 0
            except BlockingIOError:
                wire.turn()
                self.world.reactor.advance(0.01)
                stuck += 1
        return sent

    def test_connection_lost_meanwhile(self) -> None:
        """Nothing is left to do for a connection that is gone."""
        wire = self.connect("latency=1s")
        wire.peer.send(b"hello")
        self.pass_time(wire)
        wire.stream.abortConnection()
        wire.reactor.advance(0)
        self.assertEqual((self.world.reactor.getDelayedCalls(), self.echo.connected), ([], set()))


class LimitTests(_FaultyTestCase):
    """Not to its end."""

    def test_close(self) -> None:
        """The peer gets so many bytes and an end, though it has sent more; then we wait for its own, for a while."""
        wire = self.connect("limit=5:close")
        wire.peer.send(b"hello, world")
        self.assertEqual(self.pass_time(wire), b"hello")
        wire.peer.send(b"more")
        self.pass_time(wire)
        self.assertTrue(self.ended(wire))
        self.assertEqual(self.told(), [("limit", "5:close")])
        wire.peer.close()
        wire.turn()
        wire.turn()
        self.assertEqual(self.echo.connected, set())
        self.assertEqual(self.world.recorder.of(ConnectionClosed)[0].bytes_out, 5)

    def test_close_of_a_peer_that_stays(self) -> None:
        """A peer that does not close is closed after some seconds."""
        wire = self.connect("limit=0:close")
        self.pass_time(wire, LINGER_SECONDS - 1)
        self.assertEqual(len(self.echo.connected), 1)
        self.pass_time(wire, 2)
        self.assertEqual(self.echo.connected, set())

    def test_reset(self) -> None:
        """The peer gets so many bytes, and when it has them, an RST."""
        wire = self.connect("limit=5:reset")
        wire.peer.send(b"hello, world")
        self.pass_time(wire)
        self.world.reactor.advance(0.1)
        wire.reactor.advance(0)
        self.assertEqual(self.world.recorder.of(ConnectionClosed)[0].reason, "reset on purpose")
        self.assertEqual(self.told(), [("limit", "5:reset")])

    def test_reset_of_a_peer_that_does_not_read(self) -> None:
        """A peer that does not take what was sent is reset nevertheless, a little later."""
        wire = self.connect("limit=5:reset")
        wire.peer.send(b"hello, world")
        wire.turn()
        for _ in range(99):
            self.world.reactor.advance(0.01)
        self.assertEqual(self.world.recorder.of(ConnectionClosed), [])
        self.world.reactor.advance(0.05)
        wire.reactor.advance(0)
        self.assertEqual(len(self.world.recorder.of(ConnectionClosed)), 1)

    def test_stall(self) -> None:
        """The peer gets so many bytes and then nothing, not even an end to its own, until it goes."""
        wire = self.connect("limit=5:stall")
        wire.peer.send(b"hello, world")
        self.assertEqual(self.pass_time(wire), b"hello")
        wire.peer.shutdown(socket.SHUT_WR)
        self.pass_time(wire, 60)
        self.assertFalse(self.ended(wire))
        self.world.reactor.advance(SILENCE_SECONDS)
        self.pass_time(wire, 0.1)
        self.assertTrue(self.ended(wire))
        self.assertEqual(self.world.recorder.of(ConnectionClosed)[0].reason, "silent on purpose, then closed")

    def test_stall_stops_reading(self) -> None:
        """Into the silence the peer can say only so much: then it has to wait."""
        wire = self.connect("limit=0:stall")
        for _ in range(200):
            with contextlib.suppress(BlockingIOError):
                wire.peer.send(b"x" * 65536)
            self.pass_time(wire)
        self.assertNotIn(wire.stream, wire.reactor.getReaders())

    def test_stall_ends_with_the_server(self) -> None:
        """A server that leaves does not wait for its own silence."""
        wire = self.connect("limit=0:stall")
        self.pass_time(wire)
        self.echo.finish()
        self.made.end_silence()
        self.pass_time(wire, 0.1)
        self.assertTrue(self.ended(wire))

    def test_no_stall(self) -> None:
        """Only the silent are ended with it."""
        wire = self.connect("limit=9:stall")
        self.made.end_silence()
        self.pass_time(wire)
        self.assertFalse(self.ended(wire))


class RefusalTests(_FaultyTestCase):
    """Not at all."""

    def test_all(self) -> None:
        """Every connection is reset before it begins, and that is told."""
        wire = self.connect("refuse=100%")
        wire.reactor.advance(0)
        self.assertEqual(self.world.recorder.of(ConnectionClosed)[0].reason, "refused on purpose")
        self.assertEqual(self.told(), [("refuse", "100%")])
        self.assertEqual(self.echo.connected, set())

    def refused(self, seed: int) -> list[bool]:
        """Which of a hundred connections are refused."""
        factory = self.faults("refuse=30%", seed=seed)
        made: list[Any] = [factory.buildProtocol(None) for _ in range(100)]  # type: ignore[arg-type]  # no address
        return [not IHalfCloseableProtocol.providedBy(one) for one in made]

    def test_share(self) -> None:
        """A share of them, always the same ones with the same seed."""
        refused = self.refused(7)
        self.assertTrue(15 <= sum(refused) <= 45)
        self.assertEqual(refused, self.refused(7))
        self.assertNotEqual(refused, self.refused(8))

    def test_none(self) -> None:
        """No share is nobody."""
        factory = self.faults("refuse=0%")
        self.assertTrue(all(IHalfCloseableProtocol.providedBy(factory.buildProtocol(None)) for _ in range(99)))  # type: ignore[arg-type]  # no address


class FactoryTests(_FaultyTestCase):
    """What it leaves as it was."""

    def test_protocol_without_half_closing(self) -> None:
        """A protocol that does not want to hear of half-closing does not, and needs no trace."""
        factory = Faults(Factory.forProtocol(Protocol), [parse_fault("slice=1")], 7, self.world.context)
        made: Any = factory.buildProtocol(None)  # type: ignore[arg-type]  # no address
        self.assertFalse(IHalfCloseableProtocol.providedBy(made))
        made.makeConnection(StringTransport())

    def test_factory_that_refuses(self) -> None:
        """No protocol of the factory is none here."""

        class Empty(Factory):
            def buildProtocol(self, addr: Any) -> None:
                return None

        factory = Faults(Empty(), [parse_fault("slice=1")], 7, self.world.context)
        self.assertIsNone(factory.buildProtocol(None))  # type: ignore[arg-type]  # no address

    def test_start_and_stop(self) -> None:
        """The factory is told of its ports."""
        factory = self.faults("slice=1")
        factory.doStart()
        self.assertEqual(self.echo.numPorts, 1)
        factory.doStop()
        self.assertEqual(self.echo.numPorts, 0)


class SecuredTests(TlsTestCase):
    """Under TLS."""

    def pair(self, *faults: str) -> Pair:
        """Both ends; the server has these faults."""
        self.echo = EchoFactory()
        made = Faults(self.echo, map(parse_fault, faults), 7, self.world.context)
        tapped = Tap(made, self.world.publisher, role="server").buildProtocol(None)  # type: ignore[arg-type]  # no address
        return Pair(self.dialing(), self.serving(), server=tapped)  # type: ignore[arg-type]  # a protocol

    def pass_time(self, pair: Pair, seconds: float) -> None:
        """Let time pass for both."""
        pair.settle()
        for _ in range(round(seconds * 20)):
            self.world.reactor.advance(0.05)
            pair.settle(0.05)

    def test_late_answer(self) -> None:
        """The handshake is as fast as ever, the answer is late, and the end comes behind it."""
        pair = self.pair("latency=500ms")
        pair.client_tls.write(b"hello")
        self.pass_time(pair, 0.4)
        self.assertEqual((pair.client.handshakes, pair.client.data), (1, b""))
        pair.client_tls.loseConnection()
        self.pass_time(pair, 0.5)
        self.assertEqual(pair.client.data, b"hello")
        self.assertEqual(self.echo.connected, set())

    def test_refusal(self) -> None:
        """A refused connection ends before its handshake, without a complaint."""
        pair = self.pair("refuse=100%")
        self.pass_time(pair, 0.1)
        self.assertIsNotNone(pair.client.reason)
        self.assertEqual(self.world.recorder.of(ConnectionClosed)[0].reason, "refused on purpose")

    def test_limits(self) -> None:
        """A limit counts what is said inside, from the handshake on, and ends by TLS's own rules, or without."""
        for fault, said in (("limit=5:close", b"hello"), ("limit=0:close", b""), ("limit=5:reset", b"hello")):
            pair = self.pair(fault)
            pair.settle()
            pair.client_tls.write(b"hello, world")
            self.pass_time(pair, 0.3)
            self.assertEqual((pair.client.data, pair.client.handshakes), (said, 1), fault)
            self.assertIsNotNone(pair.client.reason, fault)
            self.assertEqual(self.echo.connected, set())

    def test_stall(self) -> None:
        """Silence is silence, until the server leaves."""
        pair = self.pair("limit=5:stall")
        pair.client_tls.write(b"hello, world")
        self.pass_time(pair, 20)
        self.assertEqual((pair.client.data, pair.client.reason), (b"hello", None))

    def test_idle_connection_can_be_closed(self) -> None:
        """Who closes a connection that says nothing, as a gate does, need not wait for the faults."""
        pair = self.pair("latency=100ms")
        pair.client_tls.write(b"hello")
        self.pass_time(pair, 0.3)
        pair.server_tls.loseConnection()
        self.pass_time(pair, 0.1)
        self.assertEqual(self.echo.connected, set())

    def test_goodbye(self) -> None:
        """A server that leaves says all that is held back, and then close_notify."""
        pair = self.pair("latency=500ms")
        pair.client_tls.write(b"hello")
        self.pass_time(pair, 0.1)
        self.echo.finish()
        self.pass_time(pair, 1)
        self.assertEqual(pair.client.data, b"hello")
        self.assertEqual(self.echo.connected, set())
