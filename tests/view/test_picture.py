"""Tests for a board drawn as lines."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE, LISTENING, NASTY, Stage, any_event, exchanged, opened
from tnet.events import kinds
from tnet.view.board import Board
from tnet.view.picture import Picture
from tnet.view.plain import Teller
from tnet.view.theme import Brush


def _picture(unicode: bool = True) -> Picture:
    brush = Brush(unicode=unicode)
    return Picture("serve echo", brush, Teller(brush, lambda record: "now"))


class PictureTests(SynchronousTestCase):
    """`Picture`."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.board = Board()
        self._see(LISTENING)

    def _see(self, event: kinds.Event, conn: int | None = None) -> None:
        record = self.stage.record(event, conn)
        self.board.see(record)
        self.board.tail.append(record)

    def _lines(self, columns: int = 80, rows: int = 23, *, unicode: bool = True) -> list[str]:
        return [line.plain for line in _picture(unicode).lines(self.board, 61.0, columns, rows)]

    def test_header(self) -> None:
        """The header names the server, its address, its age and its counts."""
        self._see(opened(), 1)
        header = " ".join(self._lines()[:2])
        for part in (
            "tnet serve echo",
            "tcp://127.0.0.1:8000",
            "up 1 m 01 s",
            "1 open, 1 at peak, 1 in all",
            "0 errors",
        ):
            self.assertIn(part, header)

    def test_connections(self) -> None:
        """Each connection is a row under the titles."""
        self._see(opened(), 1)
        self._see(opened("::1"), 2)
        lines = self._lines()
        (top,) = (number for number, line in enumerate(lines) if line.startswith("── connections"))
        self.assertEqual(lines[top + 1].split(), ["id", "peer", "state", "age", "in", "out"])
        self.assertEqual(
            [line.split()[:2] for line in lines[top + 2 : top + 4]], [["#1", "127.0.0.1:40000"], ["#2", "[::1]:40000"]]
        )

    def test_more_than_fit(self) -> None:
        """Rows that do not fit are counted, and the events keep their place."""
        for conn in range(1, 101):
            self._see(opened(), conn)
        lines = self._lines(rows=16)
        self.assertEqual(len(lines), 16)
        self.assertTrue(any("connections, 92 more" in line for line in lines))
        self.assertEqual([line.split()[1] for line in lines[-3:]], ["#98", "#99", "#100"])

    def test_idle(self) -> None:
        """Without a connection that is said, without an empty table."""
        self.assertTrue(any(line.startswith("── no connection") for line in self._lines()))

    def test_ascii(self) -> None:
        """With --ascii nothing but ASCII is drawn."""
        self._see(opened(), 1)
        self._see(exchanged(url="/x" * 99), 1)
        self.assertTrue("".join(self._lines(200, unicode=False)).isascii())

    @settings(max_examples=30, deadline=None)
    @given(st.lists(any_event(), max_size=20), st.sampled_from([20, 40, 80, 200]), st.integers(4, 50))
    def test_fits_and_harmless(self, events: list[kinds.Event], columns: int, rows: int) -> None:
        """Whatever happened, there are not too many lines, and no control character is in them."""
        board, stage = Board(), Stage()
        for number, event in enumerate(events):
            record = stage.record(event, number % 5)
            board.see(record)
            board.tail.append(record)
        lines = _picture().lines(board, 5.0, columns, rows)
        self.assertLessEqual(len(lines), rows)
        for line in lines:
            self.assertIsNone(HOSTILE.search(line.plain))
            self.assertNotIn("\n", line.plain)

    def test_nasty_row(self) -> None:
        """A peer's text in a row is escaped before it is cut: the row still fits."""
        self._see(opened(), 1)
        self._see(exchanged(url="\x1b" * 40 + NASTY), 1)
        (row,) = (line for line in self._lines(120) if line.startswith("#1"))
        self.assertIn("\\x1b\\x1b", row)
        self.assertLessEqual(len(row), 120)
