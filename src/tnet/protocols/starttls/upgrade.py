"""What the dialects have in common: strict reading within bounds, and nothing in clear that TLS could be taken for.

Source: "Why TLS is better without STARTTLS" (USENIX Security 2021) for what must not be forgiven.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import ClassVar, NoReturn, TypeVar

from tnet.errors import StartTlsRefused
from tnet.escape import excerpt
from tnet.protocols.lines import LineReader, Overlong
from tnet.protocols.way import Way

LINE_BYTES = 4096
MOST_LINES = 256
SHOWN_BYTES = 160

T = TypeVar("T")
Talk = Generator[bytes, None, T]

_INJECTED = "it sent more than its go-ahead before TLS, which somebody in between may have put there"
_TOO_EARLY = "it answered what it was not asked yet, which somebody in between may have put there"
_ELSEWHERE = "check the port and the protocol; without --starttls everything would go in clear"


class Upgrade(Way):
    """Asks `peer` (its name in errors) for TLS; `host` is what the server is to be called, where a dialect says that.

    `_talk` yields what to say, and an empty answer while it has to wait; when it ends, TLS can begin. Nothing is said
    while something unread is there, and nothing may be there when it ends.
    """

    name: ClassVar[str]

    def __init__(self, peer: str, host: str = "") -> None:
        super().__init__()
        self._peer = peer
        self._host = host
        self._running = self._talk()

    def begin(self) -> bytes:
        """The first words, where it is for us to begin."""
        return next(self._running, b"")

    def received(self, data: bytes) -> bytes:
        """What to answer to `data`; nothing once TLS can begin.

        Raises: StartTlsRefused.
        """
        self._feed(data)
        said = next(self._running, None)
        if said is None and self._unread():
            raise self.refusal(_INJECTED)
        if said and self._unread():
            raise self.refusal(_TOO_EARLY)
        self.is_open = said is None
        return said or b""

    def closed(self) -> StartTlsRefused:
        """Why TLS cannot begin any more, when the connection has ended."""
        return self.refusal("it closed the connection instead")

    def refusal(self, reason: str, advice: str = "") -> StartTlsRefused:
        """The error for what this server did."""
        return StartTlsRefused(self._peer, reason, advice or _ELSEWHERE)

    # ── what a dialect is made of ──

    @abstractmethod
    def _talk(self) -> Talk[None]:
        """What is said, piece by piece; nothing while more has to come."""

    @abstractmethod
    def _feed(self, data: bytes) -> None:
        """More came."""

    @abstractmethod
    def _unread(self) -> int:
        """How many bytes came that nobody took yet."""

    def _refuse(self, what: str, said: bytes) -> NoReturn:
        raise self.refusal(f"{what}: {excerpt(said, SHOWN_BYTES)}")

    def _not_offered(self) -> NoReturn:
        raise self.refusal("it does not offer TLS")


class LineUpgrade(Upgrade):
    """A dialect of lines."""

    def __init__(self, peer: str, host: str = "") -> None:
        super().__init__(peer, host)
        self._lines = LineReader(LINE_BYTES)
        self._taken = 0

    def _feed(self, data: bytes) -> None:
        self._lines.feed(data)

    def _unread(self) -> int:
        return self._lines.pending_bytes

    def _line(self) -> Talk[bytes]:
        """The next line, once it has come."""
        self._taken += 1
        if self._taken > MOST_LINES:
            raise self.refusal(f"it says more than {MOST_LINES} lines")
        while (line := self._lines.take()) is None:
            yield b""
        if isinstance(line, Overlong):
            raise self.refusal(f"it says a line of more than {LINE_BYTES} bytes")
        assert isinstance(line, bytes), "the end is not fed"
        return line


class BlockUpgrade(Upgrade):
    """A dialect of parts that tell their length."""

    def __init__(self, peer: str, host: str = "") -> None:
        super().__init__(peer, host)
        self._data = b""

    def _feed(self, data: bytes) -> None:
        self._data += data

    def _unread(self) -> int:
        return len(self._data)

    def _take(self, count: int) -> Talk[bytes]:
        """The next `count` bytes, once they have come."""
        while len(self._data) < count:
            yield b""
        taken, self._data = self._data[:count], self._data[count:]
        return taken
