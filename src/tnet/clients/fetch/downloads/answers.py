"""What an answer means for a body that is to be kept: which version it is of, and whether it goes on with another.

Source: RFC 9110 sections 8.8 (validators), 13.1.5 (If-Range), 14.4 (Content-Range), 15.3.7 and 15.5.17.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from enum import Enum

from tnet.clients.fetch.request import Headers
from tnet.errors import RangeRefused
from tnet.protocols.http1.responses import ResponseHead

_STRONG = re.compile(rb'"[\x21\x23-\x7e]*"')
_CONTENT_RANGE = re.compile(rb"bytes (?:([0-9]{1,18})-([0-9]{1,18})|\*)/([0-9]{1,18})")
_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a body: `validator` is a strong ETag or a date, as If-Range takes it, `total` its length."""

    validator: str
    total: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bytes from `start` to before `end` of a version; of any version, to learn its length, when that is None."""

    start: int
    end: int
    version: Version | None

    @property
    def headers(self) -> Headers:
        """What asks for it."""
        last = "" if self.version is None or self.end == self.version.total else str(self.end - 1)
        asked = ("Range", f"bytes={self.start}-{last}"), ("Accept-Encoding", "identity")
        return asked if self.version is None else (*asked, ("If-Range", self.version.validator))


class Changed(RangeRefused):
    """The part that was asked for is of another version, or not to be had: only everything anew will do."""


class Meaning(Enum):
    """What an answer is to somebody who wanted a part: that part, all of it anew, nothing (it is there), no use."""

    PART = "part"
    WHOLE = "whole"
    COMPLETE = "complete"
    USELESS = "useless"


def version_of(head: ResponseHead) -> Version | None:
    """The version of a whole body, if the rest of it could be asked for later without mixing two of them."""
    length = head.length
    if head.status != 200 or length is None or head.values(b"content-encoding"):
        return None
    if any(value.strip().lower() == b"none" for value in head.values(b"accept-ranges")):
        return None
    validator = _validator(head)
    return None if validator is None else Version(validator, length)


def meaning(head: ResponseHead, wanted: Wanted | None, peer: str) -> Meaning:
    """What the answer is to somebody who wanted a part, or (None) the whole.

    Raises: RangeRefused when the part that is missing is refused, or a part is what nobody asked for.
    """
    if wanted is None:
        if head.status == 206:
            raise RangeRefused(peer, "it sent a part, and nobody had asked for one")
        return Meaning.WHOLE
    if head.status == 206:
        continues = wanted.version is not None and _continues(head, wanted, wanted.version)
        return Meaning.PART if continues else Meaning.USELESS
    if head.status == 416:
        return _at_the_end(head, wanted, peer)
    return Meaning.WHOLE


def _at_the_end(head: ResponseHead, wanted: Wanted, peer: str) -> Meaning:
    """There is nothing from `start` on: good if that is the end, anew if it is another body, else a refusal."""
    total = next((int(found[3]) for value in head.values(b"content-range") if (found := _range(value))), None)
    version = wanted.version
    if total == wanted.start and (version is None or (total == version.total and _may_be_of(head, version))):
        return Meaning.COMPLETE
    if version is None or (total is not None and total != version.total) or not _may_be_of(head, version):
        return Meaning.USELESS
    raise RangeRefused(peer, f"bytes from {wanted.start} on, of {version.total}")


def _continues(head: ResponseHead, wanted: Wanted, version: Version) -> bool:
    """Whether a 206 is exactly the part that was wanted, of the same version, in one piece and as it is stored."""
    ranges = [_range(value) for value in head.values(b"content-range")]
    if len(ranges) != 1 or (found := ranges[0]) is None or found[1] is None or head.values(b"content-encoding"):
        return False
    spans = (int(found[1]), int(found[2]) + 1, int(found[3])) == (wanted.start, wanted.end, version.total)
    return spans and head.length in (None, wanted.end - wanted.start) and _is_of(head, version)


def _is_of(head: ResponseHead, version: Version) -> bool:
    """Whether an answer with content is of the version; a date may be missing, for it stood in If-Range."""
    return _may_be_of(head, version) and (_is_date(version.validator) or bool(head.values(b"etag")))


def _may_be_of(head: ResponseHead, version: Version) -> bool:
    """Whether no validator of the answer is another one."""
    tags, dates = _texts(head, b"etag"), _texts(head, b"last-modified")
    if _is_date(version.validator):
        return not tags and dates in ([], [version.validator])
    return tags in ([], [version.validator])


def _is_date(validator: str) -> bool:
    return not validator.startswith('"')


def _validator(head: ResponseHead) -> str | None:
    tags, dates = head.values(b"etag"), head.values(b"last-modified")
    if tags:
        return tags[0].decode() if len(tags) == 1 and _STRONG.fullmatch(tags[0]) else None
    return dates[0].decode("latin-1") if len(dates) == 1 and _is_past(head, dates[0]) else None


def _is_past(head: ResponseHead, modified: bytes) -> bool:
    """Whether the answer is so much younger than the body that another change would have had another date."""
    try:
        answered = parsedate_to_datetime(b"".join(head.values(b"date")[:1]).decode("latin-1"))
        return parsedate_to_datetime(modified.decode("latin-1")) + _A_SECOND <= answered
    except (ValueError, TypeError, OverflowError):
        return False


def _range(value: bytes) -> re.Match[bytes] | None:
    return _CONTENT_RANGE.fullmatch(value.strip())


def _texts(head: ResponseHead, name: bytes) -> list[str]:
    return [value.decode("latin-1") for value in head.values(name)]
