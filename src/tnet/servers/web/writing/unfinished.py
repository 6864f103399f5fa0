"""What is known of uploads that take several requests; how much of each is there is what its hidden file says.

The name of that file holds the token of the upload, and the length that was announced when it began. So whoever has
the token can go on after we were started anew, as long as the name that it is for is free.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import token_urlsafe
from threading import Lock
from typing import TYPE_CHECKING

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.writing.room import Claim
from tnet.servers.web.writing.staging import STALE_SECONDS
from tnet.servers.web.writing.targets import Target, Terms

if TYPE_CHECKING:
    from tnet.servers.web.writing.receiver import Receiver

MAX_UNFINISHED = 1000
MAX_COMPLETED = 1000

_SECRET = re.compile(rb"r[A-Za-z0-9_-]{22}(?:-([0-9]{1,15}))?")
_DERIVED = re.compile(rb"p[0-9a-f]{32}")


@dataclass(slots=True)
class Unfinished:
    """One upload that is not complete: the `length` it is to have, where that was said, and the `terms` for its name.

    `digest` is what the Repr-Digest field said of the whole. `receiver` is who writes to it now, or did.

    Units: `touched` in seconds since the epoch, when somebody last went on with it.
    """

    token: bytes
    claim: Claim
    terms: Terms
    length: int | None = None
    digest: bytes | None = None
    touched: float = 0.0
    receiver: Receiver | None = None


@dataclass(slots=True)
class Register:
    """The unfinished uploads by token, and the lengths of some that were completed. Of any thread."""

    _unfinished: dict[bytes, Unfinished] = field(default_factory=dict)
    _completed: OrderedDict[bytes, int] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def find(self, token: bytes) -> Unfinished | None:
        """What is known of an upload."""
        return self._unfinished.get(token)

    def completed(self, token: bytes) -> int | None:
        """How long an upload was that is complete."""
        return self._completed.get(token)

    def add(self, upload: Unfinished) -> Unfinished:
        """Know of one more; of those that nobody has gone on with for a day only when there is room.

        Raises: Refusal, 503 when too many are unfinished.
        """
        for stale in self._stale(upload.touched) if len(self._unfinished) >= MAX_UNFINISHED else ():
            self.forget(stale)
        with self._lock:
            if len(self._unfinished) >= MAX_UNFINISHED:
                raise Refusal(503, "too many uploads are unfinished", {b"Retry-After": b"600"})
            return self._unfinished.setdefault(upload.token, upload)

    def forget(self, token: bytes) -> None:
        """Nothing is left of an upload."""
        with self._lock:
            upload = self._unfinished.pop(token, None)
        if upload is not None:
            upload.claim.drop()

    def _stale(self, now: float) -> list[bytes]:
        with self._lock:
            return [token for token, each in self._unfinished.items() if now - each.touched > STALE_SECONDS]

    def complete(self, token: bytes, length: int) -> None:
        """An upload is complete; what it takes is counted for good."""
        with self._lock:
            upload = self._unfinished.pop(token, None)
            if is_secret(token):
                self._completed[token] = length
            while len(self._completed) > MAX_COMPLETED:
                self._completed.popitem(last=False)
        if upload is not None:
            upload.claim.keep(length)


def new_token(length: int | None) -> bytes:
    """A token that nobody can guess; it holds the length of the upload, where that is known."""
    token = b"r" + token_urlsafe(16).encode()
    return token if length is None else b"%b-%d" % (token, length)


def derived_token(target: Target, user: str | None) -> bytes:
    """The token of the upload that one user makes to one name without asking for a token."""
    directory = os.fstat(target.directory.fd)
    key = repr((directory.st_dev, directory.st_ino, target.name, user)).encode()
    return b"p" + blake2b(key, digest_size=16).hexdigest().encode()


def is_secret(token: bytes) -> bool:
    """Whether it is one of `new_token`."""
    return _SECRET.fullmatch(token) is not None


def is_resumable(token: bytes) -> bool:
    """Whether what goes by this token waits for its rest, and is not the rest of something else."""
    return is_secret(token) or _DERIVED.fullmatch(token) is not None


def length_in(token: bytes) -> int | None:
    """The length that a token holds."""
    match = _SECRET.fullmatch(token)
    return int(match[1]) if match is not None and match[1] else None
