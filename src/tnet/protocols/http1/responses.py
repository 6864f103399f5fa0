"""The response to one HTTP/1.1 request: bytes in, its head, body and end out.

The grammar is written as one generator that asks for more bytes by yielding None, so that it reads like the RFC and
gives the same parts, or fails in the same place, however the bytes were cut. It is not on llhttp, which (through
httptools) cannot be told that a response answers HEAD nor that the connection has closed, keeps a header line of any
length in memory, and lets HTTP/0.9 and `Transfer-Encoding: gzip, chunked` pass.

Source: RFC 9112 sections 4 to 7; RFC 9110 section 15.2 for interim responses.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from tnet.errors import BodyCutShort, EmptyReply, MalformedReply, ReceiveFailed
from tnet.escape import excerpt
from tnet.protocols.http1.fields import is_field_value, is_token, tokens

SECTION_BYTES = 300 * 1024
SECTION_LINES = 1000
LINE_BYTES = 16 * 1024
SWITCHING_PROTOCOLS = 101

Fields = tuple[tuple[bytes, bytes], ...]

_STATUS_LINE = re.compile(rb"HTTP/(1\.[01]) ([1-9][0-9]{2})(?: (.*))?")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?")
_LENGTH = re.compile(rb"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """A status line and header section; `fields` keep their order, names their case."""

    version: str
    status: int
    reason: bytes
    fields: Fields

    @property
    def interim(self) -> bool:
        """Whether another head follows: this one was only a notice."""
        return self.status < 200

    def values(self, name: bytes) -> list[bytes]:
        """The values of every field called `name` (in lower case)."""
        return [value for key, value in self.fields if key.lower() == name]

    @property
    def length(self) -> int | None:
        """The length that the body was said to have."""
        lengths = self.values(b"content-length")
        return int(lengths[0].partition(b",")[0]) if lengths else None

    def as_bytes(self) -> bytes:
        """The head as it came, but for white space around values."""
        start = b"HTTP/%b %d %b" % (self.version.encode(), self.status, self.reason)
        return b"\r\n".join([start, *(b"%b: %b" % field for field in self.fields)]) + b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class ResponseEnd:
    """The response is complete."""

    trailers: Fields = ()


ResponsePart = ResponseHead | bytes | ResponseEnd
_Parts = Generator[ResponsePart | None, None, None]


class ResponseParser:
    """Reads the response to one request; what follows its end is ignored.

    `method` is the request's, `peer` what errors call the other side. `until_close`: only the end of the connection
    ends the body. With `may_switch` the request asked for another protocol, and a 101 is the end of HTTP; the `rest`
    is in that protocol.
    """

    def __init__(self, method: bytes, peer: str = "the server", *, may_switch: bool = False) -> None:
        self._method = method
        self._peer = peer
        self._may_switch = may_switch
        self._data = b""
        self._at = 0
        self._closed = False
        self.until_close = False
        self._received = 0
        self._section_bytes = 0
        self._section_lines = 0
        self._parts = self._response()

    @property
    def surplus(self) -> bool:
        """Whether more came than has been read as parts: behind the end, bytes that nobody asked for."""
        return self._at < len(self._data)

    @property
    def rest(self) -> bytes:
        """What came behind what has been read as parts."""
        return self._data[self._at :]

    def feed(self, data: bytes) -> Iterator[ResponsePart]:
        """The parts that `data` completes: heads, pieces of the body, the end. Iterate to the end.

        Raises: MalformedReply, or ReceiveFailed for a header without bounds, after the parts before the fault.
        """
        self._data = self._data[self._at :] + data
        self._at = 0
        return self._advance()

    def close(self) -> Iterator[ResponsePart]:
        """The parts that the orderly end of the connection completes.

        Raises: EmptyReply when no answer came, BodyCutShort or MalformedReply when only a part of one did.
        """
        self._closed = True
        return self._advance()

    def _advance(self) -> Iterator[ResponsePart]:
        while (part := next(self._parts, None)) is not None:
            yield part

    # ── the grammar ──

    def _response(self) -> _Parts:
        head = yield from self._head()
        while head.interim and head.status != SWITCHING_PROTOCOLS:
            yield head
            head = yield from self._head()
        framing = self._framing(head)
        yield head
        trailers: Fields = ()
        match framing:
            case "chunked":
                trailers = yield from self._chunked()
            case int():
                yield from self._fixed(framing, framing)
            case None:
                self.until_close = True
                yield from self._until_close()
        yield ResponseEnd(trailers)

    def _head(self) -> Generator[None, None, ResponseHead]:
        yield from self._beginning()
        line = yield from self._line()
        match = _STATUS_LINE.fullmatch(line)
        if match is None or not is_field_value(match[3] or b""):
            raise self._malformed(f'"{excerpt(line, 80)}" is not an HTTP/1 status line')
        fields = yield from self._fields()
        head = ResponseHead(match[1].decode(), int(match[2]), match[3] or b"", fields)
        if head.status == SWITCHING_PROTOCOLS and not self._may_switch:
            raise self._malformed("it switched protocols, which nobody had asked for")
        return head

    def _beginning(self) -> Generator[None, None, None]:
        """Refuse what is no HTTP before a whole line of it has come, which may be never."""
        while (start := self._data[self._at : self._at + 5]) != b"HTTP/":
            if not b"HTTP/".startswith(start):
                raise self._malformed("it does not begin with HTTP/")
            if self._closed and not start:
                raise EmptyReply(self._peer, "it closed the connection without an answer")
            yield from self._more()

    def _fields(self, cut_short: Exception | None = None) -> Generator[None, None, Fields]:
        fields: list[tuple[bytes, bytes]] = []
        while line := (yield from self._line(cut_short)):
            name, colon, value = line.partition(b":")
            if line[:1] in b" \t":
                raise self._malformed("a header line is folded")
            if not colon or not is_token(name):
                raise self._malformed(f'"{excerpt(line, 80)}" is not a header line')
            if not is_field_value(value):
                raise self._malformed(f"the value of {excerpt(name, 80)} holds a control byte")
            fields.append((name, value.strip(b" \t")))
        return tuple(fields)

    def _framing(self, head: ResponseHead) -> int | str | None:
        """How the body's end is known: its length, `chunked`, or None for the end of the connection."""
        codings = [coding for value in head.values(b"transfer-encoding") for coding in tokens(value)]
        lengths = {length.strip(b" \t") for value in head.values(b"content-length") for length in value.split(b",")}
        if codings and (lengths or codings != [b"chunked"] or head.version == "1.0"):
            raise self._malformed("its Transfer-Encoding leaves open where the body ends")
        if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise self._malformed("its Content-Length is not one number")
        tunnel = self._method == b"CONNECT" and head.status < 300
        if self._method == b"HEAD" or head.status in (SWITCHING_PROTOCOLS, 204, 304) or tunnel:
            return 0
        return "chunked" if codings else int(lengths.pop()) if lengths else None

    def _fixed(self, length: int, expected: int | None) -> _Parts:
        while length:
            if not (piece := self._take(length)):
                yield from self._more(BodyCutShort(self._received, expected))
                continue
            length -= len(piece)
            self._received += len(piece)
            yield piece

    def _until_close(self) -> _Parts:
        while not (self._closed and self._at == len(self._data)):
            if piece := self._take(len(self._data)):
                self._received += len(piece)
            yield piece or None

    def _chunked(self) -> Generator[ResponsePart | None, None, Fields]:
        while True:
            self._section_bytes = self._section_lines = 0
            cut_short = BodyCutShort(self._received)
            match = _CHUNK_LINE.fullmatch((yield from self._line(cut_short)))
            if match is None:
                raise self._malformed("a chunk's size is not a number")
            if not (size := int(match[1], 16)):
                return (yield from self._fields(cut_short))
            yield from self._fixed(size, None)
            yield from self._chunk_end()

    def _chunk_end(self) -> Generator[None, None, None]:
        while len(self._data) - self._at < 2:
            yield from self._more(BodyCutShort(self._received))
        if self._take(2) != b"\r\n":
            raise self._malformed("a chunk is longer than it said")

    # ── the bytes ──

    def _line(self, cut_short: Exception | None = None) -> Generator[None, None, bytes]:
        """The next line, without its CR LF; `cut_short` is raised when the connection closes within it."""
        scanned = self._at
        while (end := self._data.find(b"\n", scanned)) < 0:
            if len(self._data) - self._at > LINE_BYTES:
                raise self._flood(f"a line has more than {LINE_BYTES} bytes")
            pending = len(self._data) - self._at
            yield from self._more(cut_short)
            scanned = self._at + pending
        line, self._at = self._data[self._at : end], end + 1
        self._count(len(line) + 1)
        if line[-1:] != b"\r" or b"\r" in line[:-1] or b"\0" in line:
            raise self._malformed("a line does not end with CR LF, or holds CR or NUL")
        return line[:-1]

    def _count(self, size: int) -> None:
        self._section_bytes += size
        self._section_lines += 1
        if size > LINE_BYTES:
            raise self._flood(f"a line has more than {LINE_BYTES} bytes")
        if self._section_bytes > SECTION_BYTES or self._section_lines > SECTION_LINES:
            raise self._flood(f"its header has more than {SECTION_LINES} lines or {SECTION_BYTES} bytes")

    def _take(self, limit: int) -> bytes:
        piece = self._data[self._at : self._at + limit]
        self._at += len(piece)
        return piece

    def _more(self, cut_short: Exception | None = None) -> Generator[None, None, None]:
        """Wait for bytes; what comes instead of them, when the connection has closed, is an error."""
        if self._closed:
            raise cut_short or self._malformed("the connection closed within its header")
        yield None

    def _flood(self, reason: str) -> ReceiveFailed:
        return ReceiveFailed(self._peer, reason)

    def _malformed(self, reason: str) -> MalformedReply:
        return MalformedReply(self._peer, reason)
