"""Work in threads: how much of it, what comes of it, and when a place is free again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tnet.errors import Overloaded
from tnet.net.workers import DaemonThread, DaemonThreads, Workers


class _Reactor:
    """A reactor whose next turn the test starts."""

    def __init__(self) -> None:
        self._calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []

    def callFromThread(self, function: Callable[..., Any], *args: Any) -> None:
        self._calls.append((function, args))

    def turn(self) -> None:
        """Do what the threads asked for."""
        calls, self._calls = self._calls, []
        for function, args in calls:
            function(*args)


class _Pool:
    """A pool whose threads are the test; `asked` is what it was made with."""

    def __init__(self, **asked: Any) -> None:
        self.asked = asked
        self.started = False
        self.waiting: list[tuple[Callable[[bool, Any], None], Callable[[], Any]]] = []

    def start(self) -> None:
        self.started = True

    def callInThreadWithCallback(
        self, told: Callable[[bool, Any], None], function: Any, *args: Any, **kwargs: Any
    ) -> None:
        self.waiting.append((told, lambda: function(*args, **kwargs)))

    def work(self) -> None:
        """Do the oldest call, in a thread so to speak."""
        told, call = self.waiting.pop(0)
        try:
            told(True, call())
        except Exception:
            told(False, Failure())


def _add(one: int, *, to: int) -> int:
    return one + to


def _divide_by_zero() -> None:
    raise ZeroDivisionError


class WorkersTests(TestCase):
    """Two threads, and room for one call to wait."""

    def setUp(self) -> None:
        self.reactor = _Reactor()
        self.pools: list[_Pool] = []
        self.workers = Workers(self.reactor, "the kitchen", threads=2, queue=1, pool=self._pool)  # type: ignore[arg-type]  # reactor and pool are played
        (self.pool,) = self.pools

    def _pool(self, **asked: Any) -> Any:
        self.pools.append(_Pool(**asked))
        return self.pools[-1]

    def fill(self) -> list[Deferred[int]]:
        """As many calls as there is room for."""
        return [self.workers.run(_add, one, to=1) for one in range(3)]

    def end_one(self) -> None:
        """The oldest call ends, and the reactor hears of it."""
        self.pool.work()
        self.reactor.turn()

    def assertRoomFor(self, count: int) -> None:
        """So many more calls are taken, and not one more."""
        asked = [self.workers.run(_add, 1, to=1) for _ in range(count + 1)]
        self.failureResultOf(asked.pop(), Overloaded)
        for answer in asked:
            self.assertNoResult(answer)

    def test_pool(self) -> None:
        """The pool is named, bounded, started, and has no thread before there is work."""
        self.assertEqual(self.pool.asked, {"minthreads": 0, "maxthreads": 2, "name": "the kitchen"})
        self.assertTrue(self.pool.started)

    def test_answer(self) -> None:
        """What the call returns comes in the reactor's turn, and not in the thread's."""
        answer = self.workers.run(_add, 1, to=2)
        self.pool.work()
        self.assertNoResult(answer)
        self.reactor.turn()
        self.assertEqual(self.successResultOf(answer), 3)

    def test_error(self) -> None:
        """What the call raises comes as it is, and its place is free again."""
        answer = self.workers.run(_divide_by_zero)
        self.end_one()
        self.failureResultOf(answer, ZeroDivisionError)
        self.assertRoomFor(3)

    def test_bound(self) -> None:
        """Beyond threads and queue a call fails at once, by the name of what is full, and is never made."""
        self.fill()
        error = self.failureResultOf(self.workers.run(_add, 9, to=9), Overloaded).value
        self.assertEqual(str(error), "the kitchen is busy: try again later")
        self.assertEqual(len(self.pool.waiting), 3)

    def test_refused_calls_do_not_count(self) -> None:
        """However many are refused, one that ends makes room for exactly one."""
        answers = self.fill()
        for _ in range(10):
            self.failureResultOf(self.workers.run(_add, 9, to=9), Overloaded)
        self.end_one()
        self.assertEqual(self.successResultOf(answers[0]), 1)
        self.assertRoomFor(1)

    def test_cancelled_before_its_turn(self) -> None:
        """A call that nobody waits for any more is not made when a thread comes to it; its place is free then."""
        made: list[int] = []
        answers = [self.workers.run(made.append, number) for number in range(3)]
        answers[1].cancel()
        self.failureResultOf(answers[1], CancelledError)
        for _ in answers:
            self.end_one()
        self.assertEqual(made, [0, 2])
        self.assertRoomFor(3)

    def test_cancelled(self) -> None:
        """Cancelling gives up the answer at once; the place stays taken until the thread is done with it."""
        answers = self.fill()
        answers[0].cancel()
        self.failureResultOf(answers[0], CancelledError)
        self.failureResultOf(self.workers.run(_add, 9, to=9), Overloaded)
        self.end_one()
        self.assertRoomFor(1)
        for answer in answers[1:]:
            self.assertNoResult(answer)

    def test_cancelled_before_an_error(self) -> None:
        """An error that nobody waits for any more is nobody's, and frees the place."""
        answer = self.workers.run(_divide_by_zero)
        answer.cancel()
        self.failureResultOf(answer, CancelledError)
        self.end_one()
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertRoomFor(3)


class DaemonTests(TestCase):
    """What the process does not wait for."""

    def test_daemons(self) -> None:
        """Each thread of the usual pool is a daemon, under its own name."""
        self.assertIs(DaemonThreads.threadFactory, DaemonThread)
        thread = DaemonThread(target=self.fail, name="one")
        self.assertEqual((thread.daemon, thread.name), (True, "one"))
