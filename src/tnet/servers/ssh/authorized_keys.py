"""The keys in authorized_keys files, and the check whether one of them made a signature.

Only plain lines let anybody in: a line with options, a certificate or a malformed key is skipped and reported, never
half obeyed.

Source: OpenSSH's sshd(8), AUTHORIZED_KEYS FILE FORMAT; CVE-2024-45337.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.conch.error import ValidPublicKey
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import ISSHPrivateKey
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, execute
from zope.interface import implementer

from tnet.protocols.ssh.user_keys import KeyUnusable, read_blob, read_line
from tnet.servers.ssh.files import read_guarded

FILE_BYTES = 1 << 20
LINE_BYTES = 1 << 14
WRITABLE_BY_OTHERS = 0o022


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that lets nobody in."""

    number: int
    reason: str


def parse_keys(data: bytes) -> tuple[frozenset[bytes], tuple[Skipped, ...]]:
    """The key blobs in the text of an authorized_keys file, and what was skipped."""
    blobs, skipped = set(), []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        try:
            if len(text) > LINE_BYTES:
                raise KeyUnusable("the line is too long")
            blobs.add(read_line(text).blob())
        except KeyUnusable as error:
            skipped.append(Skipped(number, str(error)))
    return frozenset(blobs), tuple(skipped)


def read_keys(paths: Iterable[str]) -> tuple[frozenset[bytes], tuple[str, ...]]:
    """The key blobs of every file, and a warning for each line that was skipped. Blocks.

    Raises: CannotRead, when a file is missing or others can write to it.
    """
    found: frozenset[bytes] = frozenset()
    warnings: list[str] = []
    for path in paths:
        data = read_guarded(Path(os.path.realpath(path)), forbidden=WRITABLE_BY_OTHERS, limit_bytes=FILE_BYTES)
        blobs, skipped = parse_keys(data)
        found |= blobs
        warnings += (f"{path} line {line.number} skipped: {line.reason}" for line in skipped)
    return found, tuple(warnings)


@implementer(ICredentialsChecker)
class KeyChecker:
    """Lets `user` in with any key of `blobs`; nobody else with any key.

    A question without a signature is answered with ValidPublicKey only for a key that would do, after the same work
    whoever asks.
    """

    credentialInterfaces = (ISSHPrivateKey,)

    def __init__(self, user: str, blobs: frozenset[bytes]) -> None:
        self.user = user.encode()
        self.blobs = blobs

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        """Who the key is good for.

        Fires with: the user's name; UnauthorizedLogin; ValidPublicKey.
        """
        return execute(self._avatar_id, credentials)

    def _avatar_id(self, credentials: Any) -> bytes | tuple[()]:
        key = read_blob(credentials.blob)
        known, right = credentials.blob in self.blobs, credentials.username == self.user
        if not (known and right):
            raise UnauthorizedLogin("that key is not for that user")
        if not credentials.signature:
            raise ValidPublicKey
        if not _signed(key, credentials):
            raise UnauthorizedLogin("the signature is wrong")
        return self.user


def _signed(key: Any, credentials: Any) -> bool:
    try:
        return bool(key.verify(credentials.signature, credentials.sigData))
    except Exception:  # noqa: BLE001 (whatever a malformed signature makes Conch raise, it is no signature)
        return False
