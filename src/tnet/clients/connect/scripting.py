"""`--script`, `--send` and `--expect`: a script talks with the peer in the place of standard input."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall

from tnet.clients.connect.bounded import SEARCH_SECONDS, bounded_search
from tnet.clients.connect.overhearing import Line
from tnet.errors import ExpectationFailed, TnetError
from tnet.events.kinds import StepEnded
from tnet.net.context import Context
from tnet.net.stdio import StandardInput, WaitsFor
from tnet.plans.connect import Step
from tnet.protocols.recording import Side
from tnet.protocols.script_machine import Ended, Fail, Input, Output, ScriptMachine, Wait
from tnet.protocols.talk import Begin, Due, EndOurs, Finish, Heard, HeardEnd, Lost, Say


class Script(StandardInput):
    """The input that a conversation gets, and an ear: what the script sends, when what it expects has come.

    What comes goes to the conversation's output as ever. When a step fails, the conversation ends with
    ExpectationFailed; behind the last step it goes on as behind the end of any input.

    Units: `seconds` that a step may take unless it says otherwise.
    """

    def __init__(self, steps: tuple[Step, ...], seconds: float, context: Context) -> None:
        super().__init__(WaitsFor.NOBODY)
        self._machine = ScriptMachine(steps, seconds, bounded_search, SEARCH_SECONDS)
        self._context = context
        self._line: Line | None = None
        self._outputs: deque[Output] = deque()
        self._performing = False
        self._timer: IDelayedCall | None = None
        self._step_began = context.clock()

    # ── the input ──

    def start(self, received: Callable[[bytes], object], ended: Callable[[TnetError | None], object]) -> None:
        """Begin with the first step."""
        super().start(received, ended)
        self._step_began = self._context.clock()
        self._advance(Begin())

    # ── the ear ──

    def join(self, line: Line) -> None:
        """See `Ear`."""
        self._line = line

    def hear(self, by: Side, data: bytes) -> None:
        """See `Ear`."""
        if by == "peer":
            self._advance(Heard(data))

    def hear_end(self, by: Side) -> None:
        """See `Ear`."""
        if by == "peer":
            self._advance(HeardEnd())

    def hear_loss(self, reason: str) -> None:
        """See `Ear`."""
        self._advance(Lost(reason))
        self._stop_waiting()

    # ── what the script wants ──

    def _advance(self, got: Input) -> None:
        """Take one input; what happens while its outputs are carried out comes after them."""
        self._outputs += self._machine.advance(got)
        if self._performing:
            return
        self._performing = True
        try:
            while self._outputs:
                self._perform(self._outputs.popleft())
        finally:
            self._performing = False

    def _perform(self, output: Output) -> None:
        match output:
            case Say(data):
                if not self.over:
                    self._received(data)
            case EndOurs():
                self._end(None)
            case Wait(seconds):
                self._stop_waiting()
                self._timer = self._context.reactor.callLater(seconds, self._due)
            case Ended():
                self._tell(output)
            case Finish():
                self._stop_waiting()
                self._end(None)
            case Fail(what, reason):
                self._stop_waiting()
                if self._line is not None:
                    self._line.fail(ExpectationFailed(what, reason))

    def _tell(self, ended: Ended) -> None:
        began, self._step_began = self._step_began, self._context.clock()
        if self._line is not None:
            self._line.trace.emit(
                StepEnded,
                number=ended.number,
                action=ended.step.action,
                outcome=ended.outcome,
                seconds=self._step_began - began,
                label=ended.step.name,
            )

    def _due(self) -> None:
        self._timer = None
        self._advance(Due())

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
