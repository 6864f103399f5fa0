"""`tnet man`."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.cli.test_main import said


class ManTests(TestCase):
    """Showing pages."""

    def test_source_in_a_pipe(self) -> None:
        """Where no terminal is, the page's source is printed: commands and file formats alike."""
        for words, heading in (([], "TNET 1"), (["serve", "web"], "TNET-SERVE-WEB 1"), (["events"], "TNET-EVENTS 5")):
            status, out, _ = said(["man", *words])
            self.assertEqual(status, 0)
            self.assertIn(f".Dt {heading}\n", out)

    def test_unknown_page(self) -> None:
        """A page that is not there is a usage error."""
        status, _, err = said(["man", "nonsense"])
        self.assertEqual(status, 2)
        self.assertIn("no man page for 'nonsense'", err)
