"""An input, an output and a transport that a test plays with."""

from __future__ import annotations

from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IPushProducer
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from tnet.net.stdio import StandardInput, StandardOutput, WaitsFor


class Typed(StandardInput):
    """An input that gives what the test says."""

    def __init__(self, waits_for: WaitsFor = WaitsFor.PROGRAM) -> None:
        super().__init__(waits_for)

    def give(self, data: bytes) -> None:
        """`data`, or the end when it is empty."""
        self._deliver(data)

    def fail(self, error: OSError) -> None:
        """The input breaks."""
        from tnet.errors import CannotRead

        self._end(CannotRead("standard input", str(error)))


class Paper(StandardOutput):
    """An output that keeps what is written, or holds it back while it is `slow`."""

    def __init__(self, *, is_terminal: bool = False) -> None:
        super().__init__(is_terminal=is_terminal)
        self.written = b""
        self.slow = False

    def _push(self) -> None:
        while self._chunks and not self.slow:
            chunk = bytes(self._chunks[0])
            self.written += chunk
            self._wrote(len(chunk))

    def catch_up(self) -> None:
        """Write what was held back, and be quick from now on."""
        self.slow = False
        self._push()

    def fail(self, error: OSError) -> None:
        """The output breaks."""
        self._fail(error)


class Wire(StringTransport):
    """A connection whose peer is the test; each call that ends something is kept in `calls`."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.bytes_out = 0
        self.os_error: OSError | None = None
        self.ended_because = ""
        self.reads = True

    def pauseProducing(self) -> None:
        self.reads = False

    def resumeProducing(self) -> None:
        self.reads = True

    def loseWriteConnection(self) -> None:
        self.calls.append("half-close")

    def loseConnection(self) -> None:
        assert self.producer is None, "a transport with a producer does not close"
        self.calls.append("close")

    def abortConnection(self) -> None:
        self.calls.append("abort")

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None


DONE = Failure(ConnectionDone())
ABORTED = Failure(ConnectionAborted())
