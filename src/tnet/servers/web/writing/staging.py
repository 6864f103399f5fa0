"""A file that is not there until it is complete: written under a hidden name, then given its own.

Everything here may block: it runs in a worker.

Source: link(2), which unlike rename(2) never replaces.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import (
    EACCES,
    EDQUOT,
    EEXIST,
    EFBIG,
    EISDIR,
    EMLINK,
    ENAMETOOLONG,
    ENOENT,
    ENOSPC,
    ENOTDIR,
    ENOTSUP,
    EPERM,
    EROFS,
)
from secrets import token_hex

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import UPLOAD_PREFIX
from tnet.servers.web.page.words import shown

STALE_SECONDS = 24 * 3600.0

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_LINKS = (EPERM, ENOTSUP, EMLINK)
_TEMPORARY = re.compile(re.escape(UPLOAD_PREFIX) + rb"[A-Za-z0-9_-]+")


class Staged:
    """A new file in the directory `directory`, a descriptor; for one thread after the other.

    With a `token` it is one that other requests go on with: `resume` opens what is there. `size` is how much of it is
    written.

    Raises: Refusal.
    """

    def __init__(self, directory: int, token: bytes = b"", *, resume: bool = False) -> None:
        self._directory = directory
        self._name = temporary(token or token_hex(8).encode())
        with translated(b""):
            fd = os.open(self._name, _OLD if resume else _NEW, 0o666, dir_fd=directory)
        self._file = os.fdopen(fd, "r+b", buffering=0)
        status = os.fstat(fd)
        if not is_unfinished(status):
            self._file.close()
            raise Refusal(409, "what was uploaded so far is no longer there")
        self.identity = (status.st_dev, status.st_ino)
        self.size = self._file.seek(0, os.SEEK_END)

    def write(self, data: bytes | bytearray) -> None:
        """Append `data`.

        Raises: Refusal.
        """
        view = memoryview(data)
        with translated(b""):
            while view:
                count = self._file.write(view)
                self.size += count
                view = view[count:]

    def read(self, at: int, size: int) -> bytes:
        """Some of what was written."""
        return os.pread(self._file.fileno(), size, at)

    def cut(self, size: int) -> None:
        """Take back all that was written after the first `size` bytes."""
        self._file.truncate(size)
        self.size = self._file.seek(size)

    def permit(self, mode: int) -> None:
        """Give it the permissions of the file that it is going to replace."""
        with translated(b""):
            os.fchmod(self._file.fileno(), mode & 0o777)

    def complete(self) -> None:
        """Nothing more is written: give the descriptor back.

        Raises: Refusal.
        """
        with translated(b""):
            self._file.close()

    def commit(self, name: bytes) -> None:
        """Give the file its name, unless another has it.

        Raises: Refusal, 409 when the name is taken.
        """
        self.complete()
        with translated(name):
            try:
                os.link(self._name, name, src_dir_fd=self._directory, dst_dir_fd=self._directory, follow_symlinks=False)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                self._commit_without_links(name)
            with suppress(FileNotFoundError):
                os.unlink(self._name, dir_fd=self._directory)

    def replace(self, name: bytes) -> None:
        """Give the file its name, whatever file has it: at no moment is there none.

        Raises: Refusal, 409 when it is a directory that has the name.
        """
        self.complete()
        with translated(name):
            os.rename(self._name, name, src_dir_fd=self._directory, dst_dir_fd=self._directory)

    def take_back(self, name: bytes) -> None:
        """Undo a commit, if the name is still this file's."""
        with suppress(OSError):
            status = os.stat(name, dir_fd=self._directory, follow_symlinks=False)
            if (status.st_dev, status.st_ino) == self.identity:
                os.unlink(name, dir_fd=self._directory)

    def release(self) -> None:
        """Let others go on with it."""
        self._file.close()

    def discard(self) -> None:
        """Leave no trace of it, if it was not committed."""
        self._file.close()
        with suppress(OSError):
            os.unlink(self._name, dir_fd=self._directory)

    def _commit_without_links(self, name: bytes) -> None:
        """For file systems that have no links: take the name first, then replace our own empty file."""
        os.close(os.open(name, _NEW, 0o666, dir_fd=self._directory))
        try:
            os.rename(self._name, name, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        except OSError:
            os.unlink(name, dir_fd=self._directory)
            raise


@contextmanager
def translated(name: bytes) -> Iterator[None]:
    """Raise what the system says about a write as a Refusal."""
    try:
        yield
    except OSError as error:
        match error.errno:
            case n if n == EEXIST:
                raise Refusal(409, f"{shown(name)} exists already") from error
            case n if n in (EISDIR, ENOTDIR):
                raise Refusal(409, f"{shown(name)} is a directory") from error
            case n if n == ENOENT:
                raise Refusal(409, "the directory, or what was uploaded so far, is no longer there") from error
            case n if n in (ENOSPC, EDQUOT, EFBIG):
                raise Refusal(507, "no space left") from error
            case n if n in (EACCES, EPERM, EROFS):
                raise Refusal(403, "this directory cannot be written to") from error
            case n if n == ENAMETOOLONG:
                raise Refusal(400, "the name is too long") from error
        raise


def temporary(token: bytes) -> bytes:
    """The hidden name of the upload that goes by `token`."""
    return UPLOAD_PREFIX + token


def token_of(name: bytes) -> bytes | None:
    """The token of the upload that has this hidden name; None for names of other things."""
    return name.removeprefix(UPLOAD_PREFIX) if _TEMPORARY.fullmatch(name) else None


def is_unfinished(status: os.stat_result) -> bool:
    """Whether it can be a file of ours that has no other name yet: a crash may have come between two names."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def exists(directory: int, name: bytes) -> bool:
    """Whether a name is taken."""
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError:
        return False
    return True
