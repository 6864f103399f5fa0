"""Standard output as a consumer that pauses whoever writes to it."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IConsumer, IPushProducer, IReactorFDSet, IReadWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.errors import CannotWrite, OutputClosed, TnetError
from tnet.net.context import Context, Offload
from tnet.net.stdio.descriptors import Stream, own_stream, write_blocking

HIGH_WATER_BYTES = 1 << 18
CHUNKS_AT_ONCE = 64


def standard_output(context: Context, fd: int = 1) -> StandardOutput:
    """The consumer for whatever `fd` is: pipe, FIFO, terminal, socket, file or device.

    Raises: OutputClosed when its reader has left already; CannotWrite when it is not open.
    """
    try:
        stream = own_stream(fd, os.O_WRONLY)
        terminal = os.isatty(fd)
    except OSError as error:
        raise CannotWrite("standard output", error.strerror or str(error)) from error
    if stream is None:
        return ThreadedOutput(context.workers, fd, is_terminal=terminal)
    return PolledOutput(context.reactor, stream, is_terminal=terminal)


@implementer(IConsumer)
class StandardOutput(ABC):
    """Writes in order what it is given, and pauses its producer while too much waits.

    `error` is why it takes no more: OutputClosed when its reader left, CannotWrite otherwise; from then on writing
    does nothing.

    Units: `waiting` in bytes, and `capacity`, which a pipe takes without waiting for its reader; None of anything else.
    """

    capacity: int | None = None

    def __init__(self, *, is_terminal: bool = False) -> None:
        self.is_terminal = is_terminal
        self.error: TnetError | None = None
        self.waiting = 0
        self._chunks: deque[memoryview] = deque()
        self._producer: IPushProducer | None = None
        self._pausing = self._line_open = False
        self._flushing: list[Deferred[None]] = []
        self._broken: Callable[[TnetError], object] | None = None

    def watch(self, broken: Callable[[TnetError], object]) -> None:
        """Call `broken` once with the error when nothing can be written any more."""
        self._broken = broken
        if self.error is not None:
            broken(self.error)

    def registerProducer(  # type: ignore[override]  # a push producer is what is meant by streaming
        self, producer: IPushProducer, streaming: bool
    ) -> None:
        if not streaming:
            raise TypeError("standard output takes push producers only")
        self._producer = producer
        self._balance()

    def unregisterProducer(self) -> None:
        self._producer = None
        self._pausing = False

    def write(self, data: bytes) -> None:
        """Write `data` after what waits already; a broken output takes it and does nothing."""
        if self.error is not None or not data:
            return
        self._chunks.append(memoryview(data))
        self._line_open = data[-1:] != b"\n"
        self.waiting += len(data)
        self._push()
        if self.waiting:
            self._balance()

    def end_line(self) -> None:
        """Let what is shown next on a terminal begin on a line of its own; other outputs stay exact."""
        if self.is_terminal and self._line_open:
            self.write(b"\n")

    def flushed(self) -> Deferred[None]:
        """Fires with: None when everything is written; the error when it cannot be."""
        if self.error is not None:
            return fail(self.error)
        if not self.waiting:
            return succeed(None)
        flushed: Deferred[None] = Deferred(self._flushing.remove)
        self._flushing.append(flushed)
        return flushed

    def close(self) -> None:
        """Let go of the descriptor; what is not yet written is dropped."""
        self._broken = None
        self._break(OutputClosed())

    @abstractmethod
    def _push(self) -> None:
        """Start to write, unless it is being written already."""

    def _release(self) -> None:
        """Stop writing and let go of the descriptor."""

    def _wrote(self, count: int) -> None:
        self.waiting -= count
        while count and count >= len(self._chunks[0]):
            count -= len(self._chunks.popleft())
        if count:
            self._chunks[0] = self._chunks[0][count:]
        if not self.waiting:
            self._settle(None)
            self._balance()

    def _balance(self) -> None:
        """Pause the producer above the mark, and resume it when all is written."""
        if self._producer is None:
            return
        if not self._pausing and self.waiting >= HIGH_WATER_BYTES:
            self._pausing = True
            self._producer.pauseProducing()
        elif self._pausing and not self.waiting:
            self._pausing = False
            self._producer.resumeProducing()

    def _settle(self, error: TnetError | None) -> None:
        flushing, self._flushing = self._flushing, []
        for flushed in flushing:
            flushed.callback(None) if error is None else flushed.errback(error)

    def _fail(self, error: OSError) -> None:
        gone = error.errno in (errno.EPIPE, errno.ECONNRESET) or (self.is_terminal and error.errno == errno.EIO)
        self._break(OutputClosed() if gone else CannotWrite("standard output", error.strerror or str(error)))

    def _break(self, error: TnetError) -> None:
        if self.error is not None:
            return
        self.error = error
        self._chunks.clear()
        self.waiting = 0
        self.unregisterProducer()
        self._release()
        self._settle(error)
        if self._broken is not None:
            self._broken(error)


@implementer(IReadWriteDescriptor)
class PolledOutput(StandardOutput):
    """Writes to a stream at once, and the rest when the reactor says so."""

    def __init__(self, reactor: IReactorFDSet, stream: Stream, *, is_terminal: bool = False) -> None:
        super().__init__(is_terminal=is_terminal)
        self._reactor = reactor
        self._stream = stream
        self.capacity = stream.capacity
        self._full = False
        if stream.hangs_up:
            reactor.addReader(self)

    def fileno(self) -> int:
        """What the reactor waits on."""
        return self._stream.fileno()

    def logPrefix(self) -> str:
        return "stdout"

    def doWrite(self) -> None:
        self._full = False
        self._push()
        if not self._full and self.error is None:
            self._reactor.removeWriter(self)

    def doRead(self) -> None:
        """The writing end of a pipe is readable when nobody reads the other end."""
        self._break(OutputClosed())

    def connectionLost(self, reason: Failure) -> None:
        self._break(OutputClosed())

    def _push(self) -> None:
        while self._chunks and not self._full:
            chunks = list(islice(self._chunks, CHUNKS_AT_ONCE))
            try:
                count = self._stream.write(chunks)
            except BlockingIOError:
                count = 0
            except OSError as error:
                self._fail(error)
                return
            if count < sum(map(len, chunks)):
                self._full = True
                self._reactor.addWriter(self)
            self._wrote(count)

    def _release(self) -> None:
        self._reactor.removeReader(self)
        self._reactor.removeWriter(self)
        self._stream.close()


class ThreadedOutput(StandardOutput):
    """Writes in a worker thread; what comes meanwhile is gathered for the next turn."""

    def __init__(self, workers: Offload, fd: int, *, is_terminal: bool = False) -> None:
        super().__init__(is_terminal=is_terminal)
        self._workers = workers
        self._fd = fd
        self._writing = 0

    def _push(self) -> None:
        if self._writing or self.error is not None or not self._chunks:
            return
        data = b"".join(self._chunks)
        self._writing = len(data)
        self._workers.run(write_blocking, self._fd, data).addCallback(self._done).addErrback(self._failed)

    def _done(self, _: None) -> None:
        count, self._writing = self._writing, 0
        if self.error is None:
            self._wrote(count)
            self._push()

    def _failed(self, failure: Failure) -> None:
        self._writing = 0
        error: Any = failure.value
        if isinstance(error, OSError):
            self._fail(error)
        else:
            self._break(error)
