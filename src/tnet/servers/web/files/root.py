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

_ROOT = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_DIRECTORY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_SPACE = bytearray(256 * 1024)
_NOWAIT = getattr(os, "RWF_NOWAIT", 0)

_DOTS = (b"", b".", b"..")
_STATUS = {EACCES: 403, EPERM: 403, EMFILE: 503, ENFILE: 503}

Names = tuple[bytes, ...]
Identity = tuple[int, int]


class OpenFile:
    """A regular file, open for reading; may be closed while a thread still reads, and then closes after that.

    `names` lead to it from the root without any link.
    """

    def __init__(self, fd: int, status: os.stat_result, names: Names = ()) -> None:
        self.status = status
        self.names = names
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

    def read_at_hand(self, at: int, size: int) -> bytes | None:
        """All of `size` bytes from offset `at` if the system has them in memory; None for what a worker has to read.

        For the reactor's thread alone, as all files share a space to read into.

        Source: preadv2(2), RWF_NOWAIT; where there is no such thing, nothing is known to be in memory.
        """
        if not _NOWAIT or size > len(_SPACE):
            return None if size else b""
        space = memoryview(_SPACE)[:size]
        try:
            count = os.preadv(self._fd, (space,), at, _NOWAIT) if size else 0
        except OSError:
            return None
        return bytes(space) if count == size else None

    def close(self) -> None:
        """Give the descriptor back, now or when the last reader is done."""
        with self._lock:
            unused = not self._closed and not self._readers
            self._closed = True
        if unused:
            os.close(self._fd)


@dataclass(slots=True)
class OpenDirectory:
    """A directory, open to look below it; `fd` serves as `dir_fd`, `names` lead to it without any link."""

    fd: int
    names: Names = ()

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

    With `follow_symlinks` links lead wherever they say. What lies outside has no names below the root: it goes by the
    names it was asked for.

    What is served is what `path` leads to at the time: builds put a new directory in the place of an old one.

    Raises: CannotRead.
    """

    def __init__(self, path: str, *, hidden: bool = False, follow_symlinks: bool = False) -> None:
        self.hidden = hidden
        self.follow_symlinks = follow_symlinks
        try:
            self.path = os.path.abspath(os.fsencode(path))
            self.fd = os.open(path, _ROOT)
        except OSError as error:
            raise CannotRead(path, error.strerror or str(error)) from error
        self._identity = _identity(os.fstat(self.fd))
        self._lock = Lock()
        self._closed = False

    def close(self) -> None:
        """Serve nothing more."""
        with self._lock:
            self._closed = True
            os.close(self.fd)

    def open(self, names: Sequence[bytes]) -> OpenFile | OpenDirectory:
        """What `names` lead to, below the root.

        Raises: Refusal, 404 for what is not there, not shown or not a file or directory, 403 for what we may not
        read, 503 when too many files are open.
        """
        if not all(self.shows(name, first=not at) for at, name in enumerate(names)):
            raise Refusal(404)
        try:
            self._renew()
            return self._walk(names)
        except OSError as error:
            raise Refusal(_STATUS.get(error.errno or 0, 404)) from error

    def look(self, names: Sequence[bytes]) -> os.stat_result | None:
        """What seems to be at `names`, itself if it is a link; only to know whether to `open` it."""
        try:
            return os.stat(b"/".join(names), dir_fd=self.fd, follow_symlinks=False)
        except OSError:
            return None

    def shows(self, name: bytes, *, first: bool) -> bool:
        """Whether a name may be seen; `/.well-known/` always may (RFC 8615)."""
        if not name.startswith(b".") or (first and name == b".well-known"):
            return True
        return self.hidden and not name.startswith(UPLOAD_PREFIX)

    def _renew(self) -> None:
        """See what the path leads to now, unless that is forbidden by now; `fd` stays the same number."""
        try:
            if _identity(os.stat(self.path)) == self._identity:
                return
        except PermissionError:
            return
        fd = os.open(self.path, _ROOT)
        try:
            with self._lock:
                if not self._closed:
                    os.dup2(fd, self.fd, inheritable=False)
                    self._identity = _identity(os.fstat(fd))
        finally:
            os.close(fd)

    def _walk(self, names: Sequence[bytes]) -> OpenFile | OpenDirectory:
        todo, links = deque(names), 0
        trail = Trail(self.fd, self._identity, tuple(names), free=self.follow_symlinks)
        try:
            while todo:
                name = todo.popleft()
                kind = trail.kind(name)
                if kind == stat.S_IFLNK and links < MAX_LINKS:
                    links += 1
                    todo.extendleft(reversed(trail.follow(name)))
                elif kind == stat.S_IFDIR:
                    trail.descend(name)
                elif kind == stat.S_IFREG and not todo:
                    return trail.open_file(name)
                else:
                    raise Refusal(404)
            return trail.open_directory()
        finally:
            trail.close()


class Trail:
    """The open directories from the root to where a walk is; unless it is `free`, it never goes above the first.

    `identity` is how the root is known again by a free one, which may come back to it from outside. `asked` is what
    goes for names outside.
    """

    def __init__(self, root: int, identity: Identity, asked: Names, *, free: bool) -> None:
        self._identity = identity
        self._asked = asked
        self._free = free
        self._steps: list[tuple[int, Names | None]] = [(os.dup(root), ())]

    def kind(self, name: bytes) -> int:
        """The type of what `name` is here; the dots of a link's target count as directories."""
        if name in _DOTS:
            return stat.S_IFDIR
        return stat.S_IFMT(os.stat(name, dir_fd=self._here, follow_symlinks=False).st_mode)

    def follow(self, name: bytes) -> list[bytes]:
        """The names that a link leads through, from here or from where an absolute one has taken us.

        Raises: Refusal.
        """
        target = os.readlink(name, dir_fd=self._here)
        if target.startswith(b"/"):
            self._leave(b"/")
        return target.split(b"/")

    def descend(self, name: bytes) -> None:
        """Go to a directory here, or back.

        Raises: Refusal.
        """
        if name == b".." and len(self._steps) == 1:
            self._leave(name)
        elif name == b"..":
            os.close(self._steps.pop()[0])
        elif name not in _DOTS:
            names, fd = self._names, os.open(name, _DIRECTORY, dir_fd=self._here)
            self._steps.append((fd, self._recognise(fd) if names is None else (*names, name)))

    def open_file(self, name: bytes) -> OpenFile:
        """The regular file of this name.

        Raises: Refusal.
        """
        fd, names = os.open(name, _FILE, dir_fd=self._here), self._names
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(fd)
            raise Refusal(404)
        return OpenFile(fd, status, self._asked if names is None else (*names, name))

    def open_directory(self) -> OpenDirectory:
        """The directory where we are."""
        fd, names = self._steps.pop()
        return OpenDirectory(fd, self._asked if names is None else names)

    def close(self) -> None:
        """Give all descriptors back."""
        while self._steps:
            os.close(self._steps.pop()[0])

    @property
    def _here(self) -> int:
        return self._steps[-1][0]

    @property
    def _names(self) -> Names | None:
        return self._steps[-1][1]

    def _leave(self, name: bytes) -> None:
        if not self._free:
            raise Refusal(404)
        fd = os.open(name, _DIRECTORY, dir_fd=self._here)
        self.close()
        self._steps.append((fd, self._recognise(fd)))

    def _recognise(self, fd: int) -> Names | None:
        return () if _identity(os.fstat(fd)) == self._identity else None


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino
