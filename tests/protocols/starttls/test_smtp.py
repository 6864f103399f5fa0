"""STARTTLS in SMTP."""

from __future__ import annotations

from tests.protocols.starttls.wire import DialectCase

GREETED = (b"220 mail.example ESMTP\r\n", b"EHLO [127.0.0.1]\r\n")
ASKED = (b"250-mail.example\r\n250-PIPELINING\r\n250 starttls\r\n", b"STARTTLS\r\n")


class SmtpTests(DialectCase):
    """`Smtp`."""

    dialect = "smtp"

    def test_opens(self) -> None:
        """C36: greeting, extensions and go-ahead lead to TLS, and nothing may come between them."""
        self.opens(GREETED, ASKED, (b"220 Go ahead\r\n", b""))
        self.opens((b"220-mail\n220 ready\n", GREETED[1]), ASKED, (b"220\r\n", b""))

    def test_not_offered(self) -> None:
        """C36: a server without the extension is not asked, whatever it is called or says elsewhere."""
        for last in (b"250 STARTTLS\r\n", b"250-STARTTLS\r\n250 NOSTARTTLS\r\n", b"250-m\r\n250 AUTH STARTTLS\r\n"):
            self.assertIn("it does not offer TLS", self.refused(GREETED, last=last).reason)

    def test_refused(self) -> None:
        """C36: the server's own words say why it refuses."""
        for code in (b"454", b"501", b"250"):
            error = self.refused(GREETED, ASKED, last=code + b" TLS not available\r\n")
            self.assertEqual(error.reason, f"it refuses: {code.decode()} TLS not available")
        self.assertIn("refuses our greeting: 502 what", self.refused(GREETED, last=b"502 what\r\n").reason)
