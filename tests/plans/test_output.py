"""Tests for how the story was asked to be told."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.plans.output import OutputPlan, wants_color


class OutputPlanTests(SynchronousTestCase):
    """`OutputPlan`."""

    def test_defaults(self) -> None:
        """Unless asked the stream decides about mode and colour, nothing is written to files, nothing is masked."""
        plan = OutputPlan()
        self.assertEqual((plan.mode, plan.color, plan.verbosity), (None, "auto", 0))
        self.assertEqual((plan.events_file, plan.log_file, plan.privacy, plan.ascii_only), (None, None, False, False))


class WantsColorTests(SynchronousTestCase):
    """`wants_color`."""

    def test_order(self) -> None:
        """Case 47: each rule gives way to those before it."""
        dumb = {"TERM": "dumb"}
        for choice, is_tty, environ, wanted in (
            ("always", False, {"NO_COLOR": "1"} | dumb, True),
            ("never", True, {"FORCE_COLOR": "1"}, False),
            ("auto", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
            ("auto", True, {"NO_COLOR": ""}, True),
            ("auto", False, {"FORCE_COLOR": "1"} | dumb, True),
            ("auto", False, {"FORCE_COLOR": "0"}, False),
            ("auto", False, {"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, True),
            ("auto", True, {"CLICOLOR": "0"}, False),
            ("auto", True, dumb, False),
            ("auto", True, {}, True),
            ("auto", False, {}, False),
        ):
            self.assertIs(wants_color(choice, is_tty, environ), wanted, (choice, is_tty, environ))
