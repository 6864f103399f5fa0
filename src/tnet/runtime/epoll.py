"""Twisted's epoll reactor with a shorter way from an event to its descriptor. Linux only.

Stock, each event enters a log context whose one use is the prefix of a legacy log line; here it does not, and a
descriptor that fails still gets what that context's owner did for it: the failure is logged, the descriptor dropped,
the loop goes on. Most events say that there is something to read, and nothing else: those go to their descriptor
straight.

Stock, a turn serves everybody who is ready before it looks at the timers, so that a burst of a thousand makes them as
late as a thousand are long. Here it serves a few, and whoever had to wait comes first in the next turn.
"""

from __future__ import annotations

from collections.abc import Callable
from select import EPOLLIN
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.logger import Logger

# Twisted's own, and not promised: a contract test says when one of them is gone or means something else.
RELIES_ON = ("_poller", "_selectables", "_doReadOrWrite", "_disconnectSelectable")

EVENTS_A_TURN = 16

_log = Logger()


class LeanEPollReactor(EPollReactor):
    """Twisted's epoll reactor without a log context around each event, and with short turns."""

    def doPoll(self, timeout: float | None) -> None:
        """Wait at most `timeout` seconds (None: for ever) and serve the descriptors that are ready."""
        ready = self._poller.poll(-1 if timeout is None else timeout, EVENTS_A_TURN)
        find = self._selectables.get
        for fd, event in ready:
            descriptor = find(fd)
            if descriptor is None:
                continue
            if event != EPOLLIN:
                self._guarded(descriptor, self._doReadOrWrite, fd, event)
                continue
            try:
                why = descriptor.doRead()
            except BaseException as error:  # noqa: BLE001 (as for every event: whoever raises is lost with that)
                _log.failure("{descriptor!r} failed", descriptor=descriptor)
                why = error
            if why:
                self._guarded(descriptor, self._disconnectSelectable, why, True)

    def _guarded(self, descriptor: Any, act: Callable[..., object], *how: object) -> None:
        try:
            act(descriptor, *how)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 (one broken connection must not stop the loop)
            _log.failure("{descriptor!r} failed while its connection ended", descriptor=descriptor)
            self.removeReader(descriptor)
            self.removeWriter(descriptor)

    doIteration = doPoll
