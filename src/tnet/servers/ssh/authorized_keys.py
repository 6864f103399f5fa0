"""The keys in authorized_keys files, and whose they are.

Only plain lines let anybody in: a line with options, a certificate or a malformed key is skipped and reported, never
half obeyed.

Source: OpenSSH's sshd(8), AUTHORIZED_KEYS FILE FORMAT.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tnet.protocols.ssh.user_keys import KeyUnusable, read_line
from tnet.servers.guarded_files import read_guarded

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


@dataclass
class FileKeys:
    """One user, and the keys of files that open that name and no other."""

    user: str
    blobs: frozenset[bytes] = frozenset()

    async def owner(self, user: bytes, blob: bytes) -> str | None:
        """The user, when that one is meant and the key is of the files."""
        known, right = blob in self.blobs, user == self.user.encode()
        return self.user if known and right else None
