"""How long a conversation waits, and what counts as a sign of life."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from tnet.clients.connect.conversation import Do, Got
from tnet.clients.connect.silence import Silence
from tnet.net.context import Context
from tnet.net.stdio import WaitsFor
from tnet.plans.connect import ConnectPlan

QUIET_SECONDS = 0.5
STALL_SECONDS = 60.0
CLOSE_SECONDS = 2.0
HURRY_SECONDS = 0.5
LULL = 0.2  # of the linger


class Line(Protocol):
    """What a waiting conversation looks at."""

    def holds_peer(self) -> bool:
        """Whether the peer is kept waiting by a reader of ours."""

    def held_by_peer(self) -> bool:
        """Whether our input is kept waiting by the peer."""

    def input_waits_for(self) -> WaitsFor:
        """Who decides when our input gives its next bytes."""

    def progress(self) -> object:
        """A value that changes while the peer takes what we sent."""


class Patience:
    """Waits as it is ordered, and feeds the conversation with what came of it.

    A peer that is silent because we do not read from it, or because it still takes what we sent, is not silent.
    """

    def __init__(self, plan: ConnectPlan, context: Context, line: Line, feed: Callable[[Got], None]) -> None:
        self._line = line
        self._feed = feed
        self._clock = context.clock
        self._linger_seconds = plan.linger_seconds if plan.shutdown else math.inf
        self._idle_seconds = plan.idle_seconds or math.inf
        self._silence = Silence(context.reactor, context.clock)
        self._idleness = Silence(context.reactor, context.clock)
        self._lull = Silence(context.reactor, context.clock)
        self._answered = False
        self._input_at = context.clock()
        self._seen: object = None
        self._seen_at = -math.inf

    def start(self) -> None:
        """Begin to watch for idleness."""
        self._idleness.wait(self._idle_seconds, lambda: self._feed(Got.IDLENESS), alive=self._line.holds_peer)

    def stop(self) -> None:
        """Wait for nothing any more."""
        for each in (self._silence, self._idleness, self._lull):
            each.stop()

    def peer_heard(self) -> None:
        """The peer sent something, or may send again."""
        self._answered = True
        self._heard()

    def input_heard(self) -> None:
        """Our input gave something."""
        self._answered = False
        self._input_at = self._clock()
        self._heard()

    def order(self, order: Do) -> None:
        """Wait for what `order` says, and for nothing else."""
        match order:
            case Do.AWAIT_PEER:
                self._await_sign(self._linger_seconds, Got.SILENCE)
            case Do.AWAIT_CLOSE:
                self._await_sign(CLOSE_SECONDS, Got.SILENCE)
            case Do.AWAIT_FLUSH:
                self._await_sign(STALL_SECONDS, Got.STALL)
            case Do.AWAIT_INPUT:
                self._await_input()
            case Do.HURRY:
                self._silence.limit(HURRY_SECONDS, lambda: self._feed(Got.SILENCE))

    def await_lull(self, over: Callable[[], object]) -> None:
        """Call `over` when the peer has answered our last bytes and then said nothing for a part of the linger."""
        peer_lives = self._signs()
        self._lull.wait(self._linger_seconds * LULL, over, alive=lambda: peer_lives() or not self._answered)

    def _heard(self) -> None:
        for each in (self._silence, self._idleness, self._lull):
            each.heard()

    def _await_sign(self, seconds: float, verdict: Got) -> None:
        self._silence.wait(seconds, lambda: self._feed(verdict), alive=self._signs())

    def _signs(self) -> Callable[[], bool]:
        """Tells whether the peer took some of what we sent since the last time it was asked, or waits for us."""
        seen = self._line.progress()

        def alive() -> bool:
            nonlocal seen
            before, seen = seen, self._line.progress()
            return seen != before or self._line.holds_peer()

        return alive

    def _await_input(self) -> None:
        """A person is not waited for, a file is waited for to its end, a program while it does not pause."""
        seconds = 0 if self._line.input_waits_for() is WaitsFor.PERSON else QUIET_SECONDS
        self._silence.wait(seconds, self._input_silent, since=self._input_at)

    def _input_silent(self) -> None:
        if self._line.held_by_peer() and self._peer_takes_nothing():
            self._feed(Got.STALL)
        elif self._line.held_by_peer() or self._line.input_waits_for() is WaitsFor.NOBODY:
            self._silence.wait(QUIET_SECONDS, self._input_silent)
        else:
            self._feed(Got.SILENCE)

    def _peer_takes_nothing(self) -> bool:
        """Whether it has taken nothing for `STALL_SECONDS`, as far as we have looked."""
        progress = self._line.progress()
        if progress != self._seen:
            self._seen, self._seen_at = progress, self._clock()
        return self._clock() - self._seen_at >= STALL_SECONDS
