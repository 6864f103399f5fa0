"""Digests that a client sends along with a body, to be checked against what came.

Source: RFC 9530 sections 2 and 3; RFC 9651 section 3.2 for the form, a dictionary of byte sequences.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from binascii import Error

from tnet.servers.web.bodies import Refusal

PIECE_BYTES = 1 << 20

_HASHES = {b"sha-512": "sha512", b"sha-256": "sha256"}
_MEMBER = re.compile(rb"[ \t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):[ \t]*")


class Checked:
    """The hash of what is fed to it, and what it should be; of a field that was not sent, nothing is asked.

    Raises: Refusal, 400 for a field that cannot be read. Algorithms that are not known count as not sent.
    """

    def __init__(self, field: bytes | None) -> None:
        self._expected = b""
        self._hash = None
        for name, value in _members(field) if field is not None else ():
            if name in _HASHES and (self._hash is None or name == b"sha-512"):
                self._expected, self._hash = value, hashlib.new(_HASHES[name])

    @property
    def asked(self) -> bool:
        """Whether there is anything to check."""
        return self._hash is not None

    def update(self, data: bytes) -> None:
        """More of the body came."""
        if self._hash is not None:
            self._hash.update(data)

    def judge(self) -> None:
        """Refuse, with 400, what was not what it should be."""
        if self._hash is not None and self._hash.digest() != self._expected:
            raise Refusal(400, "the body is not what its digest says")


def _members(field: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    for member in field.split(b","):
        match = _MEMBER.fullmatch(member)
        if match is None:
            raise Refusal(400, "a digest is written sha-256=:BASE64:")
        try:
            found.append((match[1], b64decode(match[2], validate=True)))
        except Error:
            raise Refusal(400, "a digest is written in base64") from None
    return found
