"""Who is let in, and for how long."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IHalfCloseableProtocol, ITransport
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.net.streams import CountingTransport, HalfCloseableKeeper, Keeper
from tests.support import World
from tnet.events.kinds import ConnectionRefused
from tnet.net.gate import CLOSING_SECONDS, SPARE_DESCRIPTORS, Gate, network_of
from tnet.net.wrapper import Wrapper
from tnet.plans import Limits


@implementer(ITransport)
class Secured(Keeper):
    """Stands for TLS: closes by itself, and says whether its handshake is complete."""

    handshaken = False
    disconnecting = False
    aborted = False

    def loseConnection(self) -> None:
        self.disconnecting = True

    def abortConnection(self) -> None:
        self.aborted = True


class _Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()

    def gate(self, inner: Any = Keeper, **limits: Any) -> Gate:
        """A gate in front of protocols of the class `inner`."""
        return Gate(Factory.forProtocol(inner), Limits(**limits), self.world.context)

    def enter(self, gate: Gate, host: str = "192.0.2.1", transport: Any = None) -> tuple[Any, Any]:
        """A connection from `host`: what the gate made of it, and its transport."""
        kind = IPv6Address if ":" in host else IPv4Address
        built: Any = gate.buildProtocol(kind("TCP", host, 1234))
        transport = transport or CountingTransport()
        if built is not None:
            built.makeConnection(transport)
        return built, transport

    @property
    def refusals(self) -> list[str]:
        """The reasons of the refusals so far."""
        return [event.reason for event in self.world.recorder.of(ConnectionRefused)]


class AdmissionTests(_Case):
    """Counting in and out."""

    def test_counts(self) -> None:
        """Open connections and those ever served are known."""
        gate = self.gate()
        first, _ = self.enter(gate)
        self.enter(gate)
        first.connectionLost(connectionDone)
        self.assertEqual((gate.connections, gate.served), (1, 2))

    def test_too_many(self) -> None:
        """Above the limit a peer is refused with a reason, until somebody leaves."""
        gate = self.gate(max_connections=1)
        first, _ = self.enter(gate)
        self.assertIsNone(self.enter(gate)[0])
        self.assertEqual(self.refusals, ["1 connections are open, and that is the limit"])
        first.connectionLost(connectionDone)
        self.assertIsNotNone(self.enter(gate)[0])

    def test_too_many_of_one_peer(self) -> None:
        """One peer's share is limited; another peer still comes in."""
        gate = self.gate(max_per_peer=2)
        self.enter(gate)
        self.enter(gate)
        self.assertIsNone(self.enter(gate)[0])
        self.assertIsNotNone(self.enter(gate, "192.0.2.2")[0])
        self.assertEqual(self.refusals, ["2 connections from 192.0.2.1 are open, and that is the limit for one peer"])

    def test_ipv6_counts_by_network(self) -> None:
        """All addresses of one /64 are one peer, and the next /64 is another."""
        gate = self.gate(max_per_peer=1)
        self.enter(gate, "2001:db8::1")
        self.assertIsNone(self.enter(gate, "2001:db8::ffff")[0])
        self.assertIsNotNone(self.enter(gate, "2001:db8:0:1::1")[0])

    def test_who_is_one_peer(self) -> None:
        """Mapped IPv4 addresses are themselves, zones are ignored, UNIX peers are nobody."""
        self.assertEqual(network_of(IPv6Address("TCP", "::ffff:192.0.2.1", 1)), "192.0.2.1")
        self.assertEqual(network_of(IPv6Address("TCP", "fe80::1%eth0", 1)), "fe80::/64")
        self.assertEqual(network_of(UNIXAddress(b"/x")), "")

    def test_unix_peers_are_not_limited_by_peer(self) -> None:
        """On a UNIX socket only the total counts."""
        gate = self.gate(max_per_peer=1)
        for _ in range(3):
            built: Any = gate.buildProtocol(UNIXAddress(None))
            built.makeConnection(CountingTransport())
        self.assertEqual(gate.connections, 3)

    def test_no_limit_is_still_bounded_by_descriptors(self) -> None:
        """Without a limit, and with too high a one, some descriptors stay for other uses."""
        import resource

        allowed, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (allowed, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (SPARE_DESCRIPTORS + 1, hard))
        for most in (0, 4096):
            gate = self.gate(max_connections=most)
            self.enter(gate)
            self.assertIsNone(self.enter(gate)[0])

    def test_connections_that_need_more_descriptors(self) -> None:
        """There are the fewer of them."""
        import resource

        allowed, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (allowed, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (SPARE_DESCRIPTORS + 5, hard))
        gate = Gate(Factory.forProtocol(Keeper), Limits(), self.world.context, descriptors=2)
        self.assertEqual([self.enter(gate)[0] is None for _ in range(3)], [False, False, True])

    def test_another_door_counts_too(self) -> None:
        """A second factory behind the same gate shares its limits."""
        gate = self.gate(max_connections=1)
        door = gate.around(Factory.forProtocol(HalfCloseableKeeper))
        built: Any = door.buildProtocol(IPv4Address("TCP", "192.0.2.1", 1))
        built.makeConnection(CountingTransport())
        self.assertIsInstance(built.inner, HalfCloseableKeeper)
        self.assertIsNone(self.enter(gate)[0])

    def test_half_closing_passes(self) -> None:
        """The gate is half-closeable exactly when the protocol is."""
        self.assertTrue(IHalfCloseableProtocol.providedBy(self.enter(self.gate(HalfCloseableKeeper))[0]))
        self.assertFalse(IHalfCloseableProtocol.providedBy(self.enter(self.gate())[0]))

    def test_inner_refusal_is_no_event(self) -> None:
        """A factory that gives no protocol refuses for reasons of its own."""
        factory = Factory()
        factory.buildProtocol = lambda address: None  # type: ignore[method-assign]
        gate = Gate(factory, Limits(), self.world.context)
        self.assertIsNone(self.enter(gate)[0])
        self.assertEqual((gate.connections, self.refusals), (0, []))


class RoomTests(_Case):
    """Whoever keeps us waiting makes room."""

    def waiter(self, since: float | None) -> Any:
        """A protocol that says since when it waits."""

        class Waiter(Keeper):
            def waiting_since(self) -> float | None:
                return since

        return Waiter

    def gates(self, *since: float | None, **limits: Any) -> tuple[Gate, list[Any]]:
        """A gate with a connection for each of `since`, and their transports."""
        gate, transports = self.gate(**limits), []
        self.world.reactor.advance(100)
        for each in since:
            gate._factory = Factory.forProtocol(self.waiter(each))
            transports.append(self.enter(gate)[1])
        return gate, transports

    def test_the_one_that_waits_longest(self) -> None:
        """At the limit, the connection that has waited longest is cut, and the next one comes in."""
        gate, transports = self.gates(50, 40, None, max_connections=3)
        self.assertIsNotNone(self.enter(gate)[0])
        self.assertEqual([each.disconnected for each in transports], [False, True, False])
        self.assertEqual((gate.connections, self.refusals), (3, []))

    def test_its_end_is_counted_once(self) -> None:
        """When it is really gone, nothing more changes."""
        gate, _ = self.gates(40, max_connections=1)
        (cut,) = gate._inside
        self.enter(gate)
        cut.connectionLost(connectionDone)
        self.assertEqual(gate.connections, 1)

    def test_nobody_waits(self) -> None:
        """Those that work, or that began to wait just now, stay, and the newcomer is refused."""
        gate, transports = self.gates(None, 99.95, max_connections=2)
        self.assertIsNone(self.enter(gate)[0])
        self.assertEqual([each.disconnected for each in transports], [False, False])
        self.assertEqual(len(self.refusals), 1)

    def test_a_peer_makes_room_for_itself(self) -> None:
        """Where one peer has too many, the others' connections stay."""
        gate, transports = self.gates(40, max_per_peer=1)
        gate._factory = Factory.forProtocol(self.waiter(10))
        _, other = self.enter(gate, "192.0.2.2")
        self.assertIsNotNone(self.enter(gate)[0])
        self.assertEqual((transports[0].disconnected, other.disconnected), (True, False))

    def test_for_want_of_anything_else(self) -> None:
        """A connection can be ended below the limit too, by whoever needs what it holds."""
        gate, transports = self.gates(50, 40)
        door: Any = gate.around(Factory.forProtocol(Keeper))
        self.assertTrue(door.make_room())
        self.assertEqual([each.disconnected for each in transports], [False, True])
        self.assertEqual([gate.make_room(), gate.make_room()], [True, False])

    def test_a_handshake_waits(self) -> None:
        """A connection that has not finished its TLS handshake can be done without."""
        gate = self.gate(Secured, max_connections=1)
        first, _ = self.enter(gate)
        self.world.reactor.advance(2)
        self.assertIsNotNone(self.enter(gate)[0])
        self.assertTrue(first.control.aborted)


class TimeTests(_Case):
    """The sweep."""

    def test_idle(self) -> None:
        """A connection on which nothing moves is closed when its time is up, and the reason is left."""
        gate = self.gate(idle_seconds=4)
        _, transport = self.enter(gate)
        self.pass_time(3.5)
        self.assertFalse(transport.disconnecting)
        self.pass_time(1.5)
        self.assertTrue(transport.disconnecting)
        self.assertEqual(transport.ended_because, "timed out: idle for 4 s")

    def test_idle_is_told(self) -> None:
        """A protocol below all wrappers is told, and may end the connection itself; otherwise the gate closes."""

        class Polite(Keeper):
            asked, ends = 0, True

            def idled(self) -> bool:
                self.asked += 1
                return self.ends

        polite = Polite()
        factory = Factory()
        factory.buildProtocol = lambda address: Wrapper(polite)  # type: ignore[method-assign]
        _, transport = self.enter(Gate(factory, Limits(idle_seconds=4), self.world.context))
        self.pass_time(3.5)
        self.assertEqual(polite.asked, 0)
        self.pass_time(1.5)
        self.assertGreater(polite.asked, 0)
        self.assertEqual((transport.disconnecting, transport.ended_because), (False, ""))
        polite.ends = False
        self.pass_time(1)
        self.assertEqual((transport.disconnecting, transport.ended_because), (True, "timed out: idle for 4 s"))

    def test_traffic_is_life(self) -> None:
        """A byte in either direction starts the idle time anew."""
        gate = self.gate(idle_seconds=4)
        _, transport = self.enter(gate)
        for _ in range(4):
            self.pass_time(1.5)
            transport.bytes_in += 1
            self.pass_time(1.5)
            transport.bytes_out += 1
        self.assertFalse(transport.disconnecting)

    def test_transport_that_does_not_count_is_never_idle(self) -> None:
        """Where nothing is known, nobody is thrown out."""
        _, transport = self.enter(self.gate(idle_seconds=1), transport=StringTransport())
        self.pass_time(10)
        self.assertFalse(transport.disconnecting)

    def test_no_idle_limit(self) -> None:
        """0 is no limit."""
        _, transport = self.enter(self.gate())
        self.pass_time(1000)
        self.assertFalse(transport.disconnecting)

    def test_handshake_takes_too_long(self) -> None:
        """A handshake that trickles is cut off on time, however many bytes move."""
        gate = self.gate(Secured, handshake_seconds=2)
        built, transport = self.enter(gate)
        for _ in range(6):
            transport.bytes_in += 1
            self.pass_time(0.5)
        self.assertTrue(built.inner.aborted)
        self.assertEqual(transport.ended_because, "timed out: TLS handshake took longer than 2 s")

    def test_completed_handshake_is_left_alone(self) -> None:
        """Once the handshake is complete its limit is over."""
        built, transport = self.enter(self.gate(Secured, handshake_seconds=2))
        built.inner.handshaken = True
        self.pass_time(60)
        self.assertFalse(built.inner.aborted or transport.disconnecting)

    def test_close_that_stands_still(self) -> None:
        """A close that the peer does not let happen ends with an abort."""
        _, transport = self.enter(self.gate())
        transport.loseConnection()
        self.pass_time(CLOSING_SECONDS / 2)
        transport.bytes_out += 1
        self.pass_time(CLOSING_SECONDS)
        self.assertFalse(transport.disconnected)
        self.pass_time(3)
        self.assertTrue(transport.disconnected)
        self.assertIn("after we closed", transport.ended_because)

    def test_secured_close_that_stands_still(self) -> None:
        """So does TLS's, which the transport below does not know of."""
        built, transport = self.enter(self.gate(Secured))
        built.inner.handshaken = True
        built.inner.loseConnection()
        self.pass_time(CLOSING_SECONDS + 3)
        self.assertTrue(built.inner.aborted)
        self.assertFalse(transport.disconnecting)

    def test_one_timer_for_all(self) -> None:
        """However many connections there are, one call is scheduled, and none when they are gone."""
        gate = self.gate(idle_seconds=60)
        everybody = [self.enter(gate)[0] for _ in range(5)]
        self.assertEqual(len(self.world.reactor.getDelayedCalls()), 1)
        for one in everybody:
            one.connectionLost(connectionDone)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def pass_time(self, seconds: float) -> None:
        """Let time pass in small steps."""
        self.world.reactor.pump([0.25] * round(seconds * 4))


class LeavingTests(_Case):
    """The end of all."""

    def test_lose_all(self) -> None:
        """Everybody is closed, TLS through TLS."""
        plain, secured = self.gate(), self.gate(Secured)
        _, transport = self.enter(plain)
        built, below = self.enter(secured)
        plain.lose_all()
        secured.lose_all()
        self.assertTrue(transport.disconnecting and built.inner.disconnecting)
        self.assertFalse(transport.disconnected or below.disconnecting)

    def test_abort_all(self) -> None:
        """Everybody is cut off."""
        gate = self.gate()
        _, transport = self.enter(gate)
        gate.abort_all()
        self.assertTrue(transport.disconnected)

    def test_when_empty(self) -> None:
        """Fires at once when nobody is there, else when the last one leaves; a waiter may give up."""
        gate = self.gate()
        self.assertIsNone(self.successResultOf(gate.when_empty()))
        one, _ = self.enter(gate)
        waiting, bored = gate.when_empty(), gate.when_empty()
        self.assertNoResult(waiting)
        bored.cancel()
        self.failureResultOf(bored)
        one.connectionLost(connectionDone)
        self.assertIsNone(self.successResultOf(waiting))
