"""Changes below a directory as Linux tells them.

Source: inotify(7).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.inotify import (
    IN_ATTRIB,
    IN_CLOSE_WRITE,
    IN_CREATE,
    IN_DELETE,
    IN_ISDIR,
    IN_MOVED_FROM,
    IN_MOVED_TO,
    INotify,
    INotifyError,
)
from twisted.python.failure import Failure
from twisted.python.filepath import FilePath

from tnet.servers.web.live_reload.looking import TooMany, directories, shows

COMINGS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
MASK = IN_ATTRIB | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO


class Notices(INotify):
    """Tells `changed(path, is_directory)` for what changes in the directories that it watches."""

    def __init__(self, reactor: Any, changed: Callable[[bytes, bool], None], *, hidden: bool) -> None:
        super().__init__(reactor)
        self._changed = changed
        self._hidden = hidden

    def add(self, path: bytes) -> None:
        """Watch a directory.

        Raises: INotifyError, when there are too many watches, or the directory is gone.
        """
        self.watch(FilePath(path), mask=MASK, callbacks=[self._noticed])

    def add_name(self, path: bytes) -> None:
        """Watch for another directory, or a link to one, in the place of this one.

        Raises: INotifyError.
        """
        folder, name = os.path.split(path)

        def noticed(_: object, found: FilePath[bytes], mask: int) -> None:
            if found.basename() == name:
                self._changed(path, True)

        if name:
            self.watch(FilePath(folder), mask=COMINGS, callbacks=[noticed])

    def loseConnection(self) -> None:
        """Nothing: stock INotify ends when any one of its directories is deleted. See `end`."""

    def end(self) -> None:
        """Watch nothing any more."""
        self.stopReading()
        self.connectionLost(Failure(ConnectionDone()))

    def _noticed(self, _: object, path: FilePath[bytes], mask: int) -> None:
        if shows(path.basename(), self._hidden):
            self._changed(path.path, bool(mask & IN_ISDIR))


def notices(root: bytes, reactor: Any, changed: Callable[[bytes, bool], None], *, hidden: bool) -> Notices | None:
    """Watches over `root`, which may come later, and all that is below it now, not yet reading. Blocking.

    None where there are too many.
    """
    try:
        watched = directories(root, hidden=hidden) if os.path.isdir(root) else []
        made = Notices(reactor, changed, hidden=hidden)
    except (TooMany, INotifyError):
        return None
    try:
        with suppress(*((INotifyError,) if watched else ())):
            made.add_name(root)
        for path in watched:
            made.add(path)
    except INotifyError:
        made.end()
        return None
    return made
