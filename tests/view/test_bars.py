"""Tests for bars."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.view.bars import bar

_PARTS = st.floats(0, 1)


class BarTests(SynchronousTestCase):
    """`bar`."""

    def test_bars(self) -> None:
        """A bar begins and ends within an eighth of a cell of where it should, a half when it begins inside one."""
        for start, end, shown in (
            (0, 1, "████"),
            (0, 0.5, "██  "),
            (0.5, 1, "  ██"),
            (0, 1 / 32, "▏   "),
            (0, 5 / 32, "▋   "),
            (0.125, 0.5, "▐█  "),
            (0.25, 0.25, " ▏  "),
            (1, 1, "   ▐"),
        ):
            self.assertEqual(bar(start, end, 4), shown)

    def test_ascii(self) -> None:
        """Without Unicode a cell is covered or not."""
        self.assertEqual(bar(0.25, 0.7, 4, unicode=False), " == ")
        self.assertEqual(bar(1, 1, 4, unicode=False), "   =")

    @given(_PARTS, _PARTS, st.integers(1, 200), st.booleans())
    def test_any_bar(self, one: float, other: float, cells: int, unicode: bool) -> None:
        """A bar has exactly its width, is never invisible, and has no hole."""
        drawn = bar(min(one, other), max(one, other), cells, unicode=unicode)
        self.assertEqual(len(drawn), cells)
        self.assertEqual(len(drawn.split()), 1)
