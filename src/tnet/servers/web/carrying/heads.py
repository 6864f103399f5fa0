"""The head of a response as HTTP/1.1 writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from twisted.web.http_headers import Headers

from tnet.servers.web.carrying.headers import raw


def response_head(status: int, reason: bytes, fields: Mapping[bytes, Sequence[bytes]]) -> bytes:
    """A status line, `fields`, and the empty line; no reason that anybody made up can end the line early."""
    lines = [_status_line(status, reason) if len(reason) < 40 else _line(status, reason)]
    for name, values in fields.items():
        for value in values:
            lines.append(b": ".join((name, value)))
    lines.append(b"\r\n")
    return b"\r\n".join(lines)


def interim_head(status: int, reason: bytes, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The same for a head before the response."""
    headers = Headers()
    for name, value in fields:
        headers.addRawHeader(name, value)
    return response_head(status, reason, raw(headers))


def _line(status: int, reason: bytes) -> bytes:
    return b"HTTP/1.1 %d %b" % (status, b" ".join(reason.split()))


_status_line = lru_cache(maxsize=256)(_line)
