"""A script in the place of standard input."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import ABORTED, DONE, Paper, Wire
from tests.support import World
from tnet.clients.connect.coupling import Coupling
from tnet.clients.connect.overhearing import Overheard
from tnet.clients.connect.scripting import Script
from tnet.errors import ExitStatus, ExpectationFailed
from tnet.events.kinds import StepEnded
from tnet.plans import TcpAddress
from tnet.plans.connect import ConnectPlan, Step

EXPECT = Step("expect", b"^220 .*\n")
SEND = Step("send", b"QUIT\n")
END = Step("expect-eof")


class ScriptCase(SynchronousTestCase):
    """A script against a peer that the test plays."""

    def script(self, *steps: Step, run: bool = True, **plan: Any) -> None:
        """Connect everything."""
        self.world, self.wire, self.paper = World(), Wire(), Paper()
        self.source = Script(steps, 3, self.world.context)
        made = ConnectPlan(target=TcpAddress("h", 7), **plan)
        self.protocol = Overheard(Coupling(made, self.world.context, self.paper), [self.source])
        self.protocol.trace = self.world.publisher.trace()
        self.protocol.makeConnection(self.wire)
        if run:
            self.run_it()

    def run_it(self) -> None:
        """Begin to talk."""
        self.running = Deferred.fromCoroutine(self.protocol.run(self.source))

    def pass_time(self, seconds: float) -> None:
        """In steps of a quarter of a second."""
        self.world.reactor.pump([0.25] * int(seconds * 4))

    def steps(self) -> list[tuple[int, str, str]]:
        """The steps that were told of."""
        return [(event.number, event.action, event.outcome) for event in self.world.recorder.of(StepEnded)]

    def failed(self, reason: Failure = ABORTED) -> ExpectationFailed:
        """What it failed with, once the connection is gone."""
        self.protocol.connectionLost(reason)
        error: ExpectationFailed = self.failureResultOf(self.running, ExpectationFailed).value
        self.assertIs(error.exit_status, ExitStatus.EXPECTATION)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
        return error

    def ended(self) -> None:
        """The peer ends and all is well."""
        self.protocol.readConnectionLost()
        self.protocol.connectionLost(DONE)
        self.assertIsNone(self.successResultOf(self.running))
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])


class GoodTests(ScriptCase):
    """Scripts that go well."""

    def test_a_dialogue(self) -> None:
        """Each step in its turn; what comes is written as it comes; behind the last our half is closed."""
        self.script(EXPECT, SEND, crlf=True)
        self.protocol.dataReceived(b"220 he")
        self.assertEqual((self.paper.written, self.wire.value()), (b"220 he", b""))
        self.protocol.dataReceived(b"llo\n")
        self.assertEqual((self.wire.value(), self.wire.calls), (b"QUIT\r\n", ["half-close"]))
        self.assertEqual(self.steps(), [(1, "expect", "ok"), (2, "send", "ok")])
        self.protocol.dataReceived(b"bye\n")
        self.ended()
        self.assertEqual(self.paper.written, b"220 hello\nbye\n")

    def test_times_of_steps(self) -> None:
        """Each event has the time that its step took."""
        self.script(EXPECT, Step("pause", b"", 0.5), SEND)
        self.pass_time(1)
        self.protocol.dataReceived(b"220 x\n")
        self.pass_time(0.5)
        self.assertEqual([event.seconds for event in self.world.recorder.of(StepEnded)], [1, 0.5, 0])
        self.ended()

    def test_our_end_in_the_middle(self) -> None:
        """After a shutdown the script goes on to listen."""
        self.script(Step("shutdown"), EXPECT, END)
        self.assertEqual(self.wire.calls, ["half-close"])
        self.protocol.dataReceived(b"220 x\n")
        self.ended()
        self.assertEqual(self.steps()[-1], (3, "expect-eof", "ok"))

    def test_peer_that_ends_first(self) -> None:
        """A peer's end does not stop a script that has more to send."""
        self.script(END, Step("pause", b"", 2), SEND)
        self.protocol.readConnectionLost()
        self.pass_time(2.25)
        self.assertEqual((self.wire.value(), self.wire.calls), (b"QUIT\n", ["close"]))
        self.protocol.connectionLost(DONE)
        self.assertIsNone(self.successResultOf(self.running))

    def test_early_banner(self) -> None:
        """What came before the script began counts."""
        self.script(EXPECT, SEND, run=False)
        self.protocol.dataReceived(b"220 x\n")
        self.run_it()
        self.assertEqual(self.wire.value(), b"QUIT\n")
        self.ended()

    def test_peer_that_does_not_read(self) -> None:
        """What a script sends is bounded, and waits in the transport."""
        self.script(EXPECT, SEND)
        self.wire.producer.pauseProducing()
        self.protocol.dataReceived(b"220 x\n")
        self.assertEqual(self.wire.value(), b"QUIT\n")
        self.ended()


class BadTests(ScriptCase):
    """Scripts that fail."""

    def test_timeout(self) -> None:
        """The step is named, what came is written, and the connection is dropped."""
        self.script(EXPECT, SEND)
        self.protocol.dataReceived(b"500 no\n")
        self.pass_time(3)
        self.assertEqual(self.wire.calls, ["abort"])
        self.assertEqual(
            str(self.failed()),
            r"not as expected: step 1 (expect ^220 .*\x0a): timed out after 3 s; what came: 500 no\x0a",
        )
        self.assertEqual((self.paper.written, self.steps()), (b"500 no\n", [(1, "expect", "timeout")]))

    def test_catastrophic_expression(self) -> None:
        """An expression that would keep everything waiting for minutes fails its step; those before it went well."""
        self.script(EXPECT, SEND, Step("expect", rb"(a+)+$"))
        self.protocol.dataReceived(b"220 x\n" + b"a" * 30 + b"!")
        self.assertEqual(self.wire.value(), b"QUIT\n")
        self.assertIn("step 3 (expect (a+)+$): the expression took longer than 1 s; what came: aaa", str(self.failed()))
        self.assertEqual(self.steps(), [(1, "expect", "ok"), (2, "send", "ok"), (3, "expect", "timeout")])

    def test_after_our_end(self) -> None:
        """A step can fail when our half is closed already."""
        self.script(Step("shutdown"), EXPECT)
        self.pass_time(3)
        self.assertIn("step 2", str(self.failed()))

    def test_eof(self) -> None:
        """The peer's end fails whoever expects more."""
        self.script(EXPECT)
        self.protocol.readConnectionLost()
        self.assertIn("the peer ended; nothing came", str(self.failed()))
        self.assertEqual(self.steps(), [(1, "expect", "eof")])

    def test_loss(self) -> None:
        """So does a reset, with its reason, rather than with the status of a reset."""
        self.script(EXPECT)
        self.assertIn("the connection ended: lost", str(self.failed(Failure(ConnectionLost()))))

    def test_clean_end_of_the_connection(self) -> None:
        """So does a connection that is closed cleanly both ways."""
        self.script(EXPECT)
        self.assertIn("the peer ended", str(self.failed(DONE)))

    def test_gone_before_the_script_began(self) -> None:
        """A connection that was over at once does not make a script succeed that never ran."""
        self.script(SEND, run=False)
        self.protocol.connectionLost(DONE)
        self.run_it()
        self.assertIn("step 1 (send)", str(self.failureResultOf(self.running, ExpectationFailed).value))

    def test_noise(self) -> None:
        """What comes where silence is expected is a mismatch."""
        self.script(Step("expect-silence", b"", 1))
        self.protocol.dataReceived(b"x")
        self.assertIn("something came", str(self.failed()))
        self.assertEqual(self.steps(), [(1, "expect-silence", "mismatch")])

    def test_interrupted(self) -> None:
        """Who interrupts a script is told of that, not of a step."""
        self.script(EXPECT)
        self.running.cancel()
        self.protocol.connectionLost(DONE)
        self.failureResultOf(self.running, CancelledError)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
