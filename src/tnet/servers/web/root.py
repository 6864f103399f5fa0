"""The directory that is served, and the only way to a file in it: name by name below an open directory.

Symbolic links are followed by hand, so that one that leaves the root leads nowhere, whoever swaps it and when.

Source: openat2(2), RESOLVE_BENEATH, which Python does not offer.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from errno import EACCES, EMFILE, ENFILE, EPERM
from threading import Lock

from tnet.errors import CannotRead
from tnet.servers.web.bodies import Refusal

UPLOAD_PREFIX = b".tnet-upload-"
MAX_LINKS = 16

_DIRECTORY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_STATUS = {EACCES: 403, EPERM: 403, EMFILE: 503, ENFILE: 503}


class OpenFile:
    """A regular file, open for reading; may be closed while a thread still reads, and then closes after that."""

    def __init__(self, fd: int, status: os.stat_result) -> None:
        self.status = status
        self._fd = fd
        self._lock = Lock()
        self._readers = 0
        self._closed = False

    def read(self, at: int, size: int) -> bytes:
        """Up to `size` bytes from offset `at`; b"" at the end, or when it was closed."""
        with self._lock:
            if self._closed:
                return b""
            self._readers += 1
        try:
            return os.pread(self._fd, size, at)
        finally:
            with self._lock:
                self._readers -= 1
                unused = self._closed and not self._readers
            if unused:
                os.close(self._fd)

    def close(self) -> None:
        """Give the descriptor back, now or when the last reader is done."""
        with self._lock:
            unused = not self._closed and not self._readers
            self._closed = True
        if unused:
            os.close(self._fd)


@dataclass(slots=True)
class OpenDirectory:
    """A directory, open to look below it; `fd` serves as `dir_fd`."""

    fd: int

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.fd)

    def remove(self, names: Sequence[bytes]) -> None:
        """Take back files that were just made here."""
        for name in names:
            with suppress(OSError):
                os.unlink(name, dir_fd=self.fd)


class Root:
    """The served directory. With `hidden`, names that begin with a dot are served too.

    Raises: CannotRead.
    """

    def __init__(self, path: str, *, hidden: bool = False) -> None:
        self.hidden = hidden
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise CannotRead(path, error.strerror or str(error)) from error

    def close(self) -> None:
        """Serve nothing more."""
        os.close(self._fd)

    def open(self, names: Sequence[bytes]) -> OpenFile | OpenDirectory:
        """What `names` lead to, below the root.

        Raises: Refusal, 404 for what is not there, not shown or not a file or directory, 403 for what we may not
        read, 503 when too many files are open.
        """
        if not all(self.shows(name, first=not at) for at, name in enumerate(names)):
            raise Refusal(404)
        try:
            return self._walk(names)
        except OSError as error:
            raise Refusal(_STATUS.get(error.errno or 0, 404)) from error

    def shows(self, name: bytes, *, first: bool) -> bool:
        """Whether a name may be seen; `/.well-known/` always may (RFC 8615)."""
        if not name.startswith(b".") or (first and name == b".well-known"):
            return True
        return self.hidden and not name.startswith(UPLOAD_PREFIX)

    def _walk(self, names: Sequence[bytes]) -> OpenFile | OpenDirectory:
        trail = [os.dup(self._fd)]
        todo, links = deque(names), 0
        try:
            while todo:
                name = todo.popleft()
                kind = _kind(name, trail[-1])
                if kind == stat.S_IFLNK:
                    links += 1
                    _follow(name, trail[-1], todo, links)
                elif kind == stat.S_IFDIR:
                    _descend(name, trail)
                elif kind == stat.S_IFREG and not todo:
                    return _open_file(name, trail[-1])
                else:
                    raise Refusal(404)
            return OpenDirectory(trail.pop())
        finally:
            for fd in trail:
                os.close(fd)


def _kind(name: bytes, parent: int) -> int:
    """The type of what `name` is; the dots of a link's target count as directories."""
    if name in (b"", b".", b".."):
        return stat.S_IFDIR
    return stat.S_IFMT(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def _descend(name: bytes, trail: list[int]) -> None:
    if name == b"..":
        if len(trail) == 1:
            raise Refusal(404)
        os.close(trail.pop())
    elif name not in (b"", b"."):
        trail.append(os.open(name, _DIRECTORY, dir_fd=trail[-1]))


def _follow(name: bytes, parent: int, todo: deque[bytes], links: int) -> None:
    target = os.readlink(name, dir_fd=parent)
    if links > MAX_LINKS or target.startswith(b"/"):
        raise Refusal(404)
    todo.extendleft(reversed(target.split(b"/")))


def _open_file(name: bytes, parent: int) -> OpenFile:
    fd = os.open(name, _FILE, dir_fd=parent)
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        os.close(fd)
        raise Refusal(404)
    return OpenFile(fd, status)
