"""Lines for one peer: sent as one write a turn, and no more of them than it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

OWED_BYTES = 256 * 1024
TOO_SLOW = "the peer reads too slowly"


@implementer(IPushProducer)
class Outbox:
    """Produces lines for `transport`; calls `resumed` when a peer that had fallen behind has caught up.

    While `reader_slow`, whoever owns this should make no new lines. What others have to say to the peer comes all
    the same, up to `OWED_BYTES`; then the peer is cut off.
    """

    def __init__(self, transport: Any, resumed: Callable[[], None]) -> None:
        self.reader_slow = False
        self._transport = transport
        self._resumed = resumed
        self._unsent: list[bytes] = []
        self._owed_bytes = 0
        self._shut = False

    def add(self, line: bytes) -> None:
        """One more line for the next write."""
        if not self._shut:
            self._unsent.append(line + b"\r\n")

    def send(self) -> None:
        """Write what was added."""
        data = b"".join(self._unsent)
        if not data:
            return
        self._unsent.clear()
        if self.reader_slow:
            self._owed_bytes += len(data)
        if self._owed_bytes <= OWED_BYTES:
            self._transport.write(data)
        else:
            self.shut()
            self._transport.ended_because = TOO_SLOW
            self._transport.abortConnection()

    def shut(self) -> None:
        """Write nothing from now on."""
        self._shut = True
        self._unsent.clear()

    # ── what the transport calls ──

    def pauseProducing(self) -> None:
        self.reader_slow = True

    def resumeProducing(self) -> None:
        self.reader_slow = False
        self._owed_bytes = 0
        self._resumed()

    def stopProducing(self) -> None:
        self.shut()
