"""STLS in POP3."""

from __future__ import annotations

from tests.protocols.starttls.wire import DialectCase

GREETED = (b"+OK ready <1@x>\r\n", b"CAPA\r\n")
ASKED = (b"+OK\r\nUSER\r\nstls\r\n.\r\n", b"STLS\r\n")


class Pop3Tests(DialectCase):
    """`Pop3`."""

    dialect = "pop3"

    def test_opens(self) -> None:
        """C36: greeting, list and go-ahead lead to TLS."""
        self.opens(GREETED, ASKED, (b"+OK Begin TLS\r\n", b""))

    def test_without_list(self) -> None:
        """A server that cannot list what it can do is asked all the same."""
        self.opens(GREETED, (b"-ERR unknown command\r\n", b"STLS\r\n"), (b"+OK\r\n", b""))

    def test_not_offered(self) -> None:
        """C36: a server whose list is without it is not asked."""
        for last in (b"+OK\r\n.\r\n", b"+OK STLS\r\nUSER\r\nXSTLS\r\n.\r\n"):
            self.assertIn("it does not offer TLS", self.refused(GREETED, last=last).reason)

    def test_refused(self) -> None:
        """C36: the server's own words say why it refuses."""
        for last in (b"-ERR no TLS\r\n", b"what\r\n", b"+OKAY\r\n"):
            expected = f"it refuses: {last.decode().rstrip()}"
            self.assertEqual(self.refused(GREETED, ASKED, last=last).reason, expected)
        self.assertIn("does not let us in: -ERR busy", self.refused(last=b"-ERR busy\r\n").reason)
        self.assertIn("does not speak POP3: 220 x", self.refused(last=b"220 x\r\n").reason)
