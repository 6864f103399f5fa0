"""What is no regular file, a device or a FIFO: a body is written to it as it comes, and cannot be taken back."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from threading import Lock
from typing import Self

from tnet.clients.fetch.downloads.hashing import Hashing
from tnet.clients.fetch.downloads.sidecar import Sidecar
from tnet.net.stdio.descriptors import write_blocking


class Device:
    """The device or FIFO at `path`, open: for a `Body`, in the place of a part.

    Every method may block, and raises OSError: call them in a thread. After `close` they do nothing.
    """

    def __init__(self, path: str, fd: int, algorithm: str | None) -> None:
        self.path = path
        self._fd = fd
        self._open = True
        self._turn = Lock()
        self._hashing = Hashing(algorithm)

    @classmethod
    def at(cls, path: str, algorithm: str | None = None) -> Self | None:
        """What is at `path`; None where a file is, or a folder, or nothing yet."""
        try:
            mode = os.stat(path).st_mode
        except FileNotFoundError:
            return None
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            return None
        return cls(path, os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC), algorithm)

    def write(self, offset: int, pieces: Sequence[bytes]) -> None:
        """Write `pieces`; `offset` is how much was written before."""
        with self._turn:
            if self._open:
                for piece in pieces:
                    write_blocking(self._fd, piece)
                self._hashing.feed(offset, pieces)

    def save(self, sidecar: Sidecar | None) -> None:
        """There is nothing that could be gone on with."""

    @property
    def digest(self) -> str:
        """The hexadecimal digest of what was written; empty without an algorithm."""
        return self._hashing.digest

    def close(self) -> None:
        """Close it, unless a thread is stuck with it."""
        if self._turn.acquire(blocking=False):
            try:
                if self._open:
                    self._open = False
                    os.close(self._fd)
            finally:
                self._turn.release()
