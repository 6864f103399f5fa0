"""The streams that bring a body: one, or more of them as long as that makes it come faster."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from tnet.clients.fetch.bell import Bell
from tnet.clients.fetch.downloads.body import Body
from tnet.clients.fetch.downloads.opening import Opening
from tnet.clients.fetch.downloads.ranges import Claim
from tnet.clients.fetch.retries import Again
from tnet.errors import TnetError, TooLarge, UserError
from tnet.net.context import Context

SPLIT_BYTES = 1 << 20
TRIAL_SECONDS = 1.0
WORTHWHILE = 1.1

Ask = Callable[[Claim], Coroutine[Deferred[Any], Any, Opening]]


class Streams:
    """Brings every byte of `body` that is missing, by at most `most` streams at once; `ask` opens one for a claim.

    It begins with one. As long as more of them brought more in a second than fewer did, their number doubles, each
    new one taking the second half of the largest claim. One that fails leaves its claim to the others, whose number
    grows no more.
    """

    def __init__(self, body: Body, ask: Ask, most: int, context: Context) -> None:
        self._body = body
        self._ask = ask
        self._most = most
        self._context = context
        self._size = 1
        self._running: dict[Claim, Deferred[None]] = {}
        self._bell = Bell()
        self._failure: Failure | None = None
        self._fatal = False
        self._best = 0.0
        self._seen_bytes = body.ranges.done_bytes
        self._seen_at = context.clock()
        self._trial: IDelayedCall | None = None

    async def run(self, first: Opening, claim: Claim) -> None:
        """Bring everything; `first` has been asked for `claim` already.

        Raises: what made the last stream fail; CannotWrite and TooLarge at once.
        """
        self._start(claim, first)
        self._await_trial()
        try:
            while self._running and not self._fatal:
                await self._bell.rung()
        finally:
            await self._end()
        if self._failure is not None and (self._fatal or not self._body.ranges.complete):
            self._failure.raiseException()

    def _start(self, claim: Claim, opening: Opening | None = None) -> None:
        self._running[claim] = running = Deferred.fromCoroutine(self._stream(claim, opening))
        running.addBoth(self._over, claim)

    async def _stream(self, claim: Claim, opening: Opening | None) -> None:
        async with opening or await self._ask(claim) as response:
            await self._body.receive(response, claim)

    def _over(self, outcome: Any, claim: Claim) -> None:
        """A stream has ended: somebody else does the rest of what failed, and of what takes long."""
        del self._running[claim]
        self._body.ranges.give_back(claim)
        if isinstance(outcome, Failure):
            self._failed(outcome)
        else:
            self._fill()
        self._bell.ring()

    def _failed(self, failure: Failure) -> None:
        if self._fatal:
            return
        self._failure = failure
        self._most = self._size = len(self._running)
        self._fatal = not failure.check(TnetError, Again) or bool(failure.check(UserError, TooLarge))

    def _fill(self) -> None:
        ranges = self._body.ranges
        least = max(SPLIT_BYTES, int(self._best / 4))
        while len(self._running) < self._size and not self._fatal:
            claim = ranges.take() or (ranges.split(least) if self._size > 1 else None)
            if claim is None:
                return
            self._start(claim)

    # ── growing ──

    def _await_trial(self) -> None:
        if self._size < self._most and self._body.sidecar is not None:
            self._trial = self._context.reactor.callLater(TRIAL_SECONDS, self._judge)

    def _judge(self) -> None:
        """Whether the streams of the last second were worth it, and so more of them may be."""
        self._trial = None
        done, now = self._body.ranges.done_bytes, self._context.clock()
        rate = (done - self._seen_bytes) / max(now - self._seen_at, 0.001)
        self._seen_bytes, self._seen_at = done, now
        if rate >= self._best * WORTHWHILE and self._size < self._most:
            self._best = rate
            self._size = min(2 * self._size, self._most)
            self._fill()
            self._await_trial()

    # ── the end ──

    async def _end(self) -> None:
        """Cut what is still running, and wait for it to be gone."""
        if self._trial is not None:
            self._trial.cancel()
        self._most = 0
        if self._running:
            self._fatal = True
        while self._running:
            for running in list(self._running.values()):
                running.cancel()
            if self._running:
                await self._bell.rung()
