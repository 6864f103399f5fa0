"""Conditional requests and byte ranges: pure decisions over what a client sent.

Source: RFC 9110 sections 8.8, 13.1, 13.2.2 and 14.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

MAX_RANGES = 16
TICK_SECONDS = 0.02
COARSE_TICK_SECONDS = 2.0

_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_RANGES = re.compile(rb"bytes=([0-9, \t-]+)", re.IGNORECASE)
_SPEC = re.compile(rb"([0-9]{0,18})-([0-9]{0,18})")

Field = Callable[[bytes], bytes | None]


class Unsatisfiable(Exception):
    """No byte of the file is in any of the ranges: 416."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one version of a file from another.

    Units: `modified` in whole seconds since the epoch.
    """

    etag: bytes
    modified: int

    @classmethod
    def of(cls, status: os.stat_result, wall: float) -> Validators:
        """The validators of a file; weak while its time stamp is younger than a file system's clock can tell apart.

        Units: `wall` in seconds since the epoch.
        """
        tag = b'"%x-%x-%x"' % (status.st_mtime_ns, status.st_size, status.st_ino)
        weak = is_fresh(status.st_mtime_ns, wall)
        return cls(b"W/" + tag if weak else tag, int(status.st_mtime))


def is_fresh(stamp_ns: int, wall: float) -> bool:
    """Whether a file with this time stamp could change now and keep it.

    A stamp of whole seconds comes from a file system that tells no more of them, or only every other one.

    Units: `wall` in seconds since the epoch.
    """
    tick = TICK_SECONDS if stamp_ns % 1_000_000_000 else COARSE_TICK_SECONDS
    return abs(wall - stamp_ns / 1e9) < tick


def precondition(method: bytes, field: Field, validators: Validators) -> int | None:
    """304 or 412 where the request's conditions want that; None to go on."""
    if (wanted := field(b"if-match")) is not None:
        if not _matches(wanted, validators.etag, strong=True):
            return 412
    elif (since := _seconds(field(b"if-unmodified-since"))) is not None and validators.modified > since:
        return 412
    unchanged = 304 if method in (b"GET", b"HEAD") else 412
    if (unwanted := field(b"if-none-match")) is not None:
        return unchanged if _matches(unwanted, validators.etag, strong=False) else None
    if method in (b"GET", b"HEAD") and (since := _seconds(field(b"if-modified-since"))) is not None:
        return 304 if validators.modified <= since else None
    return None


def wanted_range(field: Field, validators: Validators, size: int) -> tuple[int, int] | None:
    """First and last byte of the part that is wanted; None for the whole file.

    Ranges that overlap or touch are merged; several that do not are answered with the whole file.

    Raises: Unsatisfiable.
    """
    header = field(b"range")
    if header is None or not _if_range(field(b"if-range"), validators):
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


def _resolve(first: bytes, last: bytes, size: int) -> tuple[int, int] | None:
    if not first:
        count = min(int(last), size)
        return (size - count, size - 1) if count else None
    if int(first) >= size:
        return None
    return int(first), min(int(last), size - 1) if last else size - 1


def _merged(parts: list[tuple[int, int]]) -> tuple[int, int] | None:
    if not parts:
        raise Unsatisfiable
    parts.sort()
    first, last = parts[0]
    for start, end in parts[1:]:
        if start > last + 1:
            return None
        last = max(last, end)
    return first, last


def _if_range(value: bytes | None, validators: Validators) -> bool:
    if value is None:
        return True
    if _TAG.fullmatch(value.strip()):
        return _matches(value, validators.etag, strong=True)
    return _seconds(value) == validators.modified


def _matches(header: bytes, etag: bytes, *, strong: bool) -> bool:
    if header.strip() == b"*":
        return True
    if strong:
        return not etag.startswith(b"W/") and any(not weak and tag == etag for weak, tag in _TAG.findall(header))
    return any(tag == etag.removeprefix(b"W/") for _, tag in _TAG.findall(header))


def _seconds(value: bytes | None) -> float | None:
    """A date as seconds since the epoch; None for what is no date, which then counts as not sent."""
    if value is None:
        return None
    try:
        return parsedate_to_datetime(value.decode("ascii")).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
