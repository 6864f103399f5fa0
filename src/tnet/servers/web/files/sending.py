"""A long body sent at the client's pace, read or compressed in a worker while the client takes the piece before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import deferLater
from zope.interface import implementer

from tnet.net.context import Offload
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.compressing import compressor
from tnet.servers.web.files.ranges import Range
from tnet.servers.web.files.root import OpenFile
from tnet.servers.web.request import WebRequest

FIRST_BYTES, PIECE_BYTES = 64 * 1024, 256 * 1024
PROVEN_BYTES = 1 << 20


class Source(Protocol):
    """A body in pieces; `done` when there are no more of them."""

    @property
    def done(self) -> bool: ...
    def next(self) -> bytes: ...


class Parts:
    """Parts of a file, and what stands between them: as many bytes as were promised, or Refusal. Blocking.

    Its pieces grow with what was given: whoever asks for much and takes nothing is to cost little memory.

    Units: `length` in bytes of the whole body.
    """

    def __init__(self, file: OpenFile, body: Sequence[bytes | Range]) -> None:
        self.length = sum(part.length if isinstance(part, Range) else len(part) for part in body)
        self._file = file
        self._todo = deque(part for part in body if not isinstance(part, Range) or part.length)
        self._given = 0

    @property
    def done(self) -> bool:
        """Whether all of it was given."""
        return not self._todo

    def next(self) -> bytes:
        """The next piece.

        Raises: Refusal, when the file has become too short.
        """
        data = self._next(self._file.read)
        if not data:
            raise Refusal(503, "the file became shorter while it was sent", {b"Retry-After": b"1"})
        return data

    def next_at_hand(self) -> bytes | None:
        """The next piece, if nobody has to wait for it; None when it is not in memory, or gone."""
        return self._next(self._file.read_at_hand)

    def _next(self, read: Callable[[int, int], bytes | None]) -> bytes | None:
        part = self._todo.popleft()
        if isinstance(part, bytes):
            return part
        size = min(PIECE_BYTES, max(FIRST_BYTES, self._given // 8))
        data = read(part.first, min(part.length, size))
        left = Range(part.first + len(data), part.last) if data else part
        if left.length:
            self._todo.appendleft(left)
        self._given += len(data or b"")
        return data

    def at_hand(self) -> bytes | None:
        """All of it at once, if nobody has to wait for it; None when some of it is not in memory, or gone."""
        pieces = []
        for part in self._todo:
            piece = self._file.read_at_hand(part.first, part.length) if isinstance(part, Range) else part
            if piece is None:
                return None
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def all(self) -> bytes:
        """The rest of it at once.

        Raises: Refusal, when the file has become too short.
        """
        pieces = []
        while self._todo:
            pieces.append(self.next())
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class Compressed:
    """Another source, in a content coding; a piece of it may be empty. Blocking."""

    def __init__(self, source: Source, coding: bytes) -> None:
        self.done = False
        self._source = source
        self._stream = compressor(coding)

    def next(self) -> bytes:
        """The next piece."""
        data = self._stream.compress(self._source.next())
        if self._source.done:
            self.done = True
            data += self._stream.finish()
        return data


@implementer(IPushProducer)
class Sender:
    """Sends what `source` gives, a piece when the client has taken the one before; others have their turn in between.

    What is `at_hand` needs no worker. Of the rest, once a client has proved that it takes something, the next piece is
    read while it takes one.
    """

    def __init__(
        self,
        request: WebRequest,
        source: Source,
        workers: Offload,
        at_hand: Callable[[], bytes | None] = lambda: None,
    ) -> None:
        self._request = request
        self._source = source
        self._workers = workers
        self._at_hand = at_hand
        self._paused: Deferred[None] | None = None
        self._ahead: Deferred[bytes] | None = None
        self._sent = 0
        self._quick = False

    async def send(self) -> None:
        """Send all of it, and finish the request.

        Raises: Refusal, which cuts off a response that has begun.
        """
        try:
            self._request.registerProducer(self, True)
            done = False
            while not done:
                data, done = await self._next()
                if data:
                    self._request.write(data)
                    self._sent += len(data)
        finally:
            if self._ahead is not None:
                self._ahead.addErrback(lambda _: None)
                self._ahead.cancel()
            if self._request.channel is not None:
                self._request.unregisterProducer()
        self._request.finish()

    async def _next(self) -> tuple[bytes, bool]:
        """The next piece, once the client takes more, and whether it is the last."""
        if self._ahead is None:
            await self._turn()
            data = self._at_hand()
            self._quick = data is not None
            if data is not None:
                return data, self._source.done
        ahead, self._ahead = self._ahead or self._read(), None
        data, done = await ahead, self._source.done
        if self._paused is not None:
            await self._paused
        if not done and self._sent >= PROVEN_BYTES:
            self._ahead = self._read()
        return data, done

    async def _turn(self) -> None:
        """Let others have theirs after what took no time, and wait for a client that has to take something first."""
        if self._quick and self._paused is None:
            await deferLater(self._request.channel.site.reactor, 0)
        if self._paused is not None:
            await self._paused

    def _read(self) -> Any:
        return self._workers.run(self._source.next)

    def pauseProducing(self) -> None:
        """Send no further piece until told to."""
        if self._paused is None:
            self._paused = Deferred()

    def resumeProducing(self) -> None:
        """Go on."""
        if self._paused is not None:
            paused, self._paused = self._paused, None
            paused.callback(None)

    def stopProducing(self) -> None:
        """The request's own end cancels the sending."""
