"""Tests for how the story was asked to be told."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.plans.output import OutputPlan


class OutputPlanTests(SynchronousTestCase):
    """`OutputPlan`."""

    def test_defaults(self) -> None:
        """Unless asked the stream decides about mode and colour, nothing is written to files, nothing is masked."""
        plan = OutputPlan()
        self.assertEqual((plan.mode, plan.color, plan.verbosity), (None, "auto", 0))
        self.assertEqual((plan.events_file, plan.log_file, plan.privacy, plan.ascii_only), (None, None, False, False))
