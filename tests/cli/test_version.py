"""The version line."""

from __future__ import annotations

import importlib.metadata

from twisted.trial.unittest import TestCase

from tnet import __version__
from tnet.cli.version import version_line


class VersionTests(TestCase):
    """One line, with what is really installed."""

    def test_versions_are_the_installed_ones(self) -> None:
        """tnet's own version comes from one place, Twisted's from what is installed."""
        self.assertTrue(version_line().startswith(f"tnet {__version__} ("))
        self.assertIn(f"Twisted {importlib.metadata.version('Twisted')}", version_line())
