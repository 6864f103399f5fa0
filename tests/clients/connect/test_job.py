"""The job from dialling to the exit status."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import DONE, Paper, Typed, Wire
from tests.support import World
from tnet.clients.connect.ends import LAST_WORDS_SECONDS
from tnet.clients.connect.job import couple
from tnet.errors import ExitStatus, OutputClosed, ReceiveFailed
from tnet.plans import TcpAddress
from tnet.plans.connect import ConnectPlan


class CoupleTests(SynchronousTestCase):
    """One run each, over a reactor in memory."""

    def setUp(self) -> None:
        self.world = World()
        self.reactor: MemoryReactorClock = self.world.reactor
        self.input, self.output, self.wire = Typed(), Paper(), Wire()
        plan = ConnectPlan(target=TcpAddress("127.0.0.1", 7))
        self.job = Deferred.fromCoroutine(couple(plan, self.world.context, self.input, self.output))

    def accept(self) -> Any:
        """The peer takes the call: the protocol that speaks with it."""
        self.reactor.advance(0)
        _, _, factory, _, _ = self.reactor.tcpClients[0]
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(self.wire)
        self.reactor.advance(0)
        return protocol

    def test_from_dialling_to_the_end(self) -> None:
        """A conversation that ends well gives OK, with everything written and its events on one connection."""
        protocol = self.accept()
        self.input.give(b"question")
        protocol.dataReceived(b"answer")
        self.input.give(b"")
        protocol.readConnectionLost()
        protocol.connectionLost(DONE)
        self.assertIs(self.successResultOf(self.job), ExitStatus.OK)
        self.assertEqual((self.wire.value(), self.output.written), (b"question", b"answer"))
        self.assertEqual({record.conn for record in self.world.recorder.records}, {1})

    def test_nothing_is_read_before_the_connection(self) -> None:
        """Input is left alone until somebody is there to take it."""
        self.assertIs(self.input._received.__name__, "_ignore")
        self.job.cancel()
        self.failureResultOf(self.job, CancelledError)

    def test_end_waits_for_the_output(self) -> None:
        """A slow output gets everything before the job ends."""
        protocol = self.accept()
        self.output.slow = True
        protocol.dataReceived(b"answer")
        protocol.readConnectionLost()
        self.reactor.pump([0.25] * 8)
        protocol.connectionLost(DONE)
        self.assertNoResult(self.job)
        self.output.catch_up()
        self.assertIs(self.successResultOf(self.job), ExitStatus.OK)

    def test_broken_connection_keeps_what_came(self) -> None:
        """After a reset, too, what came is written before the error is raised."""
        protocol = self.accept()
        self.output.slow = True
        protocol.dataReceived(b"half an ans")
        protocol.connectionLost(Failure(ConnectionLost()))
        self.assertNoResult(self.job)
        self.output.catch_up()
        self.failureResultOf(self.job, ReceiveFailed)
        self.assertEqual(self.output.written, b"half an ans")

    def test_cancelled_while_the_output_is_stuck(self) -> None:
        """Whoever interrupts does not wait for an output that takes nothing."""
        protocol = self.accept()
        self.output.slow = True
        protocol.dataReceived(b"answer")
        self.job.cancel()
        protocol.connectionLost(DONE)
        self.reactor.advance(LAST_WORDS_SECONDS)
        self.failureResultOf(self.job, CancelledError)

    def test_both_ends_are_released(self) -> None:
        """Afterwards input and output are let go of."""
        self.accept().connectionLost(DONE)
        self.successResultOf(self.job)
        self.assertTrue(self.input.over)
        self.assertIsInstance(self.output.error, OutputClosed)
