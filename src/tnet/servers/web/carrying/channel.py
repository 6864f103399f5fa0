"""HTTP/1.1 on one connection: it carries requests to exchanges and their responses back, and keeps everybody's time.

To an exchange it is a `Carrier`; to the transport it is a protocol. It parses one request at a time; the next one
waits, unread if need be, until the response before it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IHalfCloseableProtocol, IProtocol, ISSLTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers
from zope.interface import implementer

from tnet.events import silent_trace
from tnet.net.closing import closing
from tnet.protocols.http1.fields import tokens
from tnet.protocols.http1.requests import BodyPiece, Refused, RequestEnd, RequestEvent, RequestHead, RequestParser
from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.carrying.alarm import Alarm, Phase
from tnet.servers.web.carrying.exchange import Exchange
from tnet.servers.web.carrying.farewell import Farewell
from tnet.servers.web.carrying.headers import raw
from tnet.servers.web.carrying.heads import interim_head, response_head
from tnet.servers.web.carrying.inlet import Inlet
from tnet.servers.web.carrying.outlet import Outlet
from tnet.servers.web.carrying.pace import Pace
from tnet.servers.web.carrying.preface import Preface
from tnet.servers.web.carrying.shortcut import reply_at_once
from tnet.servers.web.carrying.tunnel import Tunnel

if TYPE_CHECKING:
    from tnet.servers.web.http2.connection import Connection
    from tnet.servers.web.site import WebFactory

AHEAD_BYTES = 16 * 1024


@implementer(IHalfCloseableProtocol)
class Channel(Protocol):
    """One HTTP/1.1 connection of a `WebFactory`."""

    trace = silent_trace()
    transport: Any

    def __init__(self, site: WebFactory) -> None:
        self.site = site
        self._parser = RequestParser(site.heads)
        self._alarm = Alarm(site.reactor, site.now)
        self._pace = Pace(self._alarm, site.deadlines, lambda: self._refuse(408, "the body came too slowly"))
        self._phase = Phase.FRESH
        self._exchange: Exchange | None = None
        self._served = 0
        self._head_began: float | None = None
        self._takes_over: Callable[[bytes], None] | None = Preface(
            self._begins, self._becomes_http2, self._unsure
        ).receive
        self._tunnel: Tunnel | Connection | None = None
        self._chunked = False
        self._pumping = False
        self._leaving = False

    # ── what the transport calls ──

    def connectionMade(self) -> None:
        """Wait for a request."""
        site, transport, stall = self.site, self.transport, Alarm(self.site.reactor, self.site.now)
        self.peer, self.host = transport.getPeer(), transport.getHost()
        self.secure = ISSLTransport.providedBy(transport)
        self._inlet = Inlet(transport)
        self._outlet = Outlet(transport, site.reactor, stall, site.deadlines.stall_seconds, self._stalled, self._pump)
        self._farewell = Farewell(transport, self._alarm, site.deadlines.linger_seconds)
        site.channels.add(self)
        self._mind()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes of requests."""
        if self._takes_over is not None:
            self._takes_over(data)
            return
        if self._phase is not Phase.IDLE or (head := self.site.heads.known(data)) is None or self._outlet.paused:
            self._parser.feed(data)
            self._pump()
        elif head.plain and (reply := self._reply_at_once(head)) is not None:
            self._outlet.write_now(reply)
            self._alarm.set(self.site.deadlines.idle_seconds, self._close)
        else:
            self._parser.skip()
            self._pump(head)

    def _begins(self, data: bytes) -> None:
        self._takes_over = None
        self.dataReceived(data)

    def _unsure(self) -> None:
        if self._phase is Phase.IDLE:
            self._phase = Phase.HEAD
            self._set_alarm(Phase.HEAD)

    def _becomes_http2(self, data: bytes) -> None:
        from tnet.servers.web.http2.connection import Connection

        self._shut()
        self._outlet.let_go()
        self._tunnel = Connection(self)
        self._takes_over = self._tunnel.receive
        self._tunnel.begin(data)

    def readConnectionLost(self) -> None:
        """The client sends no more, and may still be listening: what it asked for is answered."""
        self._inlet.ended = True
        if self._tunnel is not None:
            self._tunnel.half_closed()
        elif self._phase is Phase.CLOSING:
            self.transport.loseConnection()
        elif self._parser.in_body:
            self._refuse(400, "the body ended early")
        else:
            if self._phase is Phase.HEAD and not self._parser.idle:
                self._unbegun().lost(connectionDone, "closed by peer in the middle of a request")
            self._mind()

    def writeConnectionLost(self) -> None:
        """Our own half-close is done."""
        if self._tunnel is not None:
            self._tunnel.write_ended()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell whoever still works on a response, and report what was cut off."""
        self.site.channels.discard(self)
        self._alarm.stop()
        self._outlet.stop()
        was, self._phase = self._phase, Phase.CLOSING
        exchange, self._exchange = self._exchange, None
        if self._tunnel is not None:
            self._tunnel.lost(reason)
        if exchange is not None:
            exchange.lost(reason)
        elif was is Phase.HEAD:
            self._unbegun().lost(reason, f"{closing(reason, self.transport).reason} in the middle of a request")

    # ── what goodbye calls, and a gate at its limit ──

    def leave(self) -> None:
        """End this connection as soon as that hurts nobody; a tunnel has no better moment than now."""
        self._leaving = True
        if self._tunnel is not None:
            self._tunnel.leave()
        if self._exchange is not None:
            self._exchange.keep = False
        self._mind()

    def waiting_since(self) -> float | None:
        """Since when it has been waiting for the client; None when it has not."""
        if self._tunnel is not None:
            return self._tunnel.waiting_since()
        if self._phase in (Phase.IDLE, Phase.HEAD):
            return self._alarm.since
        if self._phase is Phase.BODY and self._exchange is not None:
            return self._pace.behind_since(self._exchange)
        return self._outlet.stalled_since(self.site.deadlines.body_bytes_per_second)

    # ── requests ──

    def _pump(self, head: RequestHead | None = None) -> None:
        """Carry on with `head`, and with what was received, as far as it goes."""
        if self._pumping:
            return
        self._pumping = True
        self._outlet.hold()
        try:
            if head is not None:
                self._begin(head)
            while not self._blocked() and (event := self._parser.next_event()) is not None:
                self._take(event)
        finally:
            self._pumping = False
            self._outlet.release()
        self._mind()

    def _blocked(self) -> bool:
        """Whether what was received has to wait: for a filter, a slow sink, or a client that does not read."""
        if self._phase is Phase.CLOSING:
            return True
        return self._outlet.paused if self._exchange is None else self._exchange.busy

    def _reply_at_once(self, head: RequestHead) -> bytes | None:
        """The whole reply to a plain request, where it needs nothing else than to be looked up."""
        shortcut = self.site.shortcut
        if shortcut is None or self._leaving or self._inlet.ended:
            return None
        reply = reply_at_once(shortcut, head, self, self._served + 1)
        if reply is not None:
            self._served += 1
        return reply

    def _begin(self, head: RequestHead) -> None:
        if head.plain and (reply := self._reply_at_once(head)) is not None:
            self._outlet.write(reply)
            self._go_on()
            return
        self._served += 1
        began, self._head_began = self._head_began, None
        exchange = self._exchange = Exchange(self, self._served, began)
        exchange.keep = head.keep_alive and not self._leaving
        exchange.begin(head)

    def _take(self, event: RequestEvent) -> None:
        exchange = self._exchange
        match event:
            case RequestHead():
                self._begin(event)
            case Refused(status, reason):
                self._refuse(status, reason)
            case BodyPiece(data) if exchange is not None:
                exchange.receive(data)
            case RequestEnd() if exchange is not None:
                exchange.complete()

    def _go_on(self) -> None:
        """Wait for the next request."""
        self._parser.proceed()
        self._phase, self._head_began = Phase.FRESH, None

    # ── time, and whether to read ──

    def _mind(self) -> None:
        """Set the deadline of the phase that the connection is in now, and read only if there is room."""
        if self._phase is Phase.CLOSING:
            return
        if (
            self._phase is Phase.FRESH
            and self._parser.idle
            and not (self._outlet.paused or self._leaving or self._inlet.ended)
        ):
            self._phase = Phase.IDLE
            self._alarm.set(self.site.deadlines.idle_seconds, self._close)
            self._inlet.read(True)
            return
        leaves = self._inlet.ended or (self._leaving and self._parser.idle)
        if self._exchange is None and leaves and not self._blocked():
            self._close()
            return
        phase = self._current_phase()
        if phase is not self._phase:
            self._phase = phase
            self._set_alarm(phase)
        waiting = self._outlet.paused or phase is Phase.RESPONSE or (self._exchange is not None and self._exchange.busy)
        self._inlet.read(not (waiting and self._parser.buffered >= AHEAD_BYTES))

    def _current_phase(self) -> Phase:
        exchange = self._exchange
        if exchange is not None and exchange.admitted and self._parser.in_body:
            return Phase.BODY
        if exchange is not None or self._outlet.paused:
            return Phase.RESPONSE
        return Phase.IDLE if self._parser.idle else Phase.HEAD

    def _set_alarm(self, phase: Phase) -> None:
        deadlines = self.site.deadlines
        match phase:
            case Phase.IDLE:
                self._alarm.set(deadlines.idle_seconds, self._close)
            case Phase.HEAD:
                self._head_began = self.site.now()
                self._alarm.set(deadlines.head_seconds, lambda: self._refuse(408, "the request took too long"))
            case Phase.BODY if self._exchange is not None:
                self._pace.watch(self._exchange)
            case _:
                self._alarm.clear()

    def _stalled(self) -> None:
        self._abort("the client took nothing for too long")

    # ── ends ──

    def _refuse(self, status: int, reason: str) -> None:
        """Answer to what cannot become, or remain, a request; then close."""
        if self._exchange is not None:
            self._exchange.refuse(status, reason)
            return
        self._outlet.write(pages.bare_reply(status, reason, self.site.date()))
        self._unbegun().reject(status, reason)
        self._close(unread=True)

    def _unbegun(self) -> Exchange:
        """What is reported in place of an exchange when no request came, or not the whole head of one."""
        return Exchange(self, self._served + 1, self._head_began).heard(self._parser.unread_head)

    def _close(self, unread: bool = False) -> None:
        """Send the rest and end; a client that may still be sending gets time to read our reply."""
        self._shut()
        self._outlet.finish()
        self._inlet.read(True)
        if self._inlet.ended or not (unread or self._parser.buffered):
            self.transport.loseConnection()
        else:
            self._farewell.begin(half_close=not self.secure)

    def _shut(self) -> None:
        """Take no further request."""
        self._phase, self._takes_over = Phase.CLOSING, self._farewell.discard
        self._alarm.clear()

    def _abort(self, reason: str) -> None:
        if hasattr(self.transport, "ended_because"):
            self.transport.ended_because = reason
        self._shut()
        self.transport.abortConnection()

    # ── what an exchange calls ──

    def send_head(self, exchange: Exchange, status: int, reason: bytes, fields: Headers) -> None:
        """Begin the response; what ends the connection after it, or not, is decided here."""
        is_old = exchange.head.version == b"HTTP/1.0"
        unsized = exchange.left is None and not exchange.bodiless
        lines = raw(fields)
        asked = lines.get(b"Connection")
        if (
            not self._parser.complete
            or self._leaving
            or (self._inlet.ended and not self._parser.buffered)
            or (unsized and is_old)
            or (asked is not None and b"close" in tokens(b",".join(asked)))
        ):
            exchange.keep = False
        self._chunked = unsized and not is_old
        if self._chunked:
            lines[b"Transfer-Encoding"] = [b"chunked"]
        if not exchange.keep:
            lines[b"Connection"] = [b"close"]
        elif is_old:
            lines[b"Connection"] = [b"keep-alive"]
        self._outlet.write(response_head(status, reason, lines))

    def send_interim(self, exchange: Exchange, status: int, fields: Sequence[tuple[bytes, bytes]]) -> None:
        """Send a head before the response; a body that comes already need not be asked for."""
        if exchange.head.version == b"HTTP/1.0" or (status == 100 and self._parser.buffered):
            return
        self._outlet.write(interim_head(status, pages.phrase(status).encode(), fields))

    def send_data(self, exchange: Exchange, data: bytes) -> None:
        """Send some of the body."""
        self._outlet.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def finish(self, exchange: Exchange) -> None:
        """Go on with the next request, or close."""
        if self._chunked:
            self._chunked = False
            trailers = b"".join(b"%b: %b\r\n" % field for field in exchange.trailers)
            self._outlet.write(b"0\r\n%b\r\n" % trailers)
        self._exchange = None
        unread = not self._parser.complete
        if unread or not exchange.keep:
            self._close(unread)
            return
        self._go_on()
        self._pump()

    def cut(self, exchange: Exchange, reason: str) -> None:
        """End the connection now."""
        self._abort(reason)

    def stop(self, exchange: Exchange) -> None:
        """End the connection when what was written has been sent."""
        self._shut()
        self._outlet.finish()
        self.transport.loseConnection()

    def resume(self, exchange: Exchange) -> None:
        """Go on with the body, or with its end."""
        self._pump()

    def register_producer(self, exchange: Exchange, producer: Any, streaming: bool) -> None:
        """Let `producer` write the rest of the response."""
        self._outlet.registerProducer(producer, streaming)

    def unregister_producer(self, exchange: Exchange) -> None:
        """The producer is done."""
        self._outlet.unregisterProducer()

    def switch(self, exchange: Exchange, protocol: IProtocol, fields: Headers) -> None:
        """Answer 101, and give the connection to `protocol`.

        Raises: Refusal.
        """
        if exchange.head.version == b"HTTP/1.0" or not self._parser.complete:
            raise Refusal(501, "only a request of HTTP/1.1 without a body can become another protocol")
        self._outlet.write(response_head(101, b"Switching Protocols", raw(fields)))
        self._shut()
        self._outlet.let_go()
        self._inlet.read(True)
        self._tunnel = Tunnel(exchange, protocol, self.transport)
        self._takes_over = self._tunnel.receive
        self._tunnel.begin(self._parser.take_rest())
