"""What dialects hear their peers with: bytes to the inputs of a dialogue."""

from __future__ import annotations

from tnet.protocols.auth.dialogue import Input, Line, Malformed, NoMoreLines, Request, TooLong
from tnet.protocols.lines import EndOfLines, LineReader, Overlong
from tnet.protocols.resp import BadRequest, EndOfRequests, RequestReader

LINE_BYTES = 4096


class LineEar:
    """Hears lines of at most `LINE_BYTES`."""

    def __init__(self) -> None:
        self._lines = LineReader(LINE_BYTES)
        self.feed, self.feed_end, self.rest = self._lines.feed, self._lines.feed_end, self._lines.rest

    @property
    def pending_bytes(self) -> int:
        """How much was fed and not yet taken."""
        return self._lines.pending_bytes

    def take(self) -> Input | None:
        """The next input; None until more is fed."""
        match self._lines.take():
            case None:
                return None
            case Overlong():
                return TooLong()
            case EndOfLines():
                return NoMoreLines()
            case line:
                return Line(line)


class RequestEar:
    """Hears requests of Redis's kind."""

    def __init__(self) -> None:
        self._requests = RequestReader()
        self.feed, self.feed_end, self.rest = self._requests.feed, self._requests.feed_end, self._requests.rest

    @property
    def pending_bytes(self) -> int:
        """How much was fed and not yet taken."""
        return self._requests.pending_bytes

    def take(self) -> Input | None:
        """The next input; None until more is fed."""
        match self._requests.take():
            case None:
                return None
            case BadRequest(reason):
                return Malformed(reason)
            case EndOfRequests():
                return NoMoreLines()
            case words:
                return Request(words)
