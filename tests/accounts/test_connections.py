"""Connections that threads share."""

from typing import Any

import psycopg
from twisted.trial.unittest import TestCase

from tnet.accounts import connections
from tnet.accounts.connections import Connections, TooSlow


class _Line:
    """Stands for a connection."""

    deadline = 0.0

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class SharingTests(TestCase):
    """Who gets which connection."""

    def setUp(self) -> None:
        self.made: list[Any] = []
        self.problem: Exception | None = None
        self.connections = Connections(self.connect, lambda line: None)

    def connect(self) -> Any:
        if self.problem is not None:
            raise self.problem
        self.made.append(_Line())
        return self.made[-1]

    def use(self, work: Any = lambda line: line) -> Any:
        return self.connections.use(work)

    def lose(self, line: Any) -> None:
        raise psycopg.OperationalError("gone")

    def test_kept(self) -> None:
        """None is made before the first use; then it is used again and again."""
        self.assertEqual((self.made, self.connections.answered), ([], False))
        self.assertEqual([self.use() for _ in range(3)], self.made * 3)
        self.assertTrue(self.connections.answered)

    def test_at_once(self) -> None:
        """Two at the same time are two, and both are kept."""
        self.use(lambda line: self.assertIsNot(self.use(), line))
        self.use(lambda line: self.use())
        self.assertEqual([line.closed for line in self.made], [False, False])

    def test_lost(self) -> None:
        """With one that is lost the idle ones go, too; the next use has a new one."""
        self.use(lambda line: self.use())
        self.assertRaises(psycopg.OperationalError, self.use, self.lose)
        self.assertEqual([line.closed for line in self.made], [True, True])
        self.assertIs(self.use(), self.made[2])

    def test_work_fails(self) -> None:
        """After any other error that one alone is closed: nobody knows what it was left in."""
        self.use(lambda line: self.use())
        self.assertRaises(ZeroDivisionError, self.use, lambda line: 1 / 0)
        self.assertEqual(sorted(line.closed for line in self.made), [False, True])

    def test_cannot_be_had(self) -> None:
        """A connection that cannot be made or prepared is an error, and none is left open."""
        self.problem = psycopg.OperationalError("refused")
        self.assertRaises(psycopg.OperationalError, self.use)
        self.problem = None
        unprepared = Connections(self.connect, self.lose)
        self.assertRaises(psycopg.OperationalError, unprepared.use, lambda line: line)
        self.assertTrue(self.made[0].closed)
        self.assertFalse(unprepared.answered)

    def test_closed(self) -> None:
        """Closing closes the idle ones at once and the others after their work."""
        self.use(lambda line: (self.use(), self.connections.close()))
        self.assertEqual([line.closed for line in self.made], [True, True])


class DeadlineTests(TestCase):
    """How long an answer is waited for."""

    def wait(self, deadline: float, *readies: int) -> str:
        """What comes of a conversation that is woken with these."""

        def conversation() -> Any:
            yield 1
            yield 2
            return "answer"

        waiting = connections._until(deadline, conversation())
        next(waiting)
        try:
            for ready in readies:
                waiting.send(ready)
        except StopIteration as end:
            return str(end.value)
        return "nothing yet"

    def test_answer(self) -> None:
        """An answer is passed on, even a late one that is there."""
        for deadline in (float("inf"), 0.0):
            self.assertEqual(self.wait(deadline, 1, 1), "answer")

    def test_none(self) -> None:
        """Waking without an answer goes on until the deadline."""
        self.assertEqual(self.wait(float("inf"), 0), "nothing yet")
        self.assertRaises(TooSlow, self.wait, 0.0, 0)

    def test_contract(self) -> None:
        """psycopg still has the method that every wait passes through."""
        for name in connections.RELIES_ON:
            self.assertTrue(callable(getattr(psycopg.Connection, name.partition(".")[2])))
