"""Reads a file that others must not be able to change, or even read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tnet.errors import CannotRead


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


def _check(path: Path, status: os.stat_result, forbidden: int) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        raise CannotRead(str(path), "not a regular file")
    if status.st_uid not in (0, os.geteuid()):
        raise CannotRead(str(path), "it belongs to somebody else")
    if mode & forbidden:
        wanted = mode & ~forbidden
        raise CannotRead(str(path), f"its mode {mode:04o} lets others in: chmod {wanted:04o} it")
