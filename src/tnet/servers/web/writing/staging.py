"""A file that is not there until it is complete: written under a hidden name, then linked to its own.

Everything here may block: it runs in a worker.

Source: link(2), which unlike rename(2) never replaces.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EDQUOT, EEXIST, EMLINK, ENAMETOOLONG, ENOSPC, ENOTSUP, EPERM, EROFS
from secrets import token_hex

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.listing import shown
from tnet.servers.web.root import UPLOAD_PREFIX

MAX_NAME_BYTES = 255


class Staged:
    """A new file in the directory `directory`, a descriptor; for one thread after the other."""

    def __init__(self, directory: int) -> None:
        self._directory = directory
        self._name = UPLOAD_PREFIX + token_hex(8).encode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with translated(b""):
            self._file = os.fdopen(os.open(self._name, flags, 0o666, dir_fd=directory), "wb", buffering=0)

    def write(self, data: bytes) -> None:
        """Append `data`.

        Raises: Refusal.
        """
        view = memoryview(data)
        with translated(b""):
            while view:
                view = view[self._file.write(view) :]

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
                if error.errno not in (EPERM, ENOTSUP, EMLINK):
                    raise
                self._commit_without_links(name)
            with suppress(FileNotFoundError):
                os.unlink(self._name, dir_fd=self._directory)

    def discard(self) -> None:
        """Leave no trace of it, if it was not committed."""
        self._file.close()
        with suppress(OSError):
            os.unlink(self._name, dir_fd=self._directory)

    def _commit_without_links(self, name: bytes) -> None:
        """For file systems that have no links: take the name first, then replace our own empty file."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(name, flags, 0o666, dir_fd=self._directory))
        os.rename(self._name, name, src_dir_fd=self._directory, dst_dir_fd=self._directory)


@contextmanager
def translated(name: bytes) -> Iterator[None]:
    """Raise what the system says about a write as a Refusal."""
    try:
        yield
    except OSError as error:
        match error.errno:
            case n if n == EEXIST:
                raise Refusal(409, f"{shown(name)} exists already") from error
            case n if n in (ENOSPC, EDQUOT):
                raise Refusal(507, "no space left") from error
            case n if n in (EACCES, EPERM, EROFS):
                raise Refusal(403, "this directory cannot be written to") from error
            case n if n == ENAMETOOLONG:
                raise Refusal(400, "the name is too long") from error
        raise


def exists(directory: int, name: bytes) -> bool:
    """Whether a name is taken."""
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError:
        return False
    return True


def last_segment(filename: str) -> bytes:
    """The name of an uploaded file without the path that a client may have put before it."""
    return filename.replace("\\", "/").rpartition("/")[2].encode("utf-8", "surrogateescape")


def judge_name(name: bytes, *, hidden: bool) -> None:
    """Refuse, with 400, a name that no upload may have."""
    visible = all(byte >= 0x20 and byte not in b"\x7f/\\" for byte in name)
    dotted = name.startswith(b".") and (not hidden or name in (b".", b"..") or name.startswith(UPLOAD_PREFIX))
    if not name or not visible or dotted or len(name) > MAX_NAME_BYTES:
        raise Refusal(400, f'"{shown(name)}" cannot be the name of an upload')
