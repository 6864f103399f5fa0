"""Which bytes are there, and who brings the others."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.clients.fetch.downloads.ranges import Ranges


def bring(claim, count=None):
    """`count` bytes come for a claim, or all that it is for, and are written."""
    claim.got += claim.left if count is None else count
    claim.kept = claim.got


class Single(SynchronousTestCase):
    def test_a_body_by_one_stream(self):
        """One claim is all of it."""
        ranges = Ranges(100)
        claim = ranges.take()
        self.assertEqual((claim.start, claim.end), (0, 100))
        self.assertIsNone(ranges.take())
        bring(claim, 60)
        self.assertEqual((ranges.done, ranges.done_bytes, ranges.complete), (((0, 60),), 60, False))
        bring(claim)
        ranges.give_back(claim)
        self.assertTrue(ranges.complete)

    def test_an_empty_body(self):
        """Nothing is missing of it."""
        ranges = Ranges(0)
        self.assertTrue(ranges.complete)
        self.assertIsNone(ranges.take())

    def test_a_length_that_only_the_end_tells(self):
        """It is complete when the end has come."""
        ranges = Ranges(None)
        claim = ranges.take()
        bring(claim, 7)
        self.assertIsNone(ranges.split(1))
        self.assertFalse(ranges.complete)
        ranges.end_at(7)
        ranges.give_back(claim)
        self.assertEqual((ranges.complete, ranges.gap), (True, None))

    def test_what_is_there_already(self):
        """Its gaps are taken in order."""
        ranges = Ranges(100, [(50, 60), (0, 10), (10, 20)])
        self.assertEqual(ranges.done, ((0, 20), (50, 60)))
        self.assertEqual(ranges.gap, (20, 50))
        self.assertEqual([(claim.start, claim.end) for claim in iter(ranges.take, None)], [(20, 50), (60, 100)])


class Shared(SynchronousTestCase):
    def test_the_largest_claim_is_split(self):
        """Its second half goes to another stream."""
        ranges = Ranges(100)
        first = ranges.take()
        bring(first, 20)
        second = ranges.split(1)
        self.assertEqual((first.end, second.start, second.end, first.reach), (60, 60, 100, 100))
        bring(second, 39)
        third = ranges.split(1)
        self.assertEqual((first.end, third.start, third.end), (40, 40, 60))

    def test_what_is_small_is_not_split(self):
        """A half has to have the least that is worth a request."""
        ranges = Ranges(100)
        bring(ranges.take(), 20)
        self.assertIsNone(ranges.split(41))
        self.assertIsNotNone(ranges.split(40))

    def test_a_stream_that_never_began(self):
        """What it was for goes back to the stream that would bring it anyway."""
        ranges = Ranges(100)
        first = ranges.take()
        ranges.give_back(ranges.split(1))
        self.assertEqual((first.end, ranges.gap), (100, None))

    def test_who_brings_no_more_than_its_own(self):
        """A stream that was asked for a part cannot bring what is behind that."""
        ranges = Ranges(100)
        ranges.take()
        second = ranges.split(1)
        third = ranges.split(1)
        ranges.give_back(second)
        self.assertEqual((third.end, ranges.gap), (50, (50, 100)))

    def test_a_stream_that_broke(self):
        """What it brought stays, the rest is a gap."""
        ranges = Ranges(100)
        ranges.take()
        second = ranges.split(1)
        bring(second, 10)
        ranges.give_back(second)
        self.assertEqual((ranges.done, ranges.gap), (((50, 60),), (60, 100)))

    @given(st.lists(st.tuples(st.sampled_from(["take", "split", "bring", "break"]), st.integers(0, 300)), max_size=60))
    def test_every_byte_is_in_one_place(self, steps):
        """Whatever happens, gaps, claims and what is done cover the body, and do not overlap."""
        ranges = Ranges(1000, [(100, 200)])
        for step, number in steps:
            claim = ranges.claims[number % len(ranges.claims)] if ranges.claims else None
            if step == "take":
                ranges.take()
            elif step == "split":
                ranges.split(number + 1)
            elif claim is not None:
                bring(claim, min(number, claim.left))
                if step == "break":
                    ranges.give_back(claim)
        gaps = list(iter(ranges.take, None))
        self.assertIsNone(ranges.gap)
        self.assertTrue(all(claim.start <= claim.kept <= claim.got <= claim.end <= claim.reach for claim in gaps))
        spans = sorted([*ranges.done, *((claim.kept, claim.end) for claim in ranges.claims if claim.kept < claim.end)])
        self.assertEqual([start for start, _ in spans], [0, *(end for _, end in spans[:-1])])
        self.assertEqual(spans[-1][1], 1000)
