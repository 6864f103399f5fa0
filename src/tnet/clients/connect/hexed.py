"""`--hex`: standard output becomes a dump of both directions, with offsets and times."""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from tnet.clients.connect.muted import MutedOutput
from tnet.clients.connect.overhearing import Line
from tnet.net.context import Context
from tnet.net.stdio import StandardOutput
from tnet.protocols.hexdump import HexDump
from tnet.protocols.recording import Side


@implementer(IPushProducer)
class HexedOutput(MutedOutput):
    """The output that a conversation gets, and an ear: what it hears goes to `inner` as text.

    Both sides wait while `inner` is slower.
    """

    def __init__(self, inner: StandardOutput, context: Context) -> None:
        super().__init__(inner)
        self._clock = context.clock
        self._began = 0.0
        self._dump = HexDump()
        self._line: Line | None = None
        self._holds = False

    # ── what it hears ──

    def join(self, line: Line) -> None:
        """See `Ear`."""
        self._line = line
        self._began = self._clock()
        self._inner.registerProducer(self, True)

    def hear(self, by: Side, data: bytes) -> None:
        """See `Ear`."""
        self._inner.write(self._dump.feed(by, data, self._clock() - self._began))

    def hear_end(self, by: Side) -> None:
        """See `Ear`."""
        self._inner.write(self._dump.feed_end(by, self._clock() - self._began))

    def hear_loss(self, reason: str) -> None:
        """See `Ear`."""
        self._line = None

    # ── what the true output calls ──

    def pauseProducing(self) -> None:
        self.waiting = self._inner.waiting
        self._hold(True)

    def resumeProducing(self) -> None:
        self.waiting = 0
        self._hold(False)

    def stopProducing(self) -> None:
        """The output tells why it takes no more to whoever watches it."""

    def _hold(self, wanted: bool) -> None:
        if self._line is not None and wanted is not self._holds:
            self._holds = wanted
            (self._line.hold if wanted else self._line.let_go)()
