"""Our own certificate and key."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from tests.certificates import write_pair
from tests.net.tls.pairs import TlsTestCase
from tnet.errors import OwnCertificateUnusable
from tnet.net.tls.contexts import modern_context
from tnet.net.tls.identity import Identity, load_identity


class IdentityTests(TlsTestCase):
    """`load_identity` and `Identity`."""

    def refusal(self, certificate: str, key: str | None = None) -> OwnCertificateUnusable:
        error: OwnCertificateUnusable = self.assertRaises(OwnCertificateUnusable, load_identity, certificate, key)
        return error

    def test_pair(self) -> None:
        """A chain and its key make an identity that OpenSSL takes, and whose repr tells no key."""
        certificate, key = self.authority.leaf(["a.example"])
        identity = load_identity(*write_pair(self.folder(), (certificate + self.authority.pem, key)))
        self.assertEqual(len(identity.chain), 2)
        identity.install(modern_context(SSL.TLS_SERVER_METHOD))
        self.assertNotIn("Private", repr(identity))

    def test_one_file(self) -> None:
        """The key may stand in the file of the certificate."""
        certificate, key = self.authority.leaf(["a.example"])
        self.assertIsInstance(load_identity(self.file(key + certificate)), Identity)

    def test_not_a_pair(self) -> None:
        """A key of somebody else's is refused, naming both files."""
        certificate, _ = write_pair(self.folder(), self.authority.leaf(["a.example"]))
        _, key = write_pair(self.folder(), self.authority.leaf(["a.example"]))
        error = self.refusal(certificate, key)
        self.assertEqual(error.path, certificate)
        self.assertIn(key, error.reason)

    def test_unreadable(self) -> None:
        """A missing certificate and a missing key are told apart, in the system's words."""
        certificate, key = write_pair(self.folder(), self.authority.leaf(["a.example"]))
        self.assertEqual(
            str(self.refusal("/missing.crt", key)), "cannot use certificate /missing.crt: No such file or directory"
        )
        self.assertEqual(self.refusal(certificate, "/missing.key").path, "/missing.key")
        self.assertEqual(self.refusal(certificate, "/").reason, "Is a directory")

    def test_no_certificate(self) -> None:
        """A file without a certificate, or without a key, says what is missing."""
        certificate, key = write_pair(self.folder(), self.authority.leaf(["a.example"]))
        self.assertIn("no PEM certificate", self.refusal(key, key).reason)
        self.assertIn("no PEM private key", self.refusal(certificate).reason)
        self.assertIn("no PEM certificate", self.refusal(self.file(b""), key).reason)

    def test_encrypted_key(self) -> None:
        """A key with a passphrase is said to have one."""
        secret = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"hunter2"),
        )
        certificate, _ = self.authority.leaf(["a.example"])
        self.assertIn("encrypted", self.refusal(*write_pair(self.folder(), (certificate, secret))).reason)

    def test_refused_by_openssl(self) -> None:
        """What OpenSSL itself does not take is told in its words."""
        good = load_identity(*write_pair(self.folder(), self.authority.leaf(["a.example"])))
        other = load_identity(*write_pair(self.folder(), self.authority.leaf(["a.example"])))
        mixed = Identity("mixed.pem", good.chain, other.key)
        error = self.assertRaises(OwnCertificateUnusable, mixed.install, modern_context(SSL.TLS_SERVER_METHOD))
        self.assertIn("mixed.pem", str(error))
        self.assertIn("mismatch", error.reason)
