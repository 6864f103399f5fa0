"""A script of what is sent and what has to come, carried out step by step, without a clock and without a socket."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from tnet.escape import excerpt
from tnet.plans.connect import Step
from tnet.protocols.talk import Begin, Due, EndOurs, Finish, Heard, HeardEnd, Lost, Say

WINDOW_BYTES = 1 << 14
HELD_BYTES = 1 << 20
EXCERPT_BYTES = 160
SHOWN_BYTES = 60

Outcome = Literal["ok", "eof", "timeout", "mismatch"]


class State(Enum):
    """Where the script stands: before it, in a step that waits for something, or behind it."""

    READY = "ready"
    EXPECTING = "expecting"
    AWAITING_END = "awaiting end"
    AWAITING_SILENCE = "awaiting silence"
    PAUSING = "pausing"
    DONE = "done"
    FAILED = "failed"


WAITS = {
    "expect": State.EXPECTING,
    "expect-eof": State.AWAITING_END,
    "expect-silence": State.AWAITING_SILENCE,
    "pause": State.PAUSING,
}

# ── inputs ──


# ── outputs ──


@dataclass(frozen=True, slots=True)
class Wait:
    """It is `Due` in so many seconds; whatever was waited for before is not any more."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A step ended; the first has number 1."""

    number: int
    step: Step
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Fail:
    """The step that ended last did not; nothing follows. `what` names it, `reason` says what came of it."""

    what: str
    reason: str


Input: TypeAlias = Begin | Heard | HeardEnd | Due | Lost
Output: TypeAlias = Say | EndOurs | Wait | Ended | Finish | Fail

Search: TypeAlias = Callable[[re.Pattern[bytes], bytes, int], re.Match[bytes] | None]


class ScriptMachine:
    """Carries out `steps`, each of which may take `seconds` unless it says otherwise.

    What came is kept until a step consumes it: up to and with what its expression matched. An expression is tried on
    the last `WINDOW_BYTES` and on what has just come, so that what it costs is bounded; while nothing is expected at
    most `HELD_BYTES` are kept, the last. What `search` raises TimeoutError for has taken longer than `search_seconds`.

    Which state each input leads to when one more step follows, which sends::

                           READY             EXPECTING         AWAITING_END      AWAITING_SILENCE  PAUSING           DONE              FAILED
        Begin              DONE              .                 .                 .                 .                 .                 .
        Heard, a match     READY             DONE              AWAITING_END      FAILED            PAUSING           .                 .
        Heard, no match    READY             EXPECTING         AWAITING_END      FAILED            PAUSING           .                 .
        HeardEnd           READY             FAILED            DONE              FAILED            PAUSING           .                 .
        Due                .                 FAILED            FAILED            DONE              DONE              .                 .
        Lost               FAILED            FAILED            FAILED            FAILED            FAILED            .                 .

    A pause ends when the connection is lost. A step that needs no connection, or has got from it what it wants, can
    go well even then.
    """  # noqa: E501 (the table)

    def __init__(
        self,
        steps: tuple[Step, ...],
        seconds: float,
        search: Search = re.Pattern.search,
        search_seconds: float = 0,
    ) -> None:
        self.state = State.READY
        self._search = search
        self._search_seconds = search_seconds
        self._steps = steps
        self._seconds = seconds
        self._next = 0
        self._clocked = -1  # the step that the clock runs for
        self._came = b""  # with one byte that was consumed, for what looks back
        self._from = 0
        self._peer_ended = False
        self._lost = ""

    def advance(self, got: Input) -> list[Output]:
        """Take one input; what to do about it, in order."""
        self.state, outputs = self._turn(got)
        self._forget()
        return outputs

    @property
    def step(self) -> Step:
        """The step that is being carried out."""
        return self._steps[self._next]

    def _turn(self, got: Input) -> tuple[State, list[Output]]:
        match self.state, got:
            case State.DONE | State.FAILED, _:
                return self.state, []
            case State.AWAITING_SILENCE, Heard(data):
                self._came += data
                return self._failed("mismatch", "something came")
            case _, Heard(data):
                self._came += data
            case _, HeardEnd():
                self._peer_ended = True
            case _, Lost(reason):
                self._lost = reason or "lost"
                return self._on()
            case State.READY, Begin():
                return self._on()
            case State.PAUSING | State.AWAITING_SILENCE, Due():
                return self._passed()
            case State.EXPECTING | State.AWAITING_END, Due():
                return self._failed("timeout", f"timed out after {self._limit():g} s")
        return self._on() if self.state not in (State.READY, State.PAUSING) else (self.state, [])

    # ── steps ──

    def _on(self) -> tuple[State, list[Output]]:
        """Carry out steps until one has to wait, or has waited for it already."""
        outputs: list[Output] = []
        while self._next < len(self._steps):
            try:
                state, more = self._carry_out(self.step)
            except TimeoutError:
                state, more = self._failed("timeout", f"the expression took longer than {self._search_seconds:g} s")
            outputs += more
            if state is not None:
                return state, outputs
        return State.DONE, [*outputs, Finish()]

    def _passed(self) -> tuple[State, list[Output]]:
        """The step has had what it waited for."""
        ended = self._ended("ok")
        state, outputs = self._on()
        return state, [ended, *outputs]

    def _carry_out(self, step: Step) -> tuple[State | None, list[Output]]:
        """One step; the state is None when it is over, and went well."""
        match step.action:
            case "send" | "shutdown":
                if self._lost:
                    return self._failed("eof", f"the connection ended: {self._lost}")
                does = Say(step.data) if step.action == "send" else EndOurs()
                return None, [does, self._ended("ok")]
            case "expect" if self._consumed(step.data):
                return None, [self._ended("ok")]
            case "expect-eof" if self._peer_ended:
                return None, [self._ended("ok")]
            case "pause" if self._lost:
                return None, [self._ended("ok")]
        if self._lost:
            return self._failed("eof", f"the connection ended: {self._lost}")
        if self._peer_ended and step.action in ("expect", "expect-silence"):
            return self._failed("eof", "the peer ended")
        clocked, self._clocked = self._clocked, self._next
        return WAITS[step.action], [] if clocked == self._next else [Wait(self._limit())]

    def _limit(self) -> float:
        return self.step.seconds or self._seconds

    def _ended(self, outcome: Outcome) -> Ended:
        step, self._next = self.step, self._next + 1
        return Ended(self._next, step, outcome)

    def _failed(self, outcome: Outcome, reason: str) -> tuple[State, list[Output]]:
        rest = self._came[self._from :]
        came = f"what came: {'…' * (len(rest) > EXCERPT_BYTES)}{excerpt(rest[-EXCERPT_BYTES:])}" if rest else ""
        ended = self._ended(outcome)
        what = f"step {ended.number}{f' {ended.step.name!r}' if ended.step.name else ''} ({_shown(ended.step)})"
        return State.FAILED, [ended, Fail(what, f"{reason}; {came or 'nothing came'}")]

    # ── what came ──

    def _consumed(self, expression: bytes) -> bool:
        """Whether what came matches; then it is consumed as far as that."""
        match = self._search(re.compile(expression, re.MULTILINE), self._came, self._from)
        if match is not None:
            self._from = match.end()
        return match is not None

    def _forget(self) -> None:
        """Keep what may still matter."""
        keep = WINDOW_BYTES if self.state is State.EXPECTING else HELD_BYTES
        start = max(self._from, len(self._came) - keep) - 1
        if start > 0:
            self._came = self._came[start:]
            self._from = max(self._from - start, 1)


def _shown(step: Step) -> str:
    """What a step is called; what is sent may be a secret."""
    return f"expect {excerpt(step.data, SHOWN_BYTES)}" if step.action == "expect" else step.action
