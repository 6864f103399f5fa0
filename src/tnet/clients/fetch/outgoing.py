"""The body of a request, piece by piece, from wherever it is."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import BinaryIO, Protocol

from twisted.internet.defer import CancelledError

from tnet.clients.fetch.bell import Bell
from tnet.errors import CannotRead, TnetError
from tnet.net.context import Context, Offload
from tnet.net.stdio import StandardInput, standard_input
from tnet.plans.fetch import Body

PIECE_BYTES = 1 << 18


class Outgoing(Protocol):
    """A body to be sent.

    Units: `length` in bytes; None when only the end will tell.
    """

    length: int | None

    async def read(self) -> bytes:
        """The next piece, empty at the end.

        Raises: CannotRead.
        """
        ...

    def close(self) -> None:
        """Let go of it, in the middle or at the end."""


class OpeningCancelled(CancelledError):
    """Somebody cancelled the opening of a body, which may take as long as a FIFO has no writer."""

    phase = "opening the body"


async def open_body(body: Body, context: Context) -> Outgoing:
    """The body that a plan means, opened.

    Raises: CannotRead for a file that cannot be opened; BadUsage for a part that cannot be described; OpeningCancelled.
    """
    try:
        opened = await _opened(body, context)
    except CancelledError:
        raise OpeningCancelled from None
    if body.chunked:
        opened.length = None
    return opened


async def _opened(body: Body, context: Context) -> Outgoing:
    if not body.deflate:
        return await _plain(body, context)
    from tnet.clients.fetch.compressed import Compressed, compressed

    if body.path is None and not body.parts:
        return FromMemory(await compressed(body.data, context.workers))
    return Compressed(await _plain(body, context), context.workers)


async def _plain(body: Body, context: Context) -> Outgoing:
    if body.parts:
        return await _in_parts(body, context.workers)
    if body.path is None:
        return FromMemory(body.data)
    if body.path == "-":
        return FromStandardInput(standard_input(context))
    return await FromFile.open(body.path, context.workers)


async def _in_parts(body: Body, workers: Offload) -> Outgoing:
    """The parts of `body` and what stands around them; all files are open before the first of them is sent."""
    from tnet.protocols.form_data import PART_END, closing, part_head

    pieces: list[Outgoing] = []
    texts: list[bytes] = []
    with ExitStack() as undo:
        for part in body.parts:
            texts.append(part_head(body.boundary, part.name, file_name=part.file_name, content_type=part.content_type))
            if part.path is None:
                texts.append(part.data)
            else:
                file = await FromFile.open(part.path, workers)
                undo.callback(file.close)
                pieces += [FromMemory(b"".join(texts)), file]
                texts.clear()
            texts.append(PART_END)
        pieces.append(FromMemory(b"".join(texts) + closing(body.boundary)))
        undo.pop_all()
    return Joined(pieces)


class FromMemory:
    """Bytes that are there already."""

    def __init__(self, data: bytes) -> None:
        self.length: int | None = len(data)
        self._data = data
        self._at = 0

    async def read(self) -> bytes:
        """The next piece; without waiting."""
        piece = self._data[self._at : self._at + PIECE_BYTES]
        self._at += len(piece)
        return piece

    def close(self) -> None:
        """Nothing is open."""


class FromFile:
    """A file, read in a thread. A regular one has a length and is held to it; another one has not."""

    def __init__(self, path: str, file: BinaryIO, workers: Offload) -> None:
        status = os.fstat(file.fileno())
        self.length: int | None = status.st_size if stat.S_ISREG(status.st_mode) else None
        self._left = self.length
        self._path = path
        self._file = file
        self._workers = workers

    @classmethod
    async def open(cls, path: str, workers: Offload) -> FromFile:
        """Open the file at `path`.

        Raises: CannotRead.
        """
        try:
            return cls(path, await workers.run(open, path, "rb", buffering=0), workers)
        except OSError as error:
            raise _cannot_read(path, error) from error

    async def read(self) -> bytes:
        """The next piece, from a thread."""
        wanted = PIECE_BYTES if self._left is None else min(PIECE_BYTES, self._left)
        if not wanted:
            return b""
        try:
            piece: bytes = await self._workers.run(self._file.read, wanted)
        except OSError as error:
            raise _cannot_read(self._path, error) from error
        if self._left is not None:
            self._left -= len(piece)
            if not piece:
                raise CannotRead(self._path, "it became shorter while it was sent")
        return piece

    def close(self) -> None:
        """Close the file; a thread that still reads from it has its own reference."""
        self._workers.run(self._file.close).addErrback(lambda _: None)


class Joined:
    """Several bodies one after another; its length is theirs together, when each has one."""

    def __init__(self, bodies: Iterable[Outgoing]) -> None:
        self._bodies = deque(bodies)
        lengths = [body.length for body in self._bodies]
        known = [length for length in lengths if length is not None]
        self.length: int | None = sum(known) if len(known) == len(lengths) else None

    async def read(self) -> bytes:
        """The next piece of the first body that still has one."""
        while self._bodies:
            if piece := await self._bodies[0].read():
                return piece
            self._bodies.popleft().close()
        return b""

    def close(self) -> None:
        """Close those that are still open."""
        while self._bodies:
            self._bodies.popleft().close()


class FromStandardInput:
    """Standard input, which can be read once; reading ahead is bounded by one chunk."""

    def __init__(self, source: StandardInput) -> None:
        self.length: int | None = None
        self._source = source
        self._resume: Callable[[], None] = self._start
        self._pieces: deque[bytes] = deque()
        self._over = False
        self._error: TnetError | None = None
        self._bell = Bell()

    async def read(self) -> bytes:
        """The next piece, when it has been pushed to us."""
        while not self._pieces and not self._over:
            self._resume()
            if not self._pieces and not self._over:
                await self._bell.rung()
        if self._pieces:
            return self._pieces.popleft()
        if self._error is not None:
            raise self._error
        return b""

    def close(self) -> None:
        """Read no more."""
        self._source.stopProducing()

    def _start(self) -> None:
        self._resume = self._source.resumeProducing
        self._source.start(self._received, self._ended)

    def _received(self, data: bytes) -> None:
        self._source.pauseProducing()
        self._pieces.append(data)
        self._bell.ring()

    def _ended(self, error: TnetError | None) -> None:
        self._over, self._error = True, error
        self._bell.ring()


def _cannot_read(path: str, error: OSError) -> CannotRead:
    return CannotRead(path, error.strerror or str(error))
