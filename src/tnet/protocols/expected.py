"""What one side of a recording says, held against what comes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from tnet.protocols.difference import Difference
from tnet.protocols.recording import Chunk

SLACK_BYTES = 1 << 16

MORE = "more came than was recorded"
LESS = "it ended before everything came that was recorded"
OTHER = "what came is not what was recorded"

_LINE_END = re.compile(rb"[\r\n]")


class Expected(ABC):
    """All that one side says; `difference` is None as long as what came could be the beginning of it.

    Where a secret was taken out of the recording, anything may come: the rest of a line, or as many bytes.
    """

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        said = [chunk for chunk in chunks if chunk.data]
        self.difference: Difference | None = None
        self._data = b"".join(chunk.data for chunk in said)
        self._ends = [0, *accumulate(len(chunk.data) for chunk in said)]
        self._masked = list(_masks(said))

    @abstractmethod
    def feed(self, data: bytes) -> None:
        """More came."""

    @abstractmethod
    def reached(self, chunks: int) -> bool:
        """Whether the first `chunks` chunks that hold data have come."""

    @property
    def failed(self) -> bool:
        """Whether something else came."""
        return self.difference is not None

    @property
    @abstractmethod
    def at(self) -> int:
        """How far it came, as an offset in all that was recorded."""

    @property
    def complete(self) -> bool:
        """Whether everything has come."""
        return not self.failed and self.reached(len(self._ends) - 1)

    def feed_end(self) -> None:
        """Nothing more will come."""
        if not self.complete:
            self.differ(LESS)

    def differ(self, reason: str, got: bytes = b"") -> None:
        """Something is wrong here; of several things the first is told."""
        self.difference = self.difference or Difference(reason, self.at, self._data, got)


class ExpectedBytes(Expected):
    """Every byte as it was, however they are cut into chunks."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        super().__init__(chunks)
        self._at = 0

    @property
    def at(self) -> int:
        """See `Expected.at`."""
        return self._at

    def feed(self, data: bytes) -> None:
        """See `Expected.feed`."""
        got = 0
        while got < len(data) and not self.failed:
            mask = next((mask for mask in self._masked if mask.end > self._at), None)
            if mask is not None and mask.start <= self._at:
                got = self._skip(mask, data, got)
            else:
                got = self._compare(data, got, len(self._data) if mask is None else mask.start)

    def reached(self, chunks: int) -> bool:
        """See `Expected.reached`."""
        return self._at >= self._ends[chunks] or self._in_last_secret()

    def _in_last_secret(self) -> bool:
        """Whether nothing but the rest of a line that is left out is still to come: then nobody knows its end."""
        mask = self._masked[-1] if self._masked else None
        return mask is not None and not mask.exact and mask.start < self._at and mask.end == len(self._data)

    def _skip(self, mask: _Masked, data: bytes, got: int) -> int:
        if mask.exact:
            count = min(mask.end - self._at, len(data) - got)
            self._at += count
            return got + count
        end = _LINE_END.search(data, got)
        if end is not None:
            self._at = mask.end
            return end.start()
        self._at = max(self._at, mask.start + 1)
        return len(data)

    def _compare(self, data: bytes, got: int, until: int) -> int:
        wanted = self._data[self._at : min(until, self._at + len(data) - got)]
        came = data[got : got + len(wanted)]
        if not wanted:
            self.differ(MORE, data[got:])
        elif wanted != came:
            same = next(at for at in range(len(wanted)) if wanted[at] != came[at])
            self._at += same
            self.differ(OTHER, data[got + same :])
        else:
            self._at += len(wanted)
        return got + len(wanted)


class ExpectedLines(Expected):
    """Every line as it was, whether it ends with LF or CR LF."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        super().__init__(chunks)
        self._starts = [0, *(found.end() for found in re.finditer(rb"\n", self._data))]
        self._end_lines = [*accumulate((chunk.data.count(b"\n") for chunk in chunks if chunk.data), initial=0)]
        self._line = 0
        self._buffer = b""
        self._longest = SLACK_BYTES + max(end - start for start, end in pairwise([*self._starts, len(self._data)]))

    @property
    def at(self) -> int:
        """See `Expected.at`."""
        return self._starts[self._line]

    def feed(self, data: bytes) -> None:
        """See `Expected.feed`."""
        if not self.failed:
            self._buffer += data
            self._take_lines()

    def _take_lines(self) -> None:
        start = 0
        while not self.failed and (end := self._buffer.find(b"\n", start)) >= 0:
            if self._line + 1 >= len(self._starts):
                self.differ(MORE if self.at == len(self._data) else OTHER, self._buffer[start:])
            elif not self._fits(self._buffer[start:end], self.at, self._starts[self._line + 1]):
                self.differ(OTHER, self._buffer[start:])
            else:
                self._line += 1
                start = end + 1
        self._buffer = self._buffer[start:]
        if not self.failed:
            self._check_unfinished()

    def reached(self, chunks: int) -> bool:
        """See `Expected.reached`."""
        end = self._ends[chunks]
        return self.at >= end or (self._line == self._end_lines[chunks] and self._begins_with(end))

    def differ(self, reason: str, got: bytes = b"") -> None:
        """See `Expected.differ`; `got` is the unfinished line unless something else is given."""
        super().differ(reason, got or self._buffer)

    def _check_unfinished(self) -> None:
        """A line is judged by its end, but for one that is too long, and the last, which may have none."""
        if len(self._buffer) > self._longest:
            self.differ(OTHER)
        elif self._line + 1 == len(self._starts) and not self._masks_in(self.at, len(self._data)):
            last = self._data[self.at :]
            if not last.startswith(self._buffer):
                self.differ(MORE if self._buffer.startswith(last) else OTHER)

    def _begins_with(self, end: int) -> bool:
        """Whether as much of the unfinished line has come as was recorded up to `end`."""
        return self._pattern(self.at, end).match(self._buffer) is not None

    def _fits(self, line: bytes, start: int, end: int) -> bool:
        line = line.removesuffix(b"\r")
        if not self._masks_in(start, end):
            return line == _bare(self._data[start:end])
        return self._pattern(start, end).fullmatch(line) is not None

    def _masks_in(self, start: int, end: int) -> list[_Masked]:
        return [mask for mask in self._masked if start <= mask.start < end]

    def _pattern(self, start: int, end: int) -> re.Pattern[bytes]:
        parts = []
        for mask in self._masks_in(start, end):
            parts += [re.escape(self._data[start : mask.start]), b"(?s:.{%d})" % mask.length if mask.exact else b".*"]
            start = mask.end
        return re.compile(b"".join([*parts, re.escape(_bare(self._data[start:end]))]))


def _bare(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")


@dataclass(frozen=True, slots=True)
class _Masked:
    """A mask with its place in all that is said."""

    start: int
    end: int
    exact: bool

    @property
    def length(self) -> int:
        return self.end - self.start


def _masks(chunks: Iterable[Chunk]) -> Iterator[_Masked]:
    at = 0
    for chunk in chunks:
        for mask in chunk.masked:
            yield _Masked(at + mask.start, at + mask.start + mask.length, mask.hides == "bytes")
        at += len(chunk.data)
