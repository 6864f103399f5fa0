"""A player of recordings with a clock."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.net.playing import Play
from tnet.protocols.difference import Difference
from tnet.protocols.recording import Chunk, Recording
from tnet.protocols.replaying import Mode

TALK = Recording(
    "talk.rec",
    "h:7",
    "",
    (
        Chunk(1, "us", b"one"),
        Chunk(2, "peer", b"two"),
        Chunk(5, "us", b"three", eof=True),
        Chunk(6, "peer", b"", eof=True),
    ),
)


class Script:
    """A stage that writes down what is done on it, and when."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.done: list[tuple[float, str]] = []

    def _note(self, what: str) -> None:
        self.done.append((self._world.reactor.seconds(), what))

    def say(self, data: bytes) -> None:
        self._note(data.decode())

    def end_side(self) -> None:
        self._note("end")

    def finish(self) -> None:
        self._note("finish")

    def differ(self, difference: Difference) -> None:
        self._note(difference.reason)


class PlayTests(SynchronousTestCase):
    """The client's side of a short talk."""

    def play(self, mode: Mode = "strict") -> None:
        """Begin."""
        self.world = World()
        self.stage = Script(self.world)
        self.played = Play(TALK, "us", mode, self.world.context, self.stage, seconds=3)

    def pass_time(self, seconds: float) -> None:
        """In steps of a quarter of a second."""
        self.world.reactor.pump([0.25] * int(seconds * 4))

    def said(self) -> list[str]:
        """What was done."""
        return [what for _, what in self.stage.done]

    def test_at_once(self) -> None:
        """Without times, everything is said as soon as it may be; nothing is left behind."""
        self.play()
        self.played.begin()
        self.played.hear(b"two")
        self.played.hear_end()
        self.assertEqual(self.said(), ["one", "three", "end", "finish"])
        self.played.hear_loss("gone")
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_timed(self) -> None:
        """With times, each thing at its time, counted from the beginning."""
        self.play("timed")
        self.pass_time(10)
        self.played.begin()
        self.pass_time(2)
        self.played.hear(b"two")
        self.pass_time(10)
        self.assertEqual(self.stage.done[:3], [(11, "one"), (15, "three"), (15, "end")])

    def test_late_times_are_made_up(self) -> None:
        """What is late already is said at once."""
        self.play("timed")
        self.played.begin()
        self.pass_time(2)
        self.pass_time(1.5)
        self.played.hear(b"two")
        self.pass_time(3)
        self.assertEqual([at for at, _ in self.stage.done], [1, 5, 5])

    def test_patience(self) -> None:
        """Nothing is waited for longer than allowed, and each byte counts as something."""
        self.play()
        self.played.begin()
        self.pass_time(2)
        self.played.hear(b"t")
        self.pass_time(2.5)
        self.assertEqual(self.said(), ["one"])
        self.pass_time(1)
        self.assertEqual(self.said(), ["one", "the rest did not come within 3 s"])
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_pause(self) -> None:
        """Nothing is said to a peer that does not read; that it never reads is a difference, too."""
        self.play()
        self.played.pause()
        self.played.begin()
        self.assertEqual(self.said(), [])
        self.pass_time(2)
        self.played.resume()
        self.assertEqual(self.said(), ["one"])
        self.played.pause()
        self.played.hear(b"two")
        self.pass_time(4)
        self.assertEqual(self.said(), ["one", "the end did not come within 3 s"])

    def test_loss(self) -> None:
        """A lost connection is a difference, and the end of every timer."""
        self.play("timed")
        self.played.begin()
        self.played.hear_loss("reset by peer")
        self.assertEqual(self.said(), ["the connection ended: reset by peer"])
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_stopped(self) -> None:
        """When it is stopped nothing is said any more."""
        self.play()
        self.played.begin()
        self.played.stop()
        self.played.hear(b"nonsense")
        self.assertEqual(self.said(), ["one"])
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
