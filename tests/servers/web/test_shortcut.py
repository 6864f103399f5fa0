"""Tests for tnet.servers.web.shortcut."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.servers.web.cache import SmallFiles
from tnet.servers.web.shortcut import Shortcut


class ShortcutTests(TestCase):
    """The interface, and who has it."""

    def test_the_small_files_are_one(self) -> None:
        """What keeps small files has every name of a shortcut."""
        for name in vars(Shortcut):
            if not name.startswith("_"):
                self.assertTrue(hasattr(SmallFiles, name), name)
