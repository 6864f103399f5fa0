"""A pager: a child that shows on the terminal what is written to it, until whoever reads it has enough."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress

from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from tnet.clients.fetch.output import Output
from tnet.errors import BadUsage, OutputClosed, TnetError
from tnet.net.context import Context
from tnet.net.stdio import StandardOutput, standard_output

LESS = "FRX"


class Pager(Output):
    """Runs `command`, without a shell, with the terminal `fd` as its output; what is written comes to its input.

    `broken` is called when it was left. Finishing it, or giving up, waits until it is: it has the terminal.

    Raises: BadUsage when there is no such command.
    """

    def __init__(
        self,
        command: str,
        context: Context,
        fd: int,
        broken: Callable[[TnetError], object],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        argv = _argv(command)
        self._child = _Child()
        theirs, self._ours = os.pipe()
        try:
            self._out: StandardOutput = standard_output(context, self._ours)
            descriptors = {0: theirs, 1: fd, 2: 2}
            context.reactor.spawnProcess(self._child, argv[0], argv, {"LESS": LESS, **environ}, childFDs=descriptors)
        finally:
            os.close(theirs)
        self._out.watch(broken)
        self._open = True

    async def write(self, data: bytes) -> None:
        """Hand on `data`, as fast as it is read."""
        self._out.write(data)
        await self._out.flushed()

    async def finish(self) -> None:
        """Wait until everything is read and the pager is left; leaving it before is no fault."""
        with suppress(OutputClosed):
            await self._out.flushed()
        await self.discard()

    async def discard(self) -> None:
        """Say that nothing more comes, and wait until the pager is left."""
        if self._open:
            self._open = False
            self._out.close()
            os.close(self._ours)
        await self._child.left


class _Child(ProcessProtocol):
    def __init__(self) -> None:
        self.left: Deferred[None] = Deferred()

    def processEnded(self, reason: Failure) -> None:
        self.left.callback(None)


def _argv(command: str) -> list[str]:
    """The command's words, the first of them as a path."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BadUsage("--pager", str(error)) from error
    path = shutil.which(words[0]) if words else None
    if path is None:
        raise BadUsage("--pager", f"there is no command {command!r}")
    return [path, *words[1:]]
