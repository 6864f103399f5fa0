"""The one door to the outside: a job gets a Context and imports nothing of the sort."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tnet.events import Publisher


class Offload(Protocol):
    """What a job asks of Workers: `run(function, …)` in a thread, a Deferred with its outcome."""

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any: ...


class Disclose(Protocol):
    """Shows an account, once, to the person who started us; `lasting`: it outlives this process."""

    def __call__(self, user: str, password: str, *, lasting: bool = False) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a job may use of the world.

    `reactor` is the reactor, or a test's `MemoryReactorClock`. `workers` do file and directory work, `names`
    look up host names. `disclose(user, password)` shows an account to the person who started us, and is the
    only way for a secret to leave: it is no event. `note(lines)` shows lines to the same person, once.
    `on_hangup(callback)` calls back at each SIGHUP.
    """

    reactor: Any
    publisher: Publisher
    workers: Offload
    names: Offload
    disclose: Disclose
    note: Callable[[tuple[str, ...]], None]
    on_hangup: Callable[[Callable[[], object]], None]

    @property
    def clock(self) -> Callable[[], float]:
        """The monotonic clock, in seconds: `reactor.seconds` is the wall clock and jumps."""
        return self.publisher.clock
