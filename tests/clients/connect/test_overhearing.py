"""Ears on a connection."""

from __future__ import annotations

import errno
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import INegotiated
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.clients.connect.ends import ABORTED, DONE, Paper, Typed, Wire
from tests.support import World
from tnet.clients.connect.coupling import Coupling
from tnet.clients.connect.overhearing import Line, Overheard
from tnet.errors import CannotWrite, OutputClosed, ReceiveFailed
from tnet.events.kinds import StateEntered
from tnet.net.stdio.sink import HIGH_WATER_BYTES
from tnet.plans import TcpAddress
from tnet.plans.connect import ConnectPlan
from tnet.protocols.recording import Side


class Listener:
    """An ear that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def join(self, line: Line) -> None:
        self.line = line
        self.heard.append("joined")

    def hear(self, by: Side, data: bytes) -> None:
        self.heard.append(f"{by}: {data.decode()}")

    def hear_end(self, by: Side) -> None:
        self.heard.append(f"{by} ended")

    def hear_loss(self, reason: str) -> None:
        self.heard.append(f"lost: {reason}")


@implementer(INegotiated)
class Secured(Wire):
    """A connection under TLS, its handshake not yet over."""

    negotiatedProtocol = None


class Whole(Wire):
    """A connection that has no halves: to end ours is to close."""

    disconnecting = False

    def loseWriteConnection(self) -> None:
        super().loseWriteConnection()
        self.disconnecting = True


class OverheardCase(SynchronousTestCase):
    """A coupling that is overheard."""

    def overhear(self, wire: Wire | None = None, **plan: Any) -> None:
        """Connect everything."""
        self.world, self.wire = World(), wire or Wire()
        self.input, self.output, self.ear = Typed(), Paper(), Listener()
        made = ConnectPlan(target=TcpAddress("peer.example", 7), **plan)
        coupling = Coupling(made, self.world.context, self.output)
        self.protocol = Overheard(coupling, [self.ear])
        self.protocol.trace = self.world.publisher.trace()
        self.protocol.makeConnection(self.wire)
        self.running = Deferred.fromCoroutine(self.protocol.run(self.input))


class HearingTests(OverheardCase):
    """What is heard."""

    def test_a_conversation(self) -> None:
        """Everything that goes over the wire is heard, in its order, and nothing is changed by that."""
        self.overhear(crlf=True)
        self.input.give(b"question\n")
        self.protocol.dataReceived(b"answer")
        self.input.give(b"")
        self.protocol.writeConnectionLost()
        self.protocol.readConnectionLost()
        self.protocol.connectionLost(DONE)
        self.assertIsNone(self.successResultOf(self.running))
        self.assertEqual(
            self.ear.heard,
            ["joined", "us: question\r\n", "peer: answer", "us ended", "peer ended", "lost: closed by peer"],
        )
        self.assertEqual((self.wire.value(), self.output.written), (b"question\r\n", b"answer"))
        self.assertEqual(self.wire.calls, ["half-close", "close"])
        self.assertIn("listening", [event.state for event in self.world.recorder.of(StateEntered)])

    def test_under_tls(self) -> None:
        """Under TLS the connection stands when the handshake is over; a clean end of it is the peer's."""
        self.overhear(Secured())
        self.assertEqual(self.ear.heard, [])
        self.protocol.handshakeCompleted()
        self.protocol.connectionLost(DONE)
        self.assertEqual(self.ear.heard, ["joined", "peer ended", "lost: closed by peer"])

    def test_failed_handshake(self) -> None:
        """Who never joined hears of no end."""
        self.overhear(Secured())
        self.protocol.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(self.ear.heard, [])
        self.failureResultOf(self.running, ReceiveFailed)

    def test_cut_off(self) -> None:
        """A connection that is lost is no end of anybody's."""
        self.overhear()
        self.protocol.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(self.ear.heard, ["joined", "lost: lost"])
        self.failureResultOf(self.running, ReceiveFailed)

    def test_our_close_is_our_end(self) -> None:
        """When we close, our side ends; whether the peer's did is not known."""
        self.overhear()
        self.running.cancel()
        self.assertEqual(self.ear.heard, ["joined", "us ended"])
        self.protocol.connectionLost(DONE)
        self.assertEqual(self.ear.heard[2:], ["lost: closed by peer"])
        self.failureResultOf(self.running, CancelledError)

    def test_end_without_halves(self) -> None:
        """Where our end is to close, it is heard, once, and a good end of the connection is the peer's answer to it."""
        self.overhear(Whole())
        self.input.give(b"")
        self.protocol.transport.loseWriteConnection()
        self.assertEqual(self.ear.heard, ["joined", "us ended"])
        self.protocol.connectionLost(DONE)
        self.assertEqual(self.ear.heard[2:], ["peer ended", "lost: closed by us"])
        self.assertIsNone(self.successResultOf(self.running))

    def test_sequence(self) -> None:
        """Pieces that are written at once are heard as one; nothing is heard of nothing."""
        self.overhear()
        self.protocol.transport.writeSequence([b"a", b"b"])
        self.protocol.transport.write(b"")
        self.assertEqual(self.ear.heard[1:], ["us: ab"])

    def test_transport_shines_through(self) -> None:
        """What the transport tells and is told passes."""
        self.overhear(Secured())
        self.protocol.transport.ended_because = "so"
        self.assertEqual((self.wire.ended_because, self.protocol.transport.ended_because), ("so", "so"))
        self.assertEqual(self.protocol.transport.bytes_out, 0)
        self.assertTrue(INegotiated.providedBy(self.protocol.transport))


class HoldingTests(OverheardCase):
    """Ears that cannot follow."""

    def test_both_sides_wait(self) -> None:
        """While one of them holds, neither the peer is read from nor our input."""
        self.overhear()
        self.ear.line.hold()
        self.ear.line.hold()
        self.assertEqual((self.wire.reads, self.input.paused), (False, True))
        self.ear.line.let_go()
        self.assertEqual((self.wire.reads, self.input.paused), (False, True))
        self.ear.line.let_go()
        self.assertEqual((self.wire.reads, self.input.paused), (True, False))

    def test_others_who_hold(self) -> None:
        """Who waits for somebody else as well goes on only when that is over, too."""
        self.overhear()
        self.output.slow = True
        self.protocol.dataReceived(bytes(HIGH_WATER_BYTES))
        self.wire.producer.pauseProducing()
        self.ear.line.hold()
        self.ear.line.let_go()
        self.assertEqual((self.wire.reads, self.input.paused), (False, True))
        self.ear.line.hold()
        self.output.catch_up()
        self.wire.producer.resumeProducing()
        self.assertEqual((self.wire.reads, self.input.paused), (False, True))
        self.ear.line.let_go()
        self.assertEqual((self.wire.reads, self.input.paused), (True, False))

    def test_held_before_there_is_an_input(self) -> None:
        """An input that comes later waits as well."""
        self.overhear()
        self.ear.line.hold()
        self.protocol.transport.unregisterProducer()
        late = Typed()
        self.protocol.transport.registerProducer(late, True)
        self.assertTrue(late.paused)
        self.protocol.transport.unregisterProducer()
        self.assertIsNone(self.wire.producer)

    def test_ended_peer_is_not_read_again(self) -> None:
        """Letting go after the peer's end resumes nothing."""
        self.overhear()
        self.ear.line.hold()
        self.protocol.readConnectionLost()
        self.ear.line.let_go()
        self.assertFalse(self.wire.reads)

    def test_end_of_the_producer(self) -> None:
        """A transport that stops its producer stops the input."""
        self.overhear()
        self.wire.producer.stopProducing()
        self.assertTrue(self.input.over)


class FailingTests(OverheardCase):
    """Ears that complain."""

    def test_complaint(self) -> None:
        """The connection is dropped, and the complaint is what the conversation ends with; the first one."""
        self.overhear()
        self.ear.line.fail(CannotWrite("talk.rec", "disk full"))
        self.ear.line.fail(CannotWrite("talk.rec", "again"))
        self.assertEqual(self.wire.calls, ["abort"])
        self.assertIn("disk full", self.wire.ended_because)
        self.protocol.connectionLost(ABORTED)
        self.assertIn("disk full", str(self.failureResultOf(self.running, CannotWrite).value))

    def test_complaint_at_the_end(self) -> None:
        """A complaint about a clean end counts, and drops nothing that is gone already."""
        self.overhear()
        self.ear.hear_loss = lambda _: self.ear.line.fail(CannotWrite("x", "y"))  # type: ignore[method-assign]
        self.protocol.connectionLost(DONE)
        self.assertEqual(self.wire.calls, [])
        self.failureResultOf(self.running, CannotWrite)

    def test_complaint_about_the_loss(self) -> None:
        """What an ear has to say about a lost connection tells more than that it was lost."""
        self.overhear()
        self.ear.hear_loss = lambda _: self.ear.line.fail(CannotWrite("x", "y"))  # type: ignore[method-assign]
        self.protocol.connectionLost(Failure(ConnectionLost()))
        self.failureResultOf(self.running, CannotWrite)

    def test_complaint_about_our_own_end(self) -> None:
        """When we dropped the connection, the reason for that is what counts."""
        self.overhear()
        self.ear.hear_loss = lambda _: self.ear.line.fail(CannotWrite("x", "y"))  # type: ignore[method-assign]
        self.output.fail(OSError(errno.EPIPE, "broken"))
        self.protocol.connectionLost(ABORTED)
        self.failureResultOf(self.running, OutputClosed)
