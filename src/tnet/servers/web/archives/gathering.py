"""What goes into an archive: looked up before the first byte is sent, so that its length can be promised.

Nothing outside the root, nothing hidden, nothing that whoever asks may not read. Links to files are the files; links
to directories are left out, so that there are no circles. Everything here may block: it runs in a worker.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import OpenDirectory, OpenFile, Root
from tnet.servers.web.page.words import shown
from tnet.servers.web.permissions import Permissions, Right

MAX_ENTRIES = 100_000

Names = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A file or a directory: the `names` that lead to it from the root, the `path` that it has in the archive.

    Units: `size` in bytes, `modified` in whole seconds since the epoch.
    """

    names: Names
    path: Names
    is_directory: bool
    size: int
    modified: int
    mode: int


class Gathering:
    """Looks below `root` for what `permissions` allow."""

    def __init__(self, root: Root, permissions: Permissions) -> None:
        self._root = root
        self._permissions = permissions
        self._found: list[Item] = []
        self._stopped = False

    def stop(self) -> None:
        """In any thread: nobody waits for what would be found any more."""
        self._stopped = True

    def gather(self, names: Sequence[bytes], selection: Sequence[bytes], top: bytes) -> list[Item]:
        """The directory that `names` lead to, or what `selection` names in it, below `top`.

        Raises: Refusal, 404 when something of it is not there, 413 when there is too much of it.
        """
        if not selection:
            self._walk([(tuple(names), (top,))])
        for name in dict.fromkeys(selection):
            if b"/" in name or name in (b"", b".", b".."):
                raise Refusal(404, f"there is no {shown(name)} here")
            self._select((*names, name), (top, name))
        return self._found

    def _select(self, names: Names, path: Names) -> None:
        opened = self._root.open(names)
        opened.close()
        if isinstance(opened, OpenDirectory):
            self._permissions.demand(Right.LIST | Right.READ, names, opened.names)
            self._walk([(names, path)])
        else:
            self._permissions.demand(Right.READ, names, opened.names)
            self._add(names, path, opened.status)

    def _walk(self, todo: list[tuple[Names, Names]]) -> None:
        """Each directory before what is in it, its files before its directories; what cannot be read is left out."""
        while todo and not self._stopped:
            names, path = todo.pop()
            with suppress(OSError), _Directory(self._root, names) as directory:
                self._add(names, path, directory.status)
                todo += reversed(list(self._look_into(directory, names, path)))

    def _look_into(self, directory: _Directory, names: Names, path: Names) -> Iterator[tuple[Names, Names]]:
        """The directories in a directory; its files are added."""
        for name, status in directory.entries():
            inner, outer = (*names, name), (*path, name)
            places = inner, (*directory.names, name)
            if stat.S_ISDIR(status.st_mode):
                if self._permissions.allows(Right.LIST | Right.READ, *places):
                    yield inner, outer
            elif stat.S_ISLNK(status.st_mode):
                self._add_linked(inner, outer)
            elif directory.lets_read(name, status) and self._permissions.allows(Right.READ, *places):
                self._add(inner, outer, status)

    def _add_linked(self, names: Names, path: Names) -> None:
        try:
            opened = self._root.open(names)
        except Refusal:
            return
        opened.close()
        if isinstance(opened, OpenFile) and self._permissions.allows(Right.READ, names, opened.names):
            self._add(names, path, opened.status)

    def _add(self, names: Names, path: Names, status: os.stat_result) -> None:
        if len(self._found) == MAX_ENTRIES:
            raise Refusal(
                413, f"an archive holds {MAX_ENTRIES} files and folders at most; take fewer of them at a time"
            )
        is_directory = stat.S_ISDIR(status.st_mode)
        size = 0 if is_directory else status.st_size
        self._found.append(Item(names, path, is_directory, size, int(status.st_mtime), status.st_mode & 0o777))


class _Directory:
    """A directory, open to be read.

    Raises: OSError.
    """

    def __init__(self, root: Root, names: Names) -> None:
        try:
            opened = root.open(names)
        except Refusal as refusal:
            raise OSError(refusal.status, refusal.reason) from refusal
        try:
            if not isinstance(opened, OpenDirectory):
                raise NotADirectoryError
            self._fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=opened.fd)
        finally:
            opened.close()
        self.names = tuple(opened.names)
        self.status = os.fstat(self._fd)
        self._root = root
        self._first = not names

    def __enter__(self) -> _Directory:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def entries(self) -> Iterator[tuple[bytes, os.stat_result]]:
        """The names in it that are shown, in order, and what they are."""
        for name in sorted(map(os.fsencode, os.listdir(self._fd))):
            if self._root.shows(name, first=self._first):
                with suppress(OSError):
                    yield name, os.stat(name, dir_fd=self._fd, follow_symlinks=False)

    def lets_read(self, name: bytes, status: os.stat_result) -> bool:
        """Whether it is a file that the system lets us read."""
        return stat.S_ISREG(status.st_mode) and os.access(
            name, os.R_OK, dir_fd=self._fd, effective_ids=os.access in os.supports_effective_ids
        )
