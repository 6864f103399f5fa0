"""Making certificates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from twisted.trial.unittest import SynchronousTestCase

from tnet.net.tls.identity import pair
from tnet.net.tls.signing import COMMON_NAME_CHARACTERS, LEAF_DAYS, SKEW, make_leaf, make_root, names_of, pem

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


class SigningTests(SynchronousTestCase):
    """`make_root` and `make_leaf`."""

    def test_root(self) -> None:
        """A root is an authority that signs leaves only, and is called what it was told and a bit more."""
        certificate, _ = make_root("authority", NOW)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        self.assertTrue(constraints.critical)
        self.assertEqual(constraints.value, x509.BasicConstraints(ca=True, path_length=0))
        self.assertTrue(certificate.subject.rfc4514_string().startswith("CN=authority "))
        certificate.verify_directly_issued_by(certificate)

    def test_roots_differ(self) -> None:
        """Two roots never have one name, so that a client with both can tell them apart."""
        self.assertNotEqual(make_root("authority", NOW)[0].subject, make_root("authority", NOW)[0].subject)

    def test_long_title(self) -> None:
        """A title of any length fits."""
        name = make_root("x" * 500, NOW)[0].subject.rfc4514_string()
        self.assertEqual(len(name), len("CN=") + COMMON_NAME_CHARACTERS)

    def test_leaf(self) -> None:
        """A leaf is signed by its root, for exactly the names asked for, from a little before now on."""
        root, root_key = make_root("authority", NOW)
        leaf, key = make_leaf(root, root_key, ("localhost", "127.0.0.1", "::1"), NOW)
        leaf.verify_directly_issued_by(root)
        self.assertEqual(names_of(leaf), {"localhost", "127.0.0.1", "::1"})
        self.assertEqual(leaf.not_valid_before_utc, NOW - SKEW)
        self.assertEqual(leaf.not_valid_after_utc, NOW + timedelta(days=LEAF_DAYS))
        self.assertLess(leaf.not_valid_after_utc, root.not_valid_after_utc)
        self.assertFalse(leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
        text = pem(leaf, key)
        self.assertEqual(pair("path", text, text).chain, (leaf,))
        self.assertNotIn(b"PRIVATE", pem(leaf))
