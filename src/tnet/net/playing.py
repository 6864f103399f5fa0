"""A player of recordings on a connection: does what it says, with the clock that it has not got."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall

from tnet.net.context import Context
from tnet.protocols.difference import Difference
from tnet.protocols.recording import Recording, Side
from tnet.protocols.replaying import Differ, Input, Late, Mode, Output, Player, State, WaitUntil
from tnet.protocols.talk import Begin, Due, EndOurs, Finish, Heard, HeardEnd, Lost, Say


class Stage(Protocol):
    """What a play is played on: one side of a connection."""

    def say(self, data: bytes) -> None:
        """Send `data`."""

    def end_side(self) -> None:
        """Say that nothing more comes."""

    def finish(self) -> None:
        """Everything went as recorded."""

    def differ(self, difference: Difference) -> None:
        """It did not; nothing follows."""


class Play:
    """Plays `side` of a recording on `stage`.

    While it is paused nothing is said. Where nothing happens for `seconds` although something should, it differs.
    """

    def __init__(
        self, recording: Recording, side: Side, mode: Mode, context: Context, stage: Stage, *, seconds: float
    ) -> None:
        self._player = Player(recording, side, mode)
        self._context = context
        self._stage = stage
        self._seconds = seconds
        self._began = 0.0
        self._outputs: deque[Output] = deque()
        self._performing = self._paused = self._over = False
        self._patience: IDelayedCall | None = None
        self._pause: IDelayedCall | None = None

    # ── what happens on the connection ──

    def begin(self) -> None:
        """The connection stands."""
        self._began = self._context.clock()
        self._advance(Begin())

    def hear(self, data: bytes) -> None:
        """The other side said something."""
        self._advance(Heard(data))

    def hear_end(self) -> None:
        """The other side says no more."""
        self._advance(HeardEnd())

    def hear_loss(self, reason: str) -> None:
        """The connection is gone."""
        self._advance(Lost(reason))
        self.stop()

    def pause(self) -> None:
        """The other side takes nothing for now."""
        self._paused = True

    def resume(self) -> None:
        """It takes something again."""
        self._paused = False
        self._wait()
        self._perform()

    def stop(self) -> None:
        """Do nothing any more."""
        self._over = True
        self._outputs.clear()
        for timer in (self._patience, self._pause):
            if timer is not None and timer.active():
                timer.cancel()
        self._patience = self._pause = None

    # ── what follows from it ──

    def _advance(self, got: Input) -> None:
        if self._over:
            return
        outputs = self._player.advance(got)
        if outputs and isinstance(outputs[-1], Differ):
            self._outputs.clear()  # of what was still to be said
        self._outputs += outputs
        self._wait()
        self._perform()

    def _perform(self) -> None:
        """Do what is to be done; what happens meanwhile comes after it."""
        if self._performing:
            return
        self._performing = True
        try:
            while self._outputs and (not self._paused or isinstance(self._outputs[0], Differ)):
                self._do(self._outputs.popleft())
        finally:
            self._performing = False

    def _do(self, output: Output) -> None:
        match output:
            case Say(data):
                self._stage.say(data)
            case EndOurs():
                self._stage.end_side()
            case WaitUntil(seconds):
                left = self._began + seconds - self._context.clock()
                self._pause = self._context.reactor.callLater(max(left, 0), self._due)
            case Finish():
                self._stage.finish()
            case Differ(difference):
                self.stop()
                self._stage.differ(difference)

    def _wait(self) -> None:
        """Be patient once more, if the other side is to speak, or to listen."""
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        self._patience = None
        if self._player.state is State.LISTENING and not self._over:
            self._patience = self._context.reactor.callLater(self._seconds, self._late)

    def _due(self) -> None:
        self._pause = None
        self._advance(Due())

    def _late(self) -> None:
        self._patience = None
        self._advance(Late(self._seconds))
