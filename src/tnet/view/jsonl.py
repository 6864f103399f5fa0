"""The story as JSON Lines: one event a line, one write a line."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING

from tnet.events import Record
from tnet.view.story import StoryView

if TYPE_CHECKING:
    from tnet.events.kinds import Event
    from tnet.view.outlet import Outlet

_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode


def as_line(record: Record) -> str:
    """The line of a record: printable ASCII, whatever the event holds."""
    return _encode(record.as_json()) + "\n"


class JsonLines(StoryView):
    """Every event as JSON, to one outlet.

    A note becomes an event when it is `main`, the story that somebody reads as it comes.
    """

    def __init__(self, outlet: Outlet, *, main: bool = False, only: Collection[type[Event]] | None = None) -> None:
        self.only = only
        self._outlet = outlet
        self._main = main

    def __call__(self, record: Record) -> None:
        self._outlet.write(as_line(record))

    def note(self, text: str) -> None:
        """Log it, so that it is in every stream."""
        if self._main:
            self.publisher.log("info", text)
