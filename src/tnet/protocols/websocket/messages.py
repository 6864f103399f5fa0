"""Messages to bytes and back: where standard input is cut, and what is written between two messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from tnet.errors import CannotRead, TooLarge

Message = str | bytes


class Cutter(Protocol):
    """Cuts a stream of bytes into messages."""

    def feed(self, data: bytes) -> Iterator[Message]: ...
    def rest(self) -> Iterator[Message]: ...


class Chunks:
    """What comes at once is a message of bytes; more than `limit_bytes` of it are several."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that `data` makes."""
        for start in range(0, len(data), self._limit_bytes):
            yield data[start : start + self._limit_bytes]

    def rest(self) -> Iterator[bytes]:
        """Nothing is ever kept back."""
        return iter(())


class Lines:
    """Each line, without its end, is a message of text; the last one may lack its end.

    Raises: TooLarge for a line of more than `limit_bytes`, CannotRead for one that is not UTF-8.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that are complete by now."""
        *ended, last = data.split(b"\n")
        for piece in ended:
            self._keep(piece)
            yield from self._line()
        self._keep(last)

    def rest(self) -> Iterator[str]:
        """The line that has no end."""
        return self._line() if self._size else iter(())

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._size += len(piece)
        if self._size > self._limit_bytes + 1:  # the end may be CR LF
            raise TooLarge("a line of standard input", self._limit_bytes)

    def _line(self) -> Iterator[str]:
        line = b"".join(self._pieces).removesuffix(b"\r")
        self._pieces.clear()
        self._size = 0
        if len(line) > self._limit_bytes:
            raise TooLarge("a line of standard input", self._limit_bytes)
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            raise CannotRead(
                "standard input", "a line of it is not UTF-8", "without --text bytes are sent as they are"
            ) from None


def as_bytes(message: Message, *, line: bool) -> bytes:
    """A message as it is written; where each is a `line`, an end follows unless it has one."""
    data = message.encode("utf-8") if isinstance(message, str) else message
    return data + b"\n" if line and not data.endswith(b"\n") else data
