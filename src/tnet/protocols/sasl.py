"""SASL, as line protocols carry it: the PLAIN mechanism.

Source: RFC 4616 for the message; RFC 4648 section 3.5 for canonical base64.
"""

from __future__ import annotations

from base64 import b64encode
from binascii import Error, a2b_base64
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Plain:
    """A PLAIN message: `user` proves who it is with `password`, and wants to act as `acting_as` if that is given."""

    acting_as: bytes
    user: bytes
    password: bytes = field(repr=False)

    @property
    def acts_for_another(self) -> bool:
        """Whether it wants to act as somebody else."""
        return self.acting_as not in (b"", self.user)


def parse_plain(encoded: bytes) -> Plain | None:
    """The message that `encoded` is in base64; None for bad base64 and for whatever is no PLAIN message."""
    message = decode_base64(encoded)
    parts = [] if message is None else message.split(b"\0")
    match parts:
        case [acting_as, user, password] if user and password and _is_text(parts):
            return Plain(acting_as, user, password)
    return None


def decode_base64(encoded: bytes) -> bytes | None:
    """The data of which `encoded` is the one canonical base64; None for anything else."""
    try:
        data = a2b_base64(encoded, strict_mode=True)
    except Error:
        return None
    return data if b64encode(data) == encoded else None


def _is_text(parts: list[bytes]) -> bool:
    try:
        b"".join(parts).decode()
    except UnicodeDecodeError:
        return False
    return True
