"""The dialects by name."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.protocols.starttls.dialects import DIALECTS, upgrade_of


class DialectTests(SynchronousTestCase):
    """`upgrade_of`."""

    def test_all(self) -> None:
        """Each dialect goes by its own name."""
        self.assertEqual(tuple(upgrade_of(name, "h:1").name for name in DIALECTS), DIALECTS)

    def test_unknown(self) -> None:
        """A dialect that nobody knows is a usage error which lists the others."""
        error = self.assertRaises(BadUsage, upgrade_of, "gopher", "h:70")
        self.assertEqual(error.field, "--starttls")
        self.assertIn("smtp, imap", error.reason)
