"""Where a body goes; for one, a file that appears only when it is complete."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Self, cast

from tnet.errors import TnetError, cannot_write
from tnet.net.context import Offload
from tnet.net.stdio.descriptors import write_blocking

STANDARD_OUTPUT = ("-", "/dev/stdout")


class Output(ABC):
    """Takes a body in order, inside an `async with`; what is incomplete when that fails goes away, where it can.

    Each method raises CannotWrite, or OutputClosed when whoever read it has left.
    """

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Write all of `data`; the next piece has to wait until this one is gone."""

    @abstractmethod
    async def finish(self) -> None:
        """Everything was written."""

    @abstractmethod
    async def discard(self) -> None:
        """Give up."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        try:
            if kind is None:
                await self.finish()
        finally:
            with suppress(TnetError):
                await self.discard()


async def open_file(path: str, workers: Offload) -> Output:
    """What replaces the file at `path` when it is finished; a device or FIFO there is written to as it is.

    Raises: CannotWrite.
    """
    try:
        return cast(Output, await workers.run(_opened, path, workers))
    except OSError as error:
        raise cannot_write(path, error) from error


async def open_in_place(path: str, workers: Offload) -> Output | None:
    """What is written to as it is, since it is a device or a FIFO; None where a file is, or can be.

    Raises: CannotWrite.
    """
    try:
        return cast("Output | None", await workers.run(_device, path, workers))
    except OSError as error:
        raise cannot_write(path, error) from error


class InPlace(Output):
    """An open descriptor that is written to as it is: a device, a FIFO."""

    def __init__(self, path: str, fd: int, workers: Offload) -> None:
        self._path = path
        self._fd = fd
        self._workers = workers
        self._open = True
        self._turn = Lock()

    async def write(self, data: bytes) -> None:
        """Write all of `data`, in a thread."""
        await self._in_thread(self._write, data)

    async def finish(self) -> None:
        """Close the file, and let it appear."""
        await self._in_thread(self._finish)

    async def discard(self) -> None:
        """Close the file, unless a thread is stuck with it, and let what is incomplete go away."""
        await self._in_thread(self._discard)

    async def _in_thread(self, work: Callable[..., None], *arguments: bytes) -> None:
        try:
            await self._workers.run(work, *arguments)
        except OSError as error:
            raise cannot_write(self._path, error) from error

    # A cancelled call goes on in its thread: none may use a descriptor that is closed, or wait for one that is stuck.

    def _write(self, data: bytes) -> None:
        with self._turn:
            if self._open:
                write_blocking(self._fd, data)

    def _finish(self) -> None:
        with self._turn:
            self._close()

    def _discard(self) -> None:
        if self._turn.acquire(blocking=False):
            try:
                self._close()
            finally:
                self._turn.release()

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._fd)


class Replacement(InPlace):
    """A new file beside `path`, which takes its place, and its narrower mode, once it is finished."""

    def __init__(self, path: str, workers: Offload) -> None:
        self._part: str | None = _part_of(path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        super().__init__(path, os.open(self._part, flags, _mode_for(path)), workers)

    def _finish(self) -> None:
        with self._turn:
            self._close()
            if self._part is not None:
                os.replace(self._part, self._path)
                self._part = None

    def _discard(self) -> None:
        super()._discard()
        part, self._part = self._part, None
        if part is not None:
            os.unlink(part)


def _opened(path: str, workers: Offload) -> Output:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return Replacement(path, workers)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISREG(mode):
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return Replacement(path, workers)
    return InPlace(path, os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC), workers)


def _device(path: str, workers: Offload) -> Output | None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return InPlace(path, os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC), workers)


def _part_of(path: str) -> str:
    """A name in the same folder, short enough for any file system, that nobody can guess."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{os.fsdecode(os.fsencode(name)[:200])}.{secrets.token_hex(4)}.part")


def _mode_for(path: str) -> int:
    """0666, for the umask to narrow, but no more than the file that is replaced has."""
    try:
        return stat.S_IMODE(os.lstat(path).st_mode) & 0o666
    except OSError:
        return 0o666
