"""Watches over everything below a directory: by what the system tells, or else by looking again and again.

Where directories come and go all are watched anew, which is simple and right whatever was moved where. Where there are
more of them than may be watched, or the system tells nothing, the files are looked at every `look_seconds`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from tnet.errors import Overloaded
from tnet.net.context import Offload
from tnet.servers.web.live_reload.looking import Look, looks

try:
    from tnet.servers.web.live_reload.noticing import Notices, notices
except ImportError:  # not Linux
    notices = None  # type: ignore[assignment]

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 0.2

_log = Logger()


class Watcher:
    """Tells `changed(path)` for each file below `root` that is new, other or gone, until it is stopped.

    With `listens` False it never asks the system to tell. One that cannot keep up tells less often, and never nothing.
    """

    def __init__(
        self,
        root: bytes,
        reactor: Any,
        workers: Offload,
        changed: Callable[[bytes], None],
        *,
        hidden: bool = False,
        listens: bool = True,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._root = os.path.abspath(root)
        self._reactor = reactor
        self._workers = workers
        self._changed = changed
        self._hidden = hidden
        self._listens = listens and notices is not None
        self._look_seconds = look_seconds
        self._notices: Notices | None = None
        self._looks: dict[bytes, Look] | None = None
        self._later: IDelayedCall | None = None
        self._working: Deferred[None] | None = None
        self._stopped = False

    def start(self) -> None:
        """Begin; what changes before the first look is over may go unseen."""
        self._do(self._listen if self._listens else self._look)

    def stop(self) -> None:
        """Tell nothing more."""
        self._stopped = True
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._leave(None)

    # ── by what the system tells ──

    async def _listen(self) -> None:
        """Watch what is there now, and only then no more what was there before.

        What happened in a new directory before it was watched is made up for by telling that something has changed.
        """
        made = await self._workers.run(self._watch_all)
        if self._stopped and made is not None:
            made.end()
        elif made is None:
            _log.info("not told of every change: the files are looked at every {seconds} s", seconds=self._look_seconds)
            self._listens = False
            self._leave(None)
            await self._look()
        else:
            made.startReading()
            self._leave(made)

    def _watch_all(self) -> Notices | None:
        return notices(self._root, self._reactor, self._noticed, hidden=self._hidden)

    def _leave(self, made: Notices | None) -> None:
        before, self._notices = self._notices, made
        if before is not None:
            before.end()
            if not self._stopped:
                self._changed(self._root)

    def _noticed(self, path: bytes, is_directory: bool) -> None:
        if self._stopped:
            return
        self._changed(path)
        if is_directory and self._later is None:
            self._again(AGAIN_SECONDS, self._listen)

    # ── by looking ──

    async def _look(self) -> None:
        """Look at every file, tell what is not as it was, and look again later."""
        before, self._looks = self._looks, await self._workers.run(looks, self._root, hidden=self._hidden)
        if before is not None and self._looks is not None and not self._stopped:
            for path, _ in before.items() ^ self._looks.items():
                self._changed(path)
        self._again(self._look_seconds, self._look)

    # ── one piece of work after the other ──

    def _again(self, seconds: float, work: Callable[[], Any]) -> None:
        if not self._stopped:
            self._later = self._reactor.callLater(seconds, self._do, work)

    def _do(self, work: Callable[[], Any]) -> None:
        self._later = None
        if self._working is not None:
            self._again(AGAIN_SECONDS, work)
            return
        self._working = working = Deferred.fromCoroutine(work())
        working.addErrback(self._failed, work).addBoth(self._done)

    def _done(self, _: object) -> None:
        self._working = None

    def _failed(self, failure: Failure, work: Callable[[], Any]) -> None:
        if failure.check(Overloaded):
            self._again(self._look_seconds, work)
        elif not failure.check(CancelledError):
            _log.failure("what is served cannot be watched any more", failure)
