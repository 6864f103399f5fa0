"""Where text leaves: writes that never make the reactor wait, whatever reads them.

A pipe whose reader sleeps or a terminal under Ctrl-S would stop the whole process in `write`. So an outlet asks
first whether the descriptor takes bytes, keeps a bounded backlog while it does not, and counts the lines it had to
drop. The descriptor stays blocking: others may share it. A full disk may have room again: what it did not take is kept
in the same way, and follows from the very byte on.

Source: pipe(7): a pipe that polls writable takes PIPE_BUF bytes without blocking, and all of them or none.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from collections.abc import Callable
from typing import TextIO

from tnet.errors import CannotWrite
from tnet.view.terminal import descriptor

BACKLOG_BYTES = 1 << 20
STEP_BYTES = select.PIPE_BUF
DRAIN_SECONDS = 1.0

_FULL = (errno.ENOSPC, errno.EDQUOT)


class Outlet:
    """Text to a file descriptor.

    `on_broken(error)` is called once, when nothing can be written any more (the reader went away, the disk is
    full), and again when that happens after all was well; `on_lost(lines, why)` when all is well again after lines
    were dropped.
    """

    def __init__(self, fd: int, name: str, encoding: str = "utf-8", backlog_bytes: int = BACKLOG_BYTES) -> None:
        self.name = name
        self.on_broken: Callable[[OSError], None] = _ignore
        self.on_lost: Callable[[int, str], None] = _ignore
        self._encoding = encoding
        self._limit = backlog_bytes
        self._backlog = bytearray()
        self._lost = 0
        self._broken = self._full = False
        self._use(fd)

    @property
    def is_behind(self) -> bool:
        """Whether earlier text still waits for the reader."""
        return bool(self._backlog)

    def write(self, text: str) -> None:
        """Write `text`, or as much as goes now; all of it is dropped when the backlog is full."""
        if self._broken:
            return
        data = text.encode(self._encoding, "backslashreplace")
        if self._backlog and len(self._backlog) + len(data) > self._limit:
            self._lost += text.count("\n")
            return
        self._backlog += data
        self.flush()

    def flush(self) -> None:
        """Write what waits, as far as it goes without waiting."""
        try:
            while self._backlog and self._ready(0):
                del self._backlog[: os.write(self._fd, self._backlog[: self._step])]
        except BlockingIOError:
            return
        except OSError as error:
            self._break(error)
        if not self._backlog:
            self._caught_up()

    def look(self) -> None:
        """Write what waits, and notice that the reader has gone even when there is nothing to write."""
        self.flush()
        if not self._broken and self._has_no_reader():
            self._break(BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)))

    def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Write what waits, giving the reader a little time: for the end, when nothing else is to be done."""
        deadline = time.monotonic() + seconds
        while self._backlog and (left := deadline - time.monotonic()) > 0:
            self._ready(left)
            self.flush()
            if self._full:
                break

    def reopen(self) -> None:
        """Nothing: only a file of ours can be opened anew."""

    def close(self) -> None:
        """Drain; the descriptor is not ours to close."""
        self.drain()

    def _use(self, fd: int) -> None:
        regular = stat.S_ISREG(os.fstat(fd).st_mode)
        self._fd = fd
        self._step = BACKLOG_BYTES if regular else STEP_BYTES
        self._poll = select.poll()
        self._always_ready = regular
        self._poll.register(fd, select.POLLOUT)

    def _ready(self, seconds: float) -> bool:
        return self._always_ready or bool(self._poll.poll(seconds * 1000))

    def _has_no_reader(self) -> bool:
        return any(found & select.POLLERR for _, found in self._poll.poll(0))

    def _caught_up(self) -> None:
        """Nothing waits any more."""
        was_full, self._full = self._full, False
        if self._lost:
            lost, self._lost = self._lost, 0
            self.on_lost(lost, "had no room for them" if was_full else "is read too slowly")

    def _break(self, error: OSError) -> None:
        if error.errno in _FULL:
            was_full, self._full = self._full, True
            if not was_full:
                self.on_broken(error)
            return
        self._broken = True
        self._backlog.clear()
        self._lost = 0
        self.on_broken(error)


class FileOutlet(Outlet):
    """Text appended to a file of ours: made readable by nobody else, opened anew when a log was rotated.

    Raises: CannotWrite, from the constructor, when it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            super().__init__(self._open(), path)
        except OSError as error:
            raise CannotWrite(path, error.strerror or str(error)) from error

    def reopen(self) -> None:
        """Go on in a new file of the same name; the old one stays in use when there can be none."""
        try:
            fd = self._open()
        except OSError as error:
            self.on_broken(error)
            return
        self.drain()
        old, self._broken, self._full = self._fd, False, False
        self._use(fd)
        os.close(old)

    def close(self) -> None:
        """Drain, and close the file."""
        self.drain()
        if not self._broken:
            self._broken = True
            os.close(self._fd)

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY, 0o600)


class StreamOutlet(Outlet):
    """Text to a stream without a descriptor, such as one in memory."""

    def __init__(self, stream: TextIO, name: str, encoding: str = "utf-8") -> None:
        self._stream = stream
        super().__init__(-1, name, encoding)

    def flush(self) -> None:
        """Hand on what was written: memory takes everything."""
        data, self._backlog = bytes(self._backlog), bytearray()
        self._stream.write(data.decode(self._encoding, "replace"))
        self._stream.flush()

    def look(self) -> None:
        """Nothing: nobody can go away."""

    def _use(self, fd: int) -> None:
        self._fd = fd


def outlet_to(stream: TextIO, name: str) -> Outlet:
    """An outlet to one of our own streams."""
    fd, encoding = descriptor(stream), stream.encoding or "utf-8"
    return StreamOutlet(stream, name, encoding) if fd is None else Outlet(fd, name, encoding)


def _ignore(*_: object) -> None:
    """Do nothing."""
