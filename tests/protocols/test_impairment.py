"""What a bad network makes of what is said, by a clock that the test turns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.plans.faults import parse_fault
from tnet.protocols.impairment import ENTRY_BYTES, MOST_HELD_BYTES, MOST_HELD_BYTES_LATE, Ending, Impairment

SHAPES = ("latency=1s", "latency=1s±900ms", "bandwidth=1000", "slice=1-7", "slice=3", "limit=50:close")


def impairment(*faults: str, seed: str = "7") -> Impairment:
    """One with these faults."""
    return Impairment(map(parse_fault, faults), seed)


def due(impaired: Impairment, now: float) -> list[bytes | Ending]:
    """Everything that is due now."""
    found = []
    while (piece := impaired.take(now)) is not None:
        found.append(piece)
    return found


def outcome(impaired: Impairment, now: float = 0.0) -> tuple[bytes, Ending | None, float]:
    """All that comes out in the end, how it ends, and when."""
    got = b""
    while (wait := impaired.wait(now)) is not None:
        now += wait
        for piece in due(impaired, now):
            if isinstance(piece, Ending):
                return got, piece, now
            got += piece
    return got, None, now


class LatencyTests(SynchronousTestCase):
    """Later."""

    def test_comes_later(self) -> None:
        """What is said comes out so much later, and so does the end."""
        impaired = impairment("latency=200ms")
        impaired.put(b"x", 1.0)
        impaired.end(1.1)
        self.assertEqual(due(impaired, 1.1), [])
        self.assertAlmostEqual(impaired.wait(1.1) or 0, 0.1)
        self.assertEqual(due(impaired, 1.21), [b"x"])
        self.assertEqual(due(impaired, 1.31), [Ending.SAID])

    def test_jitter(self) -> None:
        """Each chunk is late by something within the jitter, differently, and none overtakes another."""
        impaired = impairment("latency=1s±500ms")
        waits = []
        for number in range(200):
            impaired.put(b"x", number * 10.0)
            waits.append(impaired.wait(number * 10.0) or 0)
            self.assertEqual(due(impaired, number * 10.0 + 2), [b"x"])
        self.assertTrue(all(0.5 <= wait <= 1.5 for wait in waits))
        self.assertLess(min(waits), 0.6)
        self.assertGreater(max(waits), 1.4)

    def test_order(self) -> None:
        """A chunk that would be early waits for those before it."""
        impaired = impairment("latency=1s±1s")
        said = [b"%d," % number for number in range(100)]
        for number, data in enumerate(said):
            impaired.put(data, number / 100)
        self.assertEqual(outcome(impaired, 1.0)[0], b"".join(said))

    def test_same_seed(self) -> None:
        """The same seed gives the same delays, another one others."""

        def waits(seed: str) -> list[float | None]:
            impaired = impairment("latency=1s±1s", seed=seed)
            found = []
            for _ in range(5):
                impaired.put(b"x", 0.0)
                found.append(impaired.wait(0.0))
                due(impaired, 9.0)
            return found

        self.assertEqual(waits("1"), waits("1"))
        self.assertNotEqual(waits("1"), waits("2"))


class BandwidthTests(SynchronousTestCase):
    """Slower."""

    def test_rate(self) -> None:
        """So many bytes take so many seconds, in pieces of a twentieth."""
        impaired = impairment("bandwidth=1000")
        impaired.put(b"x" * 5000, 100.0)
        got, _, now = outcome(impaired, 100.0)
        self.assertEqual(len(got), 5000)
        self.assertLess(abs(now - 105.0), 0.15)

    def test_late_timers_lose_nothing(self) -> None:
        """Who always comes a little late still gets the whole rate."""
        impaired = impairment("bandwidth=1000")
        impaired.put(b"x" * 2000, 0.0)
        now, got = 0.0, 0
        while (wait := impaired.wait(now)) is not None:
            now += wait + 0.002
            got += sum(len(piece) for piece in due(impaired, now) if isinstance(piece, bytes))
        self.assertLess(abs(now - 2.0), 0.15)

    def test_idle_time_is_not_saved(self) -> None:
        """After a silence it is no faster than before."""
        impaired = impairment("bandwidth=1000")
        impaired.put(b"x" * 1000, 1000.0)
        self.assertLess(len(b"".join(piece for piece in due(impaired, 1000.0) if isinstance(piece, bytes))), 110)

    def test_slowest(self) -> None:
        """One byte a second is a rate, too."""
        impaired = impairment("bandwidth=1")
        impaired.put(b"abc", 0.0)
        self.assertEqual(due(impaired, 0.0), [b"a"])
        self.assertEqual(due(impaired, 0.9), [])
        self.assertEqual(due(impaired, 1.0), [b"b"])


class SliceTests(SynchronousTestCase):
    """In pieces."""

    def test_sizes(self) -> None:
        """Every piece has an allowed size, and all sizes occur."""
        impaired = impairment("slice=1-4")
        impaired.put(b"x" * 1000, 0.0)
        sizes = [len(piece) for piece in due(impaired, 0.0) if isinstance(piece, bytes)]
        self.assertEqual((sum(sizes), set(sizes[:-1])), (1000, {1, 2, 3, 4}))
        self.assertTrue(impaired.apart)

    def test_places_do_not_depend_on_chunks(self) -> None:
        """The same bytes are cut at the same places, however they were said."""

        def cuts(*chunks: int) -> set[int]:
            impaired, found, offset = impairment("slice=2-9"), set(), 0
            for chunk in chunks:
                impaired.put(b"x" * chunk, 0.0)
                for piece in due(impaired, 0.0):
                    assert isinstance(piece, bytes)
                    found.add(offset := offset + len(piece))
            return found

        whole = cuts(500)
        self.assertEqual(cuts(100, 399, 1) - {100, 499}, whole - {100, 499})


class LimitTests(SynchronousTestCase):
    """Not to its end."""

    def test_each_outcome(self) -> None:
        """So many bytes come out, not one more, and then it ends as it was asked."""
        for word, ending in (("close", Ending.CLOSE), ("reset", Ending.RESET), ("stall", Ending.STALL)):
            impaired = impairment(f"limit=5:{word}")
            impaired.put(b"abc", 0.0)
            self.assertEqual(due(impaired, 0.0), [b"abc"])
            impaired.put(b"defghi", 0.0)
            self.assertEqual(due(impaired, 0.0), [b"de", ending])
            impaired.put(b"more", 0.0)
            self.assertEqual((due(impaired, 0.0), impaired.wait(0.0)), ([], None))

    def test_at_once(self) -> None:
        """A limit of nothing is reached before anything was said."""
        self.assertEqual(due(impairment("limit=0:stall"), 0.0), [Ending.STALL])

    def test_end_before_the_limit(self) -> None:
        """Who says less ends as ever."""
        impaired = impairment("limit=5:reset")
        impaired.put(b"abcd", 0.0)
        impaired.end(0.0)
        self.assertEqual(due(impaired, 0.0), [b"abcd", Ending.SAID])

    def test_silence_fills(self) -> None:
        """What is said into the silence counts as held, so that whoever says it stops; behind other ends it is gone."""
        silent, closed = impairment("limit=0:stall"), impairment("limit=0:close")
        for impaired in (silent, closed):
            due(impaired, 0.0)
            impaired.put(b"x" * (MOST_HELD_BYTES + 1), 0.0)
        self.assertEqual((silent.full, closed.full), (True, False))


class BoundTests(SynchronousTestCase):
    """How much is held."""

    def test_full_and_eased(self) -> None:
        """It is full above its bound, and has room again below half of that; late bytes have a larger one."""
        for fault, most in (("bandwidth=1", MOST_HELD_BYTES), ("latency=9s", MOST_HELD_BYTES_LATE)):
            impaired = impairment(fault)
            impaired.put(b"x" * (most - ENTRY_BYTES), 0.0)
            self.assertEqual((impaired.full, impaired.eased), (False, False))
            impaired.put(b"x", 0.0)
            self.assertTrue(impaired.full)

    def test_chunks_count(self) -> None:
        """A flood of single bytes is bounded by what it costs to keep them."""
        impaired, count = impairment("bandwidth=1"), 0
        while not impaired.full:
            impaired.put(b"x", 0.0)
            count += 1
        self.assertLess(count, MOST_HELD_BYTES // 100)

    def test_empties(self) -> None:
        """What came out is no longer held, and nothing said holds nothing."""
        impaired = impairment("slice=1-3")
        impaired.put(b"", 0.0)
        impaired.put(b"x" * 10_000, 0.0)
        due(impaired, 0.0)
        self.assertEqual((impaired.held, impaired.eased, impaired.wait(0.0)), (0, True, None))


class EverythingTests(SynchronousTestCase):
    """All of them together."""

    @given(st.lists(st.binary(max_size=40), max_size=20), st.sets(st.sampled_from(SHAPES)), st.integers(0, 5))
    def test_exact_beginning(self, chunks: list[bytes], faults: set[str], seed: int) -> None:
        """Whatever goes wrong, what comes out is what was said, or its beginning up to the limit."""
        impaired = impairment(*{fault.partition("=")[0]: fault for fault in faults}.values(), seed=str(seed))
        for number, chunk in enumerate(chunks):
            impaired.put(chunk, number / 10)
        impaired.end(len(chunks) / 10)
        said = b"".join(chunks)
        got, ending, _ = outcome(impaired, len(chunks) / 10)
        limited = "limit=50:close" in faults and len(said) >= 50
        self.assertEqual((got, ending), (said[:50], Ending.CLOSE) if limited else (said, Ending.SAID))
