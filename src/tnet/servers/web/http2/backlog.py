"""Bytes that wait for their turn: put in as they come, taken out in portions, never copied on the way."""

from __future__ import annotations

from collections import deque


class Backlog:
    """What one stream has to send."""

    def __init__(self) -> None:
        self.size = 0
        self._pieces: deque[memoryview] = deque()

    def add(self, data: bytes) -> None:
        """Put `data` behind the rest."""
        self._pieces.append(memoryview(data))
        self.size += len(data)

    def first(self) -> memoryview:
        """The next bytes in one piece, which may not be all of them."""
        return self._pieces[0] if self._pieces else memoryview(b"")

    def drop(self, count: int) -> None:
        """So much of `first` is on its way."""
        self.size -= count
        if self._pieces:
            rest = self._pieces[0][count:]
            if rest:
                self._pieces[0] = rest
            else:
                self._pieces.popleft()
