"""What a client sends: the head of a request, and a body in chunks.

Nothing is encoded that could be read as more than one request.

Source: RFC 9112 sections 3, 5 and 7.1; CVE-2019-12387 for what happens without the checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tnet.errors import BadUsage
from tnet.escape import excerpt
from tnet.protocols.http1.fields import is_field_value, is_token

LAST_CHUNK = b"0\r\n\r\n"

_TARGET = re.compile(rb"[\x21-\x7e]+")


def request_head(method: bytes, target: bytes, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The request line and header section, as they go on the wire; fields keep their order and case.

    Raises: BadUsage for a method or name that is no token, and for a line end, NUL or other control byte anywhere.
    A value is not shown in it: it may be a secret.
    """
    if not is_token(method):
        raise BadUsage("method", f'"{excerpt(method)}" is not a method')
    if not _TARGET.fullmatch(target):
        raise BadUsage("URL", f'"{excerpt(target)}" cannot be requested')
    lines = [b"%b %b HTTP/1.1" % (method, target)]
    for name, value in fields:
        if not is_token(name):
            raise BadUsage("header", f'"{excerpt(name)}" is no name of a header')
        if not is_field_value(value):
            raise BadUsage("header", f"the value of {excerpt(name)} holds a control character")
        lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join(lines) + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """`data` as one chunk; empty data gives nothing, because an empty chunk is the last one."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
