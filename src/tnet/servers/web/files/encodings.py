"""Which content coding a client is to get: pure decisions over its Accept-Encoding.

Source: RFC 9110 sections 12.4.2 and 12.5.3; RFC 7932 (br); RFC 8878 (zstd).
"""

from __future__ import annotations

import re
from functools import lru_cache

IDENTITY = b"identity"
CODINGS = (b"zstd", b"br", b"gzip")
"""What we can make or find; where a client does not care, the one that is made quickest is the best."""
SUFFIXES = {b"br": b".br", b"zstd": b".zst", b"gzip": b".gz"}

_MAX_BYTES = 1024
_WEIGHT = re.compile(rb"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_UNNAMED_IDENTITY = -1


@lru_cache(maxsize=256)
def acceptable(field: bytes) -> tuple[bytes, ...]:
    """The codings that an Accept-Encoding field accepts, `identity` among them, the best one first.

    Without `identity` in it, the content must not be sent as it is. A coding that is named twice counts the second
    time; a member that cannot be read counts as not sent, and so does the whole of an absurdly long field.
    """
    weights = _weights(field) if len(field) <= _MAX_BYTES else {}
    others = weights.get(b"*", 0)
    wanted = {coding: weights.get(coding, others) for coding in CODINGS}
    if weights.get(IDENTITY, 0 if b"*" in weights and not others else _UNNAMED_IDENTITY):
        wanted[IDENTITY] = weights.get(IDENTITY, _UNNAMED_IDENTITY)
    return tuple(sorted((coding for coding, weight in wanted.items() if weight), key=wanted.__getitem__, reverse=True))


def _weights(field: bytes) -> dict[bytes, int]:
    """Thousandths by coding; `x-gzip` is gzip."""
    weights = {}
    for member in field.lower().split(b","):
        coding, semicolon, parameter = (part.strip(b" \t") for part in member.partition(b";"))
        name, _, value = (part.strip(b" \t") for part in parameter.partition(b"="))
        if not coding or (semicolon and (name != b"q" or not _WEIGHT.fullmatch(value))):
            continue
        weights[coding.removeprefix(b"x-")] = round(float(value) * 1000) if semicolon else 1000
    return weights
