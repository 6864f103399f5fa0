"""Where accounts are kept: the URL that `--users` takes, and the store behind it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from tnet.accounts.htpasswd import HtpasswdStore
from tnet.accounts.sqlite import SqliteStore
from tnet.accounts.store import EditableStore
from tnet.errors import BadUsage
from tnet.net.context import Context
from tnet.net.workers import Workers
from tnet.places import data_folder

ADVICE = "use sqlite:PATH, postgresql://HOST/DATABASE, htpasswd:FILE or a plain path, as ./NAME"

POSTGRES_THREADS = 4
POSTGRES_QUEUE = 256

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def open_store(users: str | None, context: Context) -> EditableStore:
    """The store that `users` names, the default one for None; nothing is touched yet.

    Raises: BadUsage. Only the scheme is quoted: the rest of a URL may hold a password.
    """
    if users is None:
        return SqliteStore(default_path(), context.workers)
    match _scheme(users):
        case None:
            return SqliteStore(_path(users), context.workers)
        case "sqlite":
            return SqliteStore(_path(users.partition(":")[2]), context.workers)
        case "htpasswd":
            return HtpasswdStore(_path(users.partition(":")[2]), context.workers, context.publisher)
        case "postgresql" | "postgres":
            return _postgres(users, context)
        case scheme:
            raise BadUsage("--users", f"unknown scheme {scheme!r}", ADVICE)


def how_to_add(users: str | None, store: EditableStore) -> str:
    """The command that adds an account to `store`, which is the one that `users` names; it shows no password."""
    if users is None:
        return "tnet users add NAME"
    if isinstance(store, HtpasswdStore):
        return f"htpasswd -B {shlex.quote(store.url.partition(':')[2])} NAME"
    return f"tnet users add NAME --users {shlex.quote(store.url)}"


def _postgres(users: str, context: Context) -> EditableStore:
    try:
        from tnet.accounts.postgres import PostgresStore
    except ImportError as error:
        raise BadUsage("--users", "PostgreSQL needs psycopg", "pip install 'tnet[postgres]'") from error
    workers = Workers(context.reactor, "the users store", threads=POSTGRES_THREADS, queue=POSTGRES_QUEUE)
    return PostgresStore(users, workers, context.reactor, context.clock)


def default_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The SQLite file that is used when no store is named."""
    return data_folder(environ) / "users.db"


def _scheme(users: str) -> str | None:
    found = _SCHEME.match(users)
    return None if found is None else found[1].lower()


def _path(text: str) -> Path:
    """The absolute path that `PATH` or `///PATH` means."""
    if text.startswith("//"):
        if not text.startswith("///"):
            raise BadUsage("--users", "a file has no host", "write one slash, or three")
        text = text[2:]
    if not text or "\0" in text:
        raise BadUsage("--users", "no path given", ADVICE)
    return Path(os.path.abspath(text))
