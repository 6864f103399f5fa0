"""The options that every command shares."""

from __future__ import annotations

import click
from twisted.trial.unittest import TestCase

from tnet.cli.main import parse
from tnet.plans.output import OutputPlan


def output(*argv: str) -> OutputPlan:
    """The OutputPlan of a command line."""
    asked = parse(argv)
    assert asked is not None
    return asked.output


class StoryTests(TestCase):
    """Options in, OutputPlan out."""

    def test_defaults(self) -> None:
        """Nothing said is the default plan, for every kind of command."""
        for argv in (["serve", "echo"], ["connect", "h:1"], ["fetch", "h"], ["users", "list"]):
            self.assertEqual(output(*argv), OutputPlan())

    def test_each_option_sets_its_field(self) -> None:
        """All of them at once."""
        common = ["--events", "e", "--log-file", "l", "-vv", "--color", "never", "--ascii", "--privacy"]
        argv = ["serve", "echo", "--output", "json", *common]
        self.assertEqual(
            output(*argv),
            OutputPlan(
                mode="json", events_file="e", log_file="l", verbosity=2, color="never", ascii_only=True, privacy=True
            ),
        )
        self.assertTrue(output("fetch", "h", "--timings").timings)

    def test_events_on_stdout_is_for_servers(self) -> None:
        """`--events -` is refused where stdout carries data."""
        self.assertEqual(output("serve", "echo", "--events", "-").events_file, "-")
        self.assertRaises(click.UsageError, output, "fetch", "h", "--events", "-")
