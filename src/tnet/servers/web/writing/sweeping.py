"""What uploads have left behind: removed when nobody has gone on with it for a day. Blocking: it runs in a worker."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import UPLOAD_PREFIX, OpenDirectory, Root
from tnet.servers.web.writing.room import Claim, Room
from tnet.servers.web.writing.staging import STALE_SECONDS, is_unfinished, token_of
from tnet.servers.web.writing.targets import Terms
from tnet.servers.web.writing.unfinished import Register, Unfinished, is_resumable, length_in

MAX_DIRECTORIES = 20_000


def sweep(root: Root, register: Register, room: Room, now: float) -> None:
    """Look through the directories below the root, the upper ones first, at most 20 000 of them.

    What waits to be resumed is counted, be it from another run; what has waited for too long goes.

    Units: `now` in seconds since the epoch.
    """
    for directory in _directories(root):
        for name in directory.hidden:
            token = token_of(name)
            if token is not None:
                with suppress(OSError):
                    _look_at(token, name, directory.fd, register, room, now)


def _look_at(token: bytes, name: bytes, fd: int, register: Register, room: Room, now: float) -> None:
    status = os.stat(name, dir_fd=fd, follow_symlinks=False)
    if now - status.st_mtime > STALE_SECONDS:
        os.unlink(name, dir_fd=fd)
        register.forget(token)
    elif is_resumable(token) and is_unfinished(status) and register.find(token) is None:
        upload = Unfinished(token, Claim(room), Terms(replace=False), length_in(token), touched=status.st_mtime)
        with suppress(Refusal):
            register.add(upload).claim.settle(status.st_size)


class _Directory:
    """One directory, open to read; the names in it that are directories, and those that an upload may have left."""

    def __init__(self, opened: OpenDirectory) -> None:
        self.fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=opened.fd)
        self.below: list[bytes] = []
        self.hidden: list[bytes] = []
        with os.scandir(self.fd) as found:
            for item in found:
                name = os.fsencode(item.name)
                if name.startswith(UPLOAD_PREFIX):
                    self.hidden.append(name)
                elif item.is_dir(follow_symlinks=False):
                    self.below.append(name)


def _directories(root: Root) -> Iterator[_Directory]:
    todo: deque[tuple[bytes, ...]] = deque([()])
    left = MAX_DIRECTORIES
    while todo and left:
        left -= 1
        names = todo.popleft()
        with suppress(OSError, Refusal):
            opened = root.open(names)
            try:
                directory = _Directory(opened) if isinstance(opened, OpenDirectory) else None
            finally:
                opened.close()
            if directory is not None:
                todo.extend((*names, name) for name in directory.below[:left])
                try:
                    yield directory
                finally:
                    os.close(directory.fd)
