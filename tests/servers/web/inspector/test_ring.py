"""Tests for a bounded memory."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.servers.web.inspector.sightings import sighting
from tnet.servers.web.inspector.ring import Ring


class RingTests(SynchronousTestCase):
    """`Ring`."""

    def numbers(self, ring: Ring) -> list[int]:
        """What is kept."""
        return [seen.number for seen in ring.all()]

    def test_the_oldest_go(self) -> None:
        """Beyond its number the oldest are forgotten, and what is left is what it weighs."""
        ring = Ring(3, 1 << 20)
        for number in range(1, 6):
            ring.keep(sighting(number=number))
        self.assertEqual(self.numbers(ring), [3, 4, 5])
        self.assertIsNone(ring.get(2))
        self.assertEqual(ring.bytes, sum(seen.weight for seen in ring.all()))
        ring.clear()
        self.assertEqual((ring.all(), ring.bytes), ([], 0))

    def test_bytes(self) -> None:
        """Beyond its bytes, too; one that is too large for it alone stays, alone."""
        ring = Ring(100, 50_000)
        for number in range(1, 9):
            ring.keep(sighting(number=number, request_body=bytes(10_000)))
        self.assertEqual(self.numbers(ring), [5, 6, 7, 8])
        ring.keep(sighting(number=9, response_body=bytes(60_000)))
        self.assertEqual(self.numbers(ring), [9])

    def test_again(self) -> None:
        """What is kept again replaces what was, keeps its place by number, and is the last to be forgotten."""
        ring = Ring(2, 1 << 20)
        ring.keep(sighting(number=1, request_body=bytes(500)))
        ring.keep(sighting(number=2))
        ring.keep(sighting(number=1, status=404))
        self.assertEqual([(seen.number, seen.status) for seen in ring.all()], [(1, 404), (2, 200)])
        self.assertEqual(ring.bytes, sum(seen.weight for seen in ring.all()))
        ring.keep(sighting(number=3))
        self.assertEqual(self.numbers(ring), [1, 3])
