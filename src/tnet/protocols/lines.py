"""Bytes to lines, in bounded memory and at the reader's pace.

The reader takes one line after the other, so that it can stop in the middle of what came and go on later.
"""

from __future__ import annotations

from dataclasses import dataclass

LINE_FEED = b"\n"
CARRIAGE_RETURN = b"\r"


@dataclass(frozen=True, slots=True)
class Overlong:
    """Stands where a line stood that was longer than `limit_bytes`; its bytes are gone."""

    limit_bytes: int


@dataclass(frozen=True, slots=True)
class EndOfLines:
    """The sender is done, and every line of it was taken."""


class LineReader:
    """Lines that end with LF, or with CR LF, and hold at most `limit_bytes` without their end.

    What is fed and not yet taken is kept: `pending_bytes` tells the feeder when to pause. Of a line that is too
    long at most `limit_bytes` and one fed chunk are ever held. A last line without its end counts as one.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False
        self._fed_all = False

    @property
    def pending_bytes(self) -> int:
        """How much was fed and not yet taken."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """More bytes came."""
        self._buffer += data

    def feed_end(self) -> None:
        """No more bytes will come."""
        self._fed_all = True

    def rest(self) -> bytes:
        """What was fed and not yet taken, for somebody else: nothing is left."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._searched = 0
        return rest

    def take(self) -> bytes | Overlong | EndOfLines | None:
        """The next line without its end, or what stands for it; None until more is fed."""
        end = self._buffer.find(LINE_FEED, self._searched)
        if end >= 0:
            line = self._cut(end, end + 1)
        elif not self._fed_all:
            return self._wait()
        elif not self._buffer:
            return EndOfLines()
        else:
            line = self._cut(len(self._buffer), len(self._buffer))
        if self._skipping:
            self._skipping = False
            return self.take()
        return line if len(line) <= self._limit else Overlong(self._limit)

    def _cut(self, end: int, after: int) -> bytes:
        line = bytes(self._buffer[:end]).removesuffix(CARRIAGE_RETURN)
        del self._buffer[:after]
        self._searched = 0
        return line

    def _wait(self) -> Overlong | None:
        """Remember how far we looked; a line that is too long already is reported now and skipped as it comes."""
        self._searched = len(self._buffer)
        held_carriage_return = self._buffer.endswith(CARRIAGE_RETURN)
        too_long = self._searched - held_carriage_return > self._limit
        if not (too_long or self._skipping):
            return None
        self._buffer.clear()
        self._searched = 0
        reported, self._skipping = self._skipping, True
        return None if reported else Overlong(self._limit)
