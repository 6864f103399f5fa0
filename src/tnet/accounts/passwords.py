"""What a password may be, and a new one that is easy to type.

Source: RFC 8265 section 4: passwords are compared as the bytes that were typed.
"""

from __future__ import annotations

import secrets

from tnet.errors import BadUsage

LONGEST_BYTES = 1024
"""Longer ones are refused before any work is done for them."""

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS = 4
_GROUP_LETTERS = 4


def generate() -> str:
    """A random password of 79 bits, without letters that look alike: `k7mp-x2ra-9tqd-hc4w`."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LETTERS)) for _ in range(_GROUPS))


def as_bytes(password: str) -> bytes:
    """The bytes of a password that somebody wants to set.

    Raises: BadUsage when it is empty or too long.
    """
    data = password.encode("utf-8", "surrogateescape")
    if not data:
        raise BadUsage("password", "must not be empty")
    if len(data) > LONGEST_BYTES:
        raise BadUsage("password", f"must not be longer than {LONGEST_BYTES} bytes")
    return data
