"""Answers whose body is yet to be read: who asked for one may hand it on, and the first good one of several wins."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from tnet.clients.fetch.bell import Bell
from tnet.clients.fetch.client import Client, Response
from tnet.clients.fetch.request import Request


@dataclass(frozen=True, slots=True)
class Opening:
    """An answer, and the block of `Client.ask` that it lives in: `async with` it, to leave that."""

    response: Response
    stack: AsyncExitStack

    @classmethod
    async def of(cls, client: Client, request: Request, transfer: int, cause: str) -> Opening:
        """The answer to `request`; raises what `Client.ask` raises."""
        async with AsyncExitStack() as stack:
            response = await stack.enter_async_context(client.ask(request, transfer, cause))
            return cls(response, stack.pop_all())

    async def __aenter__(self) -> Response:
        return self.response

    async def __aexit__(self, *error: Any) -> None:
        await self.stack.__aexit__(*error)


Ask = Callable[[], Coroutine[Deferred[Any], Any, Opening]]


async def first_good(asks: Sequence[Ask]) -> tuple[int, Opening]:
    """The number of the first of `asks` to succeed, and its answer; the others are cancelled.

    Raises: when all have failed, what the first in order did.
    """
    race = _Race(asks)
    try:
        return await race.decided()
    finally:
        race.cancel()


class _Race:
    def __init__(self, asks: Sequence[Ask]) -> None:
        self._bell = Bell()
        self._over = False
        self._winner: tuple[int, Opening] | None = None
        self._failures: dict[int, Failure] = {}
        self._running: dict[int, Deferred[Any]] = {}
        for number, ask in enumerate(asks):
            self._running[number] = Deferred.fromCoroutine(ask())
        for number, running in list(self._running.items()):
            running.addCallbacks(self._won, self._lost, (number,), {}, (number,), {})

    async def decided(self) -> tuple[int, Opening]:
        while self._winner is None:
            if not self._running:
                self._failures[min(self._failures)].raiseException()
            await self._bell.rung()
        return self._winner

    def cancel(self) -> None:
        self._over = True
        for running in list(self._running.values()):
            running.cancel()

    def _won(self, opening: Opening, number: int) -> Any:
        del self._running[number]
        if not self._over:
            self._winner = number, opening
            self.cancel()
            self._bell.ring()
            return None
        return Deferred.fromCoroutine(opening.stack.aclose()).addErrback(lambda failure: failure.trap(CancelledError))

    def _lost(self, failure: Failure, number: int) -> None:
        del self._running[number]
        self._failures[number] = failure
        if not self._over:
            self._bell.ring()
