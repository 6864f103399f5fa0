"""A response that is written piece by piece, no faster than the client reads."""

from __future__ import annotations

from collections.abc import Iterable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from tnet.servers.web.inspector.endpoints.call import Answer, Call, begin

TURN_BYTES = 64 * 1024


@implementer(IPushProducer)
class Paced:
    """What a coroutine writes to; it says first what `answer` says, and its `body` is left out.

    Units: `length` in bytes; None when that is not known.
    """

    def __init__(self, call: Call, answer: Answer, length: int | None) -> None:
        self._call = call
        self._request = call.request
        self._paused = False
        self._waiting: Deferred[None] | None = None
        self._in_turn = 0
        begin(self._request, answer, length)
        self._request.registerProducer(self, True)

    async def write(self, data: bytes) -> None:
        """Send `data`, once the client has room for it; others get their turn meanwhile."""
        if self._in_turn >= TURN_BYTES:
            self._in_turn = 0
            await self._call.wait(0)
        if self._paused:
            self._waiting = Deferred()
            await self._waiting
        self._in_turn += len(data)
        self._request.write(data)

    def finish(self) -> None:
        """Nothing follows."""
        self._request.unregisterProducer()
        self._request.finish()

    def pauseProducing(self) -> None:
        """The client reads slower than we write."""
        self._paused = True

    def resumeProducing(self) -> None:
        """The client has room."""
        self._paused = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.callback(None)

    def stopProducing(self) -> None:
        """The client has left: whoever writes is cancelled by the request."""


async def stream(call: Call, answer: Answer, pieces: Iterable[bytes], length: int | None = None) -> None:
    """Send `pieces` as the body of `answer`; none of them when no body is wanted."""
    paced = Paced(call, answer, length)
    if not call.is_head:
        for piece in pieces:
            await paced.write(piece)
    paced.finish()
