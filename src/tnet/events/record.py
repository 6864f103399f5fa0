"""A stamped event, and its one JSON form."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from tnet.events.kinds import JSON_KEYS, Event

SCHEMA = "tnet.event/1"


@dataclass(frozen=True, slots=True)
class Record:
    """An event with its stamp.

    `request` numbers the client's request that it belongs to, where there is one.

    Units: `t` seconds on the monotonic clock since the publisher began; `wall` seconds since the epoch.
    """

    seq: int
    t: float
    wall: float
    conn: int | None
    event: Event
    request: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The object of one line of the event stream; keys whose value is unknown are left out."""
        stamp: dict[str, Any] = {
            "schema": SCHEMA,
            "seq": self.seq,
            "t": round(self.t, 6),
            "ts": datetime.fromtimestamp(self.wall, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "event": self.event.name,
            "conn": self.conn,
        }
        if self.request is not None:
            stamp["request"] = self.request
        return stamp | _attributes(self.event)


def _attributes(event: Event) -> dict[str, Any]:
    found = ((field.name, getattr(event, field.name)) for field in fields(event))
    return {JSON_KEYS.get(name, name): _plain(value) for name, value in found if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    return list(value) if isinstance(value, tuple) else value
