"""What is told of a transfer on its way into a file, a few times a second."""

from __future__ import annotations

from tnet.errors import TnetError
from tnet.escape import safe_line
from tnet.events.kinds import TransferEnded, TransferProgressed, TransferStarted
from tnet.net.context import Context

INTERVAL_SECONDS = 0.1


class Progress:
    """Tells of one transfer: that it starts (again, when everything is anew), how far it is, and once that it ends.

    `chosen`: it is the user who says what the file is called.
    """

    def __init__(self, context: Context, transfer: int, *, chosen: bool = True) -> None:
        self._context = context
        self._transfer = transfer
        self._chosen = chosen
        self._began = context.clock()
        self._told = 0.0
        self._total: int | None = None
        self.path = ""
        self.done_bytes = 0

    def start(self, url: str, path: str, total: int | None, offset: int, segments: int = 1) -> None:
        """A body begins to be kept, `offset` bytes of which are there."""
        self.path, self.done_bytes, self._total = safe_line(path), offset, total
        self._told = self._context.clock()
        self._context.publisher.emit(
            TransferStarted,
            transfer=self._transfer,
            url=url,
            path=self.path,
            total_bytes=total,
            offset_bytes=offset,
            segments=segments,
        )

    def move(self, done: int) -> None:
        """So many bytes are there."""
        self.done_bytes = done
        if (now := self._context.clock()) - self._told >= INTERVAL_SECONDS:
            self._told = now
            self._context.publisher.emit(
                TransferProgressed, transfer=self._transfer, done_bytes=done, total_bytes=self._total
            )

    def end(self, path: str, outcome: str, checksum: str | None = None) -> None:
        """The file is there, at `path`."""
        self.path = safe_line(path)
        self._end(outcome, None, checksum)

    def fail(self, error: BaseException) -> None:
        """It will not be; says nothing of a transfer that never started."""
        if self.path:
            self._end("failed" if isinstance(error, TnetError) else "cancelled", type(error).__name__, None)

    def _end(self, outcome: str, error: str | None, checksum: str | None) -> None:
        self._context.publisher.emit(
            TransferEnded,
            transfer=self._transfer,
            path=self.path,
            done_bytes=self.done_bytes,
            seconds=self._context.clock() - self._began,
            outcome=outcome,
            error=error,
            checksum=checksum,
            chosen=self._chosen,
        )
