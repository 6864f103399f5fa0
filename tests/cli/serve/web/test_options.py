"""What the options of `tnet serve web` say of themselves."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.cli.test_main import said


class HelpTests(TestCase):
    """Its help."""

    def test_sections(self) -> None:
        """What it is about comes before what every server takes."""
        status, out, _ = said(["serve", "web", "--help"])
        self.assertEqual(status, 0)
        titles = [line.removesuffix(" options:") for line in out.splitlines() if line.endswith(" options:")]
        self.assertEqual(titles[:5], ["File", "Writing", "Access", "Response", "Inspection"])
