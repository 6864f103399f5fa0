"""One request and its answer, whatever version of HTTP carries them: the half that both engines share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tnet.clients.fetch.bell import Bell
from tnet.clients.fetch.outgoing import Outgoing
from tnet.clients.fetch.request import Request
from tnet.errors import TnetError
from tnet.events import Trace
from tnet.protocols.http1.responses import Fields, ResponseEnd, ResponseHead, ResponsePart

HIGH_WATER_BYTES = 1 << 18


class Exchange(ABC):
    """Call `send` and, without waiting for its end, `answer`; `read` until it gives nothing; then `leave`.

    An answer may begin and end before the request is sent: an error status stops the sending, another one does
    not, so that a server may answer while it reads. What was received and not yet read is bounded: above
    `HIGH_WATER_BYTES` the engine is asked to hold the peer back. `on_head` is called with each head, interim or
    not; `sent_fields` is what the engine sent as the head's fields. `refused`: the peer has said that it did nothing
    about the request, so that it is safe to ask again. `receiving` fires when whoever reads is through with the answer.

    Units: `bytes_in` and `bytes_out` in bytes of HTTP, under any TLS; `head_bytes` are those of the answer's heads.
    """

    version: str
    refused = False

    def __init__(self, request: Request, trace: Trace, peer: str) -> None:
        self.request = request
        self.trace = trace
        self.bytes_in = 0
        self.bytes_out = 0
        self.head: ResponseHead | None = None
        self.interims: list[ResponseHead] = []
        self.trailers: Fields = ()
        self.sent_fields: Fields = ()
        self.on_head: Callable[[ResponseHead], object] = _nothing
        self.receiving: Deferred[None] = Deferred()
        self.peer = peer
        self.over = False
        self._pieces: list[bytes] = []
        self._held_bytes = 0
        self._ended = False
        self._failure: TnetError | None = None
        self._sent = False
        self._hushed = False
        self._progress = Bell()

    # ── what the hop calls ──

    async def send(self, body: Outgoing | None) -> None:
        """Send the request, as fast as the peer takes it. Ends early, without an error, when nobody listens any more.

        Raises: CannotRead when the body cannot be read; BadUsage for a head that cannot be sent.
        """
        self._send_head(body)
        while body is not None and not self._hushed and (piece := await body.read()):
            await self._send_piece(piece)
        if not self._hushed:
            if body is not None:
                self._send_end()
            self._sent = True
        self._progress.ring()
        self._settle()

    async def asked(self) -> None:
        """Wait until the request is sent, or an answer or the end of the connection came before that."""
        while not (self._sent or self.head or self._failure):
            await self._progress.rung()

    async def begun(self) -> None:
        """Wait for the first byte of the answer, which may be one of an interim head.

        Raises: as `answer`, when there will be none.
        """
        while self.untouched:
            if self._failure is not None:
                raise self._failure
            await self._progress.rung()

    async def answer(self) -> ResponseHead:
        """The head of the answer.

        Raises: MalformedReply, EmptyReply, SendFailed or ReceiveFailed, or what `fail` was called with.
        """
        while self.head is None:
            if self._failure is not None:
                raise self._failure
            await self._progress.rung()
        return self.head

    async def read(self) -> bytes:
        """All of the body that has come since the last call; nothing at its end.

        Raises: BodyCutShort, MalformedReply or ReceiveFailed, after everything that came before.
        """
        while not self._pieces:
            if self._failure is not None:
                raise self._failure
            if self._ended:
                return b""
            await self._progress.rung()
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._held_bytes = 0
        self._consumed(len(data))
        return data

    def conclude(self, failure: Failure | None = None) -> None:
        """The answer was read as far as anybody wants it, or as far as it could be; only the first call counts."""
        if not self.receiving.called:
            self.receiving.callback(failure)

    def fail(self, error: TnetError) -> None:
        """Give up, for a reason that whoever waits will get."""
        if self._failure is None and not self._ended:
            self._failure = error
        self.leave()
        self._progress.ring()

    def leave(self) -> None:
        """Nobody wants more of it: the connection is free for the next exchange if this one is complete, else cut."""
        self._hush()
        if not self.over:
            self.over = True
            self._released(complete=self._sent and self._ended)

    @property
    def complete(self) -> bool:
        """Whether the whole answer is there, read or not."""
        return self._ended

    @property
    def held(self) -> bool:
        """Whether the peer is held back, because what came was not read."""
        return self._held_bytes > HIGH_WATER_BYTES

    @property
    def untouched(self) -> bool:
        """Whether the peer has said nothing at all on it, so that it may never have seen the request."""
        return self.head is None and not self.interims and not self.bytes_in

    # ── what the engine calls ──

    def take(self, parts: Iterable[ResponsePart]) -> None:
        """More of the answer has come: whoever waits is woken once for all of it. What `parts` raises is its end."""
        try:
            for part in parts:
                self._keep(part)
        except TnetError as error:
            self.fail(error)
        self._progress.ring()

    def lost(self, error: TnetError | None) -> None:
        """The connection, or this exchange on it, is gone; `error` says why unless the answer was complete."""
        self._hush()
        self.over = True
        if not self._ended and self._failure is None:
            self._failure = error
        self._progress.ring()

    # ── what an engine does ──

    @abstractmethod
    def _send_head(self, body: Outgoing | None) -> None:
        """Write the head; without a body that is all of the request."""

    @abstractmethod
    async def _send_piece(self, piece: bytes) -> None:
        """Write a piece of the body, once the peer takes it; come back early when we are hushed."""

    @abstractmethod
    def _send_end(self) -> None:
        """Write what ends a body."""

    @abstractmethod
    def _hold_back(self) -> None:
        """Enough is held: let the peer send no more, until something is consumed. May be called again."""

    @abstractmethod
    def _consumed(self, count: int) -> None:
        """`count` bytes of body were read, and nothing is held."""

    @abstractmethod
    def _released(self, *, complete: bool) -> None:
        """The exchange is over for us: the connection is free (`complete`), or what is left of it is to be cut."""

    def _keep(self, part: ResponsePart) -> None:
        match part:
            case ResponseHead(interim=True):
                self.interims.append(part)
                self.on_head(part)
            case ResponseHead():
                self.head = part
                self.on_head(part)
                if part.status >= 400 and not self._sent:
                    self._hush()
            case bytes():
                self._pieces.append(part)
                self._held_bytes += len(part)
                if self._held_bytes > HIGH_WATER_BYTES:
                    self._hold_back()
            case ResponseEnd():
                self._ended, self.trailers = True, part.trailers
                if not self._sent:
                    self._hush()
                self._settle()

    def _hush(self) -> None:
        """Nobody listens any more: send nothing else. An engine that waits for room stops waiting."""
        self._hushed = True

    def _settle(self) -> None:
        """Release the connection as soon as both sides have said everything."""
        if self._sent and self._ended and not self.over:
            self.over = True
            self._released(complete=True)


def _nothing(_: ResponseHead) -> None:
    """Nobody wants to know."""
