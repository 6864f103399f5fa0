"""Tests for tnet.servers.web.carrying.pace."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tnet.servers.web.carrying.alarm import Alarm, Deadlines
from tnet.servers.web.carrying.pace import Pace


class Body:
    """What is looked at of an exchange."""

    bytes_in = 0
    busy = False


class PaceTests(TestCase):
    """Windows of 10 s in which 10 KiB are due."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.late: list[float] = []
        alarm = Alarm(self.clock, self.clock.seconds)
        self.pace = Pace(alarm, Deadlines(), lambda: self.late.append(self.clock.seconds()))
        self.body = Body()
        self.exchange: Any = self.body
        self.pace.watch(self.exchange)

    def test_in_time(self) -> None:
        """Each window is judged by itself; what came too much before does not count."""
        self.body.bytes_in = 100_000
        self.clock.advance(10)
        self.body.bytes_in += 10_239
        self.clock.advance(9.9)
        self.assertEqual(self.late, [])
        self.clock.advance(0.1)
        self.assertEqual(self.late, [20])

    def test_held_back(self) -> None:
        """A body that is not taken cannot be late."""
        self.body.busy = True
        self.clock.pump([10] * 5)
        self.body.busy = False
        self.clock.advance(10)
        self.assertEqual(self.late, [60])

    def test_behind(self) -> None:
        """A body is behind while its window has brought less than its share; one that is not taken never is."""
        self.clock.advance(4)
        self.assertEqual(self.pace.behind_since(self.exchange), 0)
        self.body.busy = True
        self.assertIsNone(self.pace.behind_since(self.exchange))
        self.body.busy, self.body.bytes_in = False, 20_480
        self.assertIsNone(self.pace.behind_since(self.exchange))
        self.clock.advance(6)
        self.clock.advance(1)
        self.assertEqual(self.pace.behind_since(self.exchange), 10)

    def test_nothing_is_watched(self) -> None:
        """No body, no delay."""
        pace = Pace(Alarm(self.clock, self.clock.seconds), Deadlines(), lambda: None)
        self.assertIsNone(pace.behind_since(self.exchange))
