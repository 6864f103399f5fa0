"""Counts over everything that happened: what a summary and a dashboard's header say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tnet.events import Record, kinds
from tnet.view.measures import plural, size


@dataclass(slots=True)
class Totals:
    """Counts so far. Units: `bytes_…` of connections that are over."""

    open_now: int = 0
    peak: int = 0
    opened: int = 0
    refused: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    requests: int = 0
    logins: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    warnings: int = 0

    def see(self, record: Record) -> None:
        """Count one record."""
        match record.event:
            case kinds.ConnectionOpened():
                self.opened += 1
                self.open_now += 1
                self.peak = max(self.peak, self.open_now)
            case kinds.ConnectionClosed() as closed:
                self.open_now = max(0, self.open_now - 1)
                self.bytes_in += closed.bytes_in
                self.bytes_out += closed.bytes_out
            case kinds.ConnectionRefused():
                self.refused += 1
            case kinds.HttpExchanged() as exchange:
                self.requests += 1
                self.errors += exchange.status >= 500
            case kinds.AuthAttempted() as attempt:
                self.logins[attempt.result] += 1
            case kinds.TlsHandshaken() as handshake:
                self.errors += handshake.outcome != "ok"
            case kinds.Logged() as logged:
                self.errors += logged.level == "error"
                self.warnings += logged.level == "warning"

    def parts(self, unbuilt: Mapping[str, int]) -> list[str]:
        """What is worth a word at the end; `unbuilt` are the publisher's counts of events that nobody saw."""
        return list(filter(None, (*self._connections(unbuilt), *self._uses(unbuilt), *self._troubles())))

    def _connections(self, unbuilt: Mapping[str, int]) -> list[str]:
        opened = self.opened or unbuilt.get(kinds.ConnectionOpened.name, 0)
        refused = self.refused or unbuilt.get(kinds.ConnectionRefused.name, 0)
        moved = self.bytes_in or self.bytes_out
        return [
            plural(opened, "connection"),
            f"{self.peak} at peak" if self.peak > 1 else "",
            f"{refused} refused" if refused else "",
            f"{size(self.bytes_in)} in, {size(self.bytes_out)} out" if moved else "",
        ]

    def _uses(self, unbuilt: Mapping[str, int]) -> list[str]:
        requests = self.requests or unbuilt.get(kinds.HttpExchanged.name, 0)
        unseen = unbuilt.get(kinds.AuthAttempted.name, 0)
        return [
            plural(requests, "request") if requests else "",
            plural(unseen, "login attempt") if unseen else "",
            *(f"{count} logins {result}" for result, count in sorted(self.logins.items())),
        ]

    def _troubles(self) -> list[str]:
        return [
            plural(self.warnings, "warning") if self.warnings else "",
            plural(self.errors, "error") if self.errors else "",
        ]
