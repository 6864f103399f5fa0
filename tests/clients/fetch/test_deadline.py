"""How long a whole transfer may take."""

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.deadline import RETRYING, Deadline
from tnet.errors import TimedOut
from tnet.events.kinds import RequestBegan, RetryPlanned, SpanStarted
from tnet.net.dial import CONNECTING, DialCancelled


class DeadlineTests(SynchronousTestCase):
    def setUp(self):
        self.world = World()

    def hold(self, work, seconds=5.0):
        """Hold work of transfer number 7."""
        return Deferred.fromCoroutine(Deadline(seconds, 7, self.world.context).hold(work))

    def begin(self, transfer=7):
        """A request begins: its trace."""
        trace = self.world.publisher.trace().about(self.world.publisher.next_request())
        trace.emit(RequestBegan, method="GET", url="http://h/", transfer=transfer)
        return trace

    def late(self, work):
        """The phase that is named when that work takes too long."""
        held = self.hold(work)
        self.world.reactor.advance(4.9)
        self.assertNoResult(held)
        self.world.reactor.advance(0.1)
        error = self.failureResultOf(held, TimedOut).value
        self.assertEqual(error.seconds, 5)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
        return error.phase

    async def forty_two(self):
        return 42

    def test_what_is_done_in_time_passes(self):
        """Its result comes through, and nothing is left: no timer, no observer."""
        self.world.publisher.unsubscribe(self.world.recorder)
        self.assertEqual(self.successResultOf(self.hold(self.forty_two())), 42)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
        self.assertFalse(self.world.publisher.wants(SpanStarted))

    def test_errors_pass(self):
        """Also those of a deadline that was shorter."""

        async def failing():
            raise TimedOut(CONNECTING, 1)

        self.assertEqual(self.failureResultOf(self.hold(failing()), TimedOut).value.seconds, 1)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_the_phase_is_the_span_that_began_last(self):
        """Of the last request of the transfer."""

        async def waits():
            for _ in range(2):
                trace = self.begin()
                with trace.span("send"):
                    pass
            with trace.span("wait"):
                await Deferred()

        self.assertEqual(self.late(waits()), "waiting for the answer")

    def test_other_transfers_are_not_ours(self):
        """Neither their requests nor their spans are, nor those of no request at all."""

        async def waits():
            ours, theirs = self.begin(), self.begin(8)
            with ours.span("receive"), theirs.span("wait"), self.world.publisher.trace().span("work"):
                self.world.publisher.emit(RetryPlanned, transfer=8, attempt=2, seconds=1, error="e")
                await Deferred()

        self.assertEqual(self.late(waits()), "receiving the answer")

    def test_before_anything_was_sent(self):
        """A request that began, and has no span yet, is connecting, whatever the one before it did."""

        async def waits():
            with self.begin().span("wait"):
                pass
            self.begin()
            await Deferred()

        self.assertEqual(self.late(waits()), CONNECTING)

    def test_a_dial_knows_its_phase(self):
        """It says so when it is cancelled."""

        async def dials():
            self.begin()
            try:
                await Deferred()
            except CancelledError:
                raise DialCancelled("name lookup") from None

        self.assertEqual(self.late(dials()), "name lookup")

    def test_between_two_attempts(self):
        """Waiting is what it did last."""

        async def waits():
            with self.begin().span("wait"):
                pass
            self.world.publisher.emit(RetryPlanned, transfer=7, attempt=2, seconds=9, error="e")
            await Deferred()

        self.assertEqual(self.late(waits()), RETRYING)

    def test_very_many_requests(self):
        """The last ones are known, however long the transfer."""

        async def waits():
            for _ in range(1000):
                trace = self.begin()
            with trace.span("receive"):
                await Deferred()

        self.assertEqual(self.late(waits()), "receiving the answer")

    def test_no_limit(self):
        """0 seconds never pass, and nobody observes."""
        self.world.publisher.unsubscribe(self.world.recorder)
        held = self.hold(self.waits(), 0)
        self.world.reactor.advance(10**6)
        self.assertNoResult(held)
        self.assertFalse(self.world.publisher.wants(SpanStarted))
        held.cancel()
        self.failureResultOf(held, CancelledError)

    async def waits(self):
        await Deferred()

    def test_cancelling_is_not_lateness(self):
        """Who interrupts us is not told that it took too long."""
        held = self.hold(self.waits())
        held.cancel()
        self.failureResultOf(held, CancelledError)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
