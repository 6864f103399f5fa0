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
        self._input_at = context.clock()
        self._seen: object = None
        self._seen_at = -math.inf

    def start(self) -> None:
        """Begin to watch for idleness."""
        self._idleness.wait(self._idle_seconds, self._idle)

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._silence.stop()
        self._idleness.stop()

    def peer_heard(self) -> None:
        """The peer sent something, or may send again."""
        self._silence.heard()
        self._idleness.heard()

    def input_heard(self) -> None:
        """Our input gave something."""
        self._input_at = self._clock()
        self.peer_heard()

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

    def _await_sign(self, seconds: float, verdict: Got) -> None:
        self._seen = self._line.progress()

        def over() -> None:
            if self._line.holds_peer() or self._line.progress() != self._seen:
                self._await_sign(seconds, verdict)
            else:
                self._feed(verdict)

        self._silence.wait(seconds, over)

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

    def _idle(self) -> None:
        if self._line.holds_peer():
            self.start()
        else:
            self._feed(Got.IDLENESS)
