"""How long a whole fetch may take."""

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.deadline import Deadline
from tnet.errors import TimedOut
from tnet.events.kinds import SpanStarted


class Holding(SynchronousTestCase):
    def setUp(self):
        self.world = World()
        self.deadline = Deadline(5, self.world.context)

    async def waits(self):
        with self.world.publisher.trace().span("wait"):
            await Deferred()

    async def forty_two(self):
        return 42

    def hold(self, work, deadline=None):
        return Deferred.fromCoroutine((deadline or self.deadline).hold(work))

    def test_what_is_done_in_time_passes(self):
        """Its result comes through, and no timer is left."""
        self.assertEqual(self.successResultOf(self.hold(self.forty_two())), 42)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_what_is_late_is_cancelled(self):
        """The error names the span that it was in, and the whole time."""
        held = self.hold(self.waits())
        self.world.reactor.advance(4.9)
        self.assertNoResult(held)
        self.world.reactor.advance(0.1)
        error = self.failureResultOf(held, TimedOut).value
        self.assertEqual((error.phase, error.seconds), ("wait", 5))

    def test_no_limit(self):
        """0 seconds never pass."""
        held = self.hold(self.waits(), Deadline(0, self.world.context))
        self.world.reactor.advance(10**6)
        self.assertNoResult(held)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
        held.cancel()
        self.failureResultOf(held, CancelledError)

    def test_cancelling_is_not_lateness(self):
        """Who interrupts us is not told that it took too long."""
        held = self.hold(self.waits())
        held.cancel()
        self.failureResultOf(held, CancelledError)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_its_observer_goes_with_it(self):
        """Later spans are nobody's business."""
        self.world.publisher.unsubscribe(self.world.recorder)
        self.successResultOf(self.hold(self.forty_two()))
        self.assertFalse(self.world.publisher.wants(SpanStarted))


class Lending(SynchronousTestCase):
    def setUp(self):
        self.world = World()

    def lend(self, seconds, whole, after=0.0, work=None):
        """How many seconds work is lent that wants `seconds` when `after` of the `whole` have passed."""
        deadline = Deadline(whole, self.world.context)
        passed, lent = Deferred(), []

        async def working():
            await passed
            with deadline.lent(seconds) as own:
                lent.append(own)
                if work is not None:
                    await work()

        self.held = Deferred.fromCoroutine(deadline.hold(working()))
        self.world.reactor.advance(after)
        passed.callback(None)
        return lent[0]

    def test_the_smaller_of_both_is_lent(self):
        """What is left of the whole, or what the work may have by itself."""
        self.assertEqual(self.lend(30, 0), 30)
        self.assertEqual(self.lend(0, 0), 0)
        self.assertEqual(self.lend(3, 5), 3)
        self.assertEqual(self.lend(30, 5, after=2), 3)
        self.assertEqual(self.lend(0, 5, after=2), 3)

    def test_the_phase_of_the_borrower_is_told(self):
        """It knows better; the seconds are those of the whole."""

        async def late():
            raise TimedOut("name lookup", 3)

        self.lend(30, 5, after=2, work=late)
        error = self.failureResultOf(self.held, TimedOut).value
        self.assertEqual((error.phase, error.seconds), ("name lookup", 5))

    def test_a_borrower_with_less_tells_its_own_seconds(self):
        """Its own deadline was the one that passed."""

        async def late():
            raise TimedOut("connecting", 1)

        self.lend(1, 5, work=late)
        self.assertEqual(self.failureResultOf(self.held, TimedOut).value.seconds, 1)

    def test_nobody_is_cancelled_who_borrowed(self):
        """Both clocks tick at the same moment: the borrower's is the one that counts."""
        at_the_end = Deferred()

        async def late():
            await at_the_end

        self.lend(30, 5, work=late)
        self.world.reactor.advance(5)
        self.assertNoResult(self.held)
        at_the_end.errback(TimedOut("TLS handshake", 5))
        self.assertEqual(self.failureResultOf(self.held, TimedOut).value.phase, "TLS handshake")

    def test_a_borrower_that_is_late_and_says_nothing(self):
        """The deadline holds for it, too."""
        at_the_end = Deferred()

        async def late():
            await at_the_end

        self.lend(30, 5, work=late)
        self.world.reactor.advance(5)
        at_the_end.callback(None)
        self.failureResultOf(self.held, TimedOut)
