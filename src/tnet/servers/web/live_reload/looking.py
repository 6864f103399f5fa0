"""What there is below a directory: its directories, and how its files look. Everything here blocks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator

from tnet.servers.web.files.root import UPLOAD_PREFIX

MOST_DIRECTORIES = 4096
MOST_FILES = 50_000

Look = tuple[int, int, int]


class TooMany(Exception):
    """There is more below the directory than is looked at."""


def shows(name: bytes, hidden: bool) -> bool:
    """Whether a file or directory of this name is looked at: one that begins with a dot only with `hidden`."""
    return not name.startswith(b".") or (hidden and not name.startswith(UPLOAD_PREFIX))


def directories(root: bytes, *, hidden: bool, most: int = MOST_DIRECTORIES) -> list[bytes]:
    """`root` and what directories are below it, links aside.

    Raises: TooMany.
    """
    found = [root]
    for item in _below(root, hidden):
        if item.is_dir(follow_symlinks=False):
            found.append(item.path)
        if len(found) > most:
            raise TooMany
    return found


def looks(root: bytes, *, hidden: bool, most: int = MOST_FILES) -> dict[bytes, Look]:
    """The files below `root` by path, with what tells one version from another; `most` of them when there are more."""
    found: dict[bytes, Look] = {}
    for item in _below(root, hidden):
        if len(found) >= most:
            break
        try:
            if not item.is_dir(follow_symlinks=False):
                status = item.stat(follow_symlinks=False)
                found[item.path] = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            continue
    return found


def _below(root: bytes, hidden: bool) -> Iterator[os.DirEntry[bytes]]:
    """Everything below `root`, what is nearer first; what cannot be read is left out."""
    todo = deque([root])
    while todo:
        try:
            items = [item for item in os.scandir(todo.popleft()) if shows(item.name, hidden)]
        except OSError:
            continue
        todo.extend(item.path for item in items if item.is_dir(follow_symlinks=False))
        yield from items
