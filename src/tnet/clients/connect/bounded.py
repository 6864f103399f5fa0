"""A search with an expression that may take only so long, however badly the two suit each other."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

SEARCH_SECONDS = 1.0

Result = TypeVar("Result")


class _Alarm:
    """What the signal calls: it interrupts while it is `armed`, and does nothing when it comes too late for that."""

    armed = True

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.armed:
            self.armed = False
            raise TimeoutError


def bounded_search(expression: re.Pattern[bytes], data: bytes, start: int) -> re.Match[bytes] | None:
    """What `expression.search` gives.

    Raises: TimeoutError, when it takes longer than `SEARCH_SECONDS`.
    """
    return within(SEARCH_SECONDS, lambda: expression.search(data, start))


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What `work` returns. The engine of `re` looks for signals as it goes, so that an alarm interrupts even that.

    Outside of the main thread, where nothing can be told of signals, there is no bound.
    Raises: TimeoutError.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    alarm = _Alarm()
    before = signal.signal(signal.SIGALRM, alarm)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        try:
            return work()
        finally:
            alarm.armed = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before if before is not None else signal.SIG_DFL)
