"""Heads as HTTP/2 writes them: the request's pseudo-fields, and what a response's head and trailers may hold.

Source: RFC 9113 sections 8.1 to 8.3; CVE-2019-12387 for what happens without the checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tnet.errors import BadUsage, MalformedReply
from tnet.escape import excerpt
from tnet.protocols.http1.fields import is_field_value, is_token
from tnet.protocols.http1.responses import Fields, ResponseHead

_OF_THE_CONNECTION = frozenset(
    {b"connection", b"http2-settings", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)
_TARGET = re.compile(rb"[\x21-\x7e]+")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_STATUS = re.compile(rb"[1-9][0-9]{2}")


def request_fields(method: bytes, scheme: bytes, target: bytes, fields: Iterable[tuple[bytes, bytes]]) -> Fields:
    """The fields that ask for `target`; of `fields`, `Host` becomes `:authority`, and what frames HTTP/1.1 is left out.

    Raises: BadUsage for what cannot be sent; a value is not shown in it, as it may be a secret.
    """
    if not is_token(method) or method == b"CONNECT":
        raise BadUsage("method", f'"{excerpt(method)}" cannot be asked over HTTP/2')
    if not _TARGET.fullmatch(target):
        raise BadUsage("URL", f'"{excerpt(target)}" cannot be requested')
    authority: tuple[tuple[bytes, bytes], ...] = ()
    sent = []
    for name, value in fields:
        if not is_token(name):
            raise BadUsage("header", f'"{excerpt(name)}" is no name of a header')
        if not is_field_value(value):
            raise BadUsage("header", f"the value of {excerpt(name)} holds a control character")
        lower = name.lower()
        if lower == b"host":
            authority = ((b":authority", value),)
        elif lower not in _OF_THE_CONNECTION and (lower != b"te" or value.lower() == b"trailers"):
            sent.append((lower, value.strip(b" \t")))
    return ((b":method", method), (b":scheme", scheme), *authority, (b":path", target), *sent)


def response_head(fields: Fields, peer: str) -> ResponseHead:
    """The head that `fields` make; the status is theirs, a reason there is none.

    Raises: MalformedReply.
    """
    if not fields or fields[0][0] != b":status":
        raise MalformedReply(peer, "its header does not begin with :status")
    status = fields[0][1]
    if not _STATUS.fullmatch(status):
        raise MalformedReply(peer, f'"{excerpt(status, 80)}" is not a status')
    if status == b"101":
        raise MalformedReply(peer, "it switched protocols, which HTTP/2 cannot")
    head = ResponseHead("2", int(status), b"", ordinary(fields[1:], peer))
    lengths = set(head.values(b"content-length"))
    if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
        raise MalformedReply(peer, "its Content-Length is not one number")
    return head


def ordinary(fields: Fields, peer: str) -> Fields:
    """The fields as they came, when they are such as HTTP/2 allows.

    Raises: MalformedReply.
    """
    if fault := unfit(fields):
        raise MalformedReply(peer, fault)
    return fields


def unfit(fields: Iterable[tuple[bytes, bytes]]) -> str:
    """Why fields cannot be HTTP/2's, which are in lower case, not of the connection, and not pseudo; "" if they can."""
    for name, value in fields:
        if not is_token(name) or name != name.lower():
            return f'"{excerpt(name, 80)}" is not a field of HTTP/2'
        if name in _OF_THE_CONNECTION or (name == b"te" and value.lower() != b"trailers"):
            return f"{excerpt(name, 80)} has no place in HTTP/2"
        if not is_field_value(value):
            return f"the value of {excerpt(name, 80)} holds a control byte"
    return ""
