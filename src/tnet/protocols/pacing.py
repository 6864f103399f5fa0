"""So many bytes a second: who may send how much, and when.

Decides alone: whoever has the clock and the connection says what time it is, and does what comes out.
"""

from __future__ import annotations

from collections import deque

from tnet.protocols.impairment import ENTRY_BYTES, MOST_HELD_BYTES, PACE_SECONDS, Ending


class Allowance:
    """`bytes_per_second` for one connection, or for several that share them: whoever asks first goes first.

    What was not used is lost, but for the last `PACE_SECONDS`, so that nobody loses by a timer that comes late.
    """

    def __init__(self, bytes_per_second: int) -> None:
        self._rate = bytes_per_second
        self._free_at = 0.0

    @property
    def piece_bytes(self) -> int:
        """How much is sent at once: little enough to be smooth."""
        return max(1, int(self._rate * PACE_SECONDS))

    def reserve(self, count: int, now: float) -> float:
        """When `count` more bytes may leave; they are counted as sent from now on."""
        begins = max(self._free_at, now - PACE_SECONDS)
        self._free_at = begins + count / self._rate
        return begins


class Paced:
    """What one connection says, at the pace of its allowance: `put` in what is said, `take` out what is due.

    What it holds is bounded when whoever puts stops while it is `full`.
    """

    apart = False

    def __init__(self, allowance: Allowance) -> None:
        self.held = 0
        self._allowance = allowance
        self._queue: deque[bytes] = deque()
        self._offset = 0
        self._next: tuple[int, float] | None = None
        self._ended = self._over = False

    @property
    def full(self) -> bool:
        """Whether nobody should put in more."""
        return self.held > MOST_HELD_BYTES

    @property
    def eased(self) -> bool:
        """Whether there is room again."""
        return self.held <= MOST_HELD_BYTES // 2

    def put(self, data: bytes, now: float) -> None:
        """Say `data`."""
        if data and not self._ended:
            self.held += len(data) + ENTRY_BYTES
            self._queue.append(data)

    def end(self, now: float) -> None:
        """Say that no more will be said."""
        self._ended = True

    def wait(self, now: float) -> float | None:
        """How many seconds it takes until there is something to `take`; None if there is nothing at all."""
        if not self._queue:
            return 0.0 if self._ended and not self._over else None
        if self._next is None:
            count = min(len(self._queue[0]) - self._offset, self._allowance.piece_bytes)
            self._next = count, self._allowance.reserve(count, now)
        return max(0.0, self._next[1] - now)

    def take(self, now: float) -> bytes | Ending | None:
        """What is due: some bytes, or the end as it was said, after which nothing follows."""
        if self.wait(now) != 0.0:
            return None
        if self._next is None:
            self._over = True
            return Ending.SAID
        (count, _), self._next = self._next, None
        data, start = self._queue[0], self._offset
        self._offset += count
        self.held -= count
        if self._offset == len(data):
            self._queue.popleft()
            self._offset = 0
            self.held -= ENTRY_BYTES
        return data[start : start + count]
