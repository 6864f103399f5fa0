"""Which bytes of a file a client wants, and how several parts are sent as one body.

Source: RFC 9110 sections 14 and 15.3.7.2; CVE-2011-3192 for what happens without bounds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from tnet.servers.web.files.conditions import Field, Validators

MAX_RANGES = 16

_RANGES = re.compile(rb"bytes=([0-9, \t-]+)", re.IGNORECASE)
_SPEC = re.compile(rb"([0-9]{0,18})-([0-9]{0,18})")


class Unsatisfiable(Exception):
    """No byte of the file is in any of the ranges: 416."""


class Range(NamedTuple):
    """The first and the last byte of a part."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return self.last + 1 - self.first


def wanted_ranges(field: Field, validators: Validators, size: int) -> tuple[Range, ...] | None:
    """The parts that are wanted, in order, none touching another; None for the whole file.

    Ranges that overlap or touch are one part. More than MAX_RANGES are answered with the whole file, as is every
    Range that cannot be read, and one for another version than this.

    Raises: Unsatisfiable.
    """
    header = field(b"range")
    if header is None or not validators.fit(field(b"if-range")):
        return None
    match = _RANGES.fullmatch(header.strip())
    specs = [spec.strip(b" \t") for spec in match[1].split(b",")] if match else []
    if not specs or len(specs) > MAX_RANGES:
        return None
    found = []
    for spec in specs:
        bounds = _SPEC.fullmatch(spec)
        if bounds is None or bounds[0] == b"-" or (bounds[1] and bounds[2] and int(bounds[1]) > int(bounds[2])):
            return None
        found.append(_resolve(bounds[1], bounds[2], size))
    return _merged([part for part in found if part is not None])


def wanted_range(field: Field, validators: Validators, size: int) -> Range | None:
    """The part that is wanted, for whom sending several is too much; None for the whole file.

    Raises: Unsatisfiable.
    """
    parts = wanted_ranges(field, validators, size)
    return parts[0] if parts and len(parts) == 1 else None


def multipart(parts: Sequence[Range], size: int, media: bytes, boundary: bytes) -> list[bytes | Range]:
    """The body of a response that holds several parts: what stands between them, and the parts themselves."""
    body: list[bytes | Range] = []
    for part in parts:
        body.append(
            b"\r\n--%b\r\nContent-Type: %b\r\nContent-Range: %b\r\n\r\n" % (boundary, media, content_range(part, size))
        )
        body.append(part)
    return [*body, b"\r\n--%b--\r\n" % boundary]


def content_range(part: Range, size: int) -> bytes:
    """The place of a part in its file."""
    return b"bytes %d-%d/%d" % (*part, size)


def _resolve(first: bytes, last: bytes, size: int) -> Range | None:
    if not first:
        count = min(int(last), size)
        return Range(size - count, size - 1) if count else None
    if int(first) >= size:
        return None
    return Range(int(first), min(int(last), size - 1) if last else size - 1)


def _merged(parts: list[Range]) -> tuple[Range, ...]:
    if not parts:
        raise Unsatisfiable
    merged: list[Range] = []
    for part in sorted(parts):
        if merged and part.first <= merged[-1].last + 1:
            merged[-1] = Range(merged[-1].first, max(merged[-1].last, part.last))
        else:
            merged.append(part)
    return tuple(merged)
