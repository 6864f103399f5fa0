"""Ways to use an inherited descriptor without blocking and without changing what it shares with others."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import stat
from collections.abc import Sequence
from typing import Protocol

from tnet.errors import OutputClosed

Buffer = bytes | memoryview


class Stream(Protocol):
    """A descriptor that never blocks: `read` and `write` raise BlockingIOError instead.

    `fileno` is for the reactor to wait on. `hangs_up` when readability of the writing end means that the reader left.

    Units: `capacity` of an empty pipe in bytes; None of anything else.
    """

    hangs_up: bool
    capacity: int | None

    def fileno(self) -> int: ...
    def read(self, limit: int) -> bytes: ...
    def write(self, chunks: Sequence[Buffer]) -> int: ...
    def close(self) -> None: ...


def own_stream(fd: int, access: int) -> Stream | None:
    """A stream of our own on what `fd` leads to, None where only blocking calls will do.

    `access` is os.O_RDONLY or os.O_WRONLY.

    Raises: OutputClosed when a pipe to write to has lost its reader already.
    """
    mode = os.fstat(fd).st_mode
    if stat.S_ISSOCK(mode):
        return _Socket(fd)
    if not (stat.S_ISFIFO(mode) or os.isatty(fd)) or not _allows(fd, access):
        return None
    try:
        return _Reopened(fd, access, is_pipe=stat.S_ISFIFO(mode))
    except OSError as error:
        if error.errno == errno.ENXIO and stat.S_ISFIFO(mode):
            raise OutputClosed from error
        return None


def read_blocking(fd: int, limit: int) -> bytes:
    """At most `limit` bytes, none at the end; waits for them, even where others made the descriptor non-blocking."""
    while True:
        try:
            return os.read(fd, limit)
        except BlockingIOError:
            _wait(fd, select.POLLIN)


def write_blocking(fd: int, data: bytes) -> None:
    """Write all of `data`; waits as `read_blocking` does."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            _wait(fd, select.POLLOUT)


class _Reopened:
    """A second, non-blocking description of the pipe or terminal behind `fd`.

    The reactor waits on `fd` itself: a FIFO opened after its last writer left never reports that on the new one.
    """

    def __init__(self, fd: int, access: int, *, is_pipe: bool) -> None:
        self._fd = fd
        self._own = os.open(f"/proc/self/fd/{fd}", access | os.O_NONBLOCK | os.O_NOCTTY)
        self.hangs_up = is_pipe and _access(fd) == os.O_WRONLY
        self.capacity = fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ) if is_pipe else None

    def fileno(self) -> int:
        return self._fd

    def read(self, limit: int) -> bytes:
        return os.read(self._own, limit)

    def write(self, chunks: Sequence[Buffer]) -> int:
        return os.writev(self._own, chunks)

    def close(self) -> None:
        os.close(self._own)


class _Socket:
    """The socket behind `fd`: each call says for itself that it does not want to wait."""

    hangs_up = False
    capacity: int | None = None

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=os.dup(fd))

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self, limit: int) -> bytes:
        return self._socket.recv(limit, socket.MSG_DONTWAIT)

    def write(self, chunks: Sequence[Buffer]) -> int:
        return self._socket.sendmsg(chunks, (), socket.MSG_DONTWAIT)

    def close(self) -> None:
        self._socket.close()


def _access(fd: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE


def _allows(fd: int, access: int) -> bool:
    """Whether `fd` was opened for this: opening anew must not give what we were not given."""
    return _access(fd) in (access, os.O_RDWR)


def _wait(fd: int, event: int) -> None:
    poll = select.poll()
    poll.register(fd, event)
    poll.poll()
