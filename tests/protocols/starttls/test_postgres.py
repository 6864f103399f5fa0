"""The SSLRequest of PostgreSQL."""

from __future__ import annotations

from tests.protocols.starttls.wire import DialectCase


class PostgresTests(DialectCase):
    """`Postgres`."""

    dialect = "postgres"
    first = b"\0\0\0\x08\x04\xd2\x16\x2f"

    def test_opens(self) -> None:
        """C36: one byte is the whole answer, and anything behind it is an attack."""
        self.opens((b"S", b""))

    def test_not_offered(self) -> None:
        """C36: a server without TLS says so."""
        self.assertIn("it does not offer TLS", self.refused(last=b"N").reason)

    def test_refused(self) -> None:
        """C36: errors are not believed, as nobody has proved who he is; other answers are shown."""
        self.assertEqual(self.refused(last=b"ESomething\0").reason, "it answers with an error")
        self.assertIn("does not speak PostgreSQL's protocol: 2", self.refused(last=b"220 hello\r\n").reason)
