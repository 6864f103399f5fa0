"""Fails an exchange that keeps us waiting: for the first byte of its answer, or for any byte at all."""

from __future__ import annotations

from typing import Self

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from tnet.clients.fetch.wire.exchange import Exchange
from tnet.errors import TimedOut
from tnet.plans.fetch import Patience

FIRST_BYTE = "the wait for an answer"
SILENCE = "a silence"


class Watch:
    """Watches an exchange inside a `with` statement; call `sent` when the request is out, and `begun`.

    A peer that we hold back ourselves is not blamed for its silence.
    """

    def __init__(self, exchange: Exchange, patience: Patience, reactor: IReactorTime) -> None:
        self._exchange = exchange
        self._patience = patience
        self._reactor = reactor
        self._moved = -1
        self._first: IDelayedCall | None = None
        self._idle: IDelayedCall | None = None

    def __enter__(self) -> Self:
        self._look()
        return self

    def __exit__(self, *raised: object) -> None:
        for timer in (self._first, self._idle):
            if timer is not None and timer.active():
                timer.cancel()

    def sent(self) -> None:
        """The request is out: the wait for the answer begins."""
        if (seconds := self._patience.first_byte_seconds) and self._exchange.untouched:
            self._first = self._reactor.callLater(seconds, self._exchange.fail, TimedOut(FIRST_BYTE, seconds))

    def begun(self) -> None:
        """The answer has begun."""
        if self._first is not None and self._first.active():
            self._first.cancel()

    def _look(self) -> None:
        """Look again after as long as nothing may move."""
        if not (seconds := self._patience.idle_seconds) or self._exchange.over:
            return
        moved = self._exchange.bytes_in + self._exchange.bytes_out
        if moved == self._moved and not self._exchange.held:
            self._exchange.fail(TimedOut(SILENCE, seconds))
            return
        self._moved = moved
        self._idle = self._reactor.callLater(seconds, self._look)
