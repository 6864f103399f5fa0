"""Requests as HTTP/2 writes them, made into the heads that everybody knows from HTTP/1.1.

What HTTP/2 calls malformed resets its stream; what is a request, and not one to be met, is answered.

Source: RFC 9113 sections 8.1 to 8.3 and 8.5; RFC 9110 section 7.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tnet.escape import excerpt
from tnet.protocols.http1.fields import is_authority, is_token
from tnet.protocols.http1.heads import NOT_PLAIN, HeadLimits, RequestHead
from tnet.protocols.http1.responses import Fields
from tnet.protocols.http2.heads import unfit

VERSION = b"HTTP/2"

_TARGET = re.compile(rb"/[\x21\x22\x24-\x7e]*")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+\-.]*")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_PSEUDO = frozenset({b":method", b":scheme", b":authority", b":path"})
_SHOWN = 80


class Malformed(Exception):
    """No request: its stream is to be reset. `head` is as much of it as may be shown."""

    def __init__(self, reason: str, head: RequestHead) -> None:
        super().__init__(reason)
        self.reason = reason
        self.head = head


class Unmet(Exception):
    """A request that is answered with `status` before anybody looks at what it asks for."""

    def __init__(self, status: int, reason: str, head: RequestHead) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.head = head


@dataclass(slots=True)
class _Parts:
    """The fields of a request, told apart."""

    pseudo: dict[bytes, bytes] = field(default_factory=dict)
    others: list[tuple[bytes, bytes]] = field(default_factory=list)
    hosts: list[bytes] = field(default_factory=list)
    cookies: list[bytes] = field(default_factory=list)
    lengths: set[bytes] = field(default_factory=set)
    expect: list[bytes] = field(default_factory=list)
    codings: list[bytes] = field(default_factory=list)
    plain: bool = True


def request_head(fields: Fields, *, ended: bool, limits: HeadLimits) -> RequestHead:
    """The head that `fields` make; `ended` when the message has no body.

    Raises: Malformed, Unmet.
    """
    parts, fault = _told_apart(fields)
    seen = RequestHead(parts.pseudo.get(b":method", b"-"), parts.pseudo.get(b":path", b"-"), VERSION, parts.others)
    if fault := fault or _fault(parts, ended):
        raise Malformed(fault, seen)
    status, reason = _objection(parts, fields, limits)
    if status:
        raise Unmet(status, reason, seen)
    host = parts.pseudo.get(b":authority") or parts.hosts[0]
    cookies = [(b"cookie", b"; ".join(parts.cookies))] if parts.cookies else []
    length = int(next(iter(parts.lengths))) if parts.lengths else None
    method, path = parts.pseudo[b":method"], parts.pseudo[b":path"]
    return RequestHead(
        method,
        path,
        VERSION,
        ((b"host", host), *parts.others, *cookies),
        0 if ended else length,
        expect=b", ".join(parts.expect).lower(),
        plain=parts.plain and ended and method in (b"GET", b"HEAD") and b"?" not in path,
        accept_encoding=b", ".join(parts.codings),
    )


def _told_apart(fields: Fields) -> tuple[_Parts, str]:
    """The parts as far as they are understood, and what is wrong with them."""
    parts, pseudo, plain = _Parts(), {}, []
    for name, value in fields:
        if not name.startswith(b":"):
            plain.append((name, value))
        elif plain or name in pseudo or name not in _PSEUDO:
            return parts, f'"{excerpt(name, _SHOWN)}" is out of place'
        else:
            pseudo[name] = value
    if fault := unfit(plain):
        return parts, fault
    parts.pseudo = pseudo
    for name, value in plain:
        if value.strip(b" \t") != value:
            return parts, f"the value of {excerpt(name, _SHOWN)} begins or ends with white space"
        _note(parts, name, value)
    return parts, ""


def _note(parts: _Parts, name: bytes, value: bytes) -> None:
    match name:
        case b"host":
            parts.hosts.append(value)
            return
        case b"cookie":
            parts.cookies.append(value)
            return
        case b"content-length":
            parts.lengths.add(value)
        case b"expect":
            parts.expect.append(value)
        case b"accept-encoding":
            parts.codings.append(value)
    parts.others.append((name, value))
    parts.plain = parts.plain and name not in NOT_PLAIN


def _fault(parts: _Parts, ended: bool) -> str:
    """What HTTP/2 calls malformed about them."""
    pseudo = parts.pseudo
    method, authority = pseudo.get(b":method", b""), pseudo.get(b":authority")
    if not is_token(method):
        return f'"{excerpt(method, _SHOWN)}" is not a method'
    if method != b"CONNECT" and (fault := _target_fault(pseudo, method)):
        return fault
    if len(parts.hosts) > 1 or (parts.hosts and authority and parts.hosts[0].lower() != authority.lower()):
        return "Host and :authority do not agree"
    if len(parts.lengths) > 1 or not all(map(_LENGTH.fullmatch, parts.lengths)):
        return "its Content-Length is not one number"
    if ended and any(map(int, parts.lengths)):
        return "it ends before its Content-Length"
    return ""


def _target_fault(pseudo: dict[bytes, bytes], method: bytes) -> str:
    path = pseudo.get(b":path", b"")
    if not _SCHEME.fullmatch(pseudo.get(b":scheme", b"")):
        return "it has no :scheme"
    if not _TARGET.fullmatch(path) and not (path == b"*" and method == b"OPTIONS"):
        return f'"{excerpt(path, _SHOWN)}" is not a path'
    return ""


def _objection(parts: _Parts, fields: Fields, limits: HeadLimits) -> tuple[int, str]:
    """The status and the words that the request is answered with at once, or 0."""
    pseudo = parts.pseudo
    if pseudo[b":method"] == b"CONNECT":
        return 501, "CONNECT is for proxies"
    if len(pseudo[b":method"]) + len(pseudo[b":path"]) > limits.line_bytes:
        return 414, "request line too long"
    if sum(len(name) + len(value) for name, value in fields if name[:1] != b":") > limits.fields_bytes:
        return 431, "header fields too large"
    if len(parts.others) + len(parts.cookies) > limits.fields:
        return 431, "too many header fields"
    host = pseudo.get(b":authority") or next(iter(parts.hosts), None)
    if host is None:
        return 400, "Host is needed exactly once"
    if not is_authority(host):
        return 400, "invalid Host"
    return 0, ""
