"""A deadline that every sound pushes back."""

from __future__ import annotations

import math
from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

LOOKS = 8


class Silence:
    """Calls back when nothing was heard for a while.

    Hearing something costs one look at the clock: the timer is not moved, it looks when it fires. Signs of life that
    nobody calls in are looked for `LOOKS` times within the while.
    """

    def __init__(self, reactor: IReactorTime, clock: Callable[[], float]) -> None:
        self._reactor = reactor
        self._clock = clock
        self._seconds = math.inf
        self._heard = -math.inf
        self._timer: IDelayedCall | None = None
        self._over: Callable[[], object] = _nothing
        self._alive: Callable[[], bool] | None = None

    def wait(
        self,
        seconds: float,
        over: Callable[[], object],
        *,
        since: float | None = None,
        alive: Callable[[], bool] | None = None,
    ) -> None:
        """Call `over` after `seconds` without a sound, counted from now or from `since` on the clock.

        Where `alive` says yes, that is a sound, too. It replaces what was waited for before. Infinity waits for ever.
        """
        self.stop()
        self._seconds, self._over, self._alive = seconds, over, alive
        self._heard = self._clock() if since is None else since
        self._arm()

    def limit(self, seconds: float, over: Callable[[], object]) -> None:
        """Call `over` after `seconds`, whatever is heard meanwhile."""
        self.stop()
        self._seconds, self._over, self._alive = 0, over, None
        self._timer = self._reactor.callLater(seconds, self._look)

    def heard(self) -> None:
        """Something was heard just now."""
        self._heard = self._clock()

    def stop(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if self._seconds < math.inf:
            left = self._heard + self._seconds - self._clock()
            soon = left if self._alive is None else min(left, self._seconds / LOOKS)
            self._timer = self._reactor.callLater(max(soon, 0), self._look)

    def _look(self) -> None:
        self._timer = None
        if self._alive is not None and self._alive():
            self.heard()
        if self._clock() < self._heard + self._seconds:
            self._arm()
        else:
            self._over()


def _nothing() -> None:
    """Nobody waits."""
