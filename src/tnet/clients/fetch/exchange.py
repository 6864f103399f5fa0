"""One request and its response on one connection: HTTP/1.1, from the client's side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.clients.fetch.bell import Bell
from tnet.clients.fetch.outgoing import Outgoing
from tnet.errors import ReceiveFailed, SendFailed, TnetError
from tnet.events import silent_trace
from tnet.protocols.http1.encoding import LAST_CHUNK, chunk
from tnet.protocols.http1.responses import Fields, ResponseEnd, ResponseHead, ResponseParser, ResponsePart

HIGH_WATER_BYTES = 1 << 18


@implementer(IPushProducer)
class Exchange(Protocol):
    """Call `send` and, without waiting for its end, `answer`; `read` until it gives nothing; then `end`.

    A response may begin and end before the request is sent: an error status stops the sending, another one does
    not, so that a server may answer while it reads. What was received and not yet read is bounded: above
    `HIGH_WATER_BYTES` the transport reads no more.

    Units: `bytes_in` and `bytes_out` in bytes of HTTP, under any TLS.
    """

    trace = silent_trace()

    def __init__(self, method: str, peer: str) -> None:
        self.bytes_in = 0
        self.bytes_out = 0
        self.head: ResponseHead | None = None
        self.trailers: Fields = ()
        self._peer = peer
        self._parser = ResponseParser(method.encode(), peer)
        self._pieces: list[bytes] = []
        self._held_bytes = 0
        self._ended = False
        self._failure: TnetError | None = None
        self._sent = False
        self._hushed = False
        self._choked = False
        self._lost = False
        self._progress = Bell()
        self._room = Bell()

    @property
    def peer_address(self) -> str | None:
        """The address of whom we talk to."""
        return getattr(self._transport.getPeer(), "host", None)

    # ── what the job calls ──

    async def send(self, head: bytes, body: Outgoing | None) -> None:
        """Send the request, as fast as the peer takes it. Ends early, without an error, when nobody listens any more.

        Raises: CannotRead when the body cannot be read.
        """
        self._write(head)
        if body is not None:
            self._transport.registerProducer(self, True)
            try:
                await self._send_body(body)
            finally:
                self._transport.unregisterProducer()
        self._sent = not self._hushed
        self._progress.ring()

    async def asked(self) -> None:
        """Wait until the request is sent, or an answer or the end of the connection came before that."""
        while not (self._sent or self.head or self._failure):
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
        if self._held_bytes > HIGH_WATER_BYTES and not self._lost:
            self._transport.resumeProducing()
        self._held_bytes = 0
        return data

    async def end(self) -> None:
        """End the connection, by an abort unless both sides have said all that they had to say; wait for its end."""
        if not self._lost and self._sent and self._ended:
            self._transport.loseConnection()
        else:
            self.abort()
        while not self._lost:
            await self._progress.rung()

    def fail(self, error: TnetError) -> None:
        """Give up, for a reason that whoever waits will get."""
        if self._failure is None and not self._ended:
            self._failure = error
        self.abort()
        self._progress.ring()

    def abort(self) -> None:
        """Cut the connection, if it still stands."""
        self._hush()
        if not self._lost:
            self._transport.abortConnection()

    # ── what Twisted calls ──

    def dataReceived(self, data: bytes) -> None:
        self.bytes_in += len(data)
        self._read_parts(self._parser.feed(data))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._lost = True
        unsent = not self._sent and not self._hushed
        self._hush()
        if not self._ended and self._failure is None:
            if reason.check(ConnectionDone):
                self._read_parts(self._parser.close())
            else:
                self._failure = self._broken(reason, unsent)
        self._progress.ring()

    def pauseProducing(self) -> None:
        self._choked = True

    def resumeProducing(self) -> None:
        self._choked = False
        self._room.ring()

    def stopProducing(self) -> None:
        """Do nothing: the connection is lost, and `connectionLost`, which says why, comes next."""

    # ── inside ──

    @property
    def _transport(self) -> Any:
        return self.transport

    def _write(self, data: bytes) -> None:
        self.bytes_out += len(data)
        self._transport.write(data)

    async def _send_body(self, body: Outgoing) -> None:
        while piece := await body.read():
            while self._choked and not self._hushed:
                await self._room.rung()
            if self._hushed:
                return
            self._write(chunk(piece) if body.length is None else piece)
        if body.length is None and not self._hushed:
            self._write(LAST_CHUNK)

    def _hush(self) -> None:
        """Nobody listens any more: send nothing else."""
        self._hushed = True
        self._room.ring()

    def _read_parts(self, parts: Iterator[ResponsePart]) -> None:
        try:
            for part in parts:
                self._take(part)
        except TnetError as error:
            self.fail(error)
        self._progress.ring()

    def _take(self, part: ResponsePart) -> None:
        match part:
            case ResponseHead() if not part.interim:
                self.head = part
                if part.status >= 400 and not self._sent:
                    self._hush()
            case bytes():
                self._hold(part)
            case ResponseEnd():
                self._ended, self.trailers = True, part.trailers
                if not self._sent:
                    self._hush()

    def _hold(self, piece: bytes) -> None:
        before, self._held_bytes = self._held_bytes, self._held_bytes + len(piece)
        self._pieces.append(piece)
        if before <= HIGH_WATER_BYTES < self._held_bytes:
            self._transport.pauseProducing()

    def _broken(self, reason: Failure, unsent: bool) -> TnetError:
        """The error for a connection that did not end in good order."""
        if isinstance(reason.value, TnetError):
            return reason.value
        cause = getattr(self.transport, "os_error", None)
        text = cause.strerror if cause is not None else "the connection was cut"
        return SendFailed(self._peer, text) if unsent else ReceiveFailed(self._peer, text)
