"""How one coroutine is woken."""

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import TestCase

from tnet.clients.fetch.bell import Bell


class Ringing(TestCase):
    def test_whoever_waits_is_woken_once(self):
        """A ring wakes the one who waits; the next ring finds nobody."""
        bell = Bell()
        waiting = bell.rung()
        self.assertNoResult(waiting)
        bell.ring()
        bell.ring()
        self.assertIsNone(self.successResultOf(waiting))

    def test_a_ring_for_nobody_is_lost(self):
        """Who waits looks first, so there is nothing to remember."""
        bell = Bell()
        bell.ring()
        self.assertNoResult(bell.rung())

    def test_who_gave_up_is_not_woken(self):
        """Cancelling is harmless to a later ring."""
        bell = Bell()
        waiting = bell.rung()
        waiting.cancel()
        bell.ring()
        self.failureResultOf(waiting, CancelledError)
