"""Checksums as people write them: the name of an algorithm and the digest that is expected."""

from __future__ import annotations

import hashlib
import re

from tnet.errors import BadUsage

ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s")

_HEXADECIMAL = re.compile(r"[0-9a-f]+")


def parse_checksum(text: str, *, field: str = "--checksum") -> tuple[str, str]:
    """The algorithm, as hashlib calls it, and the lower-case digest of `ALG:HEX`; `sha-256` and `sha3-256` serve too.

    Raises: BadUsage, naming `field`, for another algorithm, and for what cannot be a digest of it.
    """
    name, _, digest = text.strip().lower().partition(":")
    algorithm = re.sub(r"^sha-", "sha", name).replace("-", "_")
    if algorithm not in ALGORITHMS:
        raise BadUsage(field, f"{name!r} is no algorithm for it", f"write ALG:HEX with one of {', '.join(ALGORITHMS)}")
    digits = 2 * hashlib.new(algorithm, usedforsecurity=False).digest_size
    if len(digest) != digits or not _HEXADECIMAL.fullmatch(digest):
        raise BadUsage(field, f"{digest!r} is not the {digits} hexadecimal digits of {algorithm}")
    return algorithm, digest
