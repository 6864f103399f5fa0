"""Tests for the brush, where text becomes harmless."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE
from tnet.view.theme import Brush, Mark, Tone


class BrushTests(SynchronousTestCase):
    """`Brush`."""

    def test_color(self) -> None:
        """Colour surrounds the text when it is wanted, and only then."""
        self.assertEqual(Brush(color=True).paint(Tone.BAD, "no"), "\x1b[31mno\x1b[0m")
        self.assertEqual(Brush(color=True).paint(Tone.PLAIN, "no"), "no")
        self.assertEqual(Brush().paint(Tone.BAD, "no"), "no")

    def test_ascii(self) -> None:
        """Without Unicode our own glyphs have an ASCII form of one cell for a mark."""
        brush = Brush(unicode=False)
        self.assertEqual(brush.clean("a → b · c…"), "a -> b - c...")
        for mark in Mark:
            self.assertTrue(brush.mark(mark).isascii())
            self.assertEqual(len(brush.mark(mark)), 1)

    @given(st.text(st.characters(exclude_categories=())), st.sampled_from(Tone), st.booleans())
    def test_harmless(self, text: str, tone: Tone, unicode: bool) -> None:
        """Whatever is painted has no control character left, and stays on its line."""
        painted = Brush(unicode=unicode).paint(tone, text)
        self.assertIsNone(HOSTILE.search(painted))
        self.assertNotIn("\n", painted)

    def test_line(self) -> None:
        """A line is its pieces, one after the other."""
        pieces = ((Tone.PLAIN, "a"), (Tone.GOOD, "b"))
        self.assertEqual(Brush(color=True).line(pieces), "a\x1b[32mb\x1b[0m")
