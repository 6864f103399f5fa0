"""Standard output as a place for bodies."""

from __future__ import annotations

from collections.abc import Callable

from tnet.clients.fetch.output import Output
from tnet.errors import CannotWrite, TnetError
from tnet.escape import SafeStream
from tnet.net.context import Context
from tnet.net.stdio import StandardOutput, standard_output

_BINARY = "the body is binary, and this is a terminal"
_ADVICE = "write it to a file with -o FILE, or send it into a pipe"


class Stdout(Output):
    """Standard output: exact, but on a terminal, where only text goes and nothing in it is obeyed unless `raw`.

    `broken` is called when its reader leaves, even while nothing is written.
    """

    def __init__(self, context: Context, fd: int, broken: Callable[[TnetError], object], *, raw: bool = False) -> None:
        self._out: StandardOutput = standard_output(context, fd)
        self._out.watch(broken)
        self._text = SafeStream() if self._out.is_terminal and not raw else None

    async def write(self, data: bytes) -> None:
        """Write `data`, once there is room for it."""
        if self._text is not None:
            if b"\0" in data:
                raise CannotWrite("standard output", _BINARY, _ADVICE)
            data = self._text.feed(data)
        self._out.write(data)
        await self._out.flushed()

    async def finish(self) -> None:
        """Write what was held back."""
        if self._text is not None:
            self._out.write(self._text.finish())
        await self._out.flushed()

    async def discard(self) -> None:
        """Let go of the descriptor."""
        self._out.close()
