"""Tests for peer text made harmless."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.escape import EXCERPT_BYTES, excerpt, safe, safe_bytes, safe_line

_ANY_TEXT = st.text(st.characters(exclude_categories=()))
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _is_hostile(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _BIDI


class SafeTests(SynchronousTestCase):
    """`safe` and `safe_line`."""

    @given(_ANY_TEXT)
    def test_nothing_hostile_survives(self, text: str) -> None:
        """No control, surrogate, separator or direction mark is left, but for tab and newline where they may be."""
        self.assertFalse(any(_is_hostile(character) for character in safe(text) if character not in "\t\n"))
        self.assertFalse(any(_is_hostile(character) for character in safe_line(text)))

    @given(_ANY_TEXT)
    def test_encodable(self, text: str) -> None:
        """What is safe can be written as UTF-8, and is not changed by a second time."""
        safe(text).encode("utf-8")
        self.assertEqual(safe(safe(text)), safe(text))
        self.assertEqual(safe_line(safe_line(text)), safe_line(text))

    @given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp"))))
    def test_ordinary_text_stays(self, text: str) -> None:
        """Ordinary text of any script stays as it is."""
        self.assertEqual((safe(text), safe_line(text)), (text, text))

    def test_shown(self) -> None:
        """What was taken out can be read: its code in hexadecimal."""
        for text, shown in (
            ("\x1b[31m", "\\x1b[31m"),
            ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
            ("\u202egpj.exe", "\\u202egpj.exe"),
            ("\ud83d", "\\ud83d"),
            ("a\r\nb", "a\\x0d\nb"),
        ):
            self.assertEqual(safe(text), shown)
        self.assertEqual(safe_line("a\tb\nc"), "a\\x09b\\x0ac")


class BytesTests(SynchronousTestCase):
    """`safe_bytes` and `excerpt`."""

    def test_not_utf8(self) -> None:
        """Bytes that are no UTF-8 show as what they are."""
        self.assertEqual(safe_bytes(b"\xff\xc3\xa9\n"), "\\xff\u00e9\n")

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
