"""Connections that are sent so much a second, over socket pairs."""

from __future__ import annotations

import contextlib
import gc
from typing import Any

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import SynchronousTestCase

from tests.net.faults.test_factory import Nameless
from tests.net.streams import Wire
from tests.support import World
from tnet.events.kinds import FaultInjected
from tnet.net.pacing import Paces
from tnet.net.tap import Tap
from tnet.servers.echo import EchoFactory


class PacesTests(SynchronousTestCase):
    """`Paces`."""

    def setUp(self) -> None:
        self.world = World()
        self.paces = Paces(EchoFactory(), 1000, self.world.context)

    def connect(self, host: str | None = "192.0.2.7") -> Wire:
        """A connection from there."""
        address: Any = UNIXAddress(None) if host is None else IPv4Address("TCP", host, 1)
        tap = Tap(self.paces, self.world.publisher, role="server")
        wire = Wire(tap.buildProtocol(address), Nameless)
        wire.peer.setblocking(False)
        self.addCleanup(wire.close)
        return wire

    def pass_time(self, seconds: float, *wires: Wire) -> list[int]:
        """How much each of them got meanwhile."""
        got = [0] * len(wires)
        for _ in range(round(seconds * 100)):
            self.world.reactor.advance(0.01)
            for number, wire in enumerate(wires):
                wire.turn()
                with contextlib.suppress(BlockingIOError):
                    got[number] += len(wire.peer.recv(1 << 16))
        return got

    def test_rate(self) -> None:
        """So much a second, smoothly, to the last byte, and no fault is told."""
        wire = self.connect()
        wire.peer.sendall(b"x" * 3000)
        (first,), (second,) = self.pass_time(1, wire), self.pass_time(1, wire)
        self.assertLess(abs(first - 1000), 110)
        self.assertLess(abs(second - 1000), 60)
        self.assertEqual(first + second + self.pass_time(2, wire)[0], 3000)
        self.assertEqual(self.world.recorder.of(FaultInjected), [])

    def test_shared(self) -> None:
        """Connections of one client share it, others have their own."""
        wires = [self.connect(), self.connect(), self.connect("192.0.2.8"), self.connect(None), self.connect(None)]
        for wire in wires:
            wire.peer.sendall(b"x" * 3000)
        got = self.pass_time(2, *wires)
        for count, expected in zip(got, (1000, 1000, 2000, 2000, 2000), strict=True):
            self.assertLess(abs(count - expected), 200)

    def test_forgotten(self) -> None:
        """Nothing is kept of a client that has gone."""
        wires = [self.connect(), self.connect("192.0.2.8")]
        self.assertEqual(len(self.paces._of_peer), 2)
        for wire in wires:
            wire.protocol.connectionLost()
        del wire, wires
        self.doCleanups()
        gc.collect()
        self.assertEqual(len(self.paces._of_peer), 0)

    def test_half_close(self) -> None:
        """Who hears of half-closing goes on hearing of it, and who does not, not."""
        self.assertTrue(IHalfCloseableProtocol.providedBy(self.paces.buildProtocol(UNIXAddress(None))))
        plain = Paces(Factory.forProtocol(Protocol), 1000, self.world.context)
        self.assertFalse(IHalfCloseableProtocol.providedBy(plain.buildProtocol(UNIXAddress(None))))

    def test_no_protocol(self) -> None:
        """A factory that refuses is obeyed."""

        class Refusing(Factory):
            def buildProtocol(self, addr: Any) -> None:
                return None

        self.assertIsNone(Paces(Refusing(), 1, self.world.context).buildProtocol(UNIXAddress(None)))
