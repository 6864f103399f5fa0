"""Files that others must not be able to change, or even read: how they are read, and how they are made once."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from tnet.errors import CannotRead, CannotWrite


def read_guarded(path: Path, *, forbidden: int, limit_bytes: int) -> bytes:
    """The bytes of a regular file of ours, or of root's, with no mode bit of `forbidden`. Blocks.

    Raises: CannotRead, also for a symbolic link.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            _check(path, os.fstat(descriptor), forbidden)
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read(limit_bytes + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        link = "a symbolic link is not followed here" if path.is_symlink() else ""
        raise CannotRead(str(path), link or error.strerror or str(error))
    if len(data) > limit_bytes:
        raise CannotRead(str(path), f"larger than {limit_bytes} bytes")
    return data


def write_once(path: Path, data: bytes) -> None:
    """Make a file for our eyes alone, with its directory. Blocks.

    It is written beside `path` and linked there, so that of two servers that start at once one wins whole.

    Raises: CannotWrite, also for a directory in which others may write.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(path.parent.stat().st_mode) & 0o022:
            raise CannotWrite(str(path), "others can write to its directory")
        descriptor, draft = mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            with suppress(FileExistsError):
                os.link(draft, path, follow_symlinks=False)
        finally:
            os.unlink(draft)
    except OSError as error:
        raise CannotWrite(str(path), error.strerror or str(error)) from error


def _check(path: Path, status: os.stat_result, forbidden: int) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        raise CannotRead(str(path), "not a regular file")
    if status.st_uid not in (0, os.geteuid()):
        raise CannotRead(str(path), "it belongs to somebody else")
    if mode & forbidden:
        wanted = mode & ~forbidden
        raise CannotRead(str(path), f"its mode {mode:04o} lets others in: chmod {wanted:04o} it")
