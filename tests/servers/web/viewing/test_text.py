"""Tests for tnet.servers.web.viewing.text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.servers.web.viewing.text import decoded, dumped


class TextTests(TestCase):
    """Bytes as text, and as bytes."""

    def test_text(self) -> None:
        """UTF-8 even when it is cut in a character, UTF-16 with its mark, old encodings; not what has control bytes."""
        for data, text in (
            (b"", ""),
            ("a\u00e9\n\t".encode(), "a\u00e9\n\t"),
            ("a\u20ac".encode()[:-1], "a"),
            (b"\xef\xbb\xbfx", "x"),
            ("\u00e9".encode("utf-16"), "\u00e9"),
            ("\u00e9".encode("utf-16-be").join((b"\xfe\xff", b"")), "\u00e9"),
            (b"caf\xe9 \x80", "caf\u00e9 \u20ac"),
            (b"\x1b[1mbold", "\x1b[1mbold"),
            (b"\x7fELF\x00", None),
            (b"a\x01", None),
        ):
            with self.subTest(data=data):
                self.assertEqual(decoded(data), text)

    @given(st.binary(max_size=200))
    def test_any(self, data: bytes) -> None:
        """Whatever it is, it is shown somehow."""
        decoded(data)
        self.assertEqual(len(dumped(data).splitlines()), -(-len(data) // 16))

    def test_dump(self) -> None:
        """Offsets, digits, characters."""
        line = "00000010  41 ff" + " " * 43 + "  A·"
        self.assertEqual(dumped(bytes(16) + b"A\xff").splitlines()[1], line)
