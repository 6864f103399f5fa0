"""`--live-reload`: a page loads itself anew when what is served has changed.

Every document gets a script behind it, which follows the events at `/_tnet/reload`: `page` when it has to load itself
anew, `style` when its style sheets are enough. Each event, and the `hello` that a stream begins with, carries the
version of what is served: a page that missed a change, because its server was started anew, sees that by its hello.
Names of what has changed are not told: they may be nobody's business.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from secrets import token_hex
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.web.resource import Resource

from tnet.net.context import Context
from tnet.plans.web import OURS
from tnet.protocols.event_stream import ServerEvent
from tnet.servers.web.event_source import EventSource
from tnet.servers.web.live_reload.watching import Watcher
from tnet.servers.web.mounts import Mounts

SETTLED_SECONDS = 0.1
LONGEST_SECONDS = 1.0

EVENTS = f"{OURS}/reload"
SCRIPT = f"{OURS}/reload.js"
ENDING = f'<script src="{SCRIPT}"></script>\n'.encode()


class LiveReload:
    """Watches over what is below `root`, and tells the pages that are open.

    Changes that come one after the other are told at once, when there was none for `SETTLED_SECONDS`, and after
    `LONGEST_SECONDS` at the latest.
    """

    def __init__(self, root: str, context: Context, *, hidden: bool = False) -> None:
        self._context = context
        self._events = EventSource(context.reactor, before=self._hello, retry_seconds=0.5)
        self._watcher = Watcher(os.fsencode(root), context.reactor, context.workers, self.changed, hidden=hidden)
        self._run = token_hex(8)
        self._version = 0
        self._styles_only = True
        self._first = 0.0
        self._call: IDelayedCall | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._watcher.start()

    def mount(self, mounts: Mounts) -> None:
        """Put the events and the script to their places."""
        mounts.mount(EVENTS.encode(), self._events)
        mounts.mount(SCRIPT.encode(), Script())

    def end(self) -> None:
        """End every stream: the server is about to stop."""
        self._watcher.stop()
        if self._call is not None:
            self._call.cancel()
            self._call = None
        self._events.end()

    def changed(self, path: bytes) -> None:
        """A file is new, other or gone."""
        self._styles_only = self._styles_only and path.lower().endswith(b".css")
        now = self._context.clock()
        if self._call is None:
            self._first = now
            self._call = self._context.reactor.callLater(SETTLED_SECONDS, self._tell)
        else:
            self._call.reset(max(0.0, min(SETTLED_SECONDS, self._first + LONGEST_SECONDS - now)))

    def _tell(self) -> None:
        self._call = None
        self._version += 1
        kind = "style" if self._styles_only else "page"
        self._styles_only = True
        self._events.publish(ServerEvent(self._state, kind))

    def _hello(self, last_event_id: str) -> Iterable[ServerEvent]:
        return [ServerEvent(self._state, "hello")]

    @property
    def _state(self) -> str:
        return f"{self._run}-{self._version}"


class Script(Resource):
    """The script that follows the events."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self._data = Path(__file__).with_name("reload.js").read_bytes()

    def render_GET(self, request: Any) -> bytes:
        """The script, the same for every page."""
        request.setHeader(b"Content-Type", b"text/javascript; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-cache")
        request.setHeader(b"X-Content-Type-Options", b"nosniff")
        return self._data
