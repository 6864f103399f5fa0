"""Values that cannot be meant become usage errors."""

from __future__ import annotations

import click
from twisted.trial.unittest import TestCase

from tnet.cli.asked import usage
from tnet.errors import BadUsage, CannotRead


class UsageTests(TestCase):
    """The bridge from our errors to Click's."""

    def test_result_passes(self) -> None:
        """What the function returns is returned."""
        self.assertEqual(usage(divmod, 7, 2), (3, 1))

    def test_bad_usage_keeps_field_and_hint(self) -> None:
        """The message has the field, the reason, and the hint on a line of its own."""

        def parse() -> None:
            raise BadUsage("--x", "is wrong", "write it right")

        with self.assertRaises(click.UsageError) as caught:
            usage(parse)
        self.assertEqual(caught.exception.message, "--x: is wrong\n  hint: write it right")

    def test_a_file_that_cannot_be_read(self) -> None:
        """It ends with its own status, and without a word about how the command is used."""

        def parse() -> None:
            raise CannotRead("/x", "it is broken")

        with self.assertRaises(click.ClickException) as caught:
            usage(parse)
        self.assertNotIsInstance(caught.exception, click.UsageError)
        self.assertEqual((caught.exception.exit_code, caught.exception.message), (26, "cannot read /x: it is broken"))
