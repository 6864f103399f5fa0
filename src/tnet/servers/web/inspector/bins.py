"""Bins: paths that take everything, always answer the same, and show what came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twisted.internet.task import deferLater
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from tnet.net.context import Offload
from tnet.servers.web import pages
from tnet.servers.web.bodies import IBodyConsumer, IBodySink
from tnet.servers.web.inspector.endpoints.echoes import read_json
from tnet.servers.web.inspector.held import Held
from tnet.servers.web.inspector.replies import Reply
from tnet.servers.web.inspector.ring import Ring
from tnet.servers.web.inspector.seen import seen_of
from tnet.servers.web.inspector.templates import Told, asks_for_json, fill

if TYPE_CHECKING:
    from tnet.servers.web.carrying.exchange import Exchange
    from tnet.servers.web.request import WebRequest

MOST_CAUGHT = 200
MOST_BYTES = 16 << 20
BODY_BYTES = 1 << 20

_BODILESS = (204, 205, 304)


class Caught:
    """What came to one bin, with bodies up to `BODY_BYTES`; it is there when the answer is over."""

    def __init__(self, path: str, wall: Callable[[], float], now: Callable[[], float]) -> None:
        self.ring = Ring(MOST_CAUGHT, MOST_BYTES)
        self._path = path
        self._clocks = wall, now
        self._count = 0

    def catch(self, exchange: Exchange, body: bytes) -> None:
        """Keep an exchange that is over."""
        self._count += 1
        wall, now = self._clocks
        seen = seen_of(exchange, self._count, (wall(), now()), None, self._path)
        self.ring.keep(replace(seen, request_body=body))


@implementer(IBodyConsumer)
class BinResource(Resource):
    """Takes every request to it and below, whatever its method, and gives `reply`; it may be replaced at any time.

    What goes beyond `BODY_BYTES` of a body is counted. Without `caught` nothing is kept.
    """

    isLeaf = True

    def __init__(self, reply: Reply, workers: Offload, caught: Caught | None = None) -> None:
        super().__init__()
        self.reply = reply
        self.caught = caught
        self._workers = workers

    def bodyBegun(self, request: WebRequest, length: int | None) -> IBodySink:
        """Take whatever comes."""
        sink: IBodySink = Held(
            lambda body, _: self._take(request, body), length=length, limit_bytes=BODY_BYTES, counts=True
        )
        return sink

    def render(self, request: WebRequest) -> int:
        """Answer what has no body."""
        self._take(request, b"")
        return NOT_DONE_YET

    def _take(self, request: WebRequest, body: bytes) -> None:
        caught, exchange = self.caught, request.channel
        if caught is not None:
            request.notifyFinish().addBoth(lambda _: caught.catch(exchange, body))
        request.answer(self._answer(request, body))

    async def _answer(self, request: WebRequest, body: bytes) -> None:
        reply = self.reply
        data = reply.body
        if b"{" in data:
            data = await self._workers.run(_filled, reply, _told(request), body)
        if reply.delay_seconds:
            await deferLater(request.channel.site.reactor, reply.delay_seconds, lambda: None)
        _send(request, reply, data)


def _told(request: WebRequest) -> Told:
    """What a request says, but for its body."""
    fields = request.requestHeaders.getAllRawHeaders()
    return Told(
        method=request.method.decode("latin-1"),
        path=request.path.decode("latin-1"),
        query={_text(name): _text(values[-1]) for name, values in request.args.items()},
        header={_text(name).lower(): _text(b", ".join(values)) for name, values in fields},
    )


def _filled(reply: Reply, told: Told, body: bytes) -> bytes:
    """The reply's body for one request. It may block."""
    try:
        text = reply.body.decode("utf-8")
    except UnicodeDecodeError:
        return reply.body
    if asks_for_json(text):
        told = replace(told, json=read_json(body))
    return fill(text, told, reply.media_type).encode("utf-8", "replace")


def _send(request: WebRequest, reply: Reply, data: bytes) -> None:
    if reply.status in _BODILESS:
        data = b""
    request.setResponseCode(reply.status, pages.phrase(reply.status).encode())
    if data:
        request.setHeader(b"Content-Type", reply.media_type.encode("latin-1", "replace"))
        request.setHeader(b"X-Content-Type-Options", b"nosniff")
    given: Any = {name.lower() for name, _ in reply.fields} - {"content-type"}
    for name in given:
        request.responseHeaders.removeHeader(name.encode("ascii"))
    for name, value in reply.fields:
        if name.lower() != "content-type":
            request.responseHeaders.addRawHeader(name.encode("ascii"), value.encode("latin-1", "replace"))
    if reply.status not in (204, 304):
        request.setHeader(b"Content-Length", b"%d" % len(data))
    request.write(data)
    request.finish()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
