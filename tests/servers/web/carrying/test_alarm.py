"""Tests for tnet.servers.web.carrying.alarm."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tnet.servers.web.carrying.alarm import Alarm


class AlarmTests(TestCase):
    """One deadline."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.rung: list[str] = []
        self.alarm = Alarm(self.clock, self.clock.seconds)

    def set(self, seconds: float, what: str = "") -> None:
        """Set it, to note `what`."""
        self.alarm.set(seconds, lambda: self.rung.append(what))

    def test_rings_once_in_time(self) -> None:
        """It rings when the time has come, and only once."""
        self.set(5)
        self.clock.advance(4.9)
        self.assertEqual(self.rung, [])
        self.clock.advance(0.1)
        self.clock.advance(100)
        self.assertEqual(self.rung, [""])

    def test_moved(self) -> None:
        """The last deadline counts, be it later or earlier than the one before."""
        for first, second in ((5, 9), (9, 5)):
            self.set(first, "first")
            self.set(second, "second")
            self.clock.advance(second - 0.1)
            self.assertEqual(self.rung, [])
            self.clock.advance(0.1)
            self.assertEqual(self.rung, ["second"])
            self.rung.clear()
            self.clock.advance(9)

    def test_moving_later_is_free(self) -> None:
        """Setting it later, again and again, makes no further call of the reactor's."""
        self.set(5)
        (call,) = self.clock.getDelayedCalls()
        for _ in range(10):
            self.clock.advance(0.1)
            self.set(5)
        self.assertEqual((self.clock.getDelayedCalls(), call.getTime()), ([call], 5))

    def test_cleared(self) -> None:
        """A cleared alarm does not ring, and can be set again."""
        self.set(5, "first")
        self.alarm.clear()
        self.clock.advance(3)
        self.set(5, "second")
        self.clock.advance(4.9)
        self.assertEqual(self.rung, [])
        self.clock.advance(0.1)
        self.assertEqual(self.rung, ["second"])

    def test_since(self) -> None:
        """It knows when it was set last, while it is."""
        self.assertIsNone(self.alarm.since)
        self.clock.advance(1)
        self.set(5)
        self.clock.advance(1)
        self.assertEqual(self.alarm.since, 1)
        self.set(5)
        self.assertEqual(self.alarm.since, 2)
        self.alarm.clear()
        self.assertIsNone(self.alarm.since)

    def test_stopped(self) -> None:
        """A stopped alarm leaves nothing with the reactor; stopping twice is fine."""
        self.set(5)
        self.alarm.stop()
        self.alarm.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_wall_clock_that_jumps(self) -> None:
        """The monotonic clock decides: when the reactor's time jumps ahead, the alarm waits on."""
        monotonic = Clock()
        alarm = Alarm(self.clock, monotonic.seconds)
        alarm.set(5, lambda: self.rung.append("now"))
        self.clock.advance(3600)
        self.assertEqual(self.rung, [])
        monotonic.advance(5)
        self.clock.advance(5)
        self.assertEqual(self.rung, ["now"])
