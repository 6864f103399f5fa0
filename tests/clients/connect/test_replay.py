"""A recorded client, played again."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import ABORTED, DONE, Paper, Wire
from tests.support import World
from tnet.clients.connect.coupling import Coupling
from tnet.clients.connect.overhearing import Overheard
from tnet.clients.connect.replay import STARRED, Replay
from tnet.errors import BadUsage, ExitStatus, ExpectationFailed
from tnet.events.kinds import Logged
from tnet.plans import TcpAddress
from tnet.plans.connect import ConnectPlan
from tnet.protocols.recording import Chunk, Mask, chunk_line, header_line
from tnet.protocols.replaying import Mode

TALK = (
    Chunk(1, "peer", b"ready\r\n"),
    Chunk(2, "us", b"hello\r\n"),
    Chunk(3, "peer", b"hello you\r\nand you\r\n"),
    Chunk(4, "us", eof=True),
    Chunk(5, "peer", eof=True),
)


class ReplayCase(SynchronousTestCase):
    """A replay against a peer that the test plays."""

    def replay(self, *chunks: Chunk, mode: Mode = "strict") -> None:
        """Connect everything."""
        self.world, self.wire, self.paper = World(), Wire(), Paper()
        self.path = self.mktemp()
        Path(self.path).write_bytes(header_line("", "h:7", ()) + b"".join(map(chunk_line, chunks or TALK)))
        opening = Replay.open(self.path, mode, self.paper, self.world.context, seconds=3)
        replay = self.successResultOf(Deferred.fromCoroutine(opening))
        plan = ConnectPlan(target=TcpAddress("h", 7))
        self.protocol = Overheard(Coupling(plan, self.world.context, replay.output), [replay])
        self.protocol.trace = self.world.publisher.trace()
        self.protocol.makeConnection(self.wire)
        self.running = Deferred.fromCoroutine(self.protocol.run(replay))

    def pass_time(self, seconds: float) -> None:
        """In steps of a quarter of a second."""
        self.world.reactor.pump([0.25] * int(seconds * 4))

    def failed(self) -> ExpectationFailed:
        """What it failed with, once the connection is gone."""
        self.protocol.connectionLost(ABORTED)
        error: ExpectationFailed = self.failureResultOf(self.running, ExpectationFailed).value
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
        return error


class GoodTests(ReplayCase):
    """A peer that does as recorded."""

    def test_as_recorded(self) -> None:
        """The client says its part, ends when it ended, and nothing is written."""
        self.replay()
        self.assertEqual(self.wire.value(), b"")
        self.protocol.dataReceived(b"ready\r\nhel")
        self.assertEqual((self.wire.value(), self.wire.calls), (b"hello\r\n", []))
        self.protocol.dataReceived(b"lo you\r\nand you\r\n")
        self.assertEqual(self.wire.calls, ["half-close"])
        self.protocol.writeConnectionLost()
        self.protocol.readConnectionLost()
        self.protocol.connectionLost(DONE)
        self.assertIsNone(self.successResultOf(self.running))
        self.assertEqual(self.paper.written, b"")
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_timed(self) -> None:
        """With times nothing is said early."""
        self.replay(mode="timed")
        self.protocol.dataReceived(b"ready\r\n")
        self.pass_time(1.5)
        self.assertEqual(self.wire.value(), b"")
        self.pass_time(0.75)
        self.assertEqual(self.wire.value(), b"hello\r\n")

    def test_by_line(self) -> None:
        """By line, LF is as good as CR LF."""
        self.replay(mode="line")
        self.protocol.dataReceived(b"ready\n")
        self.assertEqual(self.wire.value(), b"hello\r\n")

    def test_peer_that_does_not_read(self) -> None:
        """Nothing more is said to a peer that takes nothing."""
        self.replay(Chunk(0, "peer", b"x"), Chunk(1, "us", b"y"))
        self.wire.producer.pauseProducing()
        self.protocol.dataReceived(b"x")
        self.assertEqual(self.wire.value(), b"")
        self.wire.producer.resumeProducing()
        self.assertEqual(self.wire.value(), b"y")

    def test_password_was_left_out(self) -> None:
        """Stars are no password, and that is told."""
        self.replay(Chunk(0, "us", b"PASS ***\r\n", masked=(Mask(5, 3),)))
        (told,) = self.world.recorder.of(Logged)
        self.assertEqual((told.level, told.text), ("warning", STARRED))


class BadTests(ReplayCase):
    """A peer that does not."""

    def test_other_words(self) -> None:
        """Other bytes end it with status 111, the place, and a diff on standard output."""
        self.replay()
        self.protocol.dataReceived(b"ready\r\nhello me\r\n")
        self.assertEqual(self.wire.calls, ["abort"])
        error = self.failed()
        self.assertIs(error.exit_status, ExitStatus.EXPECTATION)
        self.assertIn(f"{self.path}, byte 13 (line 2): what came is not", str(error))
        self.assertEqual(
            self.paper.written.decode().splitlines()[3:],
            [" ready\\x0d", "-hello you\\x0d", "+hello me\\x0d"],
        )

    def test_silence(self) -> None:
        """A peer that says nothing more is not waited for for ever."""
        self.replay()
        self.protocol.dataReceived(b"ready\r\n")
        self.pass_time(3.5)
        self.assertIn("did not come within 3 s", str(self.failed()))
        self.assertIn(" ready\\x0d\n-hello you", self.paper.written.decode())

    def test_early_end(self) -> None:
        """An early end of the peer is one, too."""
        self.replay()
        self.protocol.readConnectionLost()
        self.assertIn("ended before everything came", str(self.failed()))

    def test_loss(self) -> None:
        """So is a connection that breaks."""
        self.replay()
        self.protocol.connectionLost(Failure(ConnectionLost()))
        error = self.failureResultOf(self.running, ExpectationFailed).value
        self.assertIn("the connection ended: lost", str(error))

    def test_more_than_recorded(self) -> None:
        """What comes behind the end of what was recorded is told as well."""
        self.replay(Chunk(0, "peer", b"x\n"))
        self.protocol.dataReceived(b"x\n")
        self.assertEqual(self.wire.calls, ["half-close"])
        self.protocol.dataReceived(b"y\n")
        self.assertIn("more came", str(self.failed()))

    def test_no_recording(self) -> None:
        """A file that is none is a usage error, before anything is opened."""
        opening = Replay.open("/dev/null", "strict", Paper(), World().context)
        error = self.failureResultOf(Deferred.fromCoroutine(opening), BadUsage).value
        self.assertIn("/dev/null:1:", str(error))
