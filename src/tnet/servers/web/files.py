"""One file over HTTP: exactly as many bytes as were promised, whatever happens to the file meanwhile."""

from __future__ import annotations

import time
from collections.abc import Mapping

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.web.http import datetimeToString
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from tnet.net.context import Offload
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.conditions import Field, Unsatisfiable, Validators, precondition, wanted_range
from tnet.servers.web.request import WebRequest
from tnet.servers.web.root import OpenFile

SMALL_BYTES = 64 * 1024
PIECE_BYTES = 256 * 1024


class FileResource(Resource):
    """Answers GET and HEAD with `file`, and closes it: conditionals, one range; a large file is read off the reactor.

    `media` is its Content-Type, `fields` are sent along.
    """

    isLeaf = True

    def __init__(
        self, file: OpenFile, media: bytes, workers: Offload, fields: Mapping[bytes, bytes] | None = None
    ) -> None:
        super().__init__()
        self._file = file
        self._media = media
        self._workers = workers
        self._fields = dict(fields or {})

    def render_GET(self, request: WebRequest) -> int:
        """The file, a part of it, or why not."""
        try:
            part = self._decide(request)
        except BaseException:
            self._file.close()
            raise
        if part is None or request.method == b"HEAD":
            self._file.close()
            request.finish()
            return NOT_DONE_YET
        start, length = part
        if length <= SMALL_BYTES:
            return self._send_at_once(request, start, length)
        return request.answer(Sender(request, self._file, start, length, self._workers).send())

    render_HEAD = render_GET

    def _decide(self, request: WebRequest) -> tuple[int, int] | None:
        """Status and fields of the response; what is to be sent, as offset and length, or None."""
        size = self._file.status.st_size
        validators = Validators.of(self._file.status, time.time())
        field = _fields_of(request)
        self._describe(request, validators)
        status = precondition(request.method, field, validators)
        if status == 412:
            raise Refusal(412)
        if status == 304:
            request.setResponseCode(304)
            return None
        request.setHeader(b"Content-Type", self._media)
        try:
            part = wanted_range(field, validators, size) if request.method == b"GET" else None
        except Unsatisfiable:
            raise Refusal(416, "", {b"Content-Range": b"bytes */%d" % size}) from None
        first, last = part or (0, size - 1)
        if part is not None:
            request.setResponseCode(206)
            request.setHeader(b"Content-Range", b"bytes %d-%d/%d" % (first, last, size))
        request.setHeader(b"Content-Length", b"%d" % (last + 1 - first))
        return first, last + 1 - first

    def _describe(self, request: WebRequest, validators: Validators) -> None:
        request.setHeader(b"ETag", validators.etag)
        request.setHeader(b"Last-Modified", datetimeToString(validators.modified))
        request.setHeader(b"Accept-Ranges", b"bytes")
        request.setHeader(b"Cache-Control", b"no-cache")
        request.setHeader(b"X-Content-Type-Options", b"nosniff")
        for name, value in self._fields.items():
            request.setHeader(name, value)

    def _send_at_once(self, request: WebRequest, start: int, length: int) -> int:
        data = self._file.read(start, length) if length else b""
        self._file.close()
        if len(data) < length:
            raise Refusal(503, "the file changed while it was read")
        request.write(data)
        request.finish()
        return NOT_DONE_YET


@implementer(IPushProducer)
class Sender:
    """Sends part of a file at the client's pace, reading in a thread."""

    def __init__(self, request: WebRequest, file: OpenFile, start: int, length: int, workers: Offload) -> None:
        self._request = request
        self._file = file
        self._at = start
        self._left = length
        self._workers = workers
        self._paused: Deferred[None] | None = None

    async def send(self) -> None:
        """Send all of it and finish the request.

        Raises: Refusal, which cuts the connection off, when the file has become too short.
        """
        try:
            self._request.registerProducer(self, True)
            while self._left:
                if self._paused is not None:
                    await self._paused
                await self._send_piece()
        finally:
            self._file.close()
            if self._request.channel is not None:
                self._request.unregisterProducer()
        self._request.finish()

    async def _send_piece(self) -> None:
        data = await self._workers.run(self._file.read, self._at, min(self._left, PIECE_BYTES))
        if not data:
            raise Refusal(500, "the file became shorter while it was sent")
        self._at += len(data)
        self._left -= len(data)
        self._request.write(data)

    def pauseProducing(self) -> None:
        """Read no further piece until told to."""
        if self._paused is None:
            self._paused = Deferred()

    def resumeProducing(self) -> None:
        """Go on."""
        if self._paused is not None:
            paused, self._paused = self._paused, None
            paused.callback(None)

    def stopProducing(self) -> None:
        """The request's own end cancels the sending."""


def _fields_of(request: WebRequest) -> Field:
    """A field of the request, its lines joined; None when it was not sent."""

    def field(name: bytes) -> bytes | None:
        lines = request.requestHeaders.getRawHeaders(name)
        return b", ".join(lines) if lines else None

    return field


UNTRUSTED = {b"Content-Security-Policy": b"sandbox"}
