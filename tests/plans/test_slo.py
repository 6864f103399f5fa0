"""Tests for objectives as people write them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans.slo import PHASES, parse_slo


class SloTests(SynchronousTestCase):
    """`parse_slo`."""

    def test_several(self) -> None:
        """Phases and times, each in its unit, seconds without one."""
        self.assertEqual(
            parse_slo("dns=50ms, ttfb=0.25,total=1.5s,wait=1m"),
            (("dns", 0.05), ("ttfb", 0.25), ("total", 1.5), ("wait", 60.0)),
        )

    def test_names(self) -> None:
        """Every phase can be bounded; the names that other tools use mean the same."""
        for phase in PHASES:
            self.assertEqual(parse_slo(f"{phase}=1"), ((phase, 1.0),))
        self.assertEqual(parse_slo("xfer=1"), (("receive", 1.0),))

    def test_refused(self) -> None:
        """What names no phase, or no time above nothing, is refused with the option's name."""
        for text in ("", "total", "total=", "total=fast", "total=0", "total=-1", "total=1h", "lunch=1", "total=1,"):
            error = self.assertRaises(BadUsage, parse_slo, text)
            self.assertEqual(error.field, "--slo")
