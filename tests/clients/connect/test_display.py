"""Peer bytes on a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.clients.connect.display import Display


def shown(*chunks: bytes) -> str:
    """What the terminal gets for these chunks, to the end."""
    display = Display()
    return (b"".join(map(display.feed, chunks)) + display.finish()).decode("utf-8")


class DisplayTests(TestCase):
    """What is shown for what."""

    def test_plain_text_stays(self) -> None:
        """Text, tabs and line feeds are shown as they are."""
        self.assertEqual(shown("grüße\t日本\n".encode()), "grüße\t日本\n")

    def test_escape_sequences_are_visible(self) -> None:
        """What sets a title, fills the clipboard or rings shows as text."""
        self.assertEqual(shown(b"\x1b]0;owned\x07\x1b]52;c;eA=="), "\\x1b]0;owned\\x07\\x1b]52;c;eA==")

    def test_c1_and_direction_controls_are_visible(self) -> None:
        """C1 controls, as bytes or as characters, and what turns text around show as text."""
        self.assertEqual(shown(b"\x9b31m"), "\\x9b31m")
        self.assertEqual(shown("\x9b31m \u202e \u2066".encode()), "\\x9b31m \\u202e \\u2066")

    def test_invalid_bytes_are_visible(self) -> None:
        """What is not UTF-8 shows byte by byte."""
        self.assertEqual(shown(b"a\xff\xc3(b"), "a\\xff\\xc3(b")

    def test_line_ends_of_the_wire(self) -> None:
        """CR LF ends a line; a CR alone would write over it, and shows."""
        self.assertEqual(shown(b"one\r\ntwo\rTWO\r\r\n"), "one\ntwo\\x0dTWO\\x0d\n")
        self.assertEqual(shown(b"one\r", b"\ntwo\r"), "one\ntwo\\x0d")

    def test_text_is_shown_at_once(self) -> None:
        """Nothing waits but the beginning of a character or of a line end."""
        display = Display()
        self.assertEqual(display.feed(b"name: "), b"name: ")
        self.assertEqual(display.feed("é".encode()[:1]), b"")
        self.assertEqual(display.feed("é".encode()[1:] + b"\r"), "é".encode())
        self.assertEqual(display.feed(b"\n"), b"\n")

    def test_cut_character_at_the_end(self) -> None:
        """A character whose rest never comes shows as its bytes."""
        self.assertEqual(shown("é".encode()[:1]), "\\xc3")

    @given(st.binary(max_size=30), st.data())
    def test_cuts_do_not_matter(self, data: bytes, draw: st.DataObject) -> None:
        """Any two chunks show what the whole shows, and never a control but tab and line feed."""
        cut = draw.draw(st.integers(0, len(data)))
        whole = shown(data)
        self.assertEqual(shown(data[:cut], data[cut:]), whole)
        self.assertEqual([c for c in whole if (c < " " and c not in "\t\n") or "\x7f" <= c <= "\x9f"], [])
