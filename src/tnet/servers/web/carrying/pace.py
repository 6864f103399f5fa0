"""Whether a body comes fast enough."""

from __future__ import annotations

from collections.abc import Callable

from tnet.servers.web.carrying.alarm import Alarm, Deadlines
from tnet.servers.web.carrying.exchange import Exchange


class Pace:
    """Measures one body after the other, in windows; `late` is called when one of them has brought too little.

    That the body was held back when a window ended is an excuse.
    """

    def __init__(self, alarm: Alarm, deadlines: Deadlines, late: Callable[[], None]) -> None:
        self._alarm = alarm
        self._seconds = deadlines.body_window_seconds
        self._bytes = self._seconds * deadlines.body_bytes_per_second
        self._late = late
        self._due_bytes = 0.0

    def watch(self, exchange: Exchange) -> None:
        """Begin a window."""
        due = self._due_bytes = exchange.bytes_in + self._bytes
        self._alarm.set(self._seconds, lambda: self._judge(exchange, due))

    def behind_since(self, exchange: Exchange) -> float | None:
        """When the window began, if it has brought too little for the time that it took so far; else None."""
        if exchange.busy or (since := self._alarm.since) is None:
            return None
        to_come = 1 - (self._alarm.now() - since) / self._seconds
        return since if exchange.bytes_in < self._due_bytes - to_come * self._bytes else None

    def _judge(self, exchange: Exchange, due: float) -> None:
        if exchange.bytes_in < due and not exchange.busy:
            self._late()
        else:
            self.watch(exchange)
