"""STARTTLS in IMAP."""

from __future__ import annotations

from tests.protocols.starttls.wire import DialectCase

GREETED = (b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", b"a1 CAPABILITY\r\n")
ASKED = (b"* CAPABILITY IMAP4rev1 starttls LOGINDISABLED\r\na1 OK done\r\n", b"a2 STARTTLS\r\n")


class ImapTests(DialectCase):
    """`Imap`."""

    dialect = "imap"

    def test_opens(self) -> None:
        """C36: what the server says unasked is no answer, and what has our tag is."""
        self.opens(GREETED, ASKED, (b"a2 OK Begin TLS\r\n", b""))
        self.opens(GREETED, (b"* CAPABILITY STARTTLS\r\n* 3 EXISTS\r\nA1 ok\r\n", ASKED[1]), (b"* x\r\na2 OK\r\n", b""))

    def test_not_offered(self) -> None:
        """C36: only the answer to our question counts, not the greeting, which anybody could have made up."""
        for last in (b"a1 OK done\r\n", b"* CAPABILITY IMAP4rev1 XSTARTTLS\r\na1 OK STARTTLS\r\n"):
            self.assertIn("it does not offer TLS", self.refused(GREETED, last=last).reason)

    def test_preauth(self) -> None:
        """C36: a server that has logged us in already could not go over to TLS, so it is no server for us."""
        error = self.refused(last=b"* PREAUTH welcome back\r\n")
        self.assertIn("TLS is possible only before: * PREAUTH welcome back", error.reason)

    def test_refused(self) -> None:
        """C36: the server's own words say why it refuses."""
        self.assertEqual(self.refused(GREETED, ASKED, last=b"a2 BAD no\r\n").reason, "it refuses: a2 BAD no")
        self.assertEqual(self.refused(GREETED, ASKED, last=b"* BYE\r\n").reason, "it refuses: * BYE")
        self.assertIn("a3 OK", self.refused(GREETED, ASKED, last=b"a3 OK\r\n").reason)
        self.assertIn("what it can do: a1 NO", self.refused(GREETED, last=b"a1 NO\r\n").reason)
        self.assertIn("does not let us in: * BYE full", self.refused(last=b"* BYE full\r\n").reason)
        self.assertIn("does not speak IMAP: +OK", self.refused(last=b"+OK POP3\r\n").reason)
