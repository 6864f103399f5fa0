"""An unfinished file on the disk: one that another run can go on with, or one with a name that nobody can guess.

The first has a sidecar, which is always older than the data that it vouches for: data is synced before it is vouched
for, and the sidecar is written before data of another version takes the place of what is there. So whatever moment
the process or the power ends at, what the sidecar says holds.

Every method touches the disk and raises OSError: call them in a thread. After `close` they do nothing.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from typing import Self

from tnet.clients.fetch.downloads.hashing import Hashing
from tnet.clients.fetch.downloads.sidecar import MOST_BYTES, Sidecar
from tnet.clients.fetch.downloads.target import Target, mode_for

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Part:
    """The file `path`, open; `resumable` when it may have a sidecar. `algorithm` is what `digest` is computed with."""

    def __init__(self, path: str, fd: int, *, resumable: bool, algorithm: str | None) -> None:
        self.path = path
        self.resumable = resumable
        self._fd = fd
        self._open = True
        self._turn = Lock()
        self._hashing = Hashing(algorithm)

    @classmethod
    def lasting(cls, target: Target, algorithm: str | None = None) -> Self | None:
        """The one that every run finds; None when it is not ours to write to, or another process does."""
        path = target.waiting
        try:
            fd = os.open(path, _FLAGS, mode_for(target.path))
        except FileExistsError:
            return None
        except OSError as error:
            if os.path.lexists(path):
                return None
            raise error
        part = cls(path, fd, resumable=True, algorithm=algorithm)
        if part._is_ours():
            return part
        part.close()
        return None

    @classmethod
    def passing(cls, target: Target, algorithm: str | None = None) -> Self:
        """One that only this run knows."""
        path = f"{target.waiting.removesuffix('.part')}.{secrets.token_hex(4)}.part"
        return cls(path, os.open(path, _FLAGS | os.O_EXCL, mode_for(target.path)), resumable=False, algorithm=algorithm)

    def recall(self) -> Sidecar | None:
        """What the sidecar says, if that fits the file."""
        try:
            fd = os.open(self._sidecar, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with open(fd, "rb") as file:
            owned = stat.S_ISREG((found := os.fstat(fd)).st_mode) and found.st_uid == os.geteuid()
            said = Sidecar.parse(file.read(MOST_BYTES)) if owned else None
        size = os.fstat(self._fd).st_size
        return said if said is not None and (not said.done or said.done[-1][1] <= size) else None

    def begin(self, sidecar: Sidecar | None) -> None:
        """Everything anew: for a body that `sidecar` describes, or for one that nobody can go on with."""
        with self._turn:
            if self._open:
                self._note(sidecar)
                os.ftruncate(self._fd, 0)
                self._hashing.restart()

    def write(self, offset: int, pieces: Sequence[bytes]) -> None:
        """Write `pieces` one after the other from `offset` on."""
        with self._turn:
            if not self._open:
                return
            _write_all(self._fd, offset, pieces)
            self._hashing.feed(offset, pieces)

    def save(self, sidecar: Sidecar | None) -> None:
        """Make sure of what is written, and then let the sidecar vouch for it; others may write meanwhile."""
        with self._turn:
            if not self._open:
                return
            fd = os.dup(self._fd)
        try:
            os.fdatasync(fd)
        finally:
            os.close(fd)
        with self._turn:
            if self._open:
                self._note(sidecar)

    def hash_on(self, total: int) -> bool:
        """Hash some more of what was not hashed as it was written; whether all of `total` bytes are hashed."""
        with self._turn:
            return not self._open or self._hashing.catch_up(self._fd, total)

    @property
    def digest(self) -> str:
        """The hexadecimal digest of what is hashed by now; empty without an algorithm."""
        return self._hashing.digest

    def settle(self, target: Target) -> str:
        """Sync the file, give it the name that it is for, and close it; its path."""
        with self._turn:
            if not self._open:
                return self.path
            os.fdatasync(self._fd)
            path = target.settle(self.path)
            self._forget_sidecar()
            self._close()
            return path

    def remove(self) -> None:
        """Close it, and let it and its sidecar go away."""
        with self._turn:
            self._remove()

    def give_up(self) -> None:
        """Close it, and let it go away if nothing is in it."""
        with self._turn:
            if self._open and not os.fstat(self._fd).st_size:
                self._remove()
            self._close()

    def close(self) -> None:
        """Close it, and leave what is there."""
        with self._turn:
            self._close()

    @property
    def _sidecar(self) -> str:
        return f"{self.path}.json"

    def _note(self, sidecar: Sidecar | None) -> None:
        if sidecar is None or not self.resumable:
            return
        new = f"{self._sidecar}.new"
        with suppress(FileNotFoundError):
            os.unlink(new)
        try:
            with open(os.open(new, _FLAGS | os.O_EXCL, 0o600), "wb") as file:
                file.write(sidecar.as_bytes())
            os.replace(new, self._sidecar)
        except OSError:
            with suppress(OSError):
                os.unlink(new)
            raise

    def _remove(self) -> None:
        if self._open:
            self._forget_sidecar()
            os.unlink(self.path)
            self._close()

    def _forget_sidecar(self) -> None:
        if self.resumable:
            for path in (self._sidecar, f"{self._sidecar}.new"):
                with suppress(FileNotFoundError):
                    os.unlink(path)

    def _is_ours(self) -> bool:
        """Whether it is a file of our own under one name, that nobody else writes to, and that still has that name."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found, named = os.fstat(self._fd), os.lstat(self.path)
        except OSError:
            return False
        alone = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1
        return alone and os.path.samestat(found, named) and (found.st_size == 0 or self.recall() is not None)

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._fd)


def _write_all(fd: int, offset: int, pieces: Sequence[bytes]) -> None:
    written = os.pwritev(fd, pieces, offset)
    if written < sum(map(len, pieces)):
        rest = memoryview(b"".join(pieces))[written:]
        while rest:
            count = os.pwrite(fd, rest, offset + written)
            rest, written = rest[count:], written + count
