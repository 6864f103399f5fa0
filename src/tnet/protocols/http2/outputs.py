"""What a connection's engine tells: parts of answers, streams that are lost, and room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


def joined(outputs: Iterator[Output]) -> Iterator[Output]:
    """The same outputs, but neighbouring pieces of one body as one: whoever reads is woken for each.

    Raises: what they raise, after the pieces before that.
    """
    held = _Held()
    try:
        for output in outputs:
            if not held.takes(output):
                yield from held.released()
                if not held.takes(output):
                    yield output
    except TnetError:
        yield from held.released()
        raise
    yield from held.released()


class _Held:
    """Pieces of one body that came one after the other."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._stream = 0
        self._size = 0

    def takes(self, output: Output) -> bool:
        """Keep a piece that belongs to those that are here."""
        if not (isinstance(output, Came) and isinstance(output.part, bytes)):
            return False
        if self._pieces and output.stream != self._stream:
            return False
        self._pieces.append(output.part)
        self._stream, self._size = output.stream, self._size + output.size
        return True

    def released(self) -> Iterator[Output]:
        """All of them as one, if there are any."""
        if self._pieces:
            yield Came(self._stream, b"".join(self._pieces), self._size)
            self._pieces, self._size = [], 0
