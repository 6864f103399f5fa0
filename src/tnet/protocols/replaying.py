"""One side of a recording, played again, while the other side is held against what was recorded of it.

Bytes have no borders between chunks on the wire, so order is kept as far as it can be seen: a chunk is said when as
much has come as had come before it. When everything was said and has come, the end is awaited only if there was one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from tnet.protocols.difference import Difference
from tnet.protocols.expected import Expected, ExpectedBytes, ExpectedLines
from tnet.protocols.recording import Chunk, Recording, Side
from tnet.protocols.talk import Begin, Due, EndOurs, Finish, Heard, HeardEnd, Lost, Say

Mode = Literal["strict", "line", "timed"]


class State(Enum):
    """Where the play stands."""

    READY = "ready"
    PAUSING = "pausing"
    LISTENING = "listening"
    FINISHED = "finished"
    FAILED = "failed"


# ── inputs ──


@dataclass(frozen=True, slots=True)
class Late:
    """Nothing came for as long as it is waited for."""

    seconds: float


# ── outputs ──


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Wait until so many seconds after the beginning; then it is `Due`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Differ:
    """It was not as recorded; nothing more is said."""

    difference: Difference


Input: TypeAlias = Begin | Heard | HeardEnd | Due | Late | Lost
Output: TypeAlias = Say | EndOurs | WaitUntil | Finish | Differ


@dataclass(frozen=True, slots=True)
class _Cue:
    """A chunk of ours, how many of theirs come before it, and whether their end does."""

    chunk: Chunk
    after: int
    after_end: bool


class Player:
    """Plays `side` of a recording: as the client that we were, or as the server that was the peer.

    In `strict` mode each byte has to come as it was, in `line` mode each line, and `timed` is strict and says nothing
    before its time.

    Which state each input leads to, where the other side is to speak next; a dot changes nothing::

                           READY         PAUSING       LISTENING     FINISHED      FAILED
        Begin              LISTENING     .             .             .             .
        Begin, timed       PAUSING       .             .             .             .
        Heard, a part      READY         PAUSING       LISTENING     FAILED        .
        Heard, the rest    READY         PAUSING       FINISHED      FAILED        .
        Heard, wrong       FAILED        FAILED        FAILED        FAILED        .
        HeardEnd           READY         PAUSING       FINISHED      .             .
        HeardEnd, early    FAILED        FAILED        FAILED        .             .
        Due                .             LISTENING     .             .             .
        Late               .             .             FAILED        .             .
        Lost               FAILED        FAILED        FAILED        .             .
        Lost, at the end   FINISHED      FINISHED      FINISHED      .             .
    """

    def __init__(self, recording: Recording, side: Side, mode: Mode) -> None:
        self.state = State.READY
        theirs = [chunk for chunk in recording.chunks if chunk.by != side]
        self._expected: Expected = ExpectedLines(theirs) if mode == "line" else ExpectedBytes(theirs)
        self._awaits_end = any(chunk.eof for chunk in theirs)
        self._timed = mode == "timed"
        self._cues = list(_cues(recording, side))
        self._next = 0
        self._ended = False

    def advance(self, got: Input) -> list[Output]:
        """Take one input; what to do about it, in order."""
        self.state, outputs = self._turn(got)
        return outputs

    def _turn(self, got: Input) -> tuple[State, list[Output]]:
        match self.state, got:
            case State.FAILED, _:
                return State.FAILED, []
            case State.READY, Begin():
                return self._go_on()
            case State.PAUSING, Due():
                return self._go_on(due=True)
            case _, Heard(data):
                self._expected.feed(data)
                return self._checked()
            case State.FINISHED, _:
                return State.FINISHED, []
            case _, HeardEnd():
                self._ended = True
                self._expected.feed_end()
                return self._checked()
            case State.LISTENING, Late(seconds):
                self._expected.differ(f"{self._missing()} within {seconds:g} s")
                return self._checked()
            case _, Lost() if self._nothing_is_missing():
                return State.FINISHED, [Finish()]
            case _, Lost(reason):
                self._expected.differ(f"the connection ended: {reason}")
                return self._checked()
            case _:
                return self.state, []

    def _checked(self) -> tuple[State, list[Output]]:
        """What follows from what came: the end if it was wrong, our turn if it was enough."""
        if self._expected.difference is not None:
            return State.FAILED, [Differ(self._expected.difference)]
        return self._go_on() if self.state is State.LISTENING else (self.state, [])

    def _go_on(self, *, due: bool = False) -> tuple[State, list[Output]]:
        """Say what may be said by now."""
        outputs: list[Output] = []
        while self._next < len(self._cues):
            cue = self._cues[self._next]
            if not self._expected.reached(cue.after) or cue.after_end > self._ended:
                return State.LISTENING, outputs
            if self._timed and not due:
                return State.PAUSING, [*outputs, WaitUntil(cue.chunk.seconds)]
            due = False
            self._next += 1
            outputs += [Say(cue.chunk.data)] if cue.chunk.data else []
            outputs += [EndOurs()] if cue.chunk.eof else []
        if self._heard_all():
            return State.FINISHED, [*outputs, Finish()]
        return State.LISTENING, outputs

    def _heard_all(self) -> bool:
        return self._expected.complete and (self._ended or not self._awaits_end)

    def _nothing_is_missing(self) -> bool:
        """Whether all that is left is our own end, when the connection is gone."""
        return self._heard_all() and not any(cue.chunk.data for cue in self._cues[self._next :])

    def _missing(self) -> str:
        return "the end did not come" if self._expected.complete else "the rest did not come"


def _cues(recording: Recording, side: Side) -> Iterator[_Cue]:
    theirs, ended = 0, False
    for chunk in recording.chunks:
        if chunk.by == side:
            yield _Cue(chunk, theirs, ended)
        else:
            theirs += bool(chunk.data)
            ended = ended or chunk.eof
