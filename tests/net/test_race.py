"""The race of a dialler's attempts."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tnet.net.race import NobodyWon, race


class Course:
    """Attempts that the test ends by hand."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.started: dict[str, Deferred[str]] = {}
        self.cancelled: list[str] = []

    def attempt(self, name: str) -> Deferred[str]:
        running = self.started[name] = Deferred(lambda _: self.cancelled.append(name))
        return running

    def race(self, *names: str) -> Deferred[str]:
        return race(names, self.attempt, self.clock, 0.25)


class RaceTests(TestCase):
    """`race`."""

    def test_one_at_first(self) -> None:
        """The second candidate waits for the stagger."""
        course = Course()
        self.addCleanup(course.race("a", "b").addErrback(lambda _: None).cancel)
        self.assertEqual(list(course.started), ["a"])
        course.clock.advance(0.24)
        self.assertEqual(list(course.started), ["a"])
        course.clock.advance(0.02)
        self.assertEqual(list(course.started), ["a", "b"])

    def test_failure_advances_at_once(self) -> None:
        """A failure starts the next attempt without waiting, and the stagger counts from that start."""
        course = Course()
        self.addCleanup(course.race("a", "b", "c").addErrback(lambda _: None).cancel)
        course.clock.advance(0.2)
        course.started["a"].errback(OSError("refused"))
        self.assertEqual(list(course.started), ["a", "b"])
        course.clock.advance(0.2)
        self.assertEqual(list(course.started), ["a", "b"])
        course.clock.advance(0.06)
        self.assertEqual(list(course.started), ["a", "b", "c"])

    def test_winner_cancels_the_others(self) -> None:
        """The first success is the outcome; what still ran is cancelled, and nothing starts any more."""
        course = Course()
        outcome = course.race("a", "b", "c")
        course.clock.advance(0.25)
        course.started["b"].callback("prize")
        self.assertEqual(self.successResultOf(outcome), "prize")
        self.assertEqual(course.cancelled, ["a"])
        self.assertEqual(course.clock.getDelayedCalls(), [])
        self.assertNotIn("c", course.started)

    def test_early_one_may_win_late(self) -> None:
        """An attempt that was overtaken still counts."""
        course = Course()
        outcome = course.race("a", "b")
        course.clock.advance(0.25)
        course.started["a"].callback("slow")
        self.assertEqual(self.successResultOf(outcome), "slow")

    def test_everybody_fails(self) -> None:
        """The last failure ends the race, with every reason in order."""
        course = Course()
        outcome = course.race("a", "b")
        first, second = OSError("first"), OSError("second")
        course.clock.advance(0.25)
        course.started["b"].errback(first)
        self.assertNoResult(outcome)
        course.started["a"].errback(second)
        self.assertEqual(self.failureResultOf(outcome, NobodyWon).value.reasons, (first, second))

    def test_attempts_that_fail_before_they_return(self) -> None:
        """Attempts that have failed already are gone through without a turn of the reactor."""
        tried: list[int] = []

        def attempt(number: int) -> Deferred[None]:
            tried.append(number)
            failed: Deferred[None] = Deferred()
            failed.errback(OSError(str(number)))
            return failed

        clock = Clock()
        error = self.failureResultOf(race(range(5), attempt, clock), NobodyWon).value
        self.assertEqual([str(reason) for reason in error.reasons], ["0", "1", "2", "3", "4"])
        self.assertEqual((tried, clock.getDelayedCalls()), ([0, 1, 2, 3, 4], []))

    def test_cancelling(self) -> None:
        """Cancelling the race cancels each attempt and its timer, and says that it was cancelled."""
        course = Course()
        outcome = course.race("a", "b", "c")
        course.clock.advance(0.25)
        outcome.cancel()
        self.failureResultOf(outcome, CancelledError)
        self.assertEqual(course.cancelled, ["a", "b"])
        self.assertEqual(course.clock.getDelayedCalls(), [])

    def test_nobody_runs(self) -> None:
        """A race without candidates fails with no reasons."""
        self.assertEqual(self.failureResultOf(Course().race(), NobodyWon).value.reasons, ())
