"""A checksum that is computed as bytes are written, and from the file for those that were written out of order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from tnet.errors import ChecksumMismatch

AT_ONCE_BYTES = 1 << 26
_READ_BYTES = 1 << 20


class Hashing:
    """The digest of a file's first `count` bytes, by an algorithm of hashlib; of none without one."""

    def __init__(self, algorithm: str | None) -> None:
        self._algorithm = algorithm
        self.restart()

    def restart(self) -> None:
        """Forget what was hashed."""
        self.count = 0
        self._hash = hashlib.new(self._algorithm, usedforsecurity=False) if self._algorithm else None

    def feed(self, offset: int, pieces: Sequence[bytes]) -> None:
        """Take what was written at `offset`, if that is where we are."""
        if self._hash is not None and offset == self.count:
            for piece in pieces:
                self._hash.update(piece)
                self.count += len(piece)

    def catch_up(self, fd: int, total: int) -> bool:
        """Read on in the file for a bounded while; whether all of its `total` bytes are hashed now.

        Raises: OSError.
        """
        most = min(total, self.count + AT_ONCE_BYTES)
        while self._hash is not None and self.count < most:
            if not (data := os.pread(fd, min(_READ_BYTES, most - self.count), self.count)):
                return True
            self.feed(self.count, (data,))
        return self._hash is None or self.count >= total

    @property
    def digest(self) -> str:
        """In lower-case hexadecimal digits; empty without an algorithm."""
        return self._hash.hexdigest() if self._hash is not None else ""


def checked(path: str, found: str, expected: tuple[str, str] | None) -> str | None:
    """The digest `found` in what is for `path`, as `ALG:HEX`; None where none is expected.

    Raises: ChecksumMismatch when it is not the one that is `expected`, by which algorithm.
    """
    if expected is None:
        return None
    algorithm, digest = expected
    if found != digest:
        raise ChecksumMismatch(path, algorithm, digest, found)
    return f"{algorithm}:{digest}"


def digest_of(path: str, algorithm: str) -> str:
    """The digest of a whole file; raises OSError."""
    hashing = Hashing(algorithm)
    with open(path, "rb") as file:
        while not hashing.catch_up(file.fileno(), os.fstat(file.fileno()).st_size):
            pass
    return hashing.digest
