"""`--record`: everything that is said, by whom and when, kept in a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from tnet.clients.connect.overhearing import Line
from tnet.errors import TnetError
from tnet.events.kinds import Logged
from tnet.net.context import Context
from tnet.net.recordings import RecordingFile
from tnet.protocols.recording import RECORDING_BYTES, Chunk, Side, chunk_line, header_line
from tnet.protocols.redaction import DIALECTS, Redactor

HIGH_WATER_BYTES = 1 << 20
PIECE_BYTES = 1 << 20


class Recorder:
    """An ear that writes a recording of the connection into a file, in worker threads.

    It holds both sides while more than `HIGH_WATER_BYTES` wait to be written. Passwords do not get into the file
    where the protocol is one of those that are known.
    """

    def __init__(self, file: RecordingFile, target: str, context: Context) -> None:
        self._file = file
        self._target = target
        self._context = context
        self._redactor = Redactor()
        self._line: Line | None = None
        self._began = 0.0
        self._lines: list[bytes] = []
        self._waiting = self._size = 0
        self._holds = self._writing = self._warned = False
        self._error: TnetError | None = None
        self._idle: Deferred[None] | None = None

    @classmethod
    async def open(cls, path: str, target: str, context: Context) -> Recorder:
        """A recorder into the file at `path`, which keeps what it held until there is a connection.

        Raises: CannotWrite, OutputClosed.
        """
        return cls(await context.workers.run(RecordingFile, path), target, context)

    async def close(self) -> None:
        """Write what still waits, and let go of the file.

        Raises: what made the recording incomplete, also when that was told before.
        """
        await self._written()
        await self._context.workers.run(self._file.close)
        if self._error is not None:
            raise self._error

    # ── what it hears ──

    def join(self, line: Line) -> None:
        """See `Ear`."""
        self._line = line
        self._began = self._context.clock()
        started = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._keep(header_line(started, self._target, DIALECTS))

    def hear(self, by: Side, data: bytes) -> None:
        """See `Ear`."""
        seconds = self._context.clock() - self._began
        for start in range(0, len(data), PIECE_BYTES):
            kept, masked = self._redactor.feed(by, data[start : start + PIECE_BYTES])
            if kept:
                self._keep(chunk_line(Chunk(seconds, by, kept, masked=masked)))
        if self._redactor.too_late and not self._warned:
            self._warned = True
            self._warn("what was sent before the prompt for a password is in the recording as it is")

    def hear_end(self, by: Side) -> None:
        """See `Ear`."""
        self._keep(chunk_line(Chunk(self._context.clock() - self._began, by, eof=True)))

    def hear_loss(self, reason: str) -> None:
        """See `Ear`: who did not end before was cut off, and so the recording shows no end of it."""

    # ── how it writes ──

    def _keep(self, line: bytes) -> None:
        if self._error is not None or self._line is None:
            return
        before, self._size = self._size, self._size + len(line)
        if before <= RECORDING_BYTES < self._size:
            self._warn(f"the recording {self._file.path} is now too large to be replayed")
        self._lines.append(line)
        self._waiting += len(line)
        self._write()
        if self._waiting > HIGH_WATER_BYTES and not self._holds:
            self._holds = True
            self._line.hold()

    def _warn(self, text: str) -> None:
        if self._line is not None:
            self._line.trace.emit(Logged, level="warning", text=text)

    def _write(self) -> None:
        if self._writing or not self._lines:
            return
        data, self._lines = b"".join(self._lines), []
        self._writing = True
        self._context.workers.run(self._file.write, data).addCallback(self._wrote, len(data)).addErrback(self._failed)

    def _wrote(self, _: None, count: int) -> None:
        self._writing = False
        self._waiting -= count
        self._write()
        if not self._waiting:
            self._rest()

    def _failed(self, failure: Failure) -> None:
        error: Any = failure.value
        if not isinstance(error, TnetError):
            failure.raiseException()
        self._writing = False
        self._error = error
        self._lines.clear()
        self._waiting = 0
        self._rest()
        if self._line is not None:
            self._line.fail(error)

    def _rest(self) -> None:
        """Nothing waits any more."""
        if self._holds and self._line is not None:
            self._holds = False
            self._line.let_go()
        idle, self._idle = self._idle, None
        if idle is not None:
            idle.callback(None)

    def _written(self) -> Deferred[None]:
        if not self._writing:
            return succeed(None)
        self._idle = Deferred()
        return self._idle
