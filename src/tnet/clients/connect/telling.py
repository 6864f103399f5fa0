"""The events of a conversation: each chunk that passes, and how long the first answer took."""

from __future__ import annotations

from tnet.escape import excerpt
from tnet.events import Trace
from tnet.events.kinds import DataMoved, SpanEnded
from tnet.protocols.recording import Side
from tnet.protocols.redaction import Redactor

EXCERPT_BYTES = 64
FIRST_ANSWER = "wait"


class Telling:
    """Sees what passes on one connection, and tells of it where somebody wants to know.

    Of each chunk it tells the size and an excerpt, without passwords where the protocol is one of those that are
    known. The span `wait` lasts from our first bytes, or from `begin` where the peer speaks first, to the peer's first.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._clock = trace.publisher.clock
        self._tells_chunks = trace.wants(DataMoved)
        self._redactor = Redactor()
        self._offsets: dict[Side, int] = {"us": 0, "peer": 0}
        self._waits = trace.wants(SpanEnded)
        self._asked = False
        self._began = self._clock()

    @staticmethod
    def wanted(trace: Trace) -> bool:
        """Whether anybody wants to know."""
        return trace.wants(DataMoved) or trace.wants(SpanEnded)

    def begin(self) -> None:
        """Both sides may speak from now on."""
        if not self._asked:
            self._began = self._clock()

    def sent(self, data: bytes) -> bytes:
        """The same bytes, which go to the peer."""
        if self._waits and not self._asked:
            self._asked = True
            self._began = self._clock()
        if self._tells_chunks:
            self._tell("us", data)
        return data

    def received(self, data: bytes) -> bytes:
        """The same bytes, which the peer sent."""
        if self._waits:
            self._waits = False
            self._trace.emit(SpanEnded, span=FIRST_ANSWER, seconds=self._clock() - self._began, outcome="ok")
        if self._tells_chunks:
            self._tell("peer", data)
        return data

    def _tell(self, by: Side, data: bytes) -> None:
        if not data:
            return
        shown, _ = self._redactor.feed(by, data)
        offset, self._offsets[by] = self._offsets[by], self._offsets[by] + len(data)
        self._trace.emit(DataMoved, by=by, bytes=len(data), offset=offset, text=excerpt(shown, EXCERPT_BYTES))
