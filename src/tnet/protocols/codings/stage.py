"""One coding of a body: a stream, or several that follow one another."""

from __future__ import annotations

from collections.abc import Iterator

from tnet.errors import EncodingUnreadable
from tnet.protocols.codings.decompressors import PIECE_BYTES, STEP_BYTES, Coding

MOST_EMPTY_STREAMS = 1000


class Stage:
    """Undoes one coding; `peer` is what errors call whoever coded it."""

    def __init__(self, coding: Coding, peer: str) -> None:
        self._coding = coding
        self._peer = peer
        self._stream = coding.new()
        self._begun = False
        self._empty_streams = 0
        self._beginning = b""
        self._ignoring = False

    @property
    def name(self) -> str:
        """What the coding is called."""
        return self._coding.name

    @property
    def whole(self) -> bool:
        """Whether the coded body may end here; one that never began may."""
        return self._stream.eof or not self._begun

    @property
    def surplus(self) -> bool:
        """Whether bytes stand behind the end that belong to no stream."""
        return self._ignoring or bool(self._beginning)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` decodes to, a piece at each step of work: some are empty, but not many streams in a row.

        Iterate to the end.

        Raises: EncodingUnreadable, after the pieces before the fault.
        """
        try:
            for start in range(0, len(data), STEP_BYTES):
                yield from self._undo(data[start : start + STEP_BYTES])
        except self._coding.error as error:
            raise self._unreadable(str(error)) from error

    def _undo(self, data: bytes) -> Iterator[bytes]:
        while data and not self._ignoring:
            if self._stream.eof and not (data := self._next_stream(data)):
                return
            self._begun = True
            piece = self._stream.decompress(data, PIECE_BYTES)
            self._empty_streams = 0 if piece else self._empty_streams
            yield piece
            while not (self._stream.needs_input or self._stream.eof):
                yield self._stream.decompress(b"", PIECE_BYTES)
            data = self._stream.unused_data if self._stream.eof else b""

    def _next_stream(self, data: bytes) -> bytes:
        """What to feed to the stream that begins with `data`; nothing when none does, or too few bytes tell."""
        data, self._beginning = self._beginning + data, b""
        if data.startswith(self._coding.beginnings):
            self._stream = self._coding.new()
            self._empty_streams += 1
            if self._empty_streams > MOST_EMPTY_STREAMS:
                raise self._unreadable(f"more than {MOST_EMPTY_STREAMS} empty streams in a row")
            return data
        if any(beginning.startswith(data) for beginning in self._coding.beginnings):
            self._beginning = data
        elif self._coding.surplus:
            self._ignoring = True
        else:
            raise self._unreadable("something follows its end")
        return b""

    def _unreadable(self, reason: str) -> EncodingUnreadable:
        return EncodingUnreadable(self._peer, f"{self._coding.name}: {reason}")
