"""Tests for peer text made harmless."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.escape import EXCERPT_BYTES, SafeStream, excerpt, safe, safe_line

_ANY_TEXT = st.text(st.characters(exclude_categories=()))
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = frozenset("\xad\ufeff").union(*(map(chr, each) for each in (
    range(0x200B, 0x200E), range(0x2060, 0x2065), range(0xE0000, 0xE0080),
)))  # fmt: skip


def _is_hostile(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _BIDI | _UNSEEN


class SafeTests(SynchronousTestCase):
    """`safe` and `safe_line`."""

    @given(_ANY_TEXT)
    def test_nothing_hostile_survives(self, text: str) -> None:
        """C38: no control, surrogate, separator or direction mark is left; tab and newline where they may be."""
        self.assertFalse(any(_is_hostile(character) for character in safe(text) if character not in "\t\n"))
        self.assertFalse(any(_is_hostile(character) for character in safe_line(text)))

    @given(_ANY_TEXT)
    def test_encodable(self, text: str) -> None:
        """What is safe can be written as UTF-8, and is not changed by a second time."""
        safe(text).encode("utf-8")
        self.assertEqual(safe(safe(text)), safe(text))
        self.assertEqual(safe_line(safe_line(text)), safe_line(text))

    @given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Cn", "Zl", "Zp"))))
    def test_ordinary_text_stays(self, text: str) -> None:
        """Ordinary text of any script stays as it is."""
        self.assertEqual((safe(text), safe_line(text)), (text, text))

    @given(st.text(st.sampled_from([*sorted(_UNSEEN), "a"])))
    def test_what_takes_no_place_is_visible(self, text: str) -> None:
        """Whatever takes no place shows as its code, above 0xFFFF in eight digits, so that no two names look alike."""
        for made in (safe(text), safe_line(text)):
            self.assertTrue(made.isascii())
            self.assertEqual(made.encode("ascii").decode("unicode_escape"), text)

    def test_shown(self) -> None:
        """What was taken out can be read: its code in hexadecimal."""
        for text, shown in (
            ("\x1b[31m", "\\x1b[31m"),
            ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
            ("\u202egpj.exe", "\\u202egpj.exe"),
            ("\ud83d", "\\ud83d"),
            ("pay\u200bpal\xad", "pay\\u200bpal\\xad"),
            ("\U000e0041", "\\U000e0041"),
            ("a\r\nb", "a\\x0d\nb"),
        ):
            self.assertEqual(safe(text), shown)
        self.assertEqual(safe_line("a\tb\nc"), "a\\x09b\\x0ac")


class BytesTests(SynchronousTestCase):
    """`excerpt`."""

    def test_not_utf8(self) -> None:
        """Bytes that are no UTF-8 show as what they are."""
        self.assertEqual(excerpt(b"\xff\xc3\xa9\n"), "\\xff\u00e9\\x0a")

    @given(st.binary(max_size=600), st.integers(1, 300))
    def test_excerpt(self, data: bytes, limit: int) -> None:
        """An excerpt is one harmless line of bounded length that says when it is not all."""
        shown = excerpt(data, limit)
        self.assertFalse(any(_is_hostile(character) for character in shown))
        self.assertLessEqual(len(shown), 6 * limit + 1)
        self.assertIs(shown.endswith("\u2026") and len(data) > limit, len(data) > limit)

    def test_default_limit(self) -> None:
        """Unless told otherwise an excerpt is of a few hundred bytes."""
        self.assertEqual(excerpt(b"x" * EXCERPT_BYTES), "x" * EXCERPT_BYTES)
        self.assertEqual(excerpt(b"x" * (EXCERPT_BYTES + 1)), "x" * EXCERPT_BYTES + "\u2026")


def shown(*chunks: bytes) -> str:
    """What the terminal gets for these chunks, to the end."""
    stream = SafeStream()
    return (b"".join(map(stream.feed, chunks)) + stream.finish()).decode("utf-8")


class SafeStreamTests(SynchronousTestCase):
    """A stream of peer bytes, shown on a terminal."""

    def test_plain_text_stays(self) -> None:
        """Text, tabs and line feeds are shown as they are."""
        self.assertEqual(shown("grüße\t日本\n".encode()), "grüße\t日本\n")

    def test_escape_sequences_are_visible(self) -> None:
        """C38: what sets a title, fills the clipboard or rings shows as text."""
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
        stream = SafeStream()
        self.assertEqual(stream.feed(b"name: "), b"name: ")
        self.assertEqual(stream.feed("é".encode()[:1]), b"")
        self.assertEqual(stream.feed("é".encode()[1:] + b"\r"), "é".encode())
        self.assertEqual(stream.feed(b"\n"), b"\n")

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
