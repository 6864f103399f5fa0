"""One stream's bytes on their way into the file: gathered here while those before them are written in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from tnet.clients.fetch.downloads.ranges import Claim
from tnet.clients.fetch.downloads.sidecar import Sidecar
from tnet.errors import cannot_write
from tnet.net.context import Context

PIECE_BYTES = 1 << 20
MOST_PIECES = 512
GATHERING_SECONDS = 0.5


class Store(Protocol):
    """Where the bytes go: a part, or a device."""

    path: str

    def write(self, offset: int, pieces: Sequence[bytes]) -> None: ...
    def save(self, sidecar: Sidecar | None) -> None: ...


class Flow:
    """Writes what a stream brings for `claim`; `kept` is called whenever some of it is written.

    A slow stream's bytes do not wait longer than `GATHERING_SECONDS` for others, where others come at all.

    Each method raises CannotWrite.
    """

    def __init__(self, store: Store, claim: Claim, context: Context, kept: Callable[[], None]) -> None:
        self._store = store
        self._claim = claim
        self._context = context
        self._kept = kept
        self._pieces: list[bytes] = []
        self._size = 0
        self._at = claim.got
        self._since = 0.0
        self._writing: Deferred[Any] | None = None

    async def add(self, data: bytes) -> None:
        """Take the next bytes; waits while as many as are gathered by now are still being written."""
        if not self._pieces:
            self._since = self._context.clock()
        self._pieces.append(data)
        self._size += len(data)
        waited = self._context.clock() - self._since
        if self._size >= PIECE_BYTES or len(self._pieces) >= MOST_PIECES or waited >= GATHERING_SECONDS:
            await self._write()

    async def flush(self) -> None:
        """Wait until everything is written."""
        await self._write()
        await self._written()

    def leave(self) -> None:
        """Nobody waits any more for what is being written."""
        if self._writing is not None:
            self._writing.addErrback(lambda _: None)

    async def _write(self) -> None:
        await self._written()
        if self._pieces:
            pieces, offset = self._pieces, self._at
            self._at += self._size
            self._pieces, self._size = [], 0
            self._writing = self._context.workers.run(self._store.write, offset, pieces)
            self._writing.addCallback(self._note, self._at)

    async def _written(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            try:
                await writing
            except OSError as error:
                self._pieces = []
                raise cannot_write(self._store.path, error) from error

    def _note(self, _: Any, end: int) -> None:
        self._claim.kept = end
        self._kept()
