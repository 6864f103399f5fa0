"""What happens, as it happens, to whoever has the page open: a few times a second, however much happens.

Shape: the event `rows` is a list of rows, new ones and changed ones, the oldest first; `cleared` means that all before
was forgotten; `all` is how a stream begins: every row there is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from tnet.protocols.event_stream import ServerEvent
from tnet.servers.web.event_source import EventSource
from tnet.servers.web.inspector.history import History
from tnet.servers.web.inspector.seen import Seen
from tnet.servers.web.inspector.shown import Shown

FLUSH_SECONDS = 0.2
QUEUE_BYTES = 1 << 20
MOST_PAGES = 16


class Feed:
    """Publishes a history on `source`."""

    def __init__(self, history: History, reactor: IReactorTime, *, secrets: bool = False) -> None:
        self._history = history
        self._reactor = reactor
        self._secrets = secrets
        self._changed: dict[int, None] = {}
        self._call: IDelayedCall | None = None
        self.source = EventSource(reactor, before=self._so_far, most=MOST_PAGES, queue_bytes=QUEUE_BYTES)
        history.listen(self._noticed)

    def end(self) -> None:
        """End the streams: the server is about to stop."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        self.source.end()

    def _so_far(self, last_event_id: str) -> Iterable[ServerEvent]:
        return (ServerEvent(self._rows(self._history.all()), event="all"),)

    def _noticed(self, seen: Seen | None) -> None:
        if seen is None:
            self._changed.clear()
            self.source.publish(ServerEvent("{}", event="cleared"))
        elif self.source.followers:
            self._changed[seen.number] = None
            if self._call is None:
                self._call = self._reactor.callLater(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._call = None
        found = [seen for number in sorted(self._changed) if (seen := self._history.get(number)) is not None]
        self._changed.clear()
        if found:
            self.source.publish(ServerEvent(self._rows(found), event="rows"))

    def _rows(self, found: Iterable[Seen]) -> str:
        return json.dumps([Shown(seen, secrets=self._secrets).row() for seen in found])
