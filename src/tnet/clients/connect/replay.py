"""`--replay`: what we said in a recording is said again, and the peer has to say again what it said."""

from __future__ import annotations

from collections.abc import Callable

from tnet.clients.connect.muted import MutedOutput
from tnet.clients.connect.overhearing import Line
from tnet.errors import ExpectationFailed, TnetError
from tnet.events.kinds import Logged
from tnet.net.context import Context
from tnet.net.playing import Play
from tnet.net.recordings import read_recording
from tnet.net.stdio import StandardInput, StandardOutput, WaitsFor
from tnet.protocols.difference import Difference
from tnet.protocols.recording import Recording, Side
from tnet.protocols.replaying import Mode

PATIENCE_SECONDS = 30.0
STARRED = "a password was left out of the recording: what is sent in its place are stars"


class Replay(StandardInput):
    """The input that a conversation gets, and an ear: the recorded client.

    `output` is for the conversation: what the peer says is not written, but when it is not as recorded, the true
    output gets a diff, and the conversation ends with ExpectationFailed.
    """

    def __init__(
        self,
        recording: Recording,
        mode: Mode,
        output: StandardOutput,
        context: Context,
        *,
        seconds: float = PATIENCE_SECONDS,
    ) -> None:
        super().__init__(WaitsFor.NOBODY)
        self.output: StandardOutput = MutedOutput(output)
        self._page = output
        self._path = recording.path
        self._starred = recording.hides("us")
        self._play = Play(recording, "us", mode, context, self, seconds=seconds)
        self._line: Line | None = None

    @classmethod
    async def open(
        cls, path: str, mode: Mode, output: StandardOutput, context: Context, *, seconds: float = PATIENCE_SECONDS
    ) -> Replay:
        """Play the recording in the file at `path`.

        Units: `seconds` to wait for what should come.
        Raises: BadUsage, naming the file and its line.
        """
        recording = await context.workers.run(read_recording, path)
        return cls(recording, mode, output, context, seconds=seconds)

    # ── the input ──

    def start(self, received: Callable[[bytes], object], ended: Callable[[TnetError | None], object]) -> None:
        """Begin to play."""
        super().start(received, ended)
        if self._line is not None and self._starred:
            self._line.trace.emit(Logged, level="warning", text=STARRED)
        self._play.begin()

    def pauseProducing(self) -> None:
        super().pauseProducing()
        self._play.pause()

    def resumeProducing(self) -> None:
        super().resumeProducing()
        self._play.resume()

    # ── the ear ──

    def join(self, line: Line) -> None:
        """See `Ear`."""
        self._line = line

    def hear(self, by: Side, data: bytes) -> None:
        """See `Ear`."""
        if by == "peer":
            self._play.hear(data)

    def hear_end(self, by: Side) -> None:
        """See `Ear`."""
        if by == "peer":
            self._play.hear_end()

    def hear_loss(self, reason: str) -> None:
        """See `Ear`."""
        self._play.hear_loss(reason)

    # ── the stage ──

    def say(self, data: bytes) -> None:
        """See `Stage`."""
        if not self.over:
            self._received(data)

    def end_side(self) -> None:
        """See `Stage`."""
        self._end(None)

    def finish(self) -> None:
        """See `Stage`."""
        self._end(None)

    def differ(self, difference: Difference) -> None:
        """See `Stage`."""
        lines = difference.diff(f"{self._path} (recorded)", "the peer (now)")
        self._page.write("".join(f"{line}\n" for line in lines).encode())
        if self._line is not None:
            self._line.fail(ExpectationFailed(f"{self._path}, {difference.place}", difference.reason))
