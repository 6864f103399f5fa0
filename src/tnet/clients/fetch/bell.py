"""A bell: one coroutine waits, callbacks ring, and the coroutine looks again at what it waited for."""

from __future__ import annotations

from twisted.internet.defer import Deferred


class Bell:
    """Wakes the one coroutine that waits; ringing for nobody does nothing."""

    def __init__(self) -> None:
        self._waiting: Deferred[None] | None = None

    def rung(self) -> Deferred[None]:
        """Fires with: None at the next ring. Cancelling it is harmless."""
        self._waiting = Deferred()
        return self._waiting

    def ring(self) -> None:
        """Something changed."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.callback(None)
