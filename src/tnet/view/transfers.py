"""What is known of bodies on their way into files: records in, rates and remaining times out. Knows no terminal."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tnet.events import Record, kinds

KINDS = frozenset({kinds.TransferStarted, kinds.TransferProgressed, kinds.TransferEnded})

RATE_SECONDS = 5.0
LEAST_SECONDS = 0.2


@dataclass(slots=True)
class Moving:
    """One transfer under way.

    Units: `done_bytes` with the `offset_bytes` that were there before; times on the records' clock.
    """

    path: str
    total_bytes: int | None
    offset_bytes: int
    segments: int
    began: float
    done_bytes: int = 0
    _samples: deque[tuple[float, int]] = field(default_factory=deque)

    def move(self, t: float, done: int, total: int | None) -> None:
        """So much is there at this time."""
        self.done_bytes, self.total_bytes = done, total
        self._samples.append((t, done))
        self._forget(t)

    def rate(self, now: float) -> float:
        """Bytes a second over the last `RATE_SECONDS`; 0 while nothing comes, or too short to tell."""
        self._forget(now)
        then, done = self._samples[0]
        seconds = now - then
        return max(0.0, (self.done_bytes - done) / seconds) if seconds >= LEAST_SECONDS else 0.0

    def left(self, now: float) -> float | None:
        """Seconds until it is complete, at this rate; None when nobody can tell."""
        rate = self.rate(now)
        return max(0, self.total_bytes - self.done_bytes) / rate if rate and self.total_bytes is not None else None

    @property
    def fraction(self) -> float | None:
        """How much of it is there, from 0 to 1; None when nobody said how much it is."""
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes else None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2] or self.path

    def _forget(self, now: float) -> None:
        while len(self._samples) > 1 and now - self._samples[1][0] >= RATE_SECONDS:
            self._samples.popleft()


@dataclass(slots=True)
class Transfers:
    """All transfers of a command; those that are over are only counted."""

    moving: dict[int, Moving] = field(default_factory=dict)
    completed: int = 0
    failed: int = 0
    _bytes: int = 0

    def see(self, record: Record) -> None:
        """Take one record into account; one that starts again begins anew."""
        match record.event:
            case kinds.TransferStarted() as event:
                moving = Moving(event.path, event.total_bytes, event.offset_bytes, event.segments, record.t)
                moving.move(record.t, event.offset_bytes, event.total_bytes)
                self.moving[event.transfer] = moving
            case kinds.TransferProgressed() as event if event.transfer in self.moving:
                self.moving[event.transfer].move(record.t, event.done_bytes, event.total_bytes)
            case kinds.TransferEnded() as event:
                ended = self.moving.pop(event.transfer, None)
                well = event.outcome in ("ok", "unchanged")
                self.completed += well
                self.failed += not well
                self._bytes += max(0, event.done_bytes - (ended.offset_bytes if ended else 0))

    @property
    def begun(self) -> int:
        """How many there were so far."""
        return self.completed + self.failed + len(self.moving)

    @property
    def received_bytes(self) -> int:
        """What came, without what was there before."""
        return self._bytes + sum(max(0, each.done_bytes - each.offset_bytes) for each in self.moving.values())

    def rate(self, now: float) -> float:
        """Bytes a second of all together."""
        return sum(each.rate(now) for each in self.moving.values())
