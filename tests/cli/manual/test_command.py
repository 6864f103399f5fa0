"""`tnet man`."""

from __future__ import annotations

import os
from shutil import which

from twisted.trial.unittest import SkipTest, TestCase

from tests.cli.test_main import said


class ManTests(TestCase):
    """Showing pages."""

    def test_text_in_a_pipe(self) -> None:
        """Where no terminal is, the page is plain text: commands and file formats alike."""
        if which("man") is None:
            raise SkipTest("man is not installed")
        for words, heading in (
            ([], "TNET(1)"),
            (["serve", "web"], "TNET-SERVE-WEB(1)"),
            (["events"], "TNET-EVENTS(5)"),
        ):
            status, out, _ = said(["man", *words])
            self.assertEqual(status, 0)
            self.assertTrue(out.startswith(heading), out[:200])
            self.assertNotRegex(out, r"[\x08\x1b]")

    def test_source_without_a_formatter(self) -> None:
        """Where no `man` is, the page's source is printed."""
        self.patch(os, "environ", os.environ | {"PATH": ""})
        for words, heading in (([], "TNET 1"), (["serve", "web"], "TNET-SERVE-WEB 1"), (["events"], "TNET-EVENTS 5")):
            status, out, _ = said(["man", *words])
            self.assertEqual(status, 0)
            self.assertIn(f".Dt {heading}\n", out)

    def test_unknown_page(self) -> None:
        """A page that is not there is a usage error."""
        status, _, err = said(["man", "nonsense"])
        self.assertEqual(status, 2)
        self.assertIn("no man page for 'nonsense'", err)
