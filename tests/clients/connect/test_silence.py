"""The deadline that sounds push back."""

from __future__ import annotations

import math

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tnet.clients.connect.silence import Silence


class SilenceTests(TestCase):
    """When it calls back."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.silence = Silence(self.clock, self.clock.seconds)
        self.told: list[str] = []

    def over(self) -> None:
        """What it calls."""
        self.told.append(f"at {self.clock.seconds():g}")

    def pump(self, seconds: float) -> None:
        """Let time pass in small steps."""
        self.clock.pump([0.5] * int(seconds * 2))

    def test_silence_is_told_once(self) -> None:
        """After the time without a sound it calls back, and then no more."""
        self.silence.wait(2, self.over)
        self.pump(10)
        self.assertEqual(self.told, ["at 2"])

    def test_a_sound_begins_anew(self) -> None:
        """The time counts from the last sound."""
        self.silence.wait(2, self.over)
        self.pump(1.5)
        self.silence.heard()
        self.pump(10)
        self.assertEqual(self.told, ["at 3.5"])

    def test_hearing_moves_no_timer(self) -> None:
        """However much is heard, one timer is enough."""
        self.silence.wait(2, self.over)
        for _ in range(1000):
            self.silence.heard()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)

    def test_counted_from_before(self) -> None:
        """`since` lets some of the time have passed already, or all of it."""
        self.pump(5)
        self.silence.wait(2, self.over, since=4)
        self.pump(5)
        self.silence.wait(2, self.over, since=-math.inf)
        self.pump(1)
        self.assertEqual(self.told, ["at 6", "at 10.5"])

    def test_signs_that_nobody_calls_in(self) -> None:
        """A sign of life that is only seen when one looks counts from the look that saw it."""
        alive = [False, False, True, False]
        self.silence.wait(4, self.over, alive=lambda: bool(alive) and alive.pop(0))
        self.pump(20)
        self.assertEqual(self.told, ["at 5.5"])

    def test_limit_hears_nothing(self) -> None:
        """A limit comes at its time, whatever is heard."""
        self.silence.limit(2, self.over)
        self.pump(1.5)
        self.silence.heard()
        self.pump(5)
        self.assertEqual(self.told, ["at 2"])

    def test_infinity_and_stop(self) -> None:
        """Neither an infinite wait nor a stopped one leaves a timer behind."""
        self.silence.wait(math.inf, self.over)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.silence.wait(1, self.over)
        self.silence.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_waiting_anew_replaces(self) -> None:
        """Only what was asked for last is told."""
        self.silence.wait(1, lambda: self.told.append("first"))
        self.silence.wait(2, self.over)
        self.pump(5)
        self.assertEqual(self.told, ["at 2"])
