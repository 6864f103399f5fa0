"""Who takes part in a conversation over a stream: an input, an output, and whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tnet.clients.connect.coupling import Coupling
from tnet.net.attempts import shown
from tnet.net.context import Context
from tnet.net.stdio import StandardInput, StandardOutput
from tnet.plans.connect import ConnectPlan

if TYPE_CHECKING:
    from tnet.clients.connect.overhearing import Ear, Overheard
    from tnet.clients.connect.recorder import Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """`source` and `output` of a conversation, and the `ears` on its connection."""

    source: StandardInput
    output: StandardOutput
    ears: Sequence[Ear] = ()
    recorder: Recorder | None = None

    def coupling(self, plan: ConnectPlan, context: Context) -> Coupling | Overheard:
        """The protocol that carries on the conversation; `run(source)` is what it does."""
        coupling = Coupling(plan, context, self.output)
        if not self.ears:
            return coupling
        from tnet.clients.connect.overhearing import Overheard

        return Overheard(coupling, self.ears)

    async def close(self) -> None:
        """Write what is still to be recorded. Raises: what made the recording incomplete."""
        if self.recorder is not None:
            await self.recorder.close()


async def cast(
    plan: ConnectPlan, context: Context, output: StandardOutput, standard_input: Callable[[], StandardInput]
) -> Cast:
    """Who takes part as `plan.talk` has it; a script or a replay takes the place of standard input.

    Raises: BadUsage for a recording that is none; CannotWrite for one that cannot be made; what `standard_input` does.
    """
    talk = plan.talk
    source: StandardInput | None = None
    written = output
    ears: list[Ear] = []
    if talk.replay is not None:
        from tnet.clients.connect.replay import Replay

        replay = await Replay.open(talk.replay, talk.replay_mode, output, context, seconds=talk.step_seconds)
        source, written = replay, replay.output
        ears.append(replay)
    elif talk.steps:
        from tnet.clients.connect.scripting import Script

        source = script = Script(talk.steps, talk.step_seconds, context)
        ears.append(script)
    if talk.hex:
        from tnet.clients.connect.hexed import HexedOutput

        written = hexed = HexedOutput(output, context)
        ears.insert(0, hexed)
    recorder: Recorder | None = None
    if talk.record is not None:
        from tnet.clients.connect.recorder import Recorder

        recorder = await Recorder.open(talk.record, shown(plan.target), context)
        ears.insert(0, recorder)
    return Cast(source=source or standard_input(), output=written, ears=tuple(ears), recorder=recorder)
