"""`multipart/form-data` as a client writes it: what stands before, between and after the contents of its parts.

::

    part_head  content  PART_END  part_head  content  PART_END  closing

Names are sent as UTF-8, with `"` and line ends percent-encoded, as browsers do; there is no `filename*`.

Source: RFC 7578; RFC 2046 section 5.1.1 for the boundary; the HTML standard's encoding of names.
"""

from __future__ import annotations

import re

from tnet.errors import BadUsage
from tnet.escape import excerpt
from tnet.protocols.http1.fields import is_field_value

PART_END = b"\r\n"

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_ENCODED = {'"': "%22", "\r": "%0D", "\n": "%0A"}


def part_head(boundary: str, name: str, *, file_name: str | None = None, content_type: str | None = None) -> bytes:
    """The delimiter and header section of the part called `name`, up to its content.

    Raises: BadUsage for a NUL in a name, a type that could be read as more than one header, and a bad boundary.
    """
    _check(boundary)
    head = b'--%b\r\nContent-Disposition: form-data; name="%b"' % (boundary.encode(), _quoted(name))
    if file_name is not None:
        head += b'; filename="%b"' % _quoted(file_name)
    if content_type is not None:
        value = content_type.encode("utf-8", "surrogateescape")
        if not is_field_value(value):
            raise BadUsage("part", f'"{excerpt(value)}" is not a content type')
        head += b"\r\nContent-Type: " + value
    return head + b"\r\n\r\n"


def closing(boundary: str) -> bytes:
    """What follows the last part.

    Raises: BadUsage for a bad boundary.
    """
    _check(boundary)
    return b"--%b--\r\n" % boundary.encode()


def _check(boundary: str) -> None:
    if not _BOUNDARY.fullmatch(boundary):
        raise BadUsage("boundary", f"{boundary!r} cannot be one", "take at most 70 letters, digits and hyphens")


def _quoted(name: str) -> bytes:
    if "\0" in name:
        raise BadUsage("part", f"{name!r} holds a NUL")
    return re.sub(r'["\r\n]', lambda match: _ENCODED[match.group()], name).encode("utf-8", "surrogateescape")
