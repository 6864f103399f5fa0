"""The embedded users store: one SQLite file that only its owner can read.

Each call opens the file, does one transaction in a worker thread and closes it again: nothing is shared between
threads, an edit shows at once, and 0.3 ms vanish beside a password hash. Looking never creates the file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

from tnet.accounts.store import Account, AccountExists, Entry, Login, NoSuchAccount, StoreFailed
from tnet.net.context import Offload

P = ParamSpec("P")
R = TypeVar("R")

BUSY_SECONDS = 5.0
VERSION = 1

_SCHEMA = """
CREATE TABLE accounts (
    name TEXT PRIMARY KEY NOT NULL,
    login TEXT NOT NULL CHECK (login IN ('password', 'nothing')),
    secret TEXT CHECK (secret <> ''),
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    member_of TEXT NOT NULL DEFAULT '',
    CHECK ((login = 'password') = (secret IS NOT NULL))
) WITHOUT ROWID
"""


class SqliteStore:
    """The users in the file at `path`; `workers` are the threads that touch it."""

    def __init__(self, path: Path, workers: Offload) -> None:
        self.url = f"sqlite:{path}"
        self._path = path
        self._workers = workers

    async def find(self, name: str) -> Entry | None:
        """The entry called `name`, exactly."""
        return await self._ask(_find, None, name)

    async def is_empty(self) -> bool:
        """Whether it has no account at all; a missing file has none."""
        return await self._ask(_is_empty, True)

    async def accounts(self) -> list[Account]:
        """Every account, by name."""
        return await self._ask(_accounts, [])

    async def open_to_all(self) -> list[str]:
        """The names that let in whoever says them, in order: enabled accounts without a password."""
        return await self._ask(_open_to_all, [])

    async def renew(self, name: str, old: str, new: str) -> None:
        """Replace the secret `old` by `new`; nothing happens if it is no longer `old`."""
        await self._ask(_renew, False, name, old, new)

    async def add(self, entry: Entry) -> None:
        """Add an entry, making the file when there is none. Raises: AccountExists."""
        if not await self._workers.run(self._add, entry):
            raise AccountExists(entry.account.name, self.url)

    async def change(self, name: str, secret: str) -> None:
        """Set the secret of `name`, which from then on asks for a password. Raises: NoSuchAccount."""
        if not await self._ask(_change, False, name, secret):
            raise NoSuchAccount(name, self.url)

    async def remove(self, name: str) -> None:
        """Forget the account `name`. Raises: NoSuchAccount."""
        if not await self._ask(_remove, False, name):
            raise NoSuchAccount(name, self.url)

    async def close(self) -> None:
        """Nothing to do: no connection outlives its call."""

    async def _ask(
        self, work: Callable[Concatenate[sqlite3.Connection, P], R], otherwise: R, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """What `work` gives for a store that is there, else `otherwise`."""

        def task() -> R:
            with self._translated():
                if not self._path.exists():
                    return otherwise
                with self._connection() as connection:
                    return work(connection, *args, **kwargs) if _version(connection) else otherwise

        return cast(R, await self._workers.run(task))

    def _add(self, entry: Entry) -> bool:
        with self._translated():
            _make_private(self._path)
            with self._connection() as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                with connection:
                    connection.execute("BEGIN IMMEDIATE")
                    if not _version(connection):
                        _create(connection)
                    return _insert(connection, entry)

    def _connection(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, _Foreign) as error:
            raise StoreFailed(self.url, getattr(error, "strerror", None) or str(error)) from error


class _Foreign(Exception):
    """A database that this tnet did not make."""


def _make_private(path: Path) -> None:
    """An empty file that only we can read, in folders that only we can enter, unless they are there already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _version(connection: sqlite3.Connection) -> int:
    """The version of the schema; 0 for a file without any table."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise _Foreign("it was made by a newer tnet")
    if version == 0 and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise _Foreign("it is a SQLite database, but not of tnet users")
    return version


def _create(connection: sqlite3.Connection) -> None:
    connection.execute(_SCHEMA)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _account(name: str, login: str, disabled: int, member_of: str) -> Account:
    return Account(name, bool(disabled), tuple(member_of.split()), Login(login))


def _find(connection: sqlite3.Connection, name: str) -> Entry | None:
    question = "SELECT name, login, disabled, member_of, secret FROM accounts WHERE name = ?"
    row = connection.execute(question, (name,)).fetchone()
    return None if row is None else Entry(_account(*row[:-1]), row[-1])


def _is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM accounts LIMIT 1").fetchone() is None


def _accounts(connection: sqlite3.Connection) -> list[Account]:
    rows = connection.execute("SELECT name, login, disabled, member_of FROM accounts ORDER BY name")
    return [_account(*row) for row in rows]


def _open_to_all(connection: sqlite3.Connection) -> list[str]:
    question = "SELECT name FROM accounts WHERE login = 'nothing' AND NOT disabled ORDER BY name"
    return [name for (name,) in connection.execute(question)]


def _insert(connection: sqlite3.Connection, entry: Entry) -> bool:
    account = entry.account
    row = (account.name, account.login.value, account.disabled, " ".join(account.groups), entry.secret)
    statement = "INSERT INTO accounts (name, login, disabled, member_of, secret) VALUES (?, ?, ?, ?, ?)"
    return _changed(connection, f"{statement} ON CONFLICT (name) DO NOTHING", *row)


def _change(connection: sqlite3.Connection, name: str, secret: str) -> bool:
    return _changed(connection, "UPDATE accounts SET secret = ?, login = 'password' WHERE name = ?", secret, name)


def _renew(connection: sqlite3.Connection, name: str, old: str, new: str) -> bool:
    return _changed(connection, "UPDATE accounts SET secret = ? WHERE name = ? AND secret = ?", new, name, old)


def _remove(connection: sqlite3.Connection, name: str) -> bool:
    return _changed(connection, "DELETE FROM accounts WHERE name = ?", name)


def _changed(connection: sqlite3.Connection, statement: str, *values: object) -> bool:
    return connection.execute(statement, values).rowcount > 0
