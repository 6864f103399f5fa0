"""An output that the peer's bytes do not reach: something else is written to the true one."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tnet.net.stdio import StandardOutput


class MutedOutput(StandardOutput):
    """Drops what is written to it, and breaks, flushes and closes as `inner` does."""

    def __init__(self, inner: StandardOutput) -> None:
        super().__init__(is_terminal=False)
        self._inner = inner
        inner.watch(self._break)

    def write(self, data: bytes) -> None:
        """Drop `data`."""

    def flushed(self) -> Deferred[None]:
        """See `StandardOutput.flushed`: of the inner one."""
        return self._inner.flushed()

    def close(self) -> None:
        """Let go of the descriptor."""
        self._inner.close()
        super().close()

    def _push(self) -> None:
        """There is nothing to be written."""
