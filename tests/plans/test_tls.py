"""Tests for what TLS was asked for."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.plans.tls import TlsDialing, TlsServing


class TlsTests(SynchronousTestCase):
    """`TlsDialing` and `TlsServing`."""

    def test_verified(self) -> None:
        """Whoever asks for TLS and nothing else gets a peer that was verified."""
        self.assertTrue(TlsDialing().verify)

    def test_local_authority(self) -> None:
        """A server without files of its own uses the local authority's, and asks no client for a certificate."""
        plan = TlsServing()
        self.assertEqual((plan.certificate_file, plan.key_file, plan.client_ca_file), (None, None, None))
