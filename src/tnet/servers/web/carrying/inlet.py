"""The read side of one connection: whether to go on reading."""

from __future__ import annotations

from typing import Any


class Inlet:
    """Tells `transport` to read, or not to; nothing is said twice, and nothing once the input has `ended`."""

    def __init__(self, transport: Any) -> None:
        self.ended = False
        self._transport = transport
        self._open = True

    def read(self, wanted: bool) -> None:
        """Read on, or let what comes wait with the system."""
        if wanted is not self._open and not self.ended:
            self._open = wanted
            if wanted:
                self._transport.resumeProducing()
            else:
                self._transport.pauseProducing()
