"""Conditional requests: pure decisions over what a client sent.

Source: RFC 9110 sections 8.8, 13.1 and 13.2.2.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

TICK_SECONDS = 0.02
COARSE_TICK_SECONDS = 2.0

_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')

Field = Callable[[bytes], bytes | None]


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

    @classmethod
    def now(cls, status: os.stat_result) -> Validators:
        """The validators of a file whose status was just asked for."""
        return cls.of(status, time.time())

    def variant(self, coding: bytes, beside: Validators | None = None) -> Validators:
        """Those of the same file in a content coding; `beside` are those of the file that holds it so."""
        made_of = b"-" + beside.etag.removeprefix(b"W/").strip(b'"') if beside else b""
        weak = b"W/" if beside and beside.etag.startswith(b"W/") and not self.etag.startswith(b"W/") else b""
        return Validators(b'%b%b%b-%b"' % (weak, self.etag[:-1], made_of, coding), self.modified)

    def match(self, header: bytes, *, strong: bool, variants: bool = False) -> bool:
        """Whether a list of entity tags, or `*`, names this version; with `variants` in whatever coding."""
        if header.strip() == b"*":
            return True
        if strong and self.etag.startswith(b"W/"):
            return False
        own = self.etag.removeprefix(b"W/")
        return any(
            tag == own or (variants and tag.startswith(own[:-1] + b"-"))
            for weak, tag in _TAG.findall(header)
            if not (strong and weak)
        )

    def fit(self, if_range: bytes | None) -> bool:
        """Whether a part of this version goes with what the client has."""
        if if_range is None:
            return True
        if _TAG.fullmatch(if_range.strip()):
            return self.match(if_range, strong=True)
        return _seconds(if_range) == self.modified


def is_fresh(stamp_ns: int, wall: float) -> bool:
    """Whether a file with this time stamp could change now and keep it.

    A stamp of whole seconds comes from a file system that tells no more of them, or only every other one.

    Units: `wall` in seconds since the epoch.
    """
    tick = TICK_SECONDS if stamp_ns % 1_000_000_000 else COARSE_TICK_SECONDS
    return abs(wall - stamp_ns / 1e9) < tick


def precondition(method: bytes, field: Field, validators: Validators) -> int | None:
    """304 or 412 where the request's conditions want that; None to go on.

    Where something is to be changed, the file is the same one in whatever coding the client has read it.
    """
    reads = method in (b"GET", b"HEAD")
    if (wanted := field(b"if-match")) is not None:
        if not validators.match(wanted, strong=True, variants=not reads):
            return 412
    elif (since := _seconds(field(b"if-unmodified-since"))) is not None and validators.modified > since:
        return 412
    unchanged = 304 if reads else 412
    if (unwanted := field(b"if-none-match")) is not None:
        return unchanged if validators.match(unwanted, strong=False, variants=not reads) else None
    if reads and (since := _seconds(field(b"if-modified-since"))) is not None:
        return 304 if validators.modified <= since else None
    return None


def _seconds(value: bytes | None) -> float | None:
    """A date as seconds since the epoch; None for what is no date, which then counts as not sent."""
    if value is None:
        return None
    try:
        return parsedate_to_datetime(value.decode("ascii")).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
