"""Who has been waiting for its peer the longest: found without looking at every connection for each newcomer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

LEAST_SECONDS = 1.0
FRESH_SECONDS = 0.25
MOST_ANSWERS = 64


class _Waits(Protocol):
    def waiting_since(self) -> float | None: ...


T = TypeVar("T", bound=_Waits)


class Waiting(Generic[T]):
    """Answers which of many has waited longest; what it found out serves for the next few questions, for a moment.

    `now` is a monotonic clock, in seconds; so is what the `waiting_since` of each of them tells.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._found: dict[object, tuple[float, list[T]]] = {}

    def longest(self, key: object, among: Iterable[T]) -> T | None:
        """The one of `among`, which is called `key`, that has waited longest; None when none has for a second."""
        now = self._now()
        until, found = self._found.get(key, (0.0, []))
        if now >= until:
            found = self._ordered(among, now)
            self._remember(key, now, found)
        while found:
            one = found.pop()
            since = one.waiting_since()
            if since is not None and now - since >= LEAST_SECONDS:
                return one
        return None

    def _ordered(self, among: Iterable[T], now: float) -> list[T]:
        """Those that have waited long enough, the longest last."""
        waiting = [(since, one) for one in among if (since := one.waiting_since()) is not None]
        waiting.sort(key=lambda pair: pair[0], reverse=True)
        return [one for since, one in waiting if now - since >= LEAST_SECONDS]

    def _remember(self, key: object, now: float, found: list[T]) -> None:
        if len(self._found) >= MOST_ANSWERS:
            self._found = {each: answer for each, answer in self._found.items() if now < answer[0]}
        if len(self._found) < MOST_ANSWERS:
            self._found[key] = (now + FRESH_SECONDS, found)
