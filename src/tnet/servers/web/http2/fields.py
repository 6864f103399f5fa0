"""The fields of a response as HTTP/2 writes them: in lower case, and without those that speak of a connection.

Source: RFC 9113 sections 8.2.1 and 8.2.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from twisted.web.http_headers import Headers

Field = tuple[bytes, bytes]

_OF_THE_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})


def response_fields(headers: Headers) -> tuple[Field, ...]:
    """What `headers` come to; those of the connection are removed from them, as they are not sent."""
    fields: list[Field] = []
    unsent = []
    for name, values in headers.getAllRawHeaders():
        if lower := _lower(name):
            fields += [(lower, value) for value in values]
        else:
            unsent.append(name)
    for name in unsent:
        headers.removeHeader(name)
    return tuple(fields)


def interim_fields(fields: Iterable[Field]) -> tuple[Field, ...]:
    """The same for the fields of an interim response."""
    return tuple((lower, value) for name, value in fields if (lower := _lower(name)))


@lru_cache(maxsize=512)
def encoded_fields(lines: bytes) -> tuple[Field, ...]:
    """The fields that were encoded for HTTP/1.1 as `lines`."""
    pairs = (line.partition(b": ") for line in lines.split(b"\r\n") if line)
    return interim_fields((name, value) for name, _, value in pairs)


@lru_cache(maxsize=512)
def _lower(name: bytes) -> bytes:
    """The name in lower case; nothing for a field of the connection."""
    lower = name.lower()
    return b"" if lower in _OF_THE_CONNECTION else lower
