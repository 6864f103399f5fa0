"""What one side says, as a bad network passes it on: later, slower, in pieces, and perhaps not to its end.

Decides alone: whoever has the clock and the connection says what time it is, and does what comes out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from enum import Enum
from random import Random

from tnet.plans.faults import Fault

MOST_HELD_BYTES = 64 * 1024
MOST_HELD_BYTES_LATE = 1 << 20
ENTRY_BYTES = 128
PACE_SECONDS = 0.05


class Ending(Enum):
    """How it ends: as the speaker wished, or at its limit by an end, an RST or silence."""

    SAID = "said"
    CLOSE = "close"
    RESET = "reset"
    STALL = "stall"


class Impairment:
    """One direction of one connection: `put` in what is said, `take` out what is due.

    What it holds is bounded when whoever puts stops while it is `full`; `held` counts the bytes, and a little for
    each chunk. With `apart` each piece is to leave alone, a turn of the reactor before the next. The same `seed`
    cuts the same bytes at the same places, and delays the same chunks by as much.
    """

    def __init__(self, faults: Iterable[Fault], seed: str) -> None:
        by_kind = {fault.kind: fault for fault in faults}
        self.held = 0
        self._latency, self._slice = by_kind.get("latency"), by_kind.get("slice")
        self._limit, self._bandwidth = by_kind.get("limit"), by_kind.get("bandwidth")
        self._chance = {
            kind: Random(f"{kind} {seed}")  # noqa: S311 (it has to be repeatable)
            for kind in ("latency", "slice")
            if kind in by_kind
        }
        self._queue: deque[tuple[float, bytes | None]] = deque()
        self._offset = 0
        self._last_due = self._free_at = 0.0
        self._slice_left = 0
        self._allowed = self._limit.amount if self._limit else None
        self._ending: Ending | None = None
        self._most = MOST_HELD_BYTES if self._latency is None else MOST_HELD_BYTES_LATE

    @property
    def apart(self) -> bool:
        """Whether pieces must not leave together."""
        return self._slice is not None

    @property
    def full(self) -> bool:
        """Whether it holds so much that nobody should put in more."""
        return self.held > self._most

    @property
    def eased(self) -> bool:
        """Whether there is room again."""
        return self.held <= self._most // 2

    def put(self, data: bytes, now: float) -> None:
        """Say `data`; in a silence at the limit it is held for ever, behind any other end it is dropped."""
        if self._ending is Ending.STALL:
            self.held += len(data)
        elif data and self._ending is None:
            self.held += len(data) + ENTRY_BYTES
            self._queue.append((self._due(now), data))

    def end(self, now: float) -> None:
        """Say that no more will be said."""
        self._queue.append((self._due(now), None))

    def wait(self, now: float) -> float | None:
        """How many seconds it takes until there is something to `take`; None if there is nothing at all."""
        if self._ending is not None:
            return None
        if self._allowed == 0:
            return 0.0
        return max(0.0, self._queue[0][0] - now, self._free_at - now) if self._queue else None

    def take(self, now: float) -> bytes | Ending | None:
        """What is due: some bytes, or how it ends, after which nothing follows."""
        if self.wait(now) != 0.0:
            return None
        if self._allowed == 0 and self._limit is not None:
            return self._end(Ending(self._limit.outcome))
        _, data = self._queue[0]
        if data is None:
            return self._end(Ending.SAID)
        return self._piece(data, now)

    # ── the rest ──

    def _due(self, now: float) -> float:
        """When what is said now arrives: never before what was said before it."""
        if self._latency is not None:
            jitter = self._latency.jitter_seconds
            now += self._latency.seconds + (self._chance["latency"].uniform(-jitter, jitter) if jitter else 0.0)
        self._last_due = max(self._last_due, now)
        return self._last_due

    def _piece(self, data: bytes, now: float) -> bytes:
        start, size = self._offset, len(data) - self._offset
        if self._slice is not None:
            self._slice_left = self._slice_left or self._chance["slice"].randint(self._slice.amount, self._slice.most)
            size = min(size, self._slice_left)
        if self._allowed is not None:
            size = min(size, self._allowed)
        if self._bandwidth is not None:
            size = min(size, max(1, int(self._bandwidth.amount * PACE_SECONDS)))
            self._free_at = max(self._free_at, now - PACE_SECONDS) + size / self._bandwidth.amount
        self._account(size, len(data))
        return data[start : start + size]

    def _account(self, size: int, whole: int) -> None:
        """`size` more bytes of a chunk of `whole` are gone."""
        self.held -= size
        self._offset += size
        if self._slice is not None:
            self._slice_left -= size
        if self._allowed is not None:
            self._allowed -= size
        if self._offset == whole:
            self._queue.popleft()
            self.held -= ENTRY_BYTES
            self._offset = 0

    def _end(self, ending: Ending) -> Ending:
        self._ending = ending
        self._queue.clear()
        self.held = 0
        return ending
