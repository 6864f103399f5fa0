"""The store in PostgreSQL, as far as it needs none: URLs, and patience with one that is lost."""

from typing import Any

import psycopg
from psycopg.errors import UndefinedTable
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tests.support import AtOnce
from tnet.accounts.postgres import PATIENCE_SECONDS, PostgresStore, checked_url
from tnet.accounts.store import Account, Entry, StoreFailed
from tnet.errors import BadUsage

URL = "postgresql://me@db/users"
ALICE = Entry(Account("alice"), "secret-a")


class UrlTests(TestCase):
    """`--users postgresql://…`."""

    def test_taken(self) -> None:
        """Hosts, sockets, services and password files, under both names of the scheme."""
        for url in (
            URL,
            "postgres://db/users",
            "postgresql:///users?host=/run/postgresql",
            "postgresql://?service=users",
            "postgresql://me@db/users?passfile=/etc/tnet/pgpass&sslmode=verify-full",
        ):
            self.assertEqual(checked_url(url), url)

    def test_password(self) -> None:
        """A password in it is refused with where to keep it, and not repeated."""
        for url in ("postgresql://me:hunter2@db/x", "postgresql://db/x?password=hunter2", f"{URL}?sslpassword=hunter2"):
            error = self.assertRaises(BadUsage, checked_url, url)
            self.assertEqual(error.field, "--users")
            self.assertIn("passfile", error.hint)
            self.assertNotIn("hunter2", f"{error} {error!r} {error.hint}")

    def test_malformed(self) -> None:
        """What libpq cannot read is refused, and not repeated either."""
        for url in ("postgresql:x", "postgresql://me:hun/ter2@db/x", f"{URL}?hunter2=1", "postgres"):
            error = self.assertRaises(BadUsage, checked_url, url)
            self.assertNotIn("hun", f"{error} {error!r} {error.hint}")


class _Line:
    """A connection that answers as the test wants."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def execute(self, statement: bytes, values: tuple[object, ...]) -> "_Line":
        self._rows = [] if b"pg_tables" in statement else self._answer()
        return self

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def close(self) -> None: ...


class PatienceTests(TestCase):
    """A database that is lost."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.problem: Exception | None = None
        self.asked = 0
        self.store = PostgresStore(URL, AtOnce(), self.clock, self.clock.seconds, self.connect)

    def connect(self, url: str) -> Any:
        self.assertEqual(url, URL)
        return _Line(self.answer)

    def answer(self) -> list[Any]:
        self.asked += 1
        if self.problem is not None:
            raise self.problem
        return [("alice", "password", False, [], [], "secret-a")]

    def find(self) -> Deferred[Any]:
        return Deferred.fromCoroutine(self.store.find("alice"))

    def test_back_in_time(self) -> None:
        """A look waits for one that comes back, longer each time."""
        self.problem = psycopg.OperationalError("gone")
        found = self.find()
        self.assertNoResult(found)
        self.clock.advance(0.05)
        self.clock.advance(0.05)
        self.assertEqual(self.asked, 2)
        self.problem = None
        self.clock.advance(0.05)
        self.assertEqual(self.successResultOf(found), ALICE)

    def test_away(self) -> None:
        """After some seconds nobody can tell; how often it was asked is bounded."""
        self.problem = psycopg.OperationalError("gone\n\tIs it running?")
        found = self.find()
        self.clock.pump([0.05] * int(PATIENCE_SECONDS / 0.05 + 1))
        error = self.failureResultOf(found, StoreFailed).value
        self.assertEqual(str(error), f"users store {URL}: gone Is it running?")
        self.assertLess(self.asked, 15)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_change_is_not_repeated(self) -> None:
        """A change fails at once, since it may have been done."""
        self.problem = psycopg.OperationalError("gone")
        self.failureResultOf(Deferred.fromCoroutine(self.store.change("alice", "x")), StoreFailed)
        self.assertEqual(self.asked, 1)

    def test_never_there(self) -> None:
        """One that never answered is told at once."""

        def refused(url: str) -> Any:
            raise psycopg.OperationalError("refused")

        store = PostgresStore(URL, AtOnce(), self.clock, self.clock.seconds, refused)
        self.failureResultOf(Deferred.fromCoroutine(store.find("alice")), StoreFailed)

    def test_other_errors(self) -> None:
        """What no second try can mend is told at once; a table that is not there yet is an empty store."""
        self.problem = psycopg.ProgrammingError("no")
        self.failureResultOf(self.find(), StoreFailed)
        self.problem = UndefinedTable("no such table")
        self.assertIsNone(self.successResultOf(self.find()))

    def test_tampered(self) -> None:
        """A row that no account can have is a failed store."""
        self.answer = lambda: [("alice", "password", False, [], [], None)]  # type: ignore[method-assign]
        store = PostgresStore(URL, AtOnce(), self.clock, self.clock.seconds, self.connect)
        self.failureResultOf(Deferred.fromCoroutine(store.find("alice")), StoreFailed)
