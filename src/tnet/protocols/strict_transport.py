"""What a host says in Strict-Transport-Security: for how long it is to be asked over https alone. Pure.

Source: RFC 6797 sections 6.1 and 8.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

FIELD_BYTES = 1024
LONGEST_SECONDS = 100 * 366 * 86400

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_DIRECTIVE = re.compile(
    rf'[ \t]*(?:(?P<name>{_WORD})(?:[ \t]*=[ \t]*(?:(?P<plain>{_WORD})|"(?P<quoted>(?:[^"\\]|\\.)*)"))?[ \t]*)?'
    r"(?:;|\Z)",
    re.DOTALL,
)
_SECONDS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Policy:
    """How long the host is to be asked over https alone, and whether what is below it is as well.

    Units: `max_age` in seconds, at most `LONGEST_SECONDS`; 0 takes back what was said before.
    """

    max_age: int
    subdomains: bool = False


def policy(values: Sequence[bytes]) -> Policy | None:
    """What the header fields of an answer say, of which the first alone counts; None when it is malformed or missing.

    Directives that are not known are passed over; one that is there twice, or more than `FIELD_BYTES`, is malformed.
    """
    if not values or len(values[0]) > FIELD_BYTES:
        return None
    directives = _directives(values[0].decode("latin-1"))
    if directives is None or directives.get("includesubdomains") is not None:
        return None
    age = directives.get("max-age")
    if age is None or not _SECONDS.fullmatch(age):
        return None
    return Policy(min(int(age), LONGEST_SECONDS), "includesubdomains" in directives)


def _directives(text: str) -> dict[str, str | None] | None:
    """Each directive's value, by its name in lower case; None when the text breaks the grammar."""
    found: dict[str, str | None] = {}
    at = 0
    while at < len(text):
        match = _DIRECTIVE.match(text, at)
        if match is None:
            return None
        at = match.end()
        if match["name"] is None:
            continue
        name = match["name"].lower()
        if name in found:
            return None
        found[name] = match["plain"] if match["plain"] is not None else match["quoted"]
    return found
