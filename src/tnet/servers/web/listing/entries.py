"""What a directory holds, as far as it can be asked for. Everything here may block."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import OpenDirectory, OpenFile, Root
from tnet.servers.web.page.words import shown

MAX_ENTRIES = 100_000

_NUMBER = re.compile(r"[0-9]+")


class Entry(NamedTuple):
    """One name in a directory; `target` is where a link really leads, as names below the root.

    Units: `size` in bytes, `modified` in seconds since the epoch.
    """

    name: bytes
    is_directory: bool
    size: int
    modified: float
    target: tuple[bytes, ...] | None = None

    @property
    def href(self) -> str:
        """A link to it from the listing; the `./` keeps a name such as `javascript:x` a name."""
        return "./" + quote(self.name, safe="") + ("/" if self.is_directory else "")

    @property
    def shown(self) -> str:
        """Its name as harmless text."""
        return shown(self.name)

    @property
    def order(self) -> tuple[str, bytes]:
        """Where it stands by name: whatever the case, and `file10` after `file9`."""
        return _NUMBER.sub(_with_length, self.name.decode("utf-8", "surrogateescape").casefold()), self.name


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of a directory by name, directories first; `more` were left out."""

    entries: tuple[Entry, ...]
    more: int = 0


def scan(root: Root, names: Sequence[bytes], limit: int = MAX_ENTRIES) -> Listing:
    """What can be asked for in the directory that `names` lead to, at most `limit` entries of it.

    Raises: Refusal.
    """
    entries: list[Entry] = []
    more = 0
    with _readable(root, names) as fd, os.scandir(fd) as found:
        for item in found:
            name = os.fsencode(item.name)
            if not root.shows(name, first=not names):
                continue
            if len(entries) == limit:
                more += 1
            elif (entry := _entry(root, names, name, item)) is not None:
                entries.append(entry)
    entries.sort(key=lambda entry: entry.order)
    entries.sort(key=lambda entry: not entry.is_directory)
    return Listing(tuple(entries), more)


@contextmanager
def _readable(root: Root, names: Sequence[bytes]) -> Iterator[int]:
    directory = root.open(names)
    try:
        if not isinstance(directory, OpenDirectory):
            raise Refusal(404)
        fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory.fd)
    except PermissionError as error:
        raise Refusal(403, "this directory may be entered, not listed") from error
    finally:
        directory.close()
    try:
        yield fd
    finally:
        os.close(fd)


def _entry(root: Root, names: Sequence[bytes], name: bytes, item: os.DirEntry[str]) -> Entry | None:
    try:
        if item.is_symlink():
            return _behind_link(root, names, name, item)
        status = item.stat(follow_symlinks=False)
        if item.is_dir(follow_symlinks=False):
            return Entry(name, True, 0, status.st_mtime)
        return Entry(name, False, status.st_size, status.st_mtime) if item.is_file(follow_symlinks=False) else None
    except OSError:
        return None


def _behind_link(root: Root, names: Sequence[bytes], name: bytes, item: os.DirEntry[str]) -> Entry | None:
    try:
        opened = root.open([*names, name])
    except Refusal:
        return None
    opened.close()
    target = tuple(opened.names)
    if isinstance(opened, OpenFile):
        return Entry(name, False, opened.status.st_size, opened.status.st_mtime, target)
    return Entry(name, True, 0, item.stat(follow_symlinks=False).st_mtime, target)


def _with_length(number: re.Match[str]) -> str:
    """A number so that numbers compare as such when they compare as text."""
    digits = number[0].lstrip("0")
    return chr(ord("0") + len(digits)) + digits
