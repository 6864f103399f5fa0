"""Tests for tnet.servers.web.pace."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tnet.servers.web.alarm import Alarm, Deadlines
from tnet.servers.web.pace import Pace


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
        exchange: Any = self.body
        self.pace.watch(exchange)

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
