"""Changes below a directory as Linux tells them.

Source: inotify(7).
"""

from __future__ import annotations

from collections.abc import Callable
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
    """Watches over `root` and all that is below it now, not yet reading; None where there are too many. Blocking."""
    try:
        watched = directories(root, hidden=hidden)
        made = Notices(reactor, changed, hidden=hidden)
    except (TooMany, INotifyError):
        return None
    try:
        for path in watched:
            made.add(path)
    except INotifyError:
        made.end()
        return None
    return made
