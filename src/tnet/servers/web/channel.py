"""HTTP/1.1 on one connection: it carries requests to resources and their responses back, and keeps everybody's time.

To a `twisted.web` Request it is the channel; to the transport it is a protocol. It parses one request at a time;
the next one waits, unread if need be, until the response before it is done.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol, ISSLTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers
from zope.interface import implementer

from tnet.events import silent_trace
from tnet.net.closing import closing
from tnet.protocols.http1.requests import BodyPiece, Refused, RequestEnd, RequestEvent, RequestHead, RequestParser
from tnet.servers.web import pages
from tnet.servers.web.alarm import Alarm
from tnet.servers.web.bodies import IBodySink, Refusal
from tnet.servers.web.exchange import NOTHING, Exchange
from tnet.servers.web.farewell import Farewell
from tnet.servers.web.outlet import Outlet
from tnet.servers.web.request import WebRequest

if TYPE_CHECKING:
    from tnet.servers.web.site import WebFactory

AHEAD_BYTES = 16 * 1024


class Phase(Enum):
    """What the connection waits for."""

    FRESH = auto()
    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    RESPONSE = auto()
    CLOSING = auto()


@implementer(IHalfCloseableProtocol)
class Channel(Protocol):
    """One HTTP/1.1 connection of a `WebFactory`."""

    trace = silent_trace()
    transport: Any

    def __init__(self, site: WebFactory) -> None:
        self.site = site
        self.factory = site
        self._parser = RequestParser(site.limits)
        self._alarm = Alarm(site.reactor, site.now)
        self._phase = Phase.FRESH
        self._request: WebRequest | None = None
        self._exchange = Exchange(NOTHING, site.now(), False)
        self._sink: IBodySink | None = None
        self._sink_busy = False
        self._pumping = False
        self._reading = True
        self._input_ended = False
        self._leaving = False

    # ── what the transport calls ──

    def connectionMade(self) -> None:
        """Wait for a request."""
        site, stall = self.site, Alarm(self.site.reactor, self.site.now)
        seconds = site.deadlines.stall_seconds
        self._outlet = Outlet(self.transport, site.reactor, stall, seconds, self._stalled, self._pump)
        self._farewell = Farewell(self.transport, self._alarm, site.deadlines.linger_seconds)
        site.channels.add(self)
        self._mind()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes of requests."""
        if self._phase is Phase.CLOSING:
            self._farewell.discard(len(data))
            return
        self._parser.feed(data)
        self._pump()

    def readConnectionLost(self) -> None:
        """The client sends no more, and may still be listening: what it asked for is answered."""
        self._input_ended = True
        if self._phase is Phase.CLOSING:
            self.transport.loseConnection()
        elif self._parser.in_body:
            self._refuse(400, "the body ended early")
        else:
            self._mind()

    def writeConnectionLost(self) -> None:
        """Our own half-close is done."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell whoever still works on a response, and report what was cut off."""
        self.site.channels.discard(self)
        self._alarm.stop()
        self._outlet.stop()
        was, self._phase = self._phase, Phase.CLOSING
        request, sink = self._request, self._sink
        self._request = self._sink = None
        if request is not None:
            self._report(closing(reason, self.transport).reason)
            request.connectionLost(reason)
        elif was is Phase.HEAD:
            self._report(f"{closing(reason, self.transport).reason} in the middle of a request")
        if sink is not None:
            sink.bodyLost(reason)

    # ── what goodbye calls ──

    def leave(self) -> None:
        """End this connection as soon as that hurts nobody."""
        self._leaving = True
        self._exchange.keep = False
        self._mind()

    # ── requests ──

    def _pump(self) -> None:
        """Carry on with what was received, as far as it goes."""
        if self._pumping:
            return
        self._pumping = True
        self._outlet.hold()
        try:
            while not self._blocked() and (event := self._parser.next_event()) is not None:
                self._take(event)
        finally:
            self._pumping = False
            self._outlet.release()
        self._mind()

    def _blocked(self) -> bool:
        """Whether what was received has to wait: for a slow sink, or for a client that does not read."""
        return self._phase is Phase.CLOSING or self._sink_busy or (self._request is None and self._outlet.paused)

    def _take(self, event: RequestEvent) -> None:
        match event:
            case RequestHead():
                self._begin(event)
            case BodyPiece(data):
                self._receive(data)
            case RequestEnd():
                self._complete()
            case Refused(status, reason):
                self._refuse(status, reason)

    def _begin(self, head: RequestHead) -> None:
        self._exchange = Exchange(head, self.site.now(), head.keep_alive and not self._leaving)
        request = self._request = self.site.requestFactory(self)
        try:
            request.headReceived(head)
            if head.version == b"HTTP/1.1":
                _judge_expectation(head.expect)
            if head.length != 0:
                self._begin_body(request, head)
        except Exception:  # noqa: BLE001 (a resource is anybody's code)
            request.fail(Failure())

    def _begin_body(self, request: WebRequest, head: RequestHead) -> None:
        if (head.length or 0) > self.site.max_body_bytes:
            raise Refusal(413, f"at most {self.site.max_body_bytes} bytes are taken")
        sink = request.bodyBegun(head.length)
        if self._request is not request or request.finished:
            return
        self._sink = sink
        if head.expect and head.version == b"HTTP/1.1" and not self._parser.buffered:
            self._outlet.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _receive(self, data: bytes) -> None:
        sink, exchange = self._sink, self._exchange
        exchange.bytes_in += len(data)
        if sink is None:
            return
        if exchange.bytes_in > self.site.max_body_bytes:
            self._refuse(413, f"at most {self.site.max_body_bytes} bytes are taken")
            return
        try:
            taken = sink.bodyReceived(data)
        except Exception:  # noqa: BLE001 (a sink is anybody's code)
            self._sink_failed(Failure())
            return
        if isinstance(taken, Deferred):
            self._sink_busy = True
            taken.addCallback(self._sink_ready).addErrback(self._sink_failed)

    def _sink_ready(self, _: object) -> None:
        self._sink_busy = False
        self._pump()

    def _sink_failed(self, failure: Failure) -> None:
        self._sink_busy = False
        request = self._request
        if request is None:
            return
        request.fail(failure)
        self._pump()

    def _complete(self) -> None:
        request, sink = self._request, self._sink
        self._sink = None
        if request is None:
            return
        if sink is None:
            request.process()
            return
        try:
            sink.bodyEnded()
        except Exception:  # noqa: BLE001 (a sink is anybody's code)
            request.fail(Failure())

    # ── time, and whether to read ──

    def _mind(self) -> None:
        """Set the deadline of the phase that the connection is in now, and read only if there is room."""
        if self._phase is Phase.CLOSING:
            return
        if self._request is None and not self._blocked() and (self._input_ended or self._may_leave()):
            self._close()
            return
        phase = self._current_phase()
        if phase is not self._phase:
            self._phase = phase
            self._set_alarm(phase)
        waiting = self._sink_busy or phase is Phase.RESPONSE or self._outlet.paused
        self._read(not (waiting and self._parser.buffered >= AHEAD_BYTES))

    def _may_leave(self) -> bool:
        return self._leaving and self._parser.idle

    def _current_phase(self) -> Phase:
        if self._request is not None and self._parser.in_body:
            return Phase.BODY
        if self._request is not None or self._outlet.paused:
            return Phase.RESPONSE
        return Phase.IDLE if self._parser.idle else Phase.HEAD

    def _set_alarm(self, phase: Phase) -> None:
        deadlines = self.site.deadlines
        match phase:
            case Phase.IDLE:
                self._alarm.set(deadlines.idle_seconds, self._close)
            case Phase.HEAD:
                self._exchange = Exchange(NOTHING, self.site.now(), False)
                self._alarm.set(deadlines.head_seconds, self._head_late)
            case Phase.BODY:
                self._watch_body()
            case _:
                self._alarm.clear()

    def _head_late(self) -> None:
        self._refuse(408, "the request took too long")

    def _watch_body(self) -> None:
        """Measure the body's rate over one window; that a sink is holding it back is an excuse."""
        window = self.site.deadlines.body_window_seconds
        due = self._exchange.bytes_in + window * self.site.deadlines.body_bytes_per_second
        self._alarm.set(window, lambda: self._judge_rate(due))

    def _judge_rate(self, due: float) -> None:
        if self._exchange.bytes_in < due and not self._sink_busy:
            self._refuse(408, "the body came too slowly")
        else:
            self._watch_body()

    def _stalled(self) -> None:
        self.abortConnection("the client took nothing for too long")

    def _read(self, wanted: bool) -> None:
        if wanted is not self._reading and not self._input_ended:
            self._reading = wanted
            if wanted:
                self.transport.resumeProducing()
            else:
                self.transport.pauseProducing()

    # ── ends ──

    def _refuse(self, status: int, reason: str) -> None:
        """Answer to what cannot become, or remain, a request; then close."""
        if self._request is not None:
            self._exchange.keep = False
            self._request.refuse(Refusal(status, reason))
            return
        self._outlet.write(pages.bare_reply(status, reason, self.site.date()))
        self._exchange = Exchange(NOTHING, self._exchange.began, False, status)
        self._report(reason)
        self._close(unread=True)

    def _report(self, reason: str = "") -> None:
        self._exchange.reason = self._exchange.reason or reason
        self._exchange.report(self.trace, self.site.now(), self.getPeer())

    def _close(self, unread: bool = False) -> None:
        """Send the rest and end; a client that may still be sending gets time to read our reply."""
        self._phase = Phase.CLOSING
        self._alarm.clear()
        self._outlet.finish()
        self._read(True)
        if self._input_ended or not (unread or self._parser.buffered):
            self.transport.loseConnection()
        else:
            self._farewell.begin(half_close=not self.isSecure())

    # ── what a Request calls ──

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:
        """Begin the response; what ends the connection after it, or not, is decided here."""
        last = self._leaving or not self._parser.complete or (self._input_ended and not self._parser.buffered)
        self._outlet.write(self._exchange.respond(code, reason, headers, last=last))

    def write(self, data: bytes) -> None:
        """Send some of the body, never more than its declared length."""
        data = self._exchange.owed(data)
        self._exchange.bytes_out += len(data)
        self._outlet.write(data)

    def writeSequence(self, iovec: list[bytes]) -> None:
        """`write` of several pieces."""
        self.write(b"".join(iovec))

    def requestDone(self, request: WebRequest) -> None:
        """The response is complete: report it, and go on with the next request or close."""
        exchange, unread, sink = self._exchange, not self._parser.complete, self._sink
        self._request = self._sink = None
        self._sink_busy = False
        if sink is not None:
            sink.bodyLost(Failure(ConnectionDone("the response is complete, and the body is not")))
        if exchange.left:
            self._report("the response is shorter than its Content-Length")
            self.abortConnection()
            return
        self._report()
        if unread or not exchange.keep:
            self._close(unread)
            return
        self._parser.proceed()
        self._phase = Phase.FRESH
        self._pump()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let `producer` write the rest of the response."""
        self._outlet.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """The producer is done."""
        self._outlet.unregisterProducer()

    def because(self, reason: str) -> None:
        """Say in the report of this exchange why it ended as it did."""
        self._exchange.reason = reason

    def loseConnection(self) -> None:
        """End the connection; what was written is sent."""
        self._exchange.reason = self._exchange.reason or "closed by the resource"
        self._phase = Phase.CLOSING
        self._outlet.finish()
        self.transport.loseConnection()

    def abortConnection(self, reason: str = "") -> None:
        """End the connection now."""
        self._exchange.reason = self._exchange.reason or reason
        if hasattr(self.transport, "ended_because"):
            self.transport.ended_because = self._exchange.reason
        self._phase = Phase.CLOSING
        self.transport.abortConnection()

    def getPeer(self) -> Any:
        """The client's address."""
        return self.transport.getPeer()

    def getHost(self) -> Any:
        """Our address."""
        return self.transport.getHost()

    def isSecure(self) -> bool:
        """Whether the connection is under TLS."""
        return ISSLTransport.providedBy(self.transport)


def _judge_expectation(expect: bytes) -> None:
    if expect not in (b"", b"100-continue"):
        raise Refusal(417, "the only expectation that is met is 100-continue")
