"""Requests as a server hears them: bytes in, events out, and no more than one request at a time.

llhttp judges the fields. The request line is ours to judge, because llhttp knows a closed list of methods; so are
the rules that HTTP leaves to servers (Host, lengths, limits), and so is the framing of bodies, because httptools
cannot stop between two pipelined requests.

Source: RFC 9112 sections 2.2, 3, 5 and 6; RFC 9110 section 7.2; CVE-2020-10108, CVE-2020-10109.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from tnet.protocols.http1.chunks import BadChunk, ChunkedBody
from tnet.protocols.http1.fields import tokens

_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21\x22\x24-\x7e]+) (HTTP/1\.[01])")
_LINE_SO_FAR = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?: [\x20-\x7e]*\r?)?")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
_ABSOLUTE = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE)
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(?::[0-9]{0,5})?")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadLimits:
    """How large the head of a request may be.

    Units: `line_bytes` of the request line, `fields_bytes` of all fields together; `fields` is their number.
    """

    line_bytes: int = 16 * 1024
    fields_bytes: int = 16 * 1024
    fields: int = 256


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The head of a request whose framing can be trusted.

    `target` is in origin-form or `*`; of an absolute-form target the authority has replaced the value of Host.
    `fields` are in order, with their case. `length` is None for a chunked body; `keep_alive` is what the client
    wants; `expect` is the value of Expect in lower case. `raw` is the head as it came, up to and with the empty line.

    Units: `length` in bytes.
    """

    method: bytes
    target: bytes
    version: bytes
    fields: list[tuple[bytes, bytes]]
    length: int | None = 0
    keep_alive: bool = True
    expect: bytes = b""
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class BodyPiece:
    """Some bytes of the body, as they came."""

    data: bytes


@dataclass(frozen=True, slots=True)
class RequestEnd:
    """The request is complete; the next one waits for `proceed`."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing more is understood on this connection: answer `status` and close."""

    status: int
    reason: str


RequestEvent = RequestHead | BodyPiece | RequestEnd | Refused


class _Refuse(Exception):
    def __init__(self, status: int, reason: str) -> None:
        self.refused = Refused(status, reason)


class _State(Enum):
    HEAD = auto()
    SIZED = auto()
    CHUNKED = auto()
    COMPLETE = auto()
    REFUSED = auto()


class RequestParser:
    """One connection's requests. `feed` it what came, and ask for the `next_event` until that is None."""

    def __init__(self, limits: HeadLimits = HeadLimits()) -> None:
        self._limits = limits
        self._state = _State.HEAD
        self._buffer = b""
        self._seen = 0
        self._blank_line = False
        self._left = 0
        self._chunks = ChunkedBody()

    @property
    def buffered(self) -> int:
        """How many bytes were fed and not yet handed out."""
        return len(self._buffer)

    @property
    def idle(self) -> bool:
        """Whether we are between two requests, and nothing of the next one has come."""
        return self._state is _State.HEAD and not self._buffer

    @property
    def in_body(self) -> bool:
        """Whether a request has begun and its end has not come."""
        return self._state in (_State.SIZED, _State.CHUNKED)

    @property
    def complete(self) -> bool:
        """Whether the request was read to its end, and the next one waits for `proceed`."""
        return self._state is _State.COMPLETE

    def feed(self, data: bytes) -> None:
        """Take bytes from the connection; a refused connection's bytes are dropped."""
        if self._state is not _State.REFUSED:
            self._buffer = self._buffer + data if self._buffer else data

    def take_rest(self) -> bytes:
        """What was fed and is no part of a request any more: the connection speaks another protocol from here on."""
        assert self._state is _State.COMPLETE
        rest, self._buffer = self._buffer, b""
        return rest

    def proceed(self) -> None:
        """Go on with the request after a complete one."""
        assert self._state is _State.COMPLETE
        self._state = _State.HEAD
        self._seen = 0
        self._blank_line = False

    def next_event(self) -> RequestEvent | None:
        """What comes next; None when more bytes are needed, or `proceed`."""
        try:
            match self._state:
                case _State.HEAD:
                    return self._head()
                case _State.SIZED:
                    return self._sized()
                case _State.CHUNKED:
                    return self._chunked()
                case _:
                    return None
        except _Refuse as refuse:
            self._state = _State.REFUSED
            self._buffer = b""
            return refuse.refused

    # ── the head ──

    def _head(self) -> RequestHead | None:
        self._skip_blank_line()
        end = self._buffer.find(_END, max(0, self._seen - 3))
        if end < 0:
            self._judge_so_far()
            self._seen = len(self._buffer)
            return None
        head, self._buffer = self._buffer[: end + 4], self._buffer[end + 4 :]
        request = _read_head(head, self._limits)
        self._left = request.length or 0
        self._chunks = ChunkedBody()
        self._state = _State.CHUNKED if request.length is None else _State.SIZED
        return request

    def _skip_blank_line(self) -> None:
        """RFC 9112 section 2.2: one CRLF too many after the request before is forgiven."""
        if not self._blank_line and self._buffer.startswith(b"\r\n"):
            self._blank_line = True
            self._buffer = self._buffer[2:]

    def _judge_so_far(self) -> None:
        """Refuse what cannot become a request before its end has come, if it ever does."""
        buffer = self._buffer
        line_end = buffer.find(b"\r\n")
        if line_end < 0:
            if len(buffer) > self._limits.line_bytes + 1:
                raise _Refuse(414, "request line too long")
            if buffer and buffer != b"\r" and _LINE_SO_FAR.fullmatch(buffer) is None:
                raise _Refuse(400, "malformed request line")
            return
        _read_line(buffer[:line_end], self._limits)
        if len(buffer) - line_end - 2 > self._limits.fields_bytes + 3:
            raise _Refuse(431, "header fields too large")
        if _BARE.search(buffer, max(0, self._seen - 1)):
            raise _Refuse(400, "bare CR or LF")

    # ── the body ──

    def _sized(self) -> BodyPiece | RequestEnd | None:
        if not self._left:
            return self._end()
        if not self._buffer:
            return None
        data, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
        self._left -= len(data)
        return BodyPiece(data)

    def _chunked(self) -> BodyPiece | RequestEnd | None:
        try:
            data, used = self._chunks.take(self._buffer)
        except BadChunk as error:
            raise _Refuse(400, str(error)) from error
        self._buffer = self._buffer[used:]
        if data:
            return BodyPiece(data)
        return self._end() if self._chunks.complete else None

    def _end(self) -> RequestEnd:
        self._state = _State.COMPLETE
        return RequestEnd()


# ── reading a complete head ──


class _Fields(list[tuple[bytes, bytes]]):
    """What llhttp calls back with each field."""

    def on_header(self, name: bytes, value: bytes) -> None:
        self.append((name, value.strip(b" \t")))


@dataclass(slots=True)
class _Framing:
    """The values of the fields that decide about the connection."""

    hosts: list[bytes] = field(default_factory=list)
    lengths: list[bytes] = field(default_factory=list)
    codings: list[bytes] = field(default_factory=list)
    connection: list[bytes] = field(default_factory=list)
    expect: list[bytes] = field(default_factory=list)


def _read_head(head: bytes, limits: HeadLimits) -> RequestHead:
    line_end = head.index(b"\r\n")
    method, target, version = _read_line(head[:line_end], limits)
    if len(head) - line_end - 4 > limits.fields_bytes:
        raise _Refuse(431, "header fields too large")
    fields = _read_fields(head[line_end + 2 :])
    if len(fields) > limits.fields:
        raise _Refuse(431, "too many header fields")
    framing = _framing(fields)
    target = _read_target(method, target, fields, framing)
    _judge_host(version, framing.hosts)
    return RequestHead(
        method,
        target,
        version,
        fields,
        _length(version, framing),
        _keep_alive(version, framing.connection),
        b", ".join(framing.expect).lower(),
        head,
    )


def _read_line(line: bytes, limits: HeadLimits) -> tuple[bytes, bytes, bytes]:
    if len(line) > limits.line_bytes:
        raise _Refuse(414, "request line too long")
    match = _LINE.fullmatch(line)
    if match is None or match[1] == b"PRI":
        raise _Refuse(400, "malformed request line")
    return match[1], match[2], match[3]


def _read_fields(data: bytes) -> list[tuple[bytes, bytes]]:
    """The fields, as llhttp reads them below a request line that it knows."""
    fields = _Fields()
    try:
        HttpRequestParser(fields).feed_data(b"POST / HTTP/1.1\r\n" + data)
    except HttpParserUpgrade:
        pass
    except HttpParserError as error:
        raise _Refuse(400, f"malformed header fields: {error}") from error
    return fields


def _framing(fields: list[tuple[bytes, bytes]]) -> _Framing:
    found = _Framing()
    for name, value in fields:
        match name.lower():
            case b"host":
                found.hosts.append(value)
            case b"content-length":
                found.lengths.append(value)
            case b"transfer-encoding":
                found.codings.append(value)
            case b"connection":
                found.connection += tokens(value)
            case b"expect":
                found.expect.append(value)
    return found


def _read_target(method: bytes, target: bytes, fields: list[tuple[bytes, bytes]], framing: _Framing) -> bytes:
    if target.startswith(b"/"):
        return target
    if target == b"*" and method == b"OPTIONS":
        return target
    if method == b"CONNECT":
        raise _Refuse(501, "CONNECT is for proxies")
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise _Refuse(400, "malformed request target")
    authority, rest = match.groups()
    if framing.hosts:
        framing.hosts[0] = authority
        fields[:] = [(name, authority if name.lower() == b"host" else value) for name, value in fields]
    return rest if rest.startswith(b"/") else b"/" + rest


def _judge_host(version: bytes, hosts: list[bytes]) -> None:
    if len(hosts) > 1 or (not hosts and version == b"HTTP/1.1"):
        raise _Refuse(400, "Host is needed exactly once")
    if hosts and _HOST.fullmatch(hosts[0]) is None:
        raise _Refuse(400, "invalid Host")


def _length(version: bytes, framing: _Framing) -> int | None:
    if framing.codings:
        if framing.lengths or version == b"HTTP/1.0" or [coding.lower() for coding in framing.codings] != [b"chunked"]:
            raise _Refuse(400, "unsafe Transfer-Encoding")
        return None
    if not framing.lengths:
        return 0
    if len(framing.lengths) > 1 or _LENGTH.fullmatch(framing.lengths[0]) is None:
        raise _Refuse(400, "unusable Content-Length")
    return int(framing.lengths[0])


def _keep_alive(version: bytes, connection: list[bytes]) -> bool:
    if b"close" in connection:
        return False
    return version == b"HTTP/1.1" or b"keep-alive" in connection
