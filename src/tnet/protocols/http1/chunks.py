"""A chunked body, unframed: strict, bounded, and stoppable after any byte.

llhttp can do this too, but httptools neither pauses it nor tells where a message ended, and both are needed to
hold back a sender and to keep a pipelined request.

Source: RFC 9112 section 7.1; CVE-2022-24801 for what leniency costs.
"""

from __future__ import annotations

import re
from enum import Enum, auto

LINE_BYTES = 1024
TRAILER_BYTES = 16 * 1024

_CRLF = b"\r\n"
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")


class BadChunk(ValueError):
    """The framing is broken: nothing after it can be trusted."""


class _State(Enum):
    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILERS = auto()
    COMPLETE = auto()


class ChunkedBody:
    """Takes body bytes out of one chunked body; trailers are checked and dropped."""

    def __init__(self) -> None:
        self._state = _State.SIZE
        self._left = 0
        self._trailer_bytes = 0

    @property
    def complete(self) -> bool:
        """Whether the last chunk and its trailers were seen."""
        return self._state is _State.COMPLETE

    def take(self, buffer: bytes) -> tuple[bytes, int]:
        """The body bytes that `buffer` begins with, and how many of its bytes are used up.

        Raises: BadChunk.
        """
        pieces: list[bytes] = []
        at = 0
        while not self.complete:
            end = self._step(buffer, at, pieces)
            if end == at:
                break
            at = end
        return b"".join(pieces), at

    def _step(self, buffer: bytes, at: int, pieces: list[bytes]) -> int:
        """Where the next step begins; `at` itself when it needs more bytes."""
        match self._state:
            case _State.DATA:
                return self._data(buffer, at, pieces)
            case _State.DATA_END:
                return self._data_end(buffer, at)
            case _:
                return self._line(buffer, at)

    def _line(self, buffer: bytes, at: int) -> int:
        end = buffer.find(_CRLF, at)
        stop = len(buffer) if end < 0 else end
        if stop - at > LINE_BYTES:
            raise BadChunk("chunk line too long")
        if buffer.find(b"\n", at, stop) >= 0:
            raise BadChunk("bare LF in chunk framing")
        if end < 0:
            return at
        if self._state is _State.SIZE:
            self._size(buffer, at, end)
        else:
            self._trailer(buffer, at, end)
        return end + 2

    def _size(self, buffer: bytes, at: int, end: int) -> None:
        match = _SIZE.fullmatch(buffer, at, end)
        if match is None:
            raise BadChunk("malformed chunk size")
        self._left = int(match[1], 16)
        self._state = _State.DATA if self._left else _State.TRAILERS

    def _data(self, buffer: bytes, at: int, pieces: list[bytes]) -> int:
        piece = buffer[at : at + self._left]
        pieces.append(piece)
        self._left -= len(piece)
        if not self._left:
            self._state = _State.DATA_END
        return at + len(piece)

    def _data_end(self, buffer: bytes, at: int) -> int:
        got = buffer[at : at + 2]
        if got == _CRLF:
            self._state = _State.SIZE
            return at + 2
        if not _CRLF.startswith(got):
            raise BadChunk("chunk longer than its size")
        return at

    def _trailer(self, buffer: bytes, at: int, end: int) -> None:
        if end == at:
            self._state = _State.COMPLETE
            return
        self._trailer_bytes += end + 2 - at
        if self._trailer_bytes > TRAILER_BYTES:
            raise BadChunk("trailers too large")
        if _TRAILER.fullmatch(buffer, at, end) is None:
            raise BadChunk("malformed trailer")
