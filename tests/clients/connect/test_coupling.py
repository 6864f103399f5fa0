"""The protocol between the peer and standard input and output."""

from __future__ import annotations

import errno
import os
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import ABORTED, DONE, Paper, Typed, Wire
from tests.support import World
from tnet.clients.connect.coupling import Coupling
from tnet.clients.connect.patience import HURRY_SECONDS, QUIET_SECONDS, STALL_SECONDS
from tnet.errors import (
    CannotRead,
    ClientCertificateWanted,
    OutputClosed,
    ReceiveFailed,
    SendFailed,
    TimedOut,
    TlsFailed,
)
from tnet.events.kinds import DataMoved, Logged, SpanEnded, StateEntered
from tnet.net.stdio import WaitsFor
from tnet.net.stdio.sink import HIGH_WATER_BYTES
from tnet.plans import TcpAddress
from tnet.plans.connect import ConnectPlan
from tnet.plans.tls import TlsDialing


def broke(number: int) -> OSError:
    """The system's error of that number."""
    return OSError(number, os.strerror(number))


class Reading(Wire):
    """A wire that reads as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[int] = []

    def read_for(self, capacity: int) -> None:
        self.told.append(capacity)


class CouplingCase(SynchronousTestCase):
    """A coupling with an input, an output and a wire, running."""

    def couple(self, *, terminal: bool = False, told: bool = False, **plan: Any) -> None:
        """Connect everything; what happens goes to the recorder where it is to be `told`."""
        self.world, self.wire = World(), Wire()
        self.input, self.output = Typed(), Paper(is_terminal=terminal)
        made = ConnectPlan(target=TcpAddress("peer.example", 7), **plan)
        self.coupling = Coupling(made, self.world.context, self.output)
        if told:
            self.coupling.trace = self.world.publisher.trace()
        self.coupling.makeConnection(self.wire)
        self.running = Deferred.fromCoroutine(self.coupling.run(self.input))

    def pass_time(self, seconds: float) -> None:
        """In steps of a quarter of a second."""
        self.world.reactor.pump([0.25] * int(seconds * 4))

    def lose(self, reason: Failure = DONE) -> None:
        """The connection is gone."""
        self.coupling.connectionLost(reason)

    def assertOver(self) -> None:
        """It has ended well, and nothing is left behind."""
        self.assertIsNone(self.successResultOf(self.running))
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
        self.assertTrue(self.input.over)

    def assertFailed(self, kind: type[Exception]) -> Any:
        """It has ended with this error."""
        failure = self.failureResultOf(self.running, kind)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
        return failure.value


class BytesTests(CouplingCase):
    """What goes where, and how fast."""

    def test_both_directions(self) -> None:
        """Input goes to the peer, the peer to the output, as it is."""
        self.couple()
        self.input.give(b"\x00question\n")
        self.coupling.dataReceived(b"\x1b[31manswer\r\n")
        self.assertEqual(self.wire.value(), b"\x00question\n")
        self.assertEqual(self.output.written, b"\x1b[31manswer\r\n")

    def test_chunks_fit_into_a_pipe(self) -> None:
        """A connection is read in chunks that the pipe behind it takes whole; where that is not known, as ever."""
        for capacity, told in ((65536, [65536]), (None, [])):
            self.world, self.output, wire = World(), Paper(), Reading()
            self.output.capacity = capacity
            self.coupling = Coupling(ConnectPlan(target=TcpAddress("h", 1)), self.world.context, self.output)
            self.coupling.makeConnection(wire)
            self.assertEqual(wire.told, told)

    def test_early_bytes(self) -> None:
        """What the peer says before the input is coupled is written, too."""
        self.world, self.output = World(), Paper()
        coupling = Coupling(ConnectPlan(target=TcpAddress("h", 7)), self.world.context, self.output)
        coupling.makeConnection(Wire())
        coupling.dataReceived(b"banner")
        self.assertEqual(self.output.written, b"banner")

    def test_slow_output_stops_the_peer(self) -> None:
        """Too much that waits for our reader stops the reading until it is written."""
        self.couple()
        self.output.slow = True
        self.coupling.dataReceived(bytes(HIGH_WATER_BYTES))
        self.assertFalse(self.wire.reads)
        self.output.catch_up()
        self.assertTrue(self.wire.reads)

    def test_input_is_the_producer_of_the_connection(self) -> None:
        """A peer that takes nothing pauses the input."""
        self.couple()
        self.wire.producer.pauseProducing()
        self.assertTrue(self.input.paused)

    def test_terminal_sees_escaped_text(self) -> None:
        """On a terminal nothing that comes is obeyed; what was cut off shows at the end."""
        self.couple(terminal=True)
        self.coupling.dataReceived(b"\x1b[2Jtext\xc3")
        self.coupling.readConnectionLost()
        self.pass_time(1)
        self.lose()
        self.assertEqual(self.output.written, b"\\x1b[2Jtext\\xc3\n")

    def test_last_line_on_a_terminal(self) -> None:
        """It is ended before the end of the connection is told, and only if it was not."""
        for text in (b"abc", b"abc\n"):
            self.couple(terminal=True)
            self.coupling.dataReceived(text)
            self.lose()
            self.assertEqual(self.output.written, b"abc\n")

    def test_raw_terminal(self) -> None:
        """With `raw` a terminal gets the bytes."""
        self.couple(terminal=True, raw=True)
        self.coupling.dataReceived(b"\x1b[2J")
        self.assertEqual(self.output.written, b"\x1b[2J")

    def test_line_ends(self) -> None:
        """With `crlf` lines end as the wire wants them, across chunks."""
        self.couple(crlf=True)
        for data in (b"a\r", b"\nb", b"\n"):
            self.input.give(data)
        self.assertEqual(self.wire.value(), b"a\r\nb\r\n")


class TellingTests(CouplingCase):
    """What is told of the bytes."""

    def test_chunks(self) -> None:
        """Each chunk is told as it is on the wire, whatever a terminal is shown."""
        self.couple(told=True, terminal=True, crlf=True)
        self.input.give(b"hi\n")
        self.coupling.dataReceived(b"\x1b[m")
        told = [(each.by, each.bytes, each.text) for each in self.world.recorder.of(DataMoved)]
        self.assertEqual(told, [("us", 4, "hi\\x0d\\x0a"), ("peer", 3, "\\x1b[m")])
        self.assertEqual((self.wire.value(), self.output.written), (b"hi\r\n", b"\\x1b[m"))

    def test_first_answer(self) -> None:
        """So is how long the first answer took."""
        self.couple(told=True)
        self.pass_time(1)
        self.input.give(b"question")
        self.pass_time(0.5)
        self.coupling.dataReceived(b"answer")
        (waited,) = self.world.recorder.of(SpanEnded)
        self.assertEqual((waited.span, waited.seconds), ("wait", 0.5))

    def test_banner(self) -> None:
        """Where the peer speaks first it is counted from where it could, which with TLS is after the handshake."""
        self.world, self.output = World(), Paper()
        coupling = Coupling(ConnectPlan(target=TcpAddress("h", 7)), self.world.context, self.output)
        coupling.trace = self.world.publisher.trace()
        coupling.makeConnection(Wire())
        self.pass_time(1)
        running = Deferred.fromCoroutine(coupling.run(Typed()))
        self.pass_time(0.25)
        coupling.dataReceived(b"banner")
        self.assertEqual(self.world.recorder.of(SpanEnded)[0].seconds, 0.25)
        coupling.connectionLost(DONE)
        self.assertIsNone(self.successResultOf(running))


class EndTests(CouplingCase):
    """Ends that are no errors."""

    def test_end_of_input_closes_our_half(self) -> None:
        """After our end the peer is listened to; its end is the end."""
        self.couple()
        self.input.give(b"")
        self.assertEqual(self.wire.calls, ["half-close"])
        self.coupling.dataReceived(b"answer")
        self.coupling.readConnectionLost()
        self.assertEqual(self.wire.calls, ["half-close", "close"])
        self.lose()
        self.assertOver()
        self.assertEqual(self.output.written, b"answer")

    def test_without_shutdown_our_half_stays_open(self) -> None:
        """With `shutdown` off the end of the input is not told."""
        for plan in ({}, {"tls": TlsDialing()}):
            self.couple(shutdown=False, **plan)
            self.input.give(b"")
            self.coupling.dataReceived(b"answer")
            self.pass_time(60)
            self.assertEqual(self.wire.calls, [])

    def test_under_tls_our_half_is_closed_after_the_answer(self) -> None:
        """A peer that would drop its answer at our close_notify has given it before: then we need not linger."""
        self.couple(tls=TlsDialing(), linger_seconds=5)
        self.input.give(b"question")
        self.input.give(b"")
        self.pass_time(3)
        self.assertEqual(self.wire.calls, [])
        self.coupling.dataReceived(b"answer")
        self.pass_time(0.75)
        self.assertEqual(self.wire.calls, [])
        self.pass_time(0.5)
        self.assertEqual(self.wire.calls, ["half-close"])
        self.pass_time(4)
        self.assertEqual(self.wire.calls, ["half-close", "close"])

    def test_silent_peer_is_left(self) -> None:
        """Silence after our end closes; a peer that does not is dropped; neither is an error."""
        self.couple(linger_seconds=1)
        self.input.give(b"")
        self.pass_time(1.5)
        self.assertEqual(self.wire.calls, ["half-close", "close"])
        self.pass_time(5)
        self.assertEqual(self.wire.calls[-1], "abort")
        self.assertIn("did not answer", self.wire.ended_because)
        self.lose(ABORTED)
        self.assertOver()

    def test_leaving_is_told(self) -> None:
        """That the peer was silent is worth a line, even to whoever asked for no more, and one of its own."""
        self.couple(linger_seconds=1, terminal=True)
        self.coupling.dataReceived(b"abc")
        self.coupling.trace = self.world.publisher.trace()
        self.input.give(b"")
        self.pass_time(1.5)
        (told,) = self.world.recorder.of(Logged)
        self.assertEqual((told.level, "nothing for 1 s" in told.text), ("notice", True))
        self.assertEqual(self.output.written, b"abc\n")

    def test_close_that_is_told_at_once(self) -> None:
        """A connection that is gone as soon as we close it is so after what we said of it, and after the line."""
        seen: list[tuple[int, bytes]] = []

        def close() -> None:
            self.lose()
            seen.append((len(self.world.recorder.of(Logged)), self.output.written))

        self.couple(linger_seconds=1, terminal=True)
        self.coupling.trace = self.world.publisher.trace()
        self.coupling.dataReceived(b"abc\xc3")
        self.patch(self.wire, "loseConnection", close)
        self.input.give(b"")
        self.pass_time(1.5)
        self.assertEqual(seen, [(1, b"abc\\xc3\n")])

    def test_states_are_told(self) -> None:
        """Each state that the conversation enters is an event."""
        self.couple()
        self.coupling.trace = self.world.publisher.trace()
        self.input.give(b"")
        self.coupling.readConnectionLost()
        self.lose()
        states = [event.state for event in self.world.recorder.of(StateEntered)]
        self.assertEqual(states, ["listening", "flushing", "closed"])

    def test_peer_ends_first(self) -> None:
        """The peer's end is ours as soon as the input pauses."""
        self.couple()
        self.coupling.readConnectionLost()
        self.input.give(b"still sent")
        self.pass_time(QUIET_SECONDS + 0.25)
        self.assertEqual((self.wire.calls, self.wire.value()), (["close"], b"still sent"))
        self.lose()
        self.assertOver()

    def test_ended_connection_is_not_read_again(self) -> None:
        """An output that catches up after the peer's end resumes nothing."""
        self.couple()
        self.output.slow = True
        self.coupling.dataReceived(bytes(HIGH_WATER_BYTES))
        self.coupling.readConnectionLost()
        self.output.catch_up()
        self.assertFalse(self.wire.reads)

    def test_peer_ended_before_the_input_was_coupled(self) -> None:
        """A peer that says goodbye at once still gets what the input has."""
        self.world, self.wire, self.output = World(), Wire(), Paper()
        self.coupling = Coupling(ConnectPlan(target=TcpAddress("h", 7)), self.world.context, self.output)
        self.coupling.makeConnection(self.wire)
        self.coupling.readConnectionLost()
        self.input = Typed(WaitsFor.NOBODY)
        self.running = Deferred.fromCoroutine(self.coupling.run(self.input))
        self.pass_time(3)
        self.input.give(b"all of it")
        self.input.give(b"")
        self.assertEqual((self.wire.value(), self.wire.calls), (b"all of it", ["close"]))
        self.lose()
        self.assertOver()

    def test_connection_gone_before_the_input_was_coupled(self) -> None:
        """A connection that ended at once ends the run at once."""
        self.world, self.input = World(), Typed()
        coupling = Coupling(ConnectPlan(target=TcpAddress("h", 7)), self.world.context, Paper())
        coupling.makeConnection(Wire())
        coupling.connectionLost(DONE)
        self.running = Deferred.fromCoroutine(coupling.run(self.input))
        self.assertIsNone(self.successResultOf(self.running))

    def test_clean_end_of_the_connection(self) -> None:
        """A connection that TLS closed cleanly is over, open input or not."""
        self.couple(tls=TlsDialing())
        self.lose()
        self.assertOver()

    def test_certificate_wanted_after_the_handshake(self) -> None:
        """A server of TLS 1.3 that wants a certificate of ours says so late, and is told with its hint."""
        self.couple(tls=TlsDialing())
        self.lose(Failure(ClientCertificateWanted("peer", "it wants a client certificate", "--cert and --key")))
        error = self.assertFailed(ClientCertificateWanted)
        self.assertEqual((error.exit_status, error.hint), (98, "--cert and --key"))
        self.couple(tls=TlsDialing())
        self.lose(Failure(TlsFailed("peer", "bad record mac")))
        self.assertFailed(ReceiveFailed)

    def test_cancelled(self) -> None:
        """Cancelling closes, waits a moment, and then drops the connection."""
        self.couple()
        self.running.cancel()
        self.assertEqual(self.wire.calls, ["close"])
        self.assertNoResult(self.running)
        self.coupling.dataReceived(b"more")
        self.pass_time(HURRY_SECONDS + 0.25)
        self.assertEqual(self.wire.calls, ["close", "abort"])
        self.lose(ABORTED)
        self.assertFailed(CancelledError)
        self.assertEqual(self.output.written, b"more")

    def test_cancelled_twice(self) -> None:
        """The second time nobody waits: the connection is dropped."""
        self.couple()
        self.running.cancel()
        self.running.cancel()
        self.assertEqual(self.wire.calls, ["close", "abort"])
        self.lose(ABORTED)
        self.assertFailed(CancelledError)


class ErrorTests(CouplingCase):
    """Ends that are."""

    def test_reset(self) -> None:
        """A connection lost while we listen is told as such, with the system's reason."""
        self.couple()
        self.wire.os_error = broke(errno.ECONNRESET)
        self.lose(Failure(ConnectionLost()))
        self.assertEqual(str(self.assertFailed(ReceiveFailed)), "receiving failed from peer.example:7: reset by peer")

    def test_reset_while_sending(self) -> None:
        """A connection lost with input still to be taken is a failure to send."""
        self.couple()
        self.wire.producer.pauseProducing()
        self.lose(Failure(ConnectionLost()))
        self.assertFailed(SendFailed)

    def test_broken_pipe(self) -> None:
        """What failed in writing failed in sending."""
        self.couple()
        self.wire.os_error = broke(errno.EPIPE)
        self.lose(Failure(ConnectionLost()))
        self.assertFailed(SendFailed)

    def test_idle(self) -> None:
        """Nothing either way for too long drops the connection."""
        self.couple(idle_seconds=2)
        self.pass_time(2.5)
        self.assertEqual(self.wire.calls, ["abort"])
        self.lose(ABORTED)
        self.assertEqual(self.assertFailed(TimedOut).seconds, 2)

    def test_output_closed(self) -> None:
        """When our reader leaves, the connection is dropped and the error is its."""
        self.couple()
        self.output.fail(broke(errno.EPIPE))
        self.assertEqual(self.wire.calls, ["abort"])
        self.lose(ABORTED)
        self.assertFailed(OutputClosed)

    def test_output_closed_while_writing(self) -> None:
        """A failure inside of a delivery is carried out after it."""
        self.couple()
        self.output._push = lambda: self.output.fail(broke(errno.EPIPE))  # type: ignore[method-assign]
        self.coupling.dataReceived(b"x")
        self.lose(ABORTED)
        self.assertFailed(OutputClosed)

    def test_output_closed_before_the_start(self) -> None:
        """An output that broke while we dialled ends the run at once, and nothing is read."""
        self.world, self.wire, self.input, self.output = World(), Wire(), Typed(), Paper()
        self.coupling = Coupling(ConnectPlan(target=TcpAddress("h", 7)), self.world.context, self.output)
        self.coupling.makeConnection(self.wire)
        self.output.fail(broke(errno.EPIPE))
        self.running = Deferred.fromCoroutine(self.coupling.run(self.input))
        self.assertEqual((self.wire.calls, self.wire.producer), (["abort"], None))
        self.lose(ABORTED)
        self.assertFailed(OutputClosed)

    def test_input_broken(self) -> None:
        """An input that cannot be read does not look like a complete one."""
        self.couple()
        self.input.give(b"half")
        self.input.fail(broke(errno.EIO))
        self.assertEqual(self.wire.calls, ["abort"])
        self.lose(ABORTED)
        self.assertFailed(CannotRead)

    def test_peer_that_stopped_reading(self) -> None:
        """A peer that has ended and takes no more of our input is dropped, and that is told."""
        self.couple()
        self.coupling.readConnectionLost()
        self.wire.producer.pauseProducing()
        self.pass_time(STALL_SECONDS + 2)
        self.assertEqual(self.wire.calls, ["abort"])
        self.lose(ABORTED)
        self.assertIn("stopped reading", str(self.assertFailed(SendFailed)))
