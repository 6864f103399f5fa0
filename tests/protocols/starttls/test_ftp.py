"""AUTH TLS in FTP."""

from __future__ import annotations

from tests.protocols.starttls.wire import DialectCase

GREETED = (b"220 ready\r\n", b"AUTH TLS\r\n")


class FtpTests(DialectCase):
    """`Ftp`."""

    dialect = "ftp"

    def test_opens(self) -> None:
        """C36: a greeting of any length and 234 lead to TLS."""
        self.opens(GREETED, (b"234 Proceed\r\n", b""))
        self.opens((b"220-Welcome\r\n to my\r\n221 files\r\n220 -\r\n", GREETED[1]), (b"234 AUTH TLS OK.\r\n", b""))

    def test_patience(self) -> None:
        """A server that says it needs a moment gets it."""
        self.opens((b"120 in a minute\r\n220 ready\r\n", GREETED[1]), (b"234 ok\r\n", b""))

    def test_refused(self) -> None:
        """C36: the server's own words say why it refuses, or will not have us at all."""
        for code in (b"502", b"504", b"530", b"220", b"334"):
            error = self.refused(GREETED, last=code + b" No TLS\r\n")
            self.assertEqual(error.reason, f"it refuses: {code.decode()} No TLS")
        self.assertIn("does not let us in: 421 busy", self.refused(last=b"421 busy\r\n").reason)
        self.assertIn("it does not speak FTP", self.refused(last=b"* OK IMAP\r\n").reason)
