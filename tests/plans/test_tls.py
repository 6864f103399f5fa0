"""Tests for what TLS was asked for."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans.tls import MOST_PINS, TlsDialing, TlsServing, parse_pins, pin_of


class TlsTests(SynchronousTestCase):
    """`TlsDialing` and `TlsServing`."""

    def test_verified(self) -> None:
        """Whoever asks for TLS and nothing else gets a peer that was verified."""
        self.assertTrue(TlsDialing().verify)

    def test_local_authority(self) -> None:
        """A server without files of its own uses the local authority's, and asks no client for a certificate."""
        plan = TlsServing()
        self.assertEqual((plan.certificate_file, plan.key_file, plan.client_ca_file), (None, None, None))


class PinTests(SynchronousTestCase):
    """`parse_pins` and `pin_of`."""

    def test_good(self) -> None:
        """One pin, or several with semicolons between them, in the form that the digests give."""
        one, other = pin_of(bytes(32)), pin_of(bytes(range(32)))
        self.assertEqual(one, "sha256//" + "A" * 43 + "=")
        self.assertEqual(parse_pins(f"{one}; {other}"), (one, other))

    def test_bad(self) -> None:
        """What is no SHA-256 in base64 is refused, naming the option."""
        good = pin_of(bytes(32))
        for text in (
            "",
            "sha256//",
            good[8:],
            good[:-1],
            good + ";",
            "sha1//" + good[8:],
            good + "!",
            pin_of(bytes(31)),
        ):
            self.assertEqual(self.assertRaises(BadUsage, parse_pins, text).field, "--pin")
        self.assertRaises(BadUsage, parse_pins, ";".join([good] * (MOST_PINS + 1)))
