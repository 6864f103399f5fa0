"""What becomes of an exchange that keeps us waiting."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.wire.test_exchange import EARLY, OK, Noted
from tnet.clients.fetch.watch import FIRST_BYTE, SILENCE, Watch
from tnet.clients.fetch.wire.exchange import HIGH_WATER_BYTES
from tnet.errors import TimedOut
from tnet.plans.fetch import Patience


class WatchTests(SynchronousTestCase):
    def setUp(self):
        self.clock, self.exchange = Clock(), Noted()

    def watch(self, **patience):
        return Watch(self.exchange, Patience(**patience), self.clock)

    def outcome(self):
        """The reason why the exchange failed; None while it has not."""
        return self.exchange._failure

    def test_the_answer_comes_too_late(self):
        """The wait begins when the request is out."""
        with self.watch(first_byte_seconds=2) as watch:
            self.clock.advance(5)
            watch.sent()
            self.clock.advance(1.9)
            self.assertIsNone(self.outcome())
            self.clock.advance(0.1)
        self.assertIsInstance(self.outcome(), TimedOut)
        self.assertEqual((self.outcome().phase, self.outcome().seconds), (FIRST_BYTE, 2))

    def test_the_answer_comes_in_time(self):
        """Then its body may take as long as it likes."""
        with self.watch(first_byte_seconds=2) as watch:
            watch.sent()
            watch.begun()
            self.clock.advance(9)
        self.assertIsNone(self.outcome())

    def test_an_answer_before_the_request_was_out(self):
        """There is nothing to wait for, be it only an interim one."""
        for part in (OK, EARLY):
            self.exchange = Noted()
            self.exchange.take([part])
            with self.watch(first_byte_seconds=2) as watch:
                watch.sent()
                self.clock.advance(9)
            self.assertIsNone(self.outcome())

    def test_silence(self):
        """Bytes either way are a sign of life; without one for so long, it is over."""
        with self.watch(idle_seconds=3):
            for counter in ("bytes_in", "bytes_out", "bytes_in"):
                setattr(self.exchange, counter, getattr(self.exchange, counter) + 1)
                self.clock.advance(3)
            self.assertIsNone(self.outcome())
            self.clock.advance(3)
        self.assertEqual(self.outcome().phase, SILENCE)

    def test_a_peer_that_we_hold_back_is_not_silent(self):
        """It is we who do not read."""
        self.exchange.take([OK])
        self.exchange.take([b"x" * (HIGH_WATER_BYTES + 1)])
        with self.watch(idle_seconds=3):
            self.clock.pump([3, 3, 3])
        self.assertIsNone(self.outcome())

    def test_nothing_is_left_behind(self):
        """No timer outlives the watch, whatever happened; none runs without a limit."""
        with self.watch(idle_seconds=3, first_byte_seconds=3) as watch:
            watch.sent()
        with self.watch() as watch:
            watch.sent()
            self.assertEqual(self.clock.getDelayedCalls(), [])
