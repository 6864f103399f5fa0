"""Standard output as a place for bodies, exactly as they come."""

from __future__ import annotations

from collections.abc import Callable

from tnet.clients.fetch.output import Output
from tnet.errors import TnetError
from tnet.net.context import Context
from tnet.net.stdio import StandardOutput, standard_output


class Stdout(Output):
    """The descriptor `fd`, standard output or what stands for it; a Presenter makes harmless what a terminal gets.

    `broken` is called when its reader leaves, even while nothing is written.
    """

    def __init__(self, context: Context, fd: int, broken: Callable[[TnetError], object]) -> None:
        self._out: StandardOutput = standard_output(context, fd)
        self._out.watch(broken)

    @property
    def is_terminal(self) -> bool:
        """Whether somebody looks at it."""
        return self._out.is_terminal

    async def write(self, data: bytes) -> None:
        """Write `data`, once there is room for it."""
        self._out.write(data)
        await self._out.flushed()

    async def finish(self) -> None:
        """Wait until everything is written."""
        await self._out.flushed()

    async def discard(self) -> None:
        """Let go of the descriptor."""
        self._out.close()
