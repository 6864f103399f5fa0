"""The wait before a password is looked at: on a timer, with neither a thread nor the reactor held."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from tnet.accounts.names import account_name
from tnet.accounts.store import Account
from tnet.accounts.throttle import Attempt, Throttle
from tnet.errors import TnetError

R = TypeVar("R")
Check = Callable[[], Coroutine[Any, Any, Account | None]]


class Turnstile:
    """Lets attempts through one by one, each after the delay that `throttle` sets; `timer` wakes them."""

    def __init__(self, throttle: Throttle, timer: IReactorTime) -> None:
        self._throttle = throttle
        self._timer = timer

    async def through(self, user: bytes | str, password: bytes, peer: str | None, check: Check) -> Account | None:
        """What `check` says, asked when it is this attempt's turn.

        Cancelling ends the wait, and then nothing is checked; a check that has begun goes on to its end, so that a
        wrong guess is seen though the peer has hung up.

        Raises: Throttled when too many wait already, and whatever `check` raises.
        """
        attempt = self._throttle.begin(_spelled(user), password, peer)
        try:
            if attempt.seconds:
                await deferLater(self._timer, attempt.seconds)
        finally:
            attempt.waited()
        return await to_its_end(Deferred.fromCoroutine(_settled(attempt, check)))


async def to_its_end(work: Deferred[R]) -> R:
    """What `work` comes to; cancelling whoever waits for that does not reach it."""
    outcome: list[R | Failure] = []
    bell: Deferred[None] = Deferred()

    def ring(result: R | Failure) -> None:
        outcome.append(result)
        if not bell.called:
            bell.callback(None)

    work.addBoth(ring)
    while not outcome:
        with suppress(CancelledError):
            await bell
        bell = Deferred()
    if isinstance(outcome[0], Failure):
        outcome[0].raiseException()
    return outcome[0]


async def _settled(attempt: Attempt, check: Check) -> Account | None:
    try:
        account = await check()
    except TnetError:
        attempt.withdrawn()
        raise
    if account is not None:
        attempt.succeeded()
    return account


def _spelled(user: bytes | str) -> bytes:
    """One spelling for every way to say the same name; what is no name stays as it is."""
    text = account_name(user)
    raw = user if text is None else text
    return raw if isinstance(raw, bytes) else raw.encode("utf-8", "backslashreplace")
