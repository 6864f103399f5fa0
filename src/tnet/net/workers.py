"""Threads for what would block the reactor, with a bound on what may wait for them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from tnet.errors import Overloaded

P = ParamSpec("P")
R = TypeVar("R")


class DaemonThread(Thread):
    """A thread that a stuck `getaddrinfo` cannot make the process wait for at exit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, daemon=True)


class DaemonThreads(ThreadPool):
    """A pool of such threads: none before the first call, and nobody waits for them in the end."""

    threadFactory = DaemonThread


class Workers:
    """At most `threads` threads and `queue` calls waiting for one; `name` is what an error calls them.

    `pool` makes the pool of threads.
    """

    def __init__(
        self,
        reactor: IReactorFromThreads,
        name: str,
        *,
        threads: int,
        queue: int = 256,
        pool: Callable[..., ThreadPool] = DaemonThreads,
    ) -> None:
        self.name = name
        self._reactor = reactor
        self._bound = threads + queue
        self._pending = 0
        self._pool = pool(minthreads=0, maxthreads=threads, name=name)
        self._pool.start()

    def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Deferred[R]:
        """Call `function` in a thread.

        Cancelling the Deferred gives up the answer. A call that has not begun is not made; one that has cannot be
        stopped, and its thread and its place in the queue stay taken until it is over.

        Fires with: what it returns or raises; at once with Overloaded when the queue is full.
        """
        if self._pending >= self._bound:
            return fail(Overloaded(self.name))
        self._pending += 1
        answer: Deferred[R] = Deferred()

        def unless_given_up() -> Any:
            return None if answer.called else function(*args, **kwargs)

        call = deferToThreadPool(self._reactor, self._pool, unless_given_up)
        call.addBoth(self._done).chainDeferred(answer)
        return answer

    def _done(self, outcome: Any) -> Any:
        self._pending -= 1
        return outcome
