"""The completion script of bash."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.cli.shells.offers import ROOT, every_word_is_in, quotes_are_kept
from tnet.cli.shells.bash import script


class BashTests(TestCase):
    """The tree in, a script out."""

    def test_every_word_is_offered(self) -> None:
        """Every command, option and known value stands in the script."""
        every_word_is_in(self, script(ROOT))

    def test_quotes_in_help_are_kept_apart(self) -> None:
        """Help with quotes, colons and brackets cannot end the script's own quoting."""
        quotes_are_kept(self, "bash", script)
