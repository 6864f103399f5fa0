"""Statements that only we can have made, and that end: what tokens and share links are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from tnet.servers.web.bodies import Refusal

DAY_SECONDS = 24 * 60 * 60
LONGEST_SECONDS = 30 * DAY_SECONDS


class Forged(Exception):
    """Not signed by us, not whole, or signed for something else."""


class Expired(Exception):
    """Ours, and over."""


class Signer:
    """Signs statements for one `purpose`; one signed for another is forged here.

    Units: `wall` gives seconds since the epoch, since a statement outlives the process.
    """

    def __init__(self, key: bytes, purpose: str, wall: Callable[[], float]) -> None:
        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        self._serializer = URLSafeSerializer(key, salt=f"tnet {purpose}".encode(), signer_kwargs=options)
        self._wall = wall

    def sign(self, statement: Mapping[str, Any], seconds: int) -> tuple[str, int]:
        """What can be put into a URL, and when it ends, in seconds since the epoch."""
        ends = int(self._wall()) + seconds
        return self._serializer.dumps([statement, ends]), ends

    def read(self, signed: bytes) -> dict[str, Any]:
        """The statement.

        Raises: Forged, Expired.
        """
        try:
            statement, ends = self._serializer.loads(signed)
        except BadData as error:
            raise Forged from error
        if self._wall() >= ends:
            raise Expired
        return dict(statement)


def lifetime(args: Mapping[bytes, list[bytes]]) -> int:
    """How long what a form asks for is to last: its field `expires`, in seconds; a day without one.

    Raises: Refusal.
    """
    said = args.get(b"expires", [b""])[0]
    if not said:
        return DAY_SECONDS
    if not said.isdigit() or len(said) > 9 or not 1 <= int(said) <= LONGEST_SECONDS:
        raise Refusal(400, f"expires is a number of seconds, at most {LONGEST_SECONDS}")
    return int(said)
