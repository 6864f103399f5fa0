"""What all dialects have in common."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import StartTlsRefused
from tnet.protocols.starttls.dialects import DIALECTS, upgrade_of
from tnet.protocols.starttls.upgrade import LINE_BYTES, MOST_LINES


class UpgradeTests(SynchronousTestCase):
    """`Upgrade`."""

    def test_closed(self) -> None:
        """A server that hangs up has refused, in every dialect."""
        for dialect in DIALECTS:
            error = upgrade_of(dialect, "h:1").closed()
            self.assertEqual(str(error), "STARTTLS with h:1 failed: it closed the connection instead")
            self.assertIn("would go in clear", error.hint)

    def test_long_line(self) -> None:
        """A line without an end is refused before it fills the memory."""
        for dialect in ("smtp", "ftp", "imap", "pop3"):
            made = upgrade_of(dialect, "h:1")
            made.begin()
            error = self.assertRaises(StartTlsRefused, made.received, b"x" * (LINE_BYTES + 1))
            self.assertIn(f"more than {LINE_BYTES} bytes", error.reason)

    def test_endless_lines(self) -> None:
        """So are lines without number."""
        for dialect, greeting, line in (
            ("smtp", b"", b"220-hello\r\n"),
            ("ftp", b"", b"220-hello\r\n"),
            ("imap", b"* OK hello\r\n", b"* STATUS x\r\n"),
            ("pop3", b"+OK hello\r\n", b"+OK\r\n"),
        ):
            made = upgrade_of(dialect, "h:1")
            made.begin()
            if greeting:
                made.received(greeting)
            error = self.assertRaises(StartTlsRefused, made.received, line * (MOST_LINES + 1))
            self.assertIn(f"more than {MOST_LINES} lines", error.reason)

    def test_hostile_words(self) -> None:
        """The server's words are shown on one harmless line, and not all of a long one."""
        made = upgrade_of("pop3", "h:1")
        made.begin()
        error = self.assertRaises(StartTlsRefused, made.received, b"-ERR \x1b[2J" + b"y" * 1000 + b"\r\n")
        self.assertIn("-ERR \\x1b[2J", error.reason)
        self.assertTrue(error.reason.endswith("y…"))
        self.assertLess(len(error.reason), 250)

    @given(st.sampled_from(DIALECTS), st.lists(st.binary(max_size=40), max_size=8))
    def test_anything(self, dialect: str, chunks: list[bytes]) -> None:
        """Whatever comes is answered, opens the way or is refused, and never anything else."""
        made = upgrade_of(dialect, "h:1", "h")
        made.begin()
        for chunk in chunks:
            try:
                made.received(chunk)
            except StartTlsRefused:
                break
            if made.is_open:
                break
