"""Tests for what `connect` was asked for."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.plans import TcpAddress
from tnet.plans.connect import ConnectPlan


class ConnectPlanTests(SynchronousTestCase):
    """`ConnectPlan`."""

    def test_defaults(self) -> None:
        """Unless asked, connecting has a deadline, idling has none, our end is told, and peer bytes are escaped."""
        plan = ConnectPlan(target=TcpAddress("h", 1))
        self.assertGreater(plan.connect_seconds, 0)
        self.assertEqual((plan.idle_seconds, plan.shutdown, plan.raw), (0, True, False))
