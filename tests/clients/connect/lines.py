"""A line of which an ear is told, and workers that work when the test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred

from tests.support import World
from tnet.errors import TnetError
from tnet.events import Trace


class FakeLine:
    """What an ear may do to a connection, written down."""

    def __init__(self, world: World) -> None:
        self.trace: Trace = world.publisher.trace()
        self.held = 0
        self.failures: list[TnetError] = []

    def hold(self) -> None:
        self.held += 1

    def let_go(self) -> None:
        self.held -= 1

    def fail(self, error: TnetError) -> None:
        self.failures.append(error)


class LaterWorkers:
    """Workers whose calls wait for `work`."""

    def __init__(self) -> None:
        self._calls: list[tuple[Deferred[Any], Callable[[], Any]]] = []

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        deferred: Deferred[Any] = Deferred()
        self._calls.append((deferred, lambda: function(*args, **kwargs)))
        return deferred

    def work(self) -> int:
        """Make every call that waits now; how many they were."""
        calls, self._calls = self._calls, []
        for deferred, call in calls:
            maybeDeferred(call).chainDeferred(deferred)
        return len(calls)
