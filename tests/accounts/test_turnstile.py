"""The wait before a password is looked at."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tnet.accounts.store import Account, StoreFailed
from tnet.accounts.throttle import Pace, Throttle, Throttled
from tnet.accounts.turnstile import Turnstile, to_its_end

HERE = "192.0.2.1"
ALICE = Account("alice")


class TurnstileTests(TestCase):
    """Attempts that wait for their turn; the first is free, the second waits for 2 seconds."""

    def setUp(self) -> None:
        self.clock = Clock()
        pace = Pace(free=1)
        throttle = Throttle(self.clock.seconds, per_address=pace, per_user=pace, most_waiting=2)
        self.turnstile = Turnstile(throttle, self.clock)
        self.checks: list[Deferred[Account | None]] = []

    def attempt(self, password: bytes, user: bytes | str = b"alice") -> Deferred[Account | None]:
        async def check() -> Account | None:
            self.checks.append(Deferred())
            return await self.checks[-1]

        return Deferred.fromCoroutine(self.turnstile.through(user, password, HERE, check))

    def fail(self, password: bytes, user: bytes | str = b"alice") -> None:
        """An attempt that is wrong."""
        attempt = self.attempt(password, user)
        self.clock.advance(15)
        self.checks[-1].callback(None)
        self.assertIsNone(self.successResultOf(attempt))

    def test_free(self) -> None:
        """The first is checked at once, and gets the check's answer."""
        attempt = self.attempt(b"1")
        self.checks[0].callback(ALICE)
        self.assertEqual(self.successResultOf(attempt), ALICE)

    def test_waits_before_the_check(self) -> None:
        """The next is not looked at before its time, right or wrong."""
        self.fail(b"1")
        attempt = self.attempt(b"2")
        self.clock.advance(1.9)
        self.assertEqual(len(self.checks), 1)
        self.clock.advance(0.1)
        self.checks[1].callback(ALICE)
        self.assertEqual(self.successResultOf(attempt), ALICE)

    def test_hang_up_while_waiting(self) -> None:
        """Whoever gives up is never checked, leaves no timer and makes room, but stays counted."""
        self.fail(b"1")
        for number in range(5):
            attempt = self.attempt(b"x%d" % number)
            attempt.cancel()
            self.failureResultOf(attempt, CancelledError)
        self.assertEqual((self.clock.getDelayedCalls(), len(self.checks)), ([], 1))
        self.attempt(b"2")
        self.assertEqual(self.clock.getDelayedCalls()[0].getTime() - self.clock.seconds(), 15)

    def test_hang_up_during_the_check(self) -> None:
        """A check that has begun goes on to its end, however often it is cancelled."""
        attempt = self.attempt(b"1")
        attempt.cancel()
        attempt.cancel()
        self.assertNoResult(attempt)
        self.checks[0].callback(None)
        self.assertIsNone(self.successResultOf(attempt))

    def test_too_many(self) -> None:
        """Beyond the bound an attempt is refused at once."""
        self.fail(b"1")
        waiting = [self.attempt(b"x%d" % number) for number in range(2)]
        self.failureResultOf(self.attempt(b"y"), Throttled)
        self.assertEqual(len(self.clock.getDelayedCalls()), len(waiting))

    def test_nobody_can_tell(self) -> None:
        """A store that cannot be asked makes no failed login."""
        for number in range(10):
            attempt = self.attempt(b"%d" % number)
            self.checks[-1].errback(StoreFailed("sqlite:/x", "locked"))
            self.failureResultOf(attempt, StoreFailed)
        self.assertEqual(len(self.checks), 10)

    def test_success(self) -> None:
        """A right password forgives the wrong ones before it."""
        self.fail(b"1")
        attempt = self.attempt(b"2")
        self.clock.advance(15)
        self.checks[-1].callback(ALICE)
        self.successResultOf(attempt)
        self.attempt(b"3")
        self.assertEqual(len(self.checks), 3)

    def test_one_name_one_count(self) -> None:
        """A name is the same in bytes and in text, composed or not."""
        self.fail(b"1", "\u00e1lice")
        self.attempt(b"2", "a\u0301lice".encode())
        self.assertEqual(len(self.checks), 1)

    def test_no_name(self) -> None:
        """What can be no name is counted and checked like any other."""
        for number, user in enumerate((b"\xff", "\ud800", "")):
            self.fail(b"%d" % number, user)
        self.assertEqual(len(self.checks), 3)


class EndTests(TestCase):
    """Work that goes on."""

    def test_outcomes(self) -> None:
        """Its result or its failure comes through, whether it was over before or not."""
        for cancelled in (False, True):
            works: list[Deferred[int]] = [Deferred(), Deferred()]
            right, wrong = (Deferred.fromCoroutine(to_its_end(work)) for work in works)
            if cancelled:
                right.cancel()
                wrong.cancel()
            works[0].callback(1)
            works[1].errback(ValueError())
            self.assertEqual(self.successResultOf(right), 1)
            self.failureResultOf(wrong, ValueError)
        done: Deferred[int] = Deferred()
        done.callback(2)
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(to_its_end(done))), 2)
