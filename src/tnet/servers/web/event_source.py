"""Server-sent events to whoever follows them: bounded in clients, and in what a slow client makes us keep.

Source: WHATWG HTML, section 9.2 "Server-sent events", for the format, the heartbeat and what a client does at the end
of a stream: it comes back, and says which event was its last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from tnet.protocols.event_stream import ServerEvent, encoded
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.request import WebRequest

MOST_FOLLOWERS = 64
QUEUE_BYTES = 256 * 1024

_HEARTBEAT = b":\n\n"
_FIELDS = {
    b"Content-Type": b"text/event-stream",
    b"Cache-Control": b"no-store",
    b"X-Accel-Buffering": b"no",
    b"X-Content-Type-Options": b"nosniff",
}


def nothing_before(last_event_id: str) -> Iterable[ServerEvent]:
    """Whoever comes sees what happens from then on."""
    return ()


class EventSource(Resource):
    """A stream that at most `most` clients follow at a time: what `publish` is given goes to each of them.

    `before(last_event_id)` are the events that a client gets first; the id is "" for one that comes anew. Of what a
    client does not take `queue_bytes` are kept; beyond them its stream ends, and it may come back for the rest.

    Units: `heartbeat_seconds` between signs of life; `retry_seconds` after which a client comes back.
    """

    isLeaf = True

    def __init__(
        self,
        reactor: IReactorTime,
        *,
        before: Callable[[str], Iterable[ServerEvent]] = nothing_before,
        most: int = MOST_FOLLOWERS,
        queue_bytes: int = QUEUE_BYTES,
        heartbeat_seconds: float = 15,
        retry_seconds: float = 1,
    ) -> None:
        super().__init__()
        self._reactor = reactor
        self._before = before
        self._most = most
        self._queue_bytes = queue_bytes
        self._heartbeat_seconds = heartbeat_seconds
        self._greeting = b"retry: %d\n\n" % round(retry_seconds * 1000)
        self._followers: set[Follower] = set()
        self._heartbeat: IDelayedCall | None = None
        self._ended = False

    @property
    def followers(self) -> int:
        """How many clients follow now."""
        return len(self._followers)

    def render_GET(self, request: WebRequest) -> int:
        """The stream; for HEAD what it would be.

        Raises: Refusal, 503 when too many follow or when the server is about to stop.
        """
        if self._ended or len(self._followers) >= self._most:
            raise Refusal(503, "too many follow these events", {b"Retry-After": b"5"})
        for name, value in _FIELDS.items():
            request.setHeader(name, value)
        if request.method == b"HEAD":
            request.finish()
            return NOT_DONE_YET
        follower = Follower(request, self._queue_bytes, self._followers.discard)
        self._followers.add(follower)
        last_event_id = (request.getHeader(b"last-event-id") or b"").decode("utf-8", "replace")
        follower.send(self._greeting + b"".join(map(encoded, self._before(last_event_id))))
        if self._heartbeat is None:
            self._beat_later()
        return NOT_DONE_YET

    render_HEAD = render_GET

    def publish(self, event: ServerEvent) -> None:
        """Send `event` to everybody who follows."""
        if self._followers:
            self._send(encoded(event))

    def end(self) -> None:
        """End every stream, and begin no other: the server is about to stop."""
        self._ended = True
        for follower in tuple(self._followers):
            follower.end()
        self._stop_beating()

    def _send(self, data: bytes) -> None:
        for follower in tuple(self._followers):
            follower.send(data)

    def _beat_later(self) -> None:
        self._heartbeat = self._reactor.callLater(self._heartbeat_seconds, self._beat)

    def _beat(self) -> None:
        self._heartbeat = None
        if self._followers:
            self._send(_HEARTBEAT)
            self._beat_later()

    def _stop_beating(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            self._heartbeat = None


@implementer(IPushProducer)
class Follower:
    """One client's stream, at its own pace; `gone` is told when it is over."""

    def __init__(self, request: WebRequest, queue_bytes: int, gone: Callable[[Follower], Any]) -> None:
        self._request = request
        self._queue_bytes = queue_bytes
        self._gone = gone
        self._queue: list[bytes] = []
        self._queued_bytes = 0
        self._paused = False
        self._over = False
        request.notifyFinish().addBoth(self._finished)
        request.registerProducer(self, True)

    def send(self, data: bytes) -> None:
        """Send `data` now or, if the client lags behind, later; it has lagged too far when too much waits."""
        if self._over:
            return
        if not self._paused:
            self._request.write(data)
            return
        self._queue.append(data)
        self._queued_bytes += len(data)
        if self._queued_bytes > self._queue_bytes:
            self._queue.clear()
            self.end()

    def end(self) -> None:
        """End the stream; what waits is sent."""
        if not self._over:
            self._over = True
            if self._queue:
                self._request.write(b"".join(self._queue))
            self._request.unregisterProducer()
            self._request.finish()

    def _finished(self, _: object) -> None:
        self._over = True
        self._queue.clear()
        self._gone(self)

    def pauseProducing(self) -> None:
        """The client lags behind."""
        self._paused = True

    def resumeProducing(self) -> None:
        """The client has caught up with what was written."""
        self._paused = False
        if self._queue and not self._over:
            waiting, self._queue, self._queued_bytes = b"".join(self._queue), [], 0
            self._request.write(waiting)

    def stopProducing(self) -> None:
        """The end of the request says so, too."""
