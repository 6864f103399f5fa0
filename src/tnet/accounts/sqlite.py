"""The embedded users store: one SQLite file that only its owner can read.

Each call opens the file, does one transaction in a worker thread and closes it again: nothing is shared between
threads, an edit shows at once, and 0.3 ms vanish beside a password hash. Looking never creates the file, but whoever
comes first brings one of an older tnet up to date, in one transaction.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Concatenate, ParamSpec, TypeVar, cast

from tnet.accounts.store import Account, AccountExists, Entry, Login, NoSuchAccount, StoreFailed
from tnet.net.context import Offload

P = ParamSpec("P")
R = TypeVar("R")

BUSY_SECONDS = 5.0
VERSION = 2
FOR_OTHERS = 0o077

_SCHEMA = """
CREATE TABLE accounts (
    name TEXT PRIMARY KEY NOT NULL,
    login TEXT NOT NULL CHECK (login IN ('password', 'key', 'nothing')),
    secret TEXT CHECK (secret <> ''),
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    member_of TEXT NOT NULL DEFAULT '',
    public_keys TEXT NOT NULL DEFAULT '',
    CHECK ((login = 'password') = (secret IS NOT NULL)),
    CHECK (login <> 'key' OR public_keys <> '')
) WITHOUT ROWID
"""

_ENTRY = "name, login, disabled, member_of, public_keys, secret"


class SqliteStore:
    """The users in the file at `path`; `workers` are the threads that touch it.

    A file that others can read or write is refused, as OpenSSH refuses such a key: nobody can tell who has seen it.
    """

    renews = True
    decoy = None

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

    async def add(self, *entries: Entry) -> None:
        """Add all the entries or none, making the file when there is none. Raises: AccountExists."""
        await self._workers.run(self._add, entries)

    async def change(self, name: str, secret: str) -> None:
        """Set the secret of `name`, which from then on asks for a password. Raises: NoSuchAccount."""
        if not await self._ask(_change, False, name, secret):
            raise NoSuchAccount(name, self.url)

    async def disable(self, name: str) -> None:
        """Let nobody in as `name` until it is enabled. Raises: NoSuchAccount."""
        await self._switch(name, disabled=True)

    async def enable(self, name: str) -> None:
        """Let `name` in again. Raises: NoSuchAccount."""
        await self._switch(name, disabled=False)

    async def remove(self, name: str) -> None:
        """Forget the account `name`. Raises: NoSuchAccount."""
        if not await self._ask(_remove, False, name):
            raise NoSuchAccount(name, self.url)

    async def close(self) -> None:
        """Nothing to do: no connection outlives its call."""

    async def _switch(self, name: str, *, disabled: bool) -> None:
        if not await self._ask(_switch, False, name, disabled):
            raise NoSuchAccount(name, self.url)

    async def _ask(
        self, work: Callable[Concatenate[sqlite3.Connection, P], R], otherwise: R, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """What `work` gives for a store that is there, else `otherwise`."""

        def task() -> R:
            with self._translated():
                if not self._path.exists():
                    return otherwise
                _check_private(self._path)
                with self._connection() as connection:
                    return work(connection, *args, **kwargs) if _prepared(connection) else otherwise

        return cast(R, await self._workers.run(task))

    def _add(self, entries: tuple[Entry, ...]) -> None:
        with self._translated():
            _make_private(self._path)
            _check_private(self._path)
            with self._connection() as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                if not _prepared(connection):
                    _in_transaction(connection, _create)
                _in_transaction(connection, self._insert, entries)

    def _insert(self, connection: sqlite3.Connection, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            if not _insert(connection, entry):
                raise AccountExists(entry.account.name, self.url)

    def _connection(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _Unfit as error:
            raise StoreFailed(self.url, error.reason, error.advice) from error
        except (sqlite3.Error, OSError, ValueError) as error:
            raise StoreFailed(self.url, getattr(error, "strerror", None) or str(error)) from error


@dataclass(eq=False)
class _Unfit(Exception):
    """A file that we will not use as it is."""

    reason: str
    advice: str = ""


def _make_private(path: Path) -> None:
    """An empty file that only we can read, in folders that only we can enter, unless they are there already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _check_private(path: Path) -> None:
    status = path.stat()
    if not S_ISREG(status.st_mode):
        raise _Unfit("it is not a regular file")
    mode = S_IMODE(status.st_mode)
    if mode & FOR_OTHERS:
        raise _Unfit(f"others can read or write it (mode {mode:04o})", f"chmod 600 {path}")


def _prepared(connection: sqlite3.Connection) -> bool:
    """Whether there is a table of ours, which then is of this version; there is none in a file without any table."""
    if 0 < _version(connection) < VERSION:
        _in_transaction(connection, _migrate)
    return _version(connection) == VERSION


def _version(connection: sqlite3.Connection) -> int:
    """The version of the schema; 0 for a file without any table."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise _Unfit("it was made by a newer tnet")
    if version == 0 and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise _Unfit("it is a SQLite database, but not of tnet users")
    return version


def _in_transaction(
    connection: sqlite3.Connection, work: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **kw: P.kwargs
) -> R:
    """What `work` gives, after a commit; nothing has happened when it raises."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        return work(connection, *args, **kw)


def _create(connection: sqlite3.Connection) -> None:
    if _version(connection) == 0:
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the table of version 1 up to date; the first ones of it did not say how an account logs in."""
    if _version(connection) != 1:
        return
    columns = {row[1] for row in connection.execute("PRAGMA table_info(accounts)")}
    login = "login" if "login" in columns else "'password'"
    connection.execute("ALTER TABLE accounts RENAME TO accounts_1")
    connection.execute(_SCHEMA)
    old = f"SELECT name, {login}, disabled, member_of, '', secret FROM accounts_1"  # noqa: S608 (of two constants)
    connection.execute(f"INSERT INTO accounts ({_ENTRY}) {old}")
    connection.execute("DROP TABLE accounts_1")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _account(name: str, login: str, disabled: int, member_of: str, public_keys: str) -> Account:
    return Account(name, bool(disabled), tuple(member_of.split()), Login(login), tuple(public_keys.splitlines()))


def _find(connection: sqlite3.Connection, name: str) -> Entry | None:
    row = connection.execute(f"SELECT {_ENTRY} FROM accounts WHERE name = ?", (name,)).fetchone()  # noqa: S608
    return None if row is None else Entry(_account(*row[:-1]), row[-1])


def _is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM accounts LIMIT 1").fetchone() is None


def _accounts(connection: sqlite3.Connection) -> list[Account]:
    rows = connection.execute(f"SELECT {_ENTRY} FROM accounts ORDER BY name")  # noqa: S608 (a constant)
    return [_account(*row[:-1]) for row in rows]


def _open_to_all(connection: sqlite3.Connection) -> list[str]:
    question = "SELECT name FROM accounts WHERE login = 'nothing' AND NOT disabled ORDER BY name"
    return [name for (name,) in connection.execute(question)]


def _insert(connection: sqlite3.Connection, entry: Entry) -> bool:
    account = entry.account
    groups, keys = " ".join(account.groups), "\n".join(account.keys)
    row = (account.name, account.login.value, account.disabled, groups, keys, entry.secret)
    statement = f"INSERT INTO accounts ({_ENTRY}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 (a constant)
    return _changed(connection, f"{statement} ON CONFLICT (name) DO NOTHING", *row)


def _change(connection: sqlite3.Connection, name: str, secret: str) -> bool:
    return _changed(connection, "UPDATE accounts SET secret = ?, login = 'password' WHERE name = ?", secret, name)


def _renew(connection: sqlite3.Connection, name: str, old: str, new: str) -> bool:
    return _changed(connection, "UPDATE accounts SET secret = ? WHERE name = ? AND secret = ?", new, name, old)


def _switch(connection: sqlite3.Connection, name: str, disabled: bool) -> bool:
    return _changed(connection, "UPDATE accounts SET disabled = ? WHERE name = ?", disabled, name)


def _remove(connection: sqlite3.Connection, name: str) -> bool:
    return _changed(connection, "DELETE FROM accounts WHERE name = ?", name)


def _changed(connection: sqlite3.Connection, statement: str, *values: object) -> bool:
    return connection.execute(statement, values).rowcount > 0
