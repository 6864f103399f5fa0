"""Small files of secrets: read whole, replaced whole, and nobody else's to read. Blocks: for a worker's thread."""

from __future__ import annotations

import os
import secrets
import stat

from tnet.errors import CannotRead, cannot_write

FILE_BYTES = 16 << 20
MODE = 0o600


def read_private(path: str) -> bytes | None:
    """All of the file at `path`; None when there is none.

    Raises: CannotRead, also for a file of more than `FILE_BYTES`.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:
            data = file.read(FILE_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CannotRead(path, getattr(error, "strerror", None) or str(error)) from error
    if len(data) > FILE_BYTES:
        raise CannotRead(path, f"it has more than {FILE_BYTES} bytes")
    return data


def open_to_others(path: str) -> bool:
    """Whether anybody but the owner of the file at `path` can read it; no if there is none."""
    try:
        return bool(os.stat(path).st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except (OSError, ValueError):
        return False


def replace_private(path: str, data: bytes) -> None:
    """Let `data` take the place of the file at `path`, or of the one that a link there leads to, at once or not at all.

    Its mode is 0600, or narrower where the file before had a narrower one. What is no file is written to as it is.

    Raises: CannotWrite.
    """
    path = os.path.realpath(path)
    try:
        mode = _mode(path)
        if stat.S_ISREG(mode):
            _replace(path, data, stat.S_IMODE(mode) & MODE)
        else:
            with open(os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOCTTY), "wb") as file:
                file.write(data)
    except OSError as error:
        raise cannot_write(path, error) from error


def _mode(path: str) -> int:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return stat.S_IFREG | MODE
    if not os.access(path, os.W_OK):
        raise PermissionError(None, "the file is read-only")
    return mode


def _replace(path: str, data: bytes, mode: int) -> None:
    folder, name = os.path.split(path)
    part = os.path.join(folder, f".{os.fsdecode(os.fsencode(name)[:200])}.{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(part, path)
    except OSError:
        os.unlink(part)
        raise
