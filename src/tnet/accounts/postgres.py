"""The shared users store: tables in a PostgreSQL database, for several servers and several machines.

A look that meets a lost connection is repeated on a new one, for some seconds, so that a login survives a restart of
the database; a change is not, since nobody can tell whether it was done. Looking never makes a table.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import UndefinedTable
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from tnet.accounts.connections import Connection, Connections, connect
from tnet.accounts.store import Account, AccountExists, Entry, Login, NoSuchAccount, StoreFailed
from tnet.errors import BadUsage
from tnet.net.context import Offload

P = ParamSpec("P")
R = TypeVar("R")

VERSION = 1
PATIENCE_SECONDS = 6.0
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0

_LOCK = 0x746E6574
_SCHEMA = """
CREATE TABLE tnet_schema (version integer NOT NULL);
CREATE TABLE tnet_accounts (
    name text PRIMARY KEY,
    login text NOT NULL CHECK (login IN ('password', 'key', 'nothing')),
    secret text CHECK (secret <> ''),
    disabled boolean NOT NULL DEFAULT false,
    member_of text[] NOT NULL DEFAULT '{}',
    public_keys text[] NOT NULL DEFAULT '{}',
    CHECK ((login = 'password') = (secret IS NOT NULL)),
    CHECK (login <> 'key' OR public_keys <> '{}')
);
"""

_RENEW = "UPDATE tnet_accounts SET secret = %s WHERE name = %s AND secret = %s"
_SET = "UPDATE tnet_accounts SET secret = %s, login = 'password' WHERE name = %s"
_TABLES = (
    "SELECT 1 FROM pg_catalog.pg_tables WHERE tablename = 'tnet_schema' AND schemaname = ANY (current_schemas(false))"
)
_SELECT = "SELECT name, login, disabled, member_of, public_keys, secret FROM tnet_accounts"
_INSERT = (
    "INSERT INTO tnet_accounts (name, login, disabled, member_of, public_keys, secret)"
    " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (name) DO NOTHING"
)


def checked_url(users: str) -> str:
    """`users` as it came, when it is a URL of libpq without a password.

    Raises: BadUsage, which never quotes it.
    """
    try:
        fields = conninfo_to_dict(users)
        if set(str(fields.get("port", ""))) - set("0123456789,") or "@" in str(fields.get("dbname", "")):
            raise psycopg.ProgrammingError("what looks like a password is taken for something else")
    except psycopg.ProgrammingError:
        raise BadUsage("--users", "not a PostgreSQL URL", "write postgresql://USER@HOST/DATABASE") from None
    if fields.get("password") or fields.get("sslpassword"):
        advice = "keep it in ~/.pgpass, or in a file that ?passfile=FILE names"
        raise BadUsage("--users", "a password in a URL can be seen by everybody on this machine", advice)
    return users


class PostgresStore:
    """The users in the database at `url`; `workers` are the threads that wait for it.

    `reactor` times the pauses between attempts, `clock` how long they have taken; `connect` makes a connection.
    """

    renews = True
    decoy = None

    def __init__(
        self,
        url: str,
        workers: Offload,
        reactor: IReactorTime,
        clock: Callable[[], float],
        connect: Callable[[str], Connection] = connect,
    ) -> None:
        self.url = checked_url(url)
        self._workers = workers
        self._reactor = reactor
        self._clock = clock
        self._connections = Connections(partial(connect, url), self._prepare)

    async def find(self, name: str) -> Entry | None:
        """The entry called `name`, exactly."""
        return await self._look(_find, name)

    async def is_empty(self) -> bool:
        """Whether it has no account at all; a database without our tables has none."""
        return await self._look(_is_empty)

    async def accounts(self) -> list[Account]:
        """Every account, by name."""
        return await self._look(_accounts)

    async def open_to_all(self) -> list[str]:
        """The names that let in whoever says them, in order: enabled accounts without a password."""
        return await self._look(_open_to_all)

    async def renew(self, name: str, old: str, new: str) -> None:
        """Replace the secret `old` by `new`; nothing happens if it is no longer `old`."""
        await self._change(_changed, _RENEW, new, name, old)

    async def add(self, *entries: Entry) -> None:
        """Add all the entries or none, making the tables when there are none. Raises: AccountExists."""
        await self._change(self._add, entries)

    async def change(self, name: str, secret: str) -> None:
        """Set the secret of `name`, which from then on asks for a password. Raises: NoSuchAccount."""
        await self._update(name, _SET, secret, name)

    async def disable(self, name: str) -> None:
        """Let nobody in as `name` until it is enabled. Raises: NoSuchAccount."""
        await self._update(name, "UPDATE tnet_accounts SET disabled = true WHERE name = %s", name)

    async def enable(self, name: str) -> None:
        """Let `name` in again. Raises: NoSuchAccount."""
        await self._update(name, "UPDATE tnet_accounts SET disabled = false WHERE name = %s", name)

    async def remove(self, name: str) -> None:
        """Forget the account `name`. Raises: NoSuchAccount."""
        await self._update(name, "DELETE FROM tnet_accounts WHERE name = %s", name)

    async def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    async def _look(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What `work` gives; again, after a pause, while the database was there before and is not now."""
        give_up, pause = self._clock() + PATIENCE_SECONDS, FIRST_PAUSE_SECONDS
        while True:
            try:
                return cast(R, await self._workers.run(self._connections.use, work, *args, **kwargs))
            except (psycopg.Error, ValueError) as error:
                lost = isinstance(error, psycopg.OperationalError) and self._connections.answered
                if not lost or self._clock() + pause > give_up:
                    raise StoreFailed(self.url, _reason(error)) from error
            await deferLater(self._reactor, pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _change(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return cast(R, await self._workers.run(self._connections.use, work, *args, **kwargs))
        except psycopg.Error as error:
            raise StoreFailed(self.url, _reason(error)) from error

    async def _update(self, name: str, statement: str, *values: object) -> None:
        if not await self._change(_changed, statement, *values):
            raise NoSuchAccount(name, self.url)

    def _prepare(self, connection: Connection) -> None:
        if _version(connection) > VERSION:
            raise StoreFailed(self.url, "it was made by a newer tnet")

    def _add(self, connection: Connection, entries: tuple[Entry, ...]) -> None:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            if not _is_there(connection):
                connection.execute(_SCHEMA)
                connection.execute("INSERT INTO tnet_schema VALUES (%s)", (VERSION,))
            for entry in entries:
                if not _changed(connection, _INSERT, *_row(entry)):
                    raise AccountExists(entry.account.name, self.url)


def _reason(error: Exception) -> str:
    """One line, without the details: these may quote a row, and with it a secret."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return said or " ".join(str(error).split())


def _is_there(connection: Connection) -> bool:
    """Whether our tables are there, as of now: `to_regclass` may answer from before the lock that we waited for."""
    return bool(_rows(connection, _TABLES))


def _version(connection: Connection) -> int:
    """The version of the tables; 0 when there are none."""
    if not _is_there(connection):
        return 0
    row = connection.execute("SELECT max(version) FROM tnet_schema").fetchone()
    return int(row[0]) if row and row[0] else 0


def _rows(connection: Connection, question: str, *values: object) -> list[tuple[Any, ...]]:
    """The answer; none when nobody has added anything yet."""
    try:
        return connection.execute(question.encode(), values).fetchall()
    except UndefinedTable:
        return []


def _account(name: str, login: str, disabled: bool, member_of: list[str], public_keys: list[str]) -> Account:
    return Account(name, disabled, tuple(member_of), Login(login), tuple(public_keys))


def _row(entry: Entry) -> tuple[object, ...]:
    account = entry.account
    groups, keys = list(account.groups), list(account.keys)
    return account.name, account.login.value, account.disabled, groups, keys, entry.secret


def _find(connection: Connection, name: str) -> Entry | None:
    for row in _rows(connection, f"{_SELECT} WHERE name = %s", name):
        return Entry(_account(*row[:-1]), row[-1])
    return None


def _is_empty(connection: Connection) -> bool:
    return not _rows(connection, "SELECT 1 FROM tnet_accounts LIMIT 1")


def _accounts(connection: Connection) -> list[Account]:
    return [_account(*row[:-1]) for row in _rows(connection, f'{_SELECT} ORDER BY name COLLATE "C"')]


def _open_to_all(connection: Connection) -> list[str]:
    question = "SELECT name FROM tnet_accounts WHERE login = 'nothing' AND NOT disabled"
    return [name for (name,) in _rows(connection, f'{question} ORDER BY name COLLATE "C"')]


def _changed(connection: Connection, statement: str, *values: object) -> bool:
    try:
        return connection.execute(statement.encode(), values).rowcount > 0
    except UndefinedTable:
        return False
