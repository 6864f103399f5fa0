"""The head of a request: read strictly, and believed only if its framing cannot be read in two ways.

llhttp judges the fields. The request line is ours to judge, because llhttp knows a closed list of methods; so are the
rules that HTTP leaves to servers: Host, lengths, limits.

Source: RFC 9112 sections 3, 5 and 6; RFC 9110 section 7.2; CVE-2020-10108, CVE-2020-10109.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from tnet.protocols.http1.fields import is_authority, tokens

KNOWN_HEADS = 512
KNOWN_HEAD_BYTES = 1024

_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21\x22\x24-\x7e]+) (HTTP/1\.[01])")
_TLS = re.compile(rb"\x16\x03[\x00-\x04]")  # a handshake's record
_ABSOLUTE = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE)
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CONDITIONAL = (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"if-range", b"range")
_SECRET = (b"authorization", b"proxy-authorization", b"cookie")
NOT_PLAIN = frozenset((*_CONDITIONAL, b"authorization", b"expect"))
_TELLING = NOT_PLAIN.union(
    _SECRET, (b"host", b"content-length", b"transfer-encoding", b"connection", b"accept-encoding")
)


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

    A `plain` one asks by GET or HEAD for a whole resource, on no condition, as nobody in particular, and not of
    HTTP/1.0; `accept_encoding` is then what it says of codings.

    Units: `length` in bytes.
    """

    method: bytes
    target: bytes
    version: bytes
    fields: Sequence[tuple[bytes, bytes]]
    length: int | None = 0
    keep_alive: bool = True
    expect: bytes = b""
    raw: bytes = b""
    plain: bool = False
    accept_encoding: bytes = b""


class BadHead(Exception):
    """No request: what it is to be answered with, and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


class HeadReader:
    """Reads the heads of any number of connections.

    Small heads are remembered, byte for byte, because clients repeat them: `known` gives what came of one. Those that
    are followed by a body, or hold what lets somebody in, are not.
    """

    def __init__(self, limits: HeadLimits = HeadLimits()) -> None:
        self.limits = limits
        self._known: dict[bytes, RequestHead] = {}
        self.known = self._known.get

    def read(self, raw: bytes) -> RequestHead:
        """The head that `raw` is, from its request line to its empty line.

        Raises: BadHead.
        """
        head = self.known(raw)
        if head is None:
            head, found = _read(raw, self.limits)
            if head.length == 0 and len(raw) <= KNOWN_HEAD_BYTES and found.keys().isdisjoint(_SECRET):
                if len(self._known) >= KNOWN_HEADS:
                    del self._known[next(iter(self._known))]
                self._known[raw] = head
        return head


def read_line(line: bytes, limits: HeadLimits) -> tuple[bytes, bytes, bytes]:
    """Method, target and version.

    Raises: BadHead.
    """
    if len(line) > limits.line_bytes:
        raise BadHead(414, "request line too long")
    match = _LINE.fullmatch(line)
    if match is None or match[1] == b"PRI":
        raise no_line(line)
    return match[1], match[2], match[3]


def no_line(begun: bytes) -> BadHead:
    """What somebody hears who begins with what is no request line."""
    return BadHead(400, "this is TLS, and the port is without it" if _TLS.match(begun) else "malformed request line")


def asked_in(raw: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Method, target and version of a head that was refused, or has not come to its end, if it says so much."""
    match = _LINE.fullmatch(raw.partition(b"\r\n")[0])
    return None if match is None else (match[1], match[2], match[3])


_Found = dict[bytes, list[bytes]]


def _read(raw: bytes, limits: HeadLimits) -> tuple[RequestHead, _Found]:
    line, _, rest = raw.partition(b"\r\n")
    method, target, version = read_line(line, limits)
    if len(rest) - 2 > limits.fields_bytes:
        raise BadHead(431, "header fields too large")
    fields: Sequence[tuple[bytes, bytes]] = _read_fields(rest)
    if len(fields) > limits.fields:
        raise BadHead(431, "too many header fields")
    found = _telling(fields)
    hosts = found.get(b"host", ())
    if target[:1] != b"/" and target != b"*":
        target, authority = _read_absolute(method, target)
        fields = [(name, authority if name.lower() == b"host" else value) for name, value in fields]
        hosts = [authority, *hosts[1:]] if hosts else hosts
    elif target == b"*" and method != b"OPTIONS":
        raise BadHead(400, "malformed request target")
    _judge_host(version, hosts)
    length, keep_alive = _length(version, found), _keep_alive(version, found.get(b"connection", ()))
    plain = not length and length is not None and keep_alive and method in (b"GET", b"HEAD") and version == b"HTTP/1.1"
    head = RequestHead(
        method,
        target,
        version,
        tuple(fields),
        length,
        keep_alive,
        b", ".join(found[b"expect"]).lower() if b"expect" in found else b"",
        raw,
        plain and b"?" not in target and NOT_PLAIN.isdisjoint(found),
        b", ".join(found[b"accept-encoding"]) if b"accept-encoding" in found else b"",
    )
    return head, found


class _Fields(list[tuple[bytes, bytes]]):
    """What llhttp calls back with each field."""

    def on_header(self, name: bytes, value: bytes) -> None:
        self.append((name, value.strip(b" \t")))


def _read_fields(data: bytes) -> _Fields:
    """The fields, as llhttp reads them below a request line that it knows."""
    fields = _Fields()
    try:
        HttpRequestParser(fields).feed_data(b"POST / HTTP/1.1\r\n" + data)
    except HttpParserUpgrade:
        pass
    except HttpParserError as error:
        raise BadHead(400, f"malformed header fields: {error}") from error
    return fields


def _telling(fields: Sequence[tuple[bytes, bytes]]) -> _Found:
    """The values of the fields that something is decided by."""
    found: _Found = {}
    for name, value in fields:
        lower = name.lower()
        if lower in _TELLING:
            found.setdefault(lower, []).append(value)
    return found


def _read_absolute(method: bytes, target: bytes) -> tuple[bytes, bytes]:
    """A target in origin-form, and the authority, of one in absolute-form."""
    if method == b"CONNECT":
        raise BadHead(501, "CONNECT is for proxies")
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise BadHead(400, "malformed request target")
    authority, rest = match.groups()
    return rest if rest.startswith(b"/") else b"/" + rest, authority


def _judge_host(version: bytes, hosts: Sequence[bytes]) -> None:
    if len(hosts) > 1 or (not hosts and version == b"HTTP/1.1"):
        raise BadHead(400, "Host is needed exactly once")
    if hosts and not is_authority(hosts[0]):
        raise BadHead(400, "invalid Host")


def _length(version: bytes, found: _Found) -> int | None:
    lengths, codings = found.get(b"content-length"), found.get(b"transfer-encoding")
    if codings is not None:
        if lengths is not None or version == b"HTTP/1.0" or [coding.lower() for coding in codings] != [b"chunked"]:
            raise BadHead(400, "unsafe Transfer-Encoding")
        return None
    if lengths is None:
        return 0
    if len(lengths) > 1 or _LENGTH.fullmatch(lengths[0]) is None:
        raise BadHead(400, "unusable Content-Length")
    return int(lengths[0])


def _keep_alive(version: bytes, connection: Sequence[bytes]) -> bool:
    if not connection:
        return version == b"HTTP/1.1"
    asked = tokens(b",".join(connection))
    return b"close" not in asked and (version == b"HTTP/1.1" or b"keep-alive" in asked)
