"""Bodies that are compressed as they are sent: the coding `deflate`, which is a zlib stream.

Source: RFC 9110 section 8.4.1.2.
"""

from __future__ import annotations

import zlib

from tnet.clients.fetch.outgoing import Outgoing
from tnet.net.context import Offload

AT_ONCE_BYTES = 1 << 16


async def compressed(data: bytes, workers: Offload) -> bytes:
    """`data` as one zlib stream; in a thread when it is more than a little."""
    if len(data) <= AT_ONCE_BYTES:
        return zlib.compress(data)
    packed: bytes = await workers.run(zlib.compress, data)
    return packed


class Compressed:
    """A body whose bytes come compressed; only its end tells how long it is."""

    def __init__(self, body: Outgoing, workers: Offload) -> None:
        self.length: int | None = None
        self._body = body
        self._workers = workers
        self._stream = zlib.compressobj()
        self._ended = False

    async def read(self) -> bytes:
        """The next piece, as soon as enough was read to make one."""
        while not self._ended:
            piece = await self._body.read()
            if not piece:
                self._ended = True
                return self._stream.flush()
            if packed := await self._packed(piece):
                return packed
        return b""

    def close(self) -> None:
        """Let go of what is compressed."""
        self._body.close()

    async def _packed(self, piece: bytes) -> bytes:
        if len(piece) <= AT_ONCE_BYTES:
            return self._stream.compress(piece)
        packed: bytes = await self._workers.run(self._stream.compress, piece)
        return packed
