"""Deadlines: how long a client may take, and a timer that is cheap to move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from twisted.internet.interfaces import IDelayedCall, IReactorTime

_NEARLY = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long each part of an exchange may take.

    Units: `head_seconds` from the first byte of a request to the end of its head; `idle_seconds` between two
    requests; `body_window_seconds` is how often a body's rate is measured against `body_bytes_per_second`;
    `stall_seconds` without the client taking a byte of what we write; `linger_seconds` for the client to read a
    last reply before the connection goes.
    """

    head_seconds: float = 15
    idle_seconds: float = 30
    body_window_seconds: float = 10
    body_bytes_per_second: int = 1024
    stall_seconds: float = 60
    linger_seconds: float = 5


class Phase(Enum):
    """What a connection of HTTP/1.1 waits for; FRESH while that was not looked at."""

    FRESH = auto()
    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    RESPONSE = auto()
    CLOSING = auto()


class Alarm:
    """One deadline. Moving it later, or clearing it, costs no call to the reactor.

    `now` is a monotonic clock; `reactor` may run on a wall clock that jumps, so each waking is checked against `now`.
    """

    def __init__(self, reactor: IReactorTime, now: Callable[[], float]) -> None:
        self._reactor = reactor
        self.now = now
        self._set_at = self._due = 0.0
        self._wakes = 0.0
        self._ring: Callable[[], object] | None = None
        self._call: IDelayedCall | None = None

    @property
    def since(self) -> float | None:
        """When it was set, by `now`; None when it is not."""
        return None if self._ring is None else self._set_at

    def set(self, seconds: float, ring: Callable[[], object]) -> None:
        """Call `ring` in `seconds`, instead of whatever was set before."""
        self._ring = ring
        self._set_at = now = self.now()
        self._due = now + seconds
        if self._call is None:
            self._arm(seconds)
        elif self._due < self._wakes:
            self._wakes = self._due
            self._call.reset(seconds)

    def clear(self) -> None:
        """Forget the deadline."""
        self._ring = None

    def stop(self) -> None:
        """Forget the deadline and leave nothing with the reactor."""
        self._ring = None
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _arm(self, seconds: float) -> None:
        self._wakes = self.now() + seconds
        self._call = self._reactor.callLater(seconds, self._wake)

    def _wake(self) -> None:
        self._call = None
        if self._ring is None:
            return
        left = self._due - self.now()
        if left > _NEARLY:
            self._arm(left)
            return
        ring, self._ring = self._ring, None
        ring()
