"""Tests for a pace, with a clock in hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols.impairment import MOST_HELD_BYTES, PACE_SECONDS, Ending
from tnet.protocols.pacing import Allowance, Paced


def drained(paced: Paced, now: float, until: float) -> tuple[bytes, float]:
    """What leaves until then, and when the last of it did."""
    got, last = b"", now
    while (wait := paced.wait(now)) is not None and now + wait <= until:
        now += wait
        piece = paced.take(now)
        if isinstance(piece, Ending):
            break
        if piece:
            got, last = got + piece, now
    return got, last


class AllowanceTests(SynchronousTestCase):
    """`Allowance`."""

    def test_rate(self) -> None:
        """What is sent first delays what is sent next."""
        allowance = Allowance(100)
        first = allowance.reserve(10, 50.0)
        self.assertAlmostEqual(first, 50 - PACE_SECONDS)
        self.assertAlmostEqual(allowance.reserve(10, 50.0) - first, 0.1)

    def test_idle(self) -> None:
        """Who was silent for long has saved nothing but a moment's worth."""
        allowance = Allowance(100)
        allowance.reserve(1000, 0.0)
        self.assertAlmostEqual(allowance.reserve(1, 1000.0), 1000 - PACE_SECONDS)

    def test_pieces(self) -> None:
        """Pieces are small, but never empty."""
        self.assertEqual([Allowance(rate).piece_bytes for rate in (1, 1000, 1 << 20)], [1, 50, 52428])


class PacedTests(SynchronousTestCase):
    """`Paced`."""

    def test_rate(self) -> None:
        """A second's worth takes a second, and comes all through it."""
        paced = Paced(Allowance(1000))
        paced.put(b"x" * 5000, 100.0)
        sent = [len(drained(paced, 100.0 + at, 100.0 + at + 0.1)[0]) for at in (0.0, 0.1, 0.2, 0.3)]
        self.assertTrue(all(50 <= count <= 200 for count in sent), sent)

    def test_shared(self) -> None:
        """Two connections share one allowance evenly."""
        allowance = Allowance(1000)
        both = [Paced(allowance), Paced(allowance)]
        for each in both:
            each.put(b"x" * 5000, 0.0)
        sent, now = [0, 0], 0.0
        while now < 4:
            for number, each in enumerate(both):
                if each.wait(now) == 0.0:
                    piece = each.take(now)
                    assert isinstance(piece, bytes)
                    sent[number] += len(piece)
            now += 0.01
        self.assertLess(abs(sum(sent) - 4000), 200)
        self.assertLess(abs(sent[0] - sent[1]), 100)

    def test_small(self) -> None:
        """A little after a silence leaves at once."""
        paced = Paced(Allowance(1000))
        paced.put(b"hello", 10.0)
        self.assertEqual((paced.wait(10.0), paced.take(10.0), paced.wait(10.0)), (0.0, b"hello", None))

    def test_end(self) -> None:
        """The end comes behind everything, once, and nothing follows it."""
        paced = Paced(Allowance(1000))
        paced.put(b"x" * 100, 0.0)
        paced.end(0.0)
        paced.put(b"late", 0.0)
        got, _ = drained(paced, 0.0, 0.2)
        self.assertEqual((got, paced.wait(9.0), paced.take(9.0)), (b"x" * 100, None, None))

    def test_bounds(self) -> None:
        """It says when it holds enough, and when there is room again."""
        paced = Paced(Allowance(1 << 30))
        self.assertTrue(paced.eased and not paced.full)
        paced.put(b"x" * (MOST_HELD_BYTES + 1), 0.0)
        self.assertTrue(paced.full and not paced.eased)
        drained(paced, 0.0, 10.0)
        self.assertEqual(paced.held, 0)

    @given(st.lists(st.binary(max_size=300), max_size=20), st.integers(1, 100_000))
    def test_exact(self, said: list[bytes], rate: int) -> None:
        """Whatever is said comes out as it was said, within the time that it takes."""
        paced = Paced(Allowance(rate))
        for data in said:
            paced.put(data, 0.0)
        got, last = drained(paced, 0.0, 1e9)
        self.assertEqual((got, paced.held), (b"".join(said), 0))
        self.assertLessEqual(last, len(got) / rate + 0.001)
