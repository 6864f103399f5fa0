"""Happy eyeballs: several candidates tried a little apart, and the first that succeeds is it.

Source: RFC 8305 section 5; twisted#9345 for what waiting out the stagger after a failure costs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

STAGGER_SECONDS = 0.25

Candidate = TypeVar("Candidate")
Prize = TypeVar("Prize")


class NobodyWon(Exception):
    """Every candidate failed; `reasons` are in the order in which they did."""

    def __init__(self, reasons: Sequence[BaseException]) -> None:
        super().__init__(f"{len(reasons)} attempts failed")
        self.reasons = tuple(reasons)


def race(
    candidates: Sequence[Candidate],
    attempt: Callable[[Candidate], Deferred[Prize]],
    clock: IReactorTime,
    stagger_seconds: float = STAGGER_SECONDS,
) -> Deferred[Prize]:
    """Start an attempt each `stagger_seconds`, and at once when one fails; the first success cancels the others.

    Fires with: what the winner gave; NobodyWon when all failed. Cancelling it cancels every attempt.
    """
    running = _Race(candidates, attempt, clock, stagger_seconds)
    running.advance()
    return running.outcome


class _Race(Generic[Candidate, Prize]):
    def __init__(
        self,
        candidates: Sequence[Candidate],
        attempt: Callable[[Candidate], Deferred[Prize]],
        clock: IReactorTime,
        stagger_seconds: float,
    ) -> None:
        self.outcome = Deferred[Prize](lambda _: self._stop())
        self._waiting = deque(candidates)
        self._attempt = attempt
        self._clock = clock
        self._stagger_seconds = stagger_seconds
        self._running: list[Deferred[Prize]] = []
        self._reasons: list[BaseException] = []
        self._timer: IDelayedCall | None = None
        self._over = False

    def advance(self) -> None:
        """Start the next attempt, or say that there was none left to hope for."""
        self._stop_timer()
        if self._waiting:
            self._start(self._waiting.popleft())
        elif not self._running:
            self._over = True
            self.outcome.errback(NobodyWon(self._reasons))

    def _start(self, candidate: Candidate) -> None:
        running = self._attempt(candidate)
        self._running.append(running)
        if self._waiting:
            self._timer = self._clock.callLater(self._stagger_seconds, self.advance)
        running.addCallbacks(self._won, self._failed, errbackArgs=(running,))

    def _won(self, prize: Prize) -> None:
        if not self._over:
            self._stop()
            self.outcome.callback(prize)

    def _failed(self, failure: Failure, attempt: Deferred[Prize]) -> None:
        if self._over:
            return
        self._running.remove(attempt)
        assert failure.value is not None, "a failure has a reason"
        self._reasons.append(failure.value)
        self.advance()

    def _stop(self) -> None:
        """Cancel whatever still runs; the winner's Deferred has fired, so cancelling it does nothing."""
        self._over = True
        self._stop_timer()
        for attempt in self._running:
            attempt.cancel()

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
