"""Tests for what is known of transfers under way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import Stage, any_event, ended, moved, saving
from tnet.events import kinds
from tnet.view.transfers import KINDS, Transfers


class TransfersTests(SynchronousTestCase):
    """`Transfers` and the Moving in it."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.transfers = Transfers()

    def _see(self, now: float, *events: kinds.Event) -> None:
        self.stage.now = now
        for event in events:
            self.transfers.see(self.stage.record(event))

    def test_rate(self) -> None:
        """It is that of the last five seconds, and leads to the time that is left."""
        self._see(0, saving(total=1000))
        for second in range(1, 9):
            self._see(second, moved(100 * second if second < 4 else 300 + 50 * (second - 3), total=1000))
        moving = self.transfers.moving[1]
        self.assertEqual(moving.rate(8.0), 50)
        self.assertEqual(moving.left(8.0), 9)
        self.assertEqual(moving.fraction, 0.55)
        self.assertEqual(moving.name, "big.iso")

    def test_stall(self) -> None:
        """When nothing comes any more the rate sinks, and after five seconds it is none: nobody knows when it ends."""
        self._see(0, saving(total=1000))
        self._see(2, moved(200, total=1000))
        moving = self.transfers.moving[1]
        self.assertEqual([moving.rate(now) for now in (2.0, 4.0, 7.0)], [100, 50, 0])
        self.assertIsNone(moving.left(7.0))

    def test_too_early(self) -> None:
        """In the first moment there is no rate."""
        self._see(0, saving())
        self._see(0.1, moved(1 << 20))
        self.assertEqual(self.transfers.moving[1].rate(0.1), 0)

    def test_unknown_length(self) -> None:
        """Without a length there is neither a fraction nor an end."""
        self._see(0, saving())
        self._see(1, moved(100))
        moving = self.transfers.moving[1]
        self.assertEqual((moving.fraction, moving.left(1.0), moving.rate(1.0)), (None, None, 100))

    def test_resumed(self) -> None:
        """What was there before is no progress of ours."""
        self._see(0, saving(total=1000, offset=900))
        self._see(1, moved(950, total=1000))
        self.assertEqual(self.transfers.moving[1].rate(1.0), 50)
        self.assertEqual(self.transfers.received_bytes, 50)
        self._see(2, ended(done=1000))
        self.assertEqual(self.transfers.received_bytes, 100)

    def test_anew(self) -> None:
        """A transfer that starts again has nothing."""
        self._see(0, saving(total=1000))
        self._see(1, moved(500, total=1000), saving(total=800))
        self.assertEqual((self.transfers.begun, self.transfers.moving[1].fraction), (1, 0))

    def test_counts(self) -> None:
        """Those that are over are counted by how they ended, and forgotten."""
        self._see(0, *(saving(number) for number in (1, 2, 3, 4)))
        self._see(1, ended(1), ended(2, outcome="failed"), ended(3, outcome="unchanged"))
        self.assertEqual((self.transfers.completed, self.transfers.failed, self.transfers.begun), (2, 1, 4))
        self.assertEqual(list(self.transfers.moving), [4])

    def test_rate_of_all(self) -> None:
        """It is the sum of those under way."""
        self._see(0, saving(1), saving(2))
        self._see(1, moved(100, transfer=1), moved(200, transfer=2))
        self.assertEqual(self.transfers.rate(1.0), 300)

    @given(st.lists(any_event(KINDS), max_size=20))
    def test_anything(self, events: list[kinds.Event]) -> None:
        """Whatever is told, in whatever order, the numbers make sense."""
        transfers = Transfers()
        for now, event in enumerate(events):
            self.stage.now = now
            transfers.see(self.stage.record(event))
            for moving in transfers.moving.values():
                self.assertTrue(moving.fraction is None or 0 <= moving.fraction <= 1)
                self.assertGreaterEqual(moving.left(now + 1.0) or 0, 0)
        self.assertGreaterEqual(transfers.rate(len(events)), 0)
        self.assertGreaterEqual(transfers.received_bytes, 0)
