"""What a connection's engine tells: parts of answers, streams that are lost, and room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tnet.errors import TnetError
from tnet.protocols.http1.responses import ResponsePart


@dataclass(frozen=True, slots=True)
class Came:
    """A part of the answer on a stream; `size` is that of the frames it came in.

    Units: `size` in bytes.
    """

    stream: int
    part: ResponsePart
    size: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A stream is over before its end; `refused`: the peer has done nothing about it, and it is safe to ask again."""

    stream: int
    error: TnetError
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Eased:
    """The peer takes more of the bodies that are sent to it."""


@dataclass(frozen=True, slots=True)
class Resized:
    """The number of streams that there is room for has changed."""


Output = Came | Lost | Eased | Resized


T = TypeVar("T")


class Outputs(Generic[T]):
    """Gathers what an engine tells in order; neighbouring pieces of one body become one, as each wakes its reader.

    `piece` makes what is told of the bytes of a body, by their stream, themselves, and the size of their frames.
    """

    def __init__(self, piece: Callable[[int, bytes, int], T]) -> None:
        self._piece = piece
        self._told: list[T] = []
        self._pieces: list[bytes] = []
        self._stream = 0
        self._size = 0

    def tell(self, output: T) -> None:
        """Add one."""
        self._join()
        self._told.append(output)

    def pour(self, stream: int, piece: bytes, size: int) -> None:
        """Add a piece of a body."""
        if stream != self._stream:
            self._join()
            self._stream = stream
        self._pieces.append(piece)
        self._size += size

    def taken(self) -> list[T]:
        """All since the last call."""
        self._join()
        told, self._told = self._told, []
        return told

    def _join(self) -> None:
        if self._pieces:
            self._told.append(self._piece(self._stream, b"".join(self._pieces), self._size))
            self._pieces, self._size = [], 0
