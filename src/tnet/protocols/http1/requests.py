"""Requests as a server hears them: bytes in, events out, and no more than one request at a time.

The framing of bodies is ours, because httptools cannot stop between two pipelined requests.

Source: RFC 9112 sections 2.2, 6 and 7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from tnet.protocols.http1.chunks import BadChunk, ChunkedBody
from tnet.protocols.http1.heads import BadHead, HeadLimits, HeadReader, RequestHead, no_line, read_line

__all__ = ["BodyPiece", "HeadLimits", "Refused", "RequestEnd", "RequestEvent", "RequestHead", "RequestParser"]

_LINE_SO_FAR = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?: [\x20-\x7e]*\r?)?")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class BodyPiece:
    """Some bytes of the body, as they came."""

    data: bytes


@dataclass(frozen=True, slots=True)
class RequestEnd:
    """The body is complete; the next request waits for `proceed`. A request without a body ends with its head."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing more is understood on this connection: answer `status` and close."""

    status: int
    reason: str


RequestEvent = RequestHead | BodyPiece | RequestEnd | Refused


class _State(Enum):
    HEAD = auto()
    BODY = auto()
    ENDING = auto()
    COMPLETE = auto()
    REFUSED = auto()


class RequestParser:
    """One connection's requests. `feed` it what came, and ask for the `next_event` until that is None.

    Connections may share the `reader` of their heads.
    """

    def __init__(self, reader: HeadReader | None = None) -> None:
        self._reader = reader or HeadReader()
        self._state = _State.HEAD
        self._buffer = b""
        self._at = 0
        self._seen = 0
        self._blank_line = False
        self._left = 0
        self._chunks: ChunkedBody | None = None
        self._refused = b""

    @property
    def buffered(self) -> int:
        """How many bytes were fed and not yet handed out."""
        return len(self._buffer) - self._at

    @property
    def idle(self) -> bool:
        """Whether we are between two requests, and nothing of the next one has come."""
        return self._state is _State.HEAD and self._at == len(self._buffer)

    @property
    def in_body(self) -> bool:
        """Whether a request has begun and its end has not come."""
        return self._state is _State.BODY

    @property
    def complete(self) -> bool:
        """Whether nothing of the request is left to come, though its end may not have been told; `proceed` goes on."""
        return self._state is _State.COMPLETE or self._state is _State.ENDING

    @property
    def unread_head(self) -> bytes:
        """What came of a head that was refused, or that has not come to its end."""
        if self._state is _State.HEAD:
            return self._rest()
        return self._refused

    def feed(self, data: bytes) -> None:
        """Take bytes from the connection; a refused connection's bytes are dropped."""
        if self._state is not _State.REFUSED:
            rest = self._rest()
            self._buffer = rest + data if rest else data

    def take_rest(self) -> bytes:
        """What was fed and is no part of a request any more: the connection speaks another protocol from here on."""
        assert self.complete
        rest, self._buffer = self._rest(), b""
        return rest

    def skip(self) -> None:
        """A whole request without a body came, and was read otherwise."""
        assert self.idle
        self._state = _State.COMPLETE

    def proceed(self) -> None:
        """Go on with the request after a complete one."""
        assert self.complete
        self._state = _State.HEAD
        self._seen = 0
        self._blank_line = False

    def next_event(self) -> RequestEvent | None:
        """What comes next; None when more bytes are needed, or `proceed`."""
        state = self._state
        try:
            if state is _State.HEAD:
                return self._head()
            if state is _State.BODY:
                return self._sized() if self._chunks is None else self._chunked(self._chunks)
            if state is _State.ENDING:
                self._state = _State.COMPLETE
                return RequestEnd()
        except BadHead as bad:
            if state is _State.HEAD:
                head, end, _ = self._rest().partition(_END)
                self._refused = head + end
            self._state = _State.REFUSED
            self._buffer, self._at = b"", 0
            return Refused(bad.status, bad.reason)
        return None

    def _rest(self) -> bytes:
        """What was not handed out, which from now on is all that the buffer holds."""
        if self._at:
            self._buffer, self._at = self._buffer[self._at :], 0
        return self._buffer

    # ── the head ──

    def _head(self) -> RequestHead | None:
        buffer, at = self._buffer, self._at
        if at == len(buffer):
            return None
        if (known := self._reader.known(buffer)) is not None and not at:
            self._at, self._state = len(buffer), _State.COMPLETE
            return known
        if not self._blank_line and buffer.startswith(b"\r\n", at):
            # RFC 9112 section 2.2: one CRLF too many after the request before is forgiven.
            self._blank_line = True
            self._at = at = at + 2
        end = buffer.find(_END, at + max(0, self._seen - 3))
        if end < 0:
            self._judge_so_far(self._rest())
            self._seen = len(self._buffer)
            return None
        request = self._reader.read(buffer[at : end + 4])
        self._at = end + 4
        if request.length == 0:
            self._state = _State.COMPLETE
        else:
            self._state = _State.BODY
            self._left = request.length or 0
            self._chunks = ChunkedBody() if request.length is None else None
        return request

    def _judge_so_far(self, begun: bytes) -> None:
        """Refuse what cannot become a request before its end has come, if it ever does."""
        limits = self._reader.limits
        line_end = begun.find(b"\r\n")
        if line_end < 0:
            if len(begun) > limits.line_bytes + 1:
                raise BadHead(414, "request line too long")
            if begun and begun != b"\r" and _LINE_SO_FAR.fullmatch(begun) is None:
                raise no_line(begun)
            return
        read_line(begun[:line_end], limits)
        if len(begun) - line_end - 2 > limits.fields_bytes + 3:
            raise BadHead(431, "header fields too large")
        if _BARE.search(begun, max(0, self._seen - 1)):
            raise BadHead(400, "bare CR or LF")

    # ── the body ──

    def _sized(self) -> BodyPiece | None:
        data = self._buffer[self._at : self._at + self._left]
        if not data:
            return None
        self._at += len(data)
        self._left -= len(data)
        if not self._left:
            self._state = _State.ENDING
        return BodyPiece(data)

    def _chunked(self, chunks: ChunkedBody) -> BodyPiece | RequestEnd | None:
        try:
            data, self._at = chunks.take(self._rest())
        except BadChunk as error:
            raise BadHead(400, str(error)) from error
        if chunks.complete:
            self._state = _State.ENDING
        if data:
            return BodyPiece(data)
        if chunks.complete:
            self._state = _State.COMPLETE
            return RequestEnd()
        return None
