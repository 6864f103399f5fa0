"""What Twisted logs becomes `log` events: one line each, the traceback for the debug log only."""

from __future__ import annotations

import warnings
from typing import Any

from twisted.logger import LogLevel, formatEvent, globalLogBeginner

from tnet.events import Publisher

_LEVELS = {LogLevel.warn: "warning", LogLevel.error: "error", LogLevel.critical: "error"}


def twisted_log_to(publisher: Publisher) -> None:
    """Send Twisted's log, from its beginning, to the publisher."""

    def observe(event: dict[str, Any]) -> None:
        failure = event.get("log_failure")
        level = _LEVELS.get(event.get("log_level", LogLevel.info), "debug")
        if failure is None:
            publisher.log(level, formatEvent(event))
            return
        said = formatEvent(event).splitlines() or [""]
        publisher.log(level, f"{said[0]}: {failure.type.__name__}: {failure.getErrorMessage()}".lstrip(": "))
        publisher.log("debug", failure.getTraceback())

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        globalLogBeginner.beginLoggingTo([observe], redirectStandardIO=False, discardBuffer=False)
