"""One request on its way to an upstream, and the reply on its way back: each at the pace of whoever takes it.

What is sent on either side is framed anew from what was understood, so that no two readers can disagree about where
a message ends. A reply that breaks off is cut off for the client as well, and never passes for a complete one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers
from zope.interface import implementer

from tnet.errors import MalformedReply, TimedOut, TnetError
from tnet.net.context import Context
from tnet.protocols.http1.encoding import LAST_CHUNK, chunk, request_head
from tnet.protocols.http1.responses import SWITCHING_PROTOCOLS, ResponseHead
from tnet.servers.web.bodies import IBodySink, Refusal
from tnet.servers.web.carrying.alarm import Alarm
from tnet.servers.web.proxying.connection import UpstreamConnection
from tnet.servers.web.proxying.failures import refusal_for
from tnet.servers.web.proxying.fields import Pairs, response_fields
from tnet.servers.web.proxying.places import Places
from tnet.servers.web.proxying.pool import Pool
from tnet.servers.web.proxying.tunnel import Tunnel

ANSWER_SECONDS = 60.0
IDLE_SECONDS = 60.0
EARLY_HINTS = 103

_IDEMPOTENT = (b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE")
_USUALLY_WITH_BODY = (b"POST", b"PUT", b"PATCH")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an upstream is to be asked; `length` None is a body in chunks, `upgrade` what it may go over to."""

    method: bytes
    target: bytes
    fields: Pairs
    length: int | None = 0
    upgrade: bytes = b""

    def head(self) -> bytes:
        """The head as it is sent."""
        fields = list(self.fields)
        if self.upgrade:
            fields += [(b"Connection", b"Upgrade"), (b"Upgrade", self.upgrade)]
        if self.length is None:
            fields.append((b"Transfer-Encoding", b"chunked"))
        elif self.length or self.method in _USUALLY_WITH_BODY:
            fields.append((b"Content-Length", b"%d" % self.length))
        return request_head(self.method, self.target, fields)

    @property
    def repeatable(self) -> bool:
        """Whether it may be asked twice when nobody knows if it was heard."""
        return self.length == 0 and self.method in _IDEMPOTENT and not self.upgrade


@implementer(IBodySink, IPushProducer)
class Passing:
    """Passes `asked` on over a connection of `pool`, and the reply back into `request`."""

    def __init__(self, asked: Asked, request: Any, pool: Pool, places: Places, via: bytes, context: Context) -> None:
        self._asked = asked
        self._request = request
        self._pool = pool
        self._places = places
        self._via = via
        self._context = context
        self._alarm = Alarm(context.reactor, context.clock)
        self._connection: UpstreamConnection | None = None
        self._starting: Deferred[None] | None = None
        self._room: Deferred[None] | None = None
        self._early = b""
        self._sent_before = 0
        self._complete = asked.length == 0
        self._answering = self._over = False

    def begin(self) -> None:
        """Set out; the request's end, whatever it is, is the end of this."""
        self._request.notifyFinish().addErrback(self._client_left)
        self._start()

    def _start(self, *, fresh: bool = False) -> None:
        self._starting = Deferred.fromCoroutine(self._connect(fresh=fresh))
        self._starting.addErrback(self._not_connected)

    async def _connect(self, *, fresh: bool) -> None:
        head = self._asked.head()
        connection = self._connection = await self._pool.take(fresh=fresh)
        connection.ask(head, self._asked.method, self, may_switch=bool(self._asked.upgrade))
        if self._early:
            early, self._early = self._early, b""
            self._send(connection, early)
        if self._complete:
            self._send_end(connection)
        elif not connection.choked:
            self.writable()

    def _not_connected(self, failure: Failure) -> None:
        error: Any = failure.value
        if self._over:
            failure.trap(CancelledError)
        elif isinstance(error, TnetError):
            self._fail(error)
        else:
            self._end()
            self._request.fail(failure)

    # ── the body: from the client to the upstream ──

    def bodyReceived(self, data: bytes) -> Deferred[None] | None:
        """Pass it on; the client waits while the upstream is not connected, or takes no more."""
        connection = self._connection
        if self._over:
            return None
        if connection is None:
            self._early = data
        else:
            self._send(connection, data)
        if connection is not None and not connection.choked:
            self._alarm.clear()
            return None
        self._room = Deferred()
        return self._room

    def bodyEnded(self) -> None:
        """Say so."""
        self._complete = True
        if self._connection is not None and not self._over:
            self._send_end(self._connection)

    def bodyLost(self, reason: Failure) -> None:
        """The upstream must not take it for complete."""
        self._abandon()

    def _send(self, connection: UpstreamConnection, data: bytes) -> None:
        connection.send(chunk(data) if self._asked.length is None else data)
        self._watch(IDLE_SECONDS, "taking the request's body")

    def _send_end(self, connection: UpstreamConnection) -> None:
        if self._asked.length is None:
            connection.send(LAST_CHUNK)
        if self._answering:
            self._watch(IDLE_SECONDS, "sending its reply")
        else:
            self._watch(ANSWER_SECONDS, "answering")

    def writable(self) -> None:
        """The upstream takes more: let the client send on, whose own deadline holds while it does not."""
        if not self._complete:
            self._alarm.clear()
        room, self._room = self._room, None
        if room is not None:
            room.callback(None)

    # ── the reply: from the upstream to the client ──

    def reply_head(self, head: ResponseHead) -> None:
        """Begin the response; of interim heads only hints are passed on, as 100 was said by us."""
        if head.status == SWITCHING_PROTOCOLS:
            self._switch(head)
        elif not head.interim:
            self._respond(head)
        else:
            self._watch(ANSWER_SECONDS, "answering")
            if head.status == EARLY_HINTS:
                fields = response_fields(head, self._places, self._via)
                self._request.channel.interim(
                    EARLY_HINTS, [(b"Link", value) for value in fields.getRawHeaders(b"link", [])]
                )

    def _respond(self, head: ResponseHead) -> None:
        request = self._request
        self._answering = True
        request.setResponseCode(head.status, head.reason)
        self._set(response_fields(head, self._places, self._via))
        request.defaultContentType = None  # what it does not say of its body is not ours to make up
        request.registerProducer(self, True)
        self._watch(IDLE_SECONDS, "sending its reply")
        request.write(b"")

    def _set(self, fields: Headers) -> None:
        for name, values in fields.getAllRawHeaders():
            self._request.responseHeaders.setRawHeaders(name, values)

    def reply_data(self, data: bytes) -> None:
        """Pass it on."""
        self._watch(IDLE_SECONDS, "sending its reply")
        self._request.write(data)

    def reply_ended(self) -> None:
        """The response is complete; a connection on which both sides have said everything is kept."""
        connection = self._connection
        assert connection is not None, "somebody answered"
        self._connection = None
        self._end()
        if not self._complete:
            connection.cut()
        elif connection.release():
            self._pool.give_back(connection)
        self._request.unregisterProducer()
        self._request.finish()

    def reply_failed(self, error: TnetError, untouched: bool) -> None:
        """Ask once more where a kept connection had ended before it heard us; else the response fails."""
        connection, self._connection = self._connection, None
        if untouched and connection is not None and connection.asked > 1 and self._asked.repeatable:
            self._alarm.clear()
            self._start(fresh=True)
        else:
            self._fail(error)

    def pauseProducing(self) -> None:
        """The client takes no more."""
        self._alarm.clear()
        if self._connection is not None:
            self._connection.hold()

    def resumeProducing(self) -> None:
        """The client takes more."""
        if self._connection is not None:
            self._watch(IDLE_SECONDS, "sending its reply")
            self._connection.go_on()

    def stopProducing(self) -> None:
        """The client has gone."""
        self._abandon()

    def _switch(self, head: ResponseHead) -> None:
        """Make a tunnel of both connections."""
        connection = self._connection
        assert connection is not None, "somebody answered"
        upgrade = b", ".join(head.values(b"upgrade"))
        if not upgrade or upgrade.lower() not in self._asked.upgrade.lower().split(b", "):
            connection.cut()
            self._fail(MalformedReply("the upstream", "it switched to a protocol that nobody had asked for"))
            return
        self._set(response_fields(head, self._places, self._via))
        self._request.responseHeaders.removeHeader(b"content-length")
        self._set(Headers({b"Connection": [b"Upgrade"], b"Upgrade": [upgrade]}))
        self._connection = None
        self._end()
        try:
            self._request.switch(Tunnel(connection, self._context))
        except Refusal as refusal:
            connection.cut()
            self._request.refuse(refusal)

    # ── time, and ends ──

    def _watch(self, seconds: float, phase: str) -> None:
        self._sent_before = self._sent
        self._alarm.set(seconds, lambda: self._late(seconds, phase))

    @property
    def _sent(self) -> int:
        """How much the system took of what was sent to the upstream."""
        return 0 if self._connection is None else int(getattr(self._connection.transport, "bytes_out", 0))

    def _late(self, seconds: float, phase: str) -> None:
        if self._sent > self._sent_before:
            self._watch(seconds, phase)
            return
        self._abandon()
        self._request.fail(Failure(refusal_for(TimedOut(phase, seconds))))

    def _client_left(self, _: Failure) -> None:
        self._abandon()

    def _abandon(self) -> None:
        """Nobody wants the reply any more, or the request will not become complete."""
        connection, self._connection = self._connection, None
        self._end()
        if connection is not None:
            connection.cut()

    def _fail(self, error: TnetError) -> None:
        self._connection = None
        self._end()
        self._request.fail(Failure(refusal_for(error)))

    def _end(self) -> None:
        self._over = True
        self._alarm.stop()
        if self._starting is not None:
            self._starting.cancel()
        self.writable()
