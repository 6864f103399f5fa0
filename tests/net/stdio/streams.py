"""A stream in memory, whose other side is the test."""

from __future__ import annotations

from collections.abc import Sequence

from tnet.net.stdio.descriptors import Buffer


class Memory:
    """Reads what `arrives` holds, writes while there is `room`; an OSError in either place is raised."""

    def __init__(self, *, hangs_up: bool = False, capacity: int | None = None) -> None:
        self.hangs_up = hangs_up
        self.capacity = capacity
        self.arrives: list[bytes | OSError] = []
        self.written = b""
        self.room = 1 << 30
        self.breaks: OSError | None = None
        self.closed = False

    def fileno(self) -> int:
        return 1000

    def read(self, limit: int) -> bytes:
        if not self.arrives:
            raise BlockingIOError
        first = self.arrives.pop(0)
        if isinstance(first, OSError):
            raise first
        return first

    def write(self, chunks: Sequence[Buffer]) -> int:
        if self.breaks is not None:
            raise self.breaks
        if not self.room:
            raise BlockingIOError
        data = b"".join(chunks)[: self.room]
        self.written += data
        self.room -= len(data)
        return len(data)

    def close(self) -> None:
        assert not self.closed, "closed twice"
        self.closed = True


class Slow:
    """Workers that run a call when the test says so."""

    def __init__(self) -> None:
        from twisted.internet.defer import Deferred

        self._deferred = Deferred
        self.calls: list[tuple[object, ...]] = []

    def run(self, function: object, /, *args: object) -> object:
        deferred = self._deferred[object]()
        self.calls.append((deferred, *args))
        return deferred

    def finish(self, outcome: object) -> tuple[object, ...]:
        """End the oldest call: its arguments."""
        deferred, *args = self.calls.pop(0)
        deferred.errback(outcome) if isinstance(outcome, Exception) else deferred.callback(outcome)  # type: ignore[attr-defined]
        return tuple(args)
