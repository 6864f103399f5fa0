"""Accounts in a password file that somebody else keeps: `NAME:SECRET` lines, as Apache's htpasswd writes them.

Only bcrypt secrets are taken. One line that is anything else, and the whole file is refused with the number of that
line: to let some in and to deny the others would look like wrong passwords.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISREG, S_IWOTH
from typing import NoReturn, cast

from tnet.accounts import bcrypt
from tnet.accounts.names import account_name
from tnet.accounts.store import Account, Entry, StoreFailed, StoreIsReadOnly
from tnet.events import Publisher
from tnet.net.context import Offload

FILE_BYTES = 16 << 20
USUAL_COST = 10
SETTLED_NANOSECONDS = 100_000_000

_OTHER_FORMS = {
    "$apr1$": "MD5 (apr1)",
    "$1$": "MD5 (crypt)",
    "$5$": "SHA-256 (crypt)",
    "$6$": "SHA-512 (crypt)",
    "{SHA}": "unsalted SHA-1",
    "$argon2": "Argon2",
    "$2": "bcrypt that is malformed or too dear",
}
_CRYPT_LETTERS = 13


class Malformed(ValueError):
    """A line that names no account with a secret that is taken."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")


def parse(data: bytes, usable: Callable[[str], bool] = bcrypt.readable) -> dict[str, Entry]:
    """The entries of a password file, by name; `usable` tells which secrets are taken.

    Blank lines, those that begin with #, and what follows a second colon say nothing.

    Raises: Malformed.
    """
    entries: dict[str, Entry] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        text = line.strip()
        if text and not text.startswith(b"#"):
            entry = _entry(number, text, usable)
            if entries.setdefault(entry.account.name, entry) is not entry:
                raise Malformed(number, f"{entry.account.name!r} is there twice")
    return entries


def _entry(number: int, line: bytes, usable: Callable[[str], bool]) -> Entry:
    user, colon, rest = line.partition(b":")
    name = account_name(user)
    if name is None or not colon:
        raise Malformed(number, "not NAME:SECRET, or a name that no account may have")
    secret = rest.split(b":", 1)[0].decode("ascii", "replace")
    if not usable(secret):
        raise Malformed(number, f"{_form(secret)} is refused: make it with `htpasswd -B`")
    return Entry(Account(name), secret)


def _form(secret: str) -> str:
    """What a secret seems to be; never the secret itself, which may be a password."""
    for prefix, form in _OTHER_FORMS.items():
        if secret.startswith(prefix):
            return form
    return "plain text or crypt" if len(secret) == _CRYPT_LETTERS else "plain text"


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read; `stamp` tells the file that it was read from, and is None when that may change unseen."""

    stamp: tuple[int, ...] | None
    entries: dict[str, Entry] = field(repr=False)

    @property
    def decoy(self) -> str:
        costs = (bcrypt.cost(entry.secret or "") or 0 for entry in self.entries.values())
        return bcrypt.decoy(max(costs, default=USUAL_COST))


class HtpasswdStore:
    """The users in the password file at `path`, which is read again when it has changed; `workers` read it.

    A file that cannot be read is a failed store. One that reads wrongly is, too, when it is the first; later the old
    accounts stay and a warning says so, once for each change. One that everybody can write to is refused.
    """

    renews = False

    def __init__(self, path: Path, workers: Offload, publisher: Publisher) -> None:
        self.url = f"htpasswd:{path}"
        self._path = path
        self._workers = workers
        self._publisher = publisher
        self._read: _Read | None = None
        self.decoy: str | None = None

    async def find(self, name: str) -> Entry | None:
        """The entry called `name`, exactly."""
        return (await self._current()).get(name)

    async def is_empty(self) -> bool:
        """Whether the file names no account."""
        return not await self._current()

    async def open_to_all(self) -> list[str]:
        """None: each has a password."""
        return []

    async def accounts(self) -> list[Account]:
        """Every account, by name."""
        return [entry.account for _, entry in sorted((await self._current()).items())]

    async def renew(self, name: str, old: str, new: str) -> None:
        """Nothing: it is not ours to change."""

    async def add(self, *entries: Entry) -> None:
        """Raises: StoreIsReadOnly."""
        self._refuse()

    async def change(self, name: str, secret: str) -> None:
        """Raises: StoreIsReadOnly."""
        self._refuse()

    async def disable(self, name: str) -> None:
        """Raises: StoreIsReadOnly."""
        self._refuse()

    async def enable(self, name: str) -> None:
        """Raises: StoreIsReadOnly."""
        self._refuse()

    async def remove(self, name: str) -> None:
        """Raises: StoreIsReadOnly."""
        self._refuse()

    async def close(self) -> None:
        """Nothing to do: the file is not kept open."""

    def _refuse(self) -> NoReturn:
        raise StoreIsReadOnly(self.url, "change it with `htpasswd -B`; a running server sees it at once")

    async def _current(self) -> dict[str, Entry]:
        read, problem = await self._workers.run(self._look, self._read)
        if problem is not None:
            self._publisher.log("warning", f"{self.url}: {problem}; the accounts from before stay")
        if read is not self._read:
            self._read, self.decoy = read, read.decoy
        return cast(dict[str, Entry], read.entries)

    def _look(self, old: _Read | None) -> tuple[_Read, Malformed | None]:
        """What is to be believed of the file now, and why that is not what it says."""
        try:
            stamp, data = _changed(self._path, None if old is None else old.stamp)
            if data is None and old is not None:
                return old, None
            return _Read(stamp, parse(data or b"")), None
        except Malformed as error:
            if old is None:
                raise StoreFailed(self.url, str(error)) from error
            return replace(old, stamp=stamp), error
        except OSError as error:
            raise StoreFailed(self.url, error.strerror or str(error)) from error


def _changed(path: Path, known: tuple[int, ...] | None) -> tuple[tuple[int, ...] | None, bytes | None]:
    """The stamp of a file and its bytes; no bytes when it is still the one that is known.

    Raises: OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        stamp = _stamp(os.fstat(descriptor))
        if stamp is not None and stamp == known:
            return stamp, None
        data = file.read(FILE_BYTES + 1)
        after = _stamp(os.fstat(descriptor))
    if len(data) > FILE_BYTES:
        raise OSError(f"it has more than {FILE_BYTES} bytes")
    return (stamp if stamp == after else None), data


def _stamp(status: os.stat_result) -> tuple[int, ...] | None:
    """What tells this content from another; None while a change would not show, as clocks of files tick slowly."""
    if not S_ISREG(status.st_mode):
        raise OSError("it is not a regular file")
    if status.st_mode & S_IWOTH:
        raise OSError("everybody can write to it")
    if abs(time.time_ns() - status.st_ctime_ns) < SETTLED_NANOSECONDS:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
