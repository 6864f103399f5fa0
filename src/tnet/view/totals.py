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

    def summary(self, unbuilt: Mapping[str, int]) -> list[tuple[str, str]]:
        """What is worth a word at the end, each with its heading.

        `unbuilt` are the publisher's counts of events that nobody looked at: with `-q` they are all there is.
        """
        unseen_logins = unbuilt.get(kinds.AuthAttempted.name, 0)
        requests = self.requests or unbuilt.get(kinds.HttpExchanged.name, 0)
        logins = ", ".join(f"{count} {result}" for result, count in sorted(self.logins.items()))
        moved = self.bytes_in or self.bytes_out
        found = (
            ("connections", self._connections(unbuilt)),
            ("bytes", f"{size(self.bytes_in)} in, {size(self.bytes_out)} out" if moved else ""),
            ("requests", str(requests) if requests else ""),
            ("logins", logins or (str(unseen_logins) if unseen_logins else "")),
            ("trouble", self._trouble()),
        )
        return [(heading, text) for heading, text in found if text]

    def _connections(self, unbuilt: Mapping[str, int]) -> str:
        opened = self.opened or unbuilt.get(kinds.ConnectionOpened.name, 0)
        refused = self.refused or unbuilt.get(kinds.ConnectionRefused.name, 0)
        peak = f", {self.peak} at peak" if self.peak > 1 else ""
        return f"{opened}{peak}" + (f", {refused} refused" if refused else "")

    def _trouble(self) -> str:
        counted = ((self.warnings, "warning"), (self.errors, "error"))
        return ", ".join(plural(count, word) for count, word in counted if count)
