"""Whom we believe."""

from __future__ import annotations

from OpenSSL import SSL

from tests.certificates import make_authority
from tests.net.tls.pairs import Pair, TlsTestCase
from tnet.errors import CaFileUnusable
from tnet.net.tls.contexts import modern_context
from tnet.net.tls.trust import trust_file, trust_system


class TrustTests(TlsTestCase):
    """`trust_file` and `trust_system`."""

    def refusal(self, path: str) -> CaFileUnusable:
        error: CaFileUnusable = self.assertRaises(
            CaFileUnusable, trust_file, modern_context(SSL.TLS_CLIENT_METHOD), path
        )
        self.assertEqual(error.path, path)
        return error

    def test_bad_files(self) -> None:
        """A file that is missing, empty or no certificate is refused."""
        self.assertEqual(self.refusal("/missing.pem").reason, "No such file or directory")
        self.assertEqual(self.refusal("/").reason, "Is a directory")
        self.assertIn("no PEM certificate", self.refusal(self.file(b"")).reason)
        self.assertIn("no PEM certificate", self.refusal(self.file(b"-----BEGIN nonsense")).reason)

    def test_file_is_believed(self) -> None:
        """A peer of one of the file's authorities is accepted, whichever of them it is."""
        both = self.file(make_authority("Other").pem + self.authority.pem)
        self.assertEqual(Pair(self.dialing(ca_file=both), self.serving()).settle().client.handshakes, 1)

    def test_system_is_asked_by_its_variables(self) -> None:
        """`SSL_CERT_FILE` says whom the system believes."""
        self.environment(SSL_CERT_FILE=self.file(self.authority.pem), XDG_DATA_HOME="/missing")
        self.assertEqual(Pair(self.dialing(ca_file=None), self.serving()).settle().client.handshakes, 1)

    def test_system_loads(self) -> None:
        """Asking the system never fails, whatever it has."""
        trust_system(modern_context(SSL.TLS_CLIENT_METHOD))
