"""Connections that threads share."""

import os
from operator import attrgetter
from typing import Any

import psycopg
from psycopg.waiting import Ready, Wait
from twisted.trial.unittest import TestCase

from tnet.accounts import connections
from tnet.accounts.connections import Connections, TooSlow, ready


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

    def setUp(self) -> None:
        self.reading, self.writing = os.pipe()
        self.addCleanup(os.close, self.reading)
        self.addCleanup(os.close, self.writing)

    def test_ready(self) -> None:
        """What is wanted and possible is told, even after the deadline."""
        os.write(self.writing, b"x")
        for seconds in (float("inf"), 1.0, 0.0, -1.0):
            self.assertEqual(ready(self.reading, Wait.R, seconds), Ready.R)
            self.assertEqual(ready(self.writing, Wait.W, seconds), Ready.W)
            self.assertEqual(ready(self.writing, Wait.RW, seconds), Ready.W)

    def test_too_slow(self) -> None:
        """When nothing is possible the deadline ends it."""
        for seconds in (0.01, 0.0, -1.0):
            self.assertRaises(TooSlow, ready, self.reading, Wait.R, seconds)

    def test_hung_up(self) -> None:
        """A peer that has gone is ready for whatever was wanted: trying will tell."""
        reading, writing = os.pipe()
        os.close(writing)
        self.addCleanup(os.close, reading)
        self.assertEqual(ready(reading, Wait.R, 1.0), Ready.R)

    def test_contract(self) -> None:
        """psycopg still has what this relies on."""
        for name in connections.RELIES_ON:
            self.assertTrue(callable(attrgetter(name)(psycopg)), name)
