"""Tests for a server's bounds."""

from __future__ import annotations

from dataclasses import fields

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans import Limits


class LimitsTests(SynchronousTestCase):
    """`Limits`."""

    def test_bounded(self) -> None:
        """Without being asked a server has a bound on connections, handshakes and its own end."""
        limits = Limits()
        self.assertEqual((limits.max_connections, limits.max_per_peer), (4096, 256))
        self.assertGreater(limits.handshake_seconds, 0)
        self.assertGreater(limits.drain_seconds, 0)

    def test_negative(self) -> None:
        """No limit may be negative; each may be 0."""
        for field in fields(Limits):
            error = self.assertRaises(BadUsage, Limits, **{field.name: -1})
            self.assertEqual(error.field, field.name)
            self.assertEqual(getattr(Limits(**{field.name: 0}), field.name), 0)
