"""Standard input as a push producer."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from enum import Enum
from typing import Any

from twisted.internet.interfaces import IPushProducer, IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.errors import CannotRead, TnetError
from tnet.net.context import Context, Offload
from tnet.net.stdio.descriptors import Stream, own_stream, read_blocking

CHUNK_BYTES = 1 << 16
THREAD_CHUNK_BYTES = 1 << 18


class WaitsFor(Enum):
    """Who decides when an input gives its next bytes: a person types, a program writes, a file just has them."""

    PERSON = "a terminal"
    PROGRAM = "a pipe, a socket or a device"
    NOBODY = "a file"


def standard_input(context: Context, fd: int = 0) -> StandardInput:
    """The producer for whatever `fd` is: pipe, FIFO, terminal, socket, file or device.

    Raises: CannotRead when it is not open.
    """
    try:
        stream = own_stream(fd, os.O_RDONLY)
    except OSError as error:
        raise _cannot_read(error) from error
    waits_for = _waits_for(fd)
    if stream is None:
        return ThreadedInput(context.workers, fd, waits_for)
    return PolledInput(context.reactor, stream, waits_for)


@implementer(IPushProducer)
class StandardInput:
    """Pushes what it reads, once started, to `received`; then calls `ended` once.

    `ended` gets None at the end of the input, or the error that ended it. A paused input reads at most one chunk ahead.
    `waits_for` says who decides how long it lasts.
    """

    def __init__(self, waits_for: WaitsFor) -> None:
        self.waits_for = waits_for
        self.paused = False
        self.over = False
        self._received: Callable[[bytes], object] = _ignore
        self._ended: Callable[[TnetError | None], object] = _ignore

    def start(self, received: Callable[[bytes], object], ended: Callable[[TnetError | None], object]) -> None:
        """Begin to read."""
        self._received, self._ended = received, ended
        self.resumeProducing()

    def pauseProducing(self) -> None:
        self.paused = True

    def resumeProducing(self) -> None:
        self.paused = False

    def stopProducing(self) -> None:
        """Read no more; neither `received` nor `ended` is called again."""
        self.over = True

    def _deliver(self, data: bytes) -> None:
        if data:
            self._received(data)
        else:
            self._end(None)

    def _end(self, error: TnetError | None) -> None:
        if not self.over:
            self.stopProducing()
            self._ended(error)


@implementer(IReadDescriptor)
class PolledInput(StandardInput):
    """Reads a stream when the reactor says so."""

    def __init__(self, reactor: IReactorFDSet, stream: Stream, waits_for: WaitsFor = WaitsFor.PROGRAM) -> None:
        super().__init__(waits_for)
        self._reactor = reactor
        self._stream = stream

    def pauseProducing(self) -> None:
        super().pauseProducing()
        self._reactor.removeReader(self)

    def resumeProducing(self) -> None:
        if not self.over:
            super().resumeProducing()
            self._reactor.addReader(self)

    def stopProducing(self) -> None:
        if not self.over:
            super().stopProducing()
            self._reactor.removeReader(self)
            self._stream.close()

    def fileno(self) -> int:
        """What the reactor waits on."""
        return self._stream.fileno()

    def logPrefix(self) -> str:
        return "stdin"

    def doRead(self) -> None:
        try:
            data = self._stream.read(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(_reading_ended(error))
        else:
            self._deliver(data)

    def connectionLost(self, reason: Failure) -> None:
        """The reactor saw the writing end go, and nothing left to read."""
        self._end(None)


class ThreadedInput(StandardInput):
    """Reads in a worker thread, one chunk at a time."""

    def __init__(self, workers: Offload, fd: int, waits_for: WaitsFor = WaitsFor.NOBODY) -> None:
        super().__init__(waits_for)
        self._workers = workers
        self._fd = fd
        self._reading = False
        self._held: bytes | None = None

    def resumeProducing(self) -> None:
        if self.over:
            return
        super().resumeProducing()
        if self._held is not None:
            data, self._held = self._held, None
            self._deliver(data)
        self._read_on()

    def _read_on(self) -> None:
        if self._reading or self.paused or self.over:
            return
        self._reading = True
        chunk = self._workers.run(read_blocking, self._fd, THREAD_CHUNK_BYTES)
        chunk.addCallback(self._came).addErrback(self._failed)

    def _came(self, data: bytes) -> None:
        self._reading = False
        if self.over:
            return
        if self.paused:
            self._held = data
        else:
            self._deliver(data)
            self._read_on()

    def _failed(self, failure: Failure) -> None:
        self._reading = False
        error: Any = failure.value
        self._end(_reading_ended(error) if isinstance(error, OSError) else error)


def _waits_for(fd: int) -> WaitsFor:
    if os.isatty(fd):
        return WaitsFor.PERSON
    return WaitsFor.NOBODY if stat.S_ISREG(os.fstat(fd).st_mode) else WaitsFor.PROGRAM


def _reading_ended(error: OSError) -> CannotRead | None:
    """EIO is how a terminal says that it hung up."""
    return None if error.errno == errno.EIO else _cannot_read(error)


def _cannot_read(error: OSError) -> CannotRead:
    return CannotRead("standard input", error.strerror or str(error))


def _ignore(_: object) -> None:
    """Before the start and after the end."""
