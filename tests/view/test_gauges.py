"""Tests for transfers drawn as lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE, NASTY, Stage, ended, moved, saving
from tnet.events import kinds
from tnet.view.gauges import gauges
from tnet.view.theme import Brush
from tnet.view.transfers import Transfers

MIB = 1 << 20


class GaugesTests(SynchronousTestCase):
    """`gauges`."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.transfers = Transfers()

    def _see(self, now: float, *events: kinds.Event) -> None:
        self.stage.now = now
        for event in events:
            self.transfers.see(self.stage.record(event))

    def _lines(self, columns: int = 100, rows: int = 24, *, unicode: bool = True) -> list[str]:
        return [text.plain for text in gauges(self.transfers, self.stage.now, Brush(unicode=unicode), columns, rows)]

    def test_one(self) -> None:
        """Name, part, bar, bytes, rate, time left and segments stand on one line."""
        self._see(0, saving(total=30 * MIB, segments=4))
        self._see(2, moved(12 * MIB, total=30 * MIB))
        (line,) = self._lines(110)
        for part in ("big.iso", " 40%", "███", "12 MiB", "6.0 MiB/s", "3.0 s left", "4 segments"):
            self.assertIn(part, line)

    def test_narrow(self) -> None:
        """A narrow terminal keeps the name and how much of it there is."""
        self._see(0, saving(total=30 * MIB))
        self._see(2, moved(12 * MIB, total=30 * MIB))
        self.assertEqual(self._lines(30), ["big.iso                  40%"])

    def test_unknown_length(self) -> None:
        """Without a length there is no bar and no percentage, but bytes and a rate."""
        self._see(0, saving())
        self._see(2, moved(12 * MIB))
        (line,) = self._lines()
        self.assertIn("6.0 MiB/s", line)
        for part in ("%", "█", "left"):
            self.assertNotIn(part, line)

    def test_not_yet_complete(self) -> None:
        """Only what is complete has 100 %."""
        self._see(0, saving(total=1000))
        self._see(1, moved(999, total=1000))
        self.assertIn(" 99%", self._lines()[0])
        self._see(2, moved(1000, total=1000))
        self.assertIn("100%", self._lines()[0])

    def test_several(self) -> None:
        """Where there are several, or have been, a last line counts them."""
        self._see(0, *(saving(number) for number in range(1, 5)))
        self._see(1, ended(1, done=MIB), ended(2, outcome="failed", done=MIB), moved(3 * MIB, transfer=3))
        lines = self._lines()
        self.assertEqual(len(lines), 3)
        self.assertEqual(lines[-1], "1 of 4 done   1 failed   5.0 MiB   3.0 MiB/s")

    def test_more_than_fit(self) -> None:
        """No more than half of the terminal's rows are taken; the rest is counted."""
        self._see(0, *(saving(number) for number in range(50)))
        lines = self._lines(rows=20)
        self.assertEqual(len(lines), 10)
        self.assertIn("41 more under way", lines[-1])

    def test_ascii(self) -> None:
        """Without Unicode nothing but ASCII is drawn."""
        self._see(0, saving(total=10, path="n" * 99), saving(2))
        self._see(1, moved(5, total=10))
        self.assertTrue("".join(self._lines(unicode=False)).isascii())

    @given(st.text(st.characters(exclude_categories=())) | st.just(NASTY), st.integers(20, 200))
    def test_names(self, name: str, columns: int) -> None:
        """Whatever a file is called, its line is harmless and fits."""
        transfers = Transfers()
        transfers.see(self.stage.record(saving(total=10, path=name)))
        (line,) = gauges(transfers, 0.0, Brush(), columns, 24)
        self.assertIsNone(HOSTILE.search(line.plain))
        self.assertLessEqual(cell_len(line.plain), columns)
