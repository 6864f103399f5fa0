"""What a Set-Cookie field says, before anybody decides whether to believe it.

Source: RFC 6265bis (draft-ietf-httpbis-rfc6265bis) sections 5.1.1 and 5.6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PAIR_BYTES = 4096
ATTRIBUTE_BYTES = 1024

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SECONDS = re.compile(r"-?[0-9]+")
_LONG_AGO, _FAR_AWAY = -(1 << 53), 1 << 53

_DELIMITERS = re.compile(r"[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[^0-9].*)?", re.DOTALL)
_DAY = re.compile(r"([0-9]{1,2})(?:[^0-9].*)?", re.DOTALL)
_MONTH = re.compile(r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec).*", re.IGNORECASE | re.DOTALL)
_YEAR = re.compile(r"([0-9]{2,4})(?:[^0-9].*)?", re.DOTALL)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCookie:
    """A name, a value, and the attributes that were understood; of equal ones the last.

    `domain` and `path` are as they were written, None where they were not, or to no effect.

    Units: `max_age` in seconds from now, `expires` in seconds since 1970.
    """

    name: str
    value: str = field(repr=False)
    domain: str | None = None
    path: str | None = None
    secure: bool = False
    http_only: bool = False
    max_age: int | None = None
    expires: int | None = None


def parse_set_cookie(value: bytes) -> SetCookie | None:
    """The cookie that one field sets; None when it holds a control byte, is too long, or names nothing.

    A tab in a name or value, which the source lets pass, is refused too: it separates the fields of a cookie file.
    """
    text = value.decode("utf-8", "surrogateescape").strip(" \t")
    pair, *attributes = text.split(";")
    name, equals, rest = pair.partition("=")
    name, content = (name.strip(" \t"), rest.strip(" \t")) if equals else ("", pair.strip(" \t"))
    if _CONTROL.search(text) or "\t" in name + content or not fits(name, content):
        return None
    return SetCookie(name=name, value=content, **_understood(attributes))


def fits(name: str, value: str) -> bool:
    """Whether a cookie says anything, and no more than it may."""
    return 0 < len((name + value).encode("utf-8", "surrogateescape")) <= PAIR_BYTES


def cookie_date(text: str) -> int | None:
    """The moment that `text` names, in any of the ways in which servers write dates; None when it names none.

    Units: seconds since 1970.
    """
    found: dict[str, re.Match[str]] = {}
    for token in _DELIMITERS.split(text):
        for kind, pattern in (("time", _TIME), ("day", _DAY), ("month", _MONTH), ("year", _YEAR)):
            if kind not in found and (match := pattern.fullmatch(token)):
                found[kind] = match
                break
    if len(found) < 4:
        return None
    hour, minute, second = map(int, found["time"].groups())
    month = _MONTHS.index(found["month"][1].lower()) + 1
    try:
        moment = datetime(_year(int(found["year"][1])), month, int(found["day"][1]), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp())


def _year(year: int) -> int:
    """Raises: ValueError for one before 1601."""
    year += 2000 if year < 70 else 1900 if year < 100 else 0
    if year < 1601:
        raise ValueError(year)
    return year


def _understood(attributes: list[str]) -> dict[str, Any]:
    """The attributes by the names of SetCookie's fields."""
    found: dict[str, Any] = {}
    for attribute in attributes:
        name, _, value = (part.strip(" \t") for part in attribute.partition("="))
        if len(value.encode("utf-8", "surrogateescape")) > ATTRIBUTE_BYTES:
            continue
        match name.lower():
            case "secure":
                found["secure"] = True
            case "httponly":
                found["http_only"] = True
            case "domain":
                found["domain"] = value or None
            case "path":
                found["path"] = value if value.startswith("/") else None
            case "max-age" if _SECONDS.fullmatch(value):
                found["max_age"] = min(max(int(value), _LONG_AGO), _FAR_AWAY)
            case "expires" if (moment := cookie_date(value)) is not None:
                found["expires"] = moment
    return found
