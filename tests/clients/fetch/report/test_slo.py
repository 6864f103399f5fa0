"""Tests for whether it was fast enough."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.report.staging import Command, redirected_once
from tnet.clients.fetch.report.slo import judge
from tnet.errors import ExitStatus, SloMissed


class JudgeTests(SynchronousTestCase):
    """`judge`."""

    def test_missed(self) -> None:
        """Every phase that took too long is named, with both times."""
        times = redirected_once().account().times
        error = self.assertRaises(SloMissed, judge, (("dns", 0.0195), ("ttfb", 1.0), ("total", 0.1)), times)
        self.assertEqual(
            str(error),
            "slower than agreed: dns took 20 ms where 19.5 ms are allowed, total took 182 ms where 100 ms are allowed",
        )
        self.assertIs(error.exit_status, ExitStatus.SLO_MISSED)

    def test_met(self) -> None:
        """What came in time, to the last moment, is no error; nor is what did not have to happen."""
        times = redirected_once().account().times
        judge((("proxy", 0.001), ("queue", 0.001), ("total", times.total)), times)
        judge((("total", 0.001), ("ttfb", 0.001)), Command().account().times)
