"""Tests for a block of lines that is drawn again in place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import screen_of
from tnet.view.region import Drawn, Region


def _drawn(*texts: str) -> list[Drawn]:
    return [Drawn(text, len(text)) for text in texts]


class RegionTests(SynchronousTestCase):
    """`Region`, as a terminal shows it."""

    def setUp(self) -> None:
        self.written: list[str] = []
        self.region = Region(self.written.append)

    def _screen(self) -> list[str]:
        return [line for line in screen_of("".join(self.written)) if line]

    def test_in_place(self) -> None:
        """A frame replaces the one before it, be it longer or shorter."""
        for frame in (["a", "b"], ["c", "d", "e"], ["f"]):
            self.region.draw(_drawn(*frame), 80)
            self.assertEqual(self._screen(), frame)

    def test_above(self) -> None:
        """Lines that scroll past stay above the block."""
        self.region.above("one\n", 80)
        self.region.draw(_drawn("a", "b"), 80)
        self.region.above("two\nthree\n", 80)
        self.region.draw(_drawn("c"), 80)
        self.assertEqual(self._screen(), ["one", "two", "three", "c"])

    def test_erase(self) -> None:
        """Nothing of the block is left, and what stood above it stays."""
        self.region.above("one\n", 80)
        self.region.draw(_drawn("a", "b"), 80)
        self.region.erase(80)
        self.region.erase(80)
        self.assertEqual(self._screen(), ["one"])

    def test_forget(self) -> None:
        """After somebody else had the terminal a new block begins below what they wrote."""
        self.region.draw(_drawn("a", "b"), 80)
        self.written.append("$ fg\n")
        self.region.forget()
        self.region.draw(_drawn("c"), 80)
        self.region.draw(_drawn("d"), 80)
        self.assertEqual(self._screen(), ["a", "b", "$ fg", "d"])

    def test_nothing_to_restore(self) -> None:
        """Every frame is one write that leaves the cursor shown: whoever is killed between two leaves no trace."""
        for act in (
            lambda: self.region.draw(_drawn("a"), 80),
            lambda: self.region.above("x\n", 80),
            lambda: self.region.erase(80),
        ):
            before = len(self.written)
            act()
            self.assertEqual(len(self.written), before + 1)
            frame = self.written[-1]
            self.assertGreaterEqual(frame.rfind("\x1b[?25h"), frame.rfind("\x1b[?25l"))
            self.assertNotIn("\x1b[?1049", frame)

    def test_narrower(self) -> None:
        """When the terminal became narrower the wrapped rows of the old frame are counted."""
        self.region.draw(_drawn("x" * 80, "y" * 30, ""), 80)
        self.region.draw(_drawn("z"), 40)
        self.assertIn("\x1b[4A", self.written[-1])

    @given(st.lists(st.lists(st.text("ab", max_size=9), max_size=6)))
    def test_any_frames(self, frames: list[list[str]]) -> None:
        """After any frames the screen shows the last one."""
        written: list[str] = []
        region = Region(written.append)
        for frame in frames:
            region.draw(_drawn(*frame), 80)
        expected = frames[-1] if frames else []
        self.assertEqual(screen_of("".join(written))[: len(expected)], expected)
        self.assertEqual("".join(screen_of("".join(written))[len(expected) :]), "")

    def test_whether_it_is_drawn(self) -> None:
        """There is a block from the first frame until it is erased, or left to others."""
        self.assertFalse(self.region.is_drawn)
        for end in (lambda: self.region.erase(80), self.region.forget):
            self.region.draw(_drawn("a"), 80)
            self.assertTrue(self.region.is_drawn)
            end()
            self.assertFalse(self.region.is_drawn)
