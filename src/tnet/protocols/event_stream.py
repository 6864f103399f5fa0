"""Server-sent events out of bytes, however they are cut, and into bytes.

Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tnet.errors import TooLarge

EVENT_BYTES = 16 << 20

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MILLISECONDS = re.compile(rb"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event; `id` is what to ask for the events after it with, and stays until another one comes.

    Units: `retry_ms` is how long to wait before asking again, if that was said since the event before.
    """

    data: str
    event: str = "message"
    id: str = ""
    retry_ms: int | None = None


def encoded(event: ServerEvent) -> bytes:
    """What `EventStream` reads as `event`; every kind of line end in its data becomes a line feed.

    Raises: ValueError for a name or an id that would end its own line.
    """
    if _LINE_END.search(event.event.encode()) or set(event.id) & set("\r\n\0"):
        raise ValueError("a line end, or NUL, in the name or the id of an event")
    lines = [] if event.event == "message" else [f"event: {event.event}"]
    lines += [f"id: {event.id}"] if event.id else []
    lines += [] if event.retry_ms is None else [f"retry: {event.retry_ms}"]
    lines += [f"data: {line}" for line in event.data.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


class EventStream:
    """Reads the body of one answer; what the stream before it left behind is `last_event_id`.

    An event has at most `limit_bytes`, all of its lines together.

    Units: `retry_seconds`, once the server has said so.
    """

    def __init__(self, last_event_id: str = "", *, limit_bytes: int = EVENT_BYTES) -> None:
        self.last_event_id = last_event_id
        self.retry_seconds: float | None = None
        self._limit = limit_bytes
        self._pending = bytearray()
        self._returned = False
        self._first = True
        self._id = last_event_id
        self._data = bytearray()
        self._event = ""
        self._retry_ms: int | None = None

    def feed(self, data: bytes) -> Iterator[ServerEvent]:
        """The events that `data` completes. Iterate to the end. One that the stream's end cuts short never happened.

        Raises: TooLarge for an event beyond the limit.
        """
        if self._returned and data:
            data = data.removeprefix(b"\n")
            self._returned = False
        *ends, rest = _LINE_END.split(data)
        for end in ends:
            self._hold(end)
            line = bytes(self._pending)
            self._pending.clear()
            yield from self._line(line)
        self._hold(rest)
        self._returned = self._returned or data.endswith(b"\r")

    def _hold(self, piece: bytes) -> None:
        if len(self._pending) + len(piece) + len(self._data) > self._limit:
            raise TooLarge("an event of the stream", self._limit)
        self._pending += piece

    def _line(self, line: bytes) -> Iterator[ServerEvent]:
        if self._first:
            self._first = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if line:
            name, _, value = line.partition(b":")
            self._field(name, value.removeprefix(b" "))
            return
        self.last_event_id = self._id
        if self._data:
            yield ServerEvent(_text(self._data[:-1]), self._event or "message", self._id, self._retry_ms)
        self._data.clear()
        self._event, self._retry_ms = "", None

    def _field(self, name: bytes, value: bytes) -> None:
        match name:
            case b"data":
                self._data += value + b"\n"
            case b"event":
                self._event = _text(value)
            case b"id" if b"\0" not in value:
                self._id = _text(value)
            case b"retry" if _MILLISECONDS.fullmatch(value):
                self._retry_ms = int(value)
                self.retry_seconds = self._retry_ms / 1000


def _text(data: bytes | bytearray) -> str:
    return data.decode("utf-8", "replace")
