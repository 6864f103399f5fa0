"""What a difference looks like."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.difference import MOST_LINES, SHOWN_CHARACTERS, Difference


def diff(expected: bytes, offset: int, got: bytes) -> list[str]:
    """The diff of a difference."""
    return Difference("other", offset, expected, got).diff("recorded", "came")


class DiffTests(TestCase):
    """Text and bytes."""

    def test_text(self) -> None:
        """A changed line is shown with the lines before it, and with true line numbers."""
        expected = b"".join(b"line %d\n" % number for number in range(1, 11))
        self.assertEqual(
            diff(expected, expected.index(b"7"), b"seven\nline 8\n"),
            [
                "--- recorded",
                "+++ came",
                "@@ -4,5 +4,5 @@",
                " line 4",
                " line 5",
                " line 6",
                "-line 7",
                "+line seven",
                " line 8",
            ],
        )

    def test_line_ends_can_be_seen(self) -> None:
        """Lines that differ in their end alone are not shown as equal, nor is a line that is not complete."""
        self.assertEqual(diff(b"ok\r\n", 2, b"\n")[3:], ["-ok\\x0d", "+ok"])
        self.assertEqual(diff(b"ok\n", 2, b"")[3:], ["-ok", "+ok (no line end)"])

    def test_what_is_missing(self) -> None:
        """Where nothing more came, some of what was to come is shown."""
        lines = diff(b"one\ntwo\nthree\nfour\nfive\nsix\n", 4, b"")
        self.assertEqual(lines[3:], [" one", "-two", "-three", "-four", "-five"])

    def test_bytes(self) -> None:
        """What is not text is shown in rows of hexadecimal, with their offsets."""
        expected = bytes(range(256))
        lines = diff(expected, 200, b"\xff" + expected[201:])
        self.assertEqual(lines[2], "@@ -10,7 +10,7 @@")
        self.assertTrue(any(line.startswith("+000000c0  ") for line in lines))

    def test_place(self) -> None:
        """Where it is, in bytes and lines."""
        self.assertEqual(Difference("other", 6, b"one\ntwo\n", b"").place, "byte 6 (line 2)")

    def test_peer_text_is_harmless_and_short(self) -> None:
        """Nothing that came moves the terminal, however much of it there is."""
        lines = diff(b"ok\n", 0, b"\x1b[2J" * 5000)
        self.assertFalse(any("\x1b" in line for line in lines))
        lines = diff(b"ok\n", 0, b"x" * 9000)
        self.assertLess(max(map(len, lines)), SHOWN_CHARACTERS + 30)
        lines = diff(b"ok\n", 0, b"x\n" * 9000)
        self.assertLess(len(lines), 2 * MOST_LINES)

    @given(st.binary(), st.integers(0, 500), st.binary())
    def test_anything(self, expected: bytes, offset: int, got: bytes) -> None:
        """Any two byte strings can be shown, each line on its own."""
        for line in diff(expected, min(offset, len(expected)), got):
            self.assertNotIn("\n", line)
            self.assertTrue(line.isprintable() or "\t" in line or "\\" in line or "\u00ad" in line or line.strip())
