"""Tests for the connection table's columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from twisted.trial.unittest import SynchronousTestCase

from tnet.view.columns import COLUMNS, GAP, fitting


class FittingTests(SynchronousTestCase):
    """`fitting`."""

    def test_widths(self) -> None:
        """A narrow terminal keeps what identifies a connection, a wide one shows all."""
        titles = {total: [column.title for column, _ in fitting(total, COLUMNS)] for total in (10, 40, 80, 200)}
        self.assertEqual(titles[10], ["id"])
        self.assertEqual(titles[40], ["id", "peer"])
        self.assertEqual(titles[80], ["id", "peer", "state", "age", "in", "out"])
        self.assertEqual(titles[200], [column.title for column in COLUMNS])

    @given(st.integers(6, 400))
    def test_never_too_wide(self, total: int) -> None:
        """The columns and the gaps between them fit into the terminal."""
        widths = [width for _, width in fitting(total, COLUMNS)]
        self.assertLessEqual(sum(widths) + GAP * (len(widths) - 1), total)

    @given(st.sampled_from(COLUMNS), st.text(), st.integers(2, 30))
    def test_cells(self, column: object, text: str, width: int) -> None:
        """A cell has exactly the width asked for, also with wide characters in it."""
        self.assertEqual(cell_len(COLUMNS[1].fit(text, width)), width)
        self.assertEqual(cell_len(COLUMNS[3].fit(text, width)), width)
