"""The reactor's lateness: the one number that says that somebody blocked it."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import LoopingCall

from tnet.events.kinds import ReactorLagged
from tnet.net.context import Context

PERIOD_SECONDS = 0.25
NOTABLE_SECONDS = 0.1


class LagWatch:
    """Reports `reactor.lag` whenever a timer came `NOTABLE_SECONDS` or more too late."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._due = 0.0
        self._looking = LoopingCall(self._look)
        self._looking.clock = context.reactor

    def start(self) -> None:
        """Begin to look."""
        self._due = self._context.clock() + PERIOD_SECONDS
        self._looking.start(PERIOD_SECONDS, now=False).addErrback(self._blind)

    def stop(self) -> None:
        """Look no more."""
        if self._looking.running:
            self._looking.stop()

    def _look(self) -> None:
        now = self._context.clock()
        late, self._due = now - self._due, now + PERIOD_SECONDS
        if late >= NOTABLE_SECONDS:
            self._context.publisher.emit(ReactorLagged, seconds=late)

    def _blind(self, failure: Any) -> None:
        self._context.publisher.log("warning", f"the lag watch stopped: {failure.getErrorMessage()}")
