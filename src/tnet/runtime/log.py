"""What Twisted logs becomes `log` events: one line each, the traceback for the debug log only."""

from __future__ import annotations

import warnings
from typing import Any

from twisted.logger import ILogObserver, LogLevel, formatEvent, globalLogBeginner, globalLogPublisher
from zope.interface import implementer

from tnet.events import Publisher

_LEVELS = {LogLevel.warn: "warning", LogLevel.error: "error", LogLevel.critical: "error"}


@implementer(ILogObserver)
class TwistedLog:
    """An observer of Twisted's log that hands it to a publisher."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def begin(self) -> None:
        """Observe Twisted's log from its beginning; what was warned about before stays unsaid."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            globalLogBeginner.beginLoggingTo([self], redirectStandardIO=False)

    def end(self) -> None:
        """Observe no more."""
        globalLogPublisher.removeObserver(self)

    def __call__(self, event: dict[str, Any]) -> None:
        level = _LEVELS.get(event.get("log_level", LogLevel.info), "debug")
        said, failure = formatEvent(event), event.get("log_failure")
        if failure is None:
            self._publisher.log(level, said)
            return
        first = said.partition("\n")[0].rstrip(":")
        self._publisher.log(level, f"{first}: {failure.type.__name__}: {failure.getErrorMessage()}")
        self._publisher.log("debug", failure.getTraceback())
