"""Who has been waiting for its peer the longest: found without looking at every connection for each newcomer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

LEAST_SECONDS = 0.1
FRESH_SECONDS = 0.25
WORTHWHILE = 8
MOST_ANSWERS = 64


class _Waits(Protocol):
    def waiting_since(self) -> float | None: ...


T = TypeVar("T", bound=_Waits)


@dataclass(slots=True)
class _Found(Generic[T]):
    """What a look at all of them has brought, the longest last; `again` if another one is worth its price."""

    until: float
    left: list[T]
    again: bool


class Waiting(Generic[T]):
    """Answers which of many has waited longest; what a look at all of them brought serves for the next questions.

    The next look is due after a moment, or, if there were one in `WORTHWHILE` to be found, when all of those were
    given. `now` is a monotonic clock, in seconds; so is what the `waiting_since` of each of them tells.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._known: dict[object, _Found[T]] = {}

    def longest(self, key: object, among: Collection[T]) -> T | None:
        """The one of `among`, which is called `key`, that has waited longest; None when none has long enough."""
        now = self._now()
        found = self._known.get(key)
        if found is None or now >= found.until or (found.again and not found.left):
            found = self._look(among, now)
            self._remember(key, now, found)
        while found.left:
            one = found.left.pop()
            since = one.waiting_since()
            if since is not None and now - since >= LEAST_SECONDS:
                return one
        found.again = False
        return None

    def _look(self, among: Collection[T], now: float) -> _Found[T]:
        waiting = [(since, one) for one in among if (since := one.waiting_since()) is not None]
        waiting.sort(key=lambda pair: pair[0], reverse=True)
        left = [one for since, one in waiting if now - since >= LEAST_SECONDS]
        return _Found(now + FRESH_SECONDS, left, again=len(left) * WORTHWHILE >= len(among))

    def _remember(self, key: object, now: float, found: _Found[T]) -> None:
        if len(self._known) >= MOST_ANSWERS:
            self._known = {each: known for each, known in self._known.items() if now < known.until}
        if len(self._known) < MOST_ANSWERS:
            self._known[key] = found
