"""What every TLS context has."""

from __future__ import annotations

import os

from OpenSSL import SSL

from tests.net.tls.pairs import Pair, TlsTestCase
from tnet.net.tls.contexts import modern_context


class ContextTests(TlsTestCase):
    """`modern_context`."""

    def test_ciphers(self) -> None:
        """Only ciphers with forward secrecy and authenticated encryption are offered."""
        ciphers = SSL.Connection(modern_context(SSL.TLS_CLIENT_METHOD), None).get_cipher_list()
        self.assertGreater(len(ciphers), 3)
        for cipher in ciphers:
            self.assertTrue(cipher.startswith(("TLS_", "ECDHE-")), cipher)
            self.assertTrue("GCM" in cipher or "POLY1305" in cipher, cipher)

    def test_key_log(self) -> None:
        """`SSLKEYLOGFILE` gets the secrets, in a file that only its owner can read."""
        path = os.path.abspath(self.mktemp())
        self.environment(SSLKEYLOGFILE=path)
        Pair(self.dialing(), self.serving()).settle()
        with open(path, "rb") as file:
            self.assertIn(b"CLIENT_TRAFFIC_SECRET_0 ", file.read())
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_key_log_that_cannot_be_written(self) -> None:
        """A key log in a folder that does not exist harms nobody."""
        self.environment(SSLKEYLOGFILE="/missing/folder/keys")
        self.assertEqual(Pair(self.dialing(), self.serving()).settle().client.handshakes, 1)
