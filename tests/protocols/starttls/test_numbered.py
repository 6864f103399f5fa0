"""Replies with a number, as SMTP is strict about them and FTP is not."""

from __future__ import annotations

from tests.protocols.starttls.wire import DialectCase
from tnet.protocols.starttls.numbered import Reply


class ReplyTests(DialectCase):
    """`NumberedUpgrade`."""

    dialect = "smtp"

    def test_words(self) -> None:
        """A reply reads as one line, whatever its lines were."""
        self.assertEqual(bytes(Reply(550, (b"go", b"away"))), b"550 go away")
        error = self.refused(last=b"554-No SMTP\r\n554 service here\r\n")
        self.assertIn("it does not let us in: 554 No SMTP service here", error.reason)

    def test_falls_apart(self) -> None:
        """A reply whose lines do not have one number is none."""
        for last in (b"220-hello\r\n250 x\r\n", b"220-hello\r\nwhat\r\n", b"220-hello\r\n\r\n"):
            self.assertIn("falls apart", self.refused(last=last).reason)

    def test_no_number(self) -> None:
        """Nor is a line without one, or with one that no reply has."""
        for last in (b"hello\r\n", b"\r\n", b"22 x\r\n", b"220x\r\n", b"620 x\r\n", b"SSH-2.0-x\r\n"):
            self.assertIn("it does not speak SMTP: ", self.refused(last=last).reason)
