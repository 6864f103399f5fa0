"""One exchange: a request and its response, from the end of the request's head to its report.

It is what a `twisted.web` Request calls its channel. It decides about admission and bodies, counts, and reports; how
its bytes travel is its `Carrier`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers

from tnet.events import Trace
from tnet.net.closing import closing
from tnet.protocols.http1.requests import RequestHead
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.carrying.headers import raw
from tnet.servers.web.carrying.intake import Intake
from tnet.servers.web.carrying.report import report
from tnet.servers.web.carrying.witness import Phases

if TYPE_CHECKING:
    from tnet.net.tls.facts import TlsFacts
    from tnet.servers.web.carrying.carrier import Carrier
    from tnet.servers.web.filters import Filter
    from tnet.servers.web.request import WebRequest

NOTHING = RequestHead(b"-", b"-", b"HTTP/1.1", [], keep_alive=False)

_log = Logger()


class Exchange:
    """What happens between the first byte of a request and the last of its response.

    `number` counts the exchanges of its connection. `status` is 0 until a response begins; `left` is how much of a
    declared Content-Length is still owed, None when none was declared. `keep` is whether another exchange may follow
    on the same connection, for all that this one knows; `over` whether it was reported. `request_excerpt` and
    `response_excerpt` are the first bytes of the bodies, kept for a witness. `trailers` go behind a response in chunks.

    Units: `began` in seconds of the site's clock; `bytes_in`, `bytes_out` and `left` in bytes of the bodies.
    """

    head = NOTHING
    keep = True
    over = False
    status = 0
    bodiless = False
    bytes_in = bytes_out = 0
    left: int | None = None
    reason = ""
    request: WebRequest | None = None
    request_excerpt = response_excerpt = b""
    trailers: Sequence[tuple[bytes, bytes]] = ()

    _head_at: float | None = None
    _admitted_at: float | None = None
    _body_at: float | None = None
    _first_byte_at: float | None = None
    _last_byte_at: float | None = None
    _fields: Headers | None = None
    _excerpt_bytes = 0
    _intake: Intake | None = None
    _waiting: Deferred[None] | None = None

    def __init__(self, carrier: Carrier, number: int = 1, began: float | None = None) -> None:
        self.carrier = carrier
        self.site = site = carrier.site
        self.trace: Trace = carrier.trace
        self.transport: Any = carrier.transport
        self.number = number
        self.began = site.now() if began is None else began
        if site.witness is not None:
            self._excerpt_bytes = site.excerpt_bytes

    # ── what the carrier calls ──

    @property
    def busy(self) -> bool:
        """Whether the body, and its end, have to wait: for a filter to decide, or for a sink."""
        return self._waiting is not None or (self._intake is not None and self._intake.busy)

    @property
    def admitted(self) -> bool:
        """Whether the filters have let the request pass, so that its body may come."""
        return self._admitted_at is not None

    def begin(self, head: RequestHead) -> None:
        """The head of the request is complete."""
        site = self.site
        self.head = head
        self._head_at = site.now()
        request = self.request = site.requestFactory(self)
        if site.witness is not None:
            site.witness.begun(self)
        try:
            request.headReceived(head)
            if site.filters:
                self._pass_filters(request, iter(site.filters))
            else:
                self._admit(request)
        except Exception:  # noqa: BLE001 (a resource is anybody's code)
            request.fail(Failure())

    def receive(self, data: bytes) -> None:
        """Some of the body has come."""
        self.bytes_in += len(data)
        if self._excerpt_bytes > len(self.request_excerpt):
            self.request_excerpt += data[: self._excerpt_bytes - len(self.request_excerpt)]
        if self._intake is None or self.over:
            return
        if self.bytes_in > self.site.max_body_bytes:
            self.refuse(413, self._too_large())
        else:
            self._intake.receive(data)

    def complete(self) -> None:
        """The body is complete."""
        request = self.request
        if self.over or request is None or self._body_at is not None:
            return
        self._body_at = self.site.now()
        if self._intake is not None:
            self._intake.end()

    def refuse(self, status: int, reason: str) -> None:
        """Answer to what cannot remain a request; nothing follows on its connection."""
        self.keep = False
        if self.request is not None:
            self.request.refuse(Refusal(status, reason))

    def heard(self, data: bytes) -> Exchange:
        """This one, of which no more than `data` came: no request, but something to look at, and to tell."""
        self.head = replace(NOTHING, raw=data)
        return self

    def reject(self, status: int, reason: str) -> None:
        """Report a message that never became a request; the carrier has answered it."""
        self.status, self.keep = status, False
        self._end(reason)

    def answered(self, head: RequestHead, status: int, bytes_out: int) -> None:
        """Report a request that needed no Request: the carrier has the whole response."""
        self.head, self.status, self.bytes_out = head, status, bytes_out
        self._head_at = self._admitted_at = self._body_at = self._first_byte_at = self._last_byte_at = self.site.now()
        self._end()

    def lost(self, why: Failure, reason: str = "") -> None:
        """The client, or the way to it, has gone; `reason` says it in plain words where the failure cannot."""
        if self.over:
            return
        self._end(reason or closing(why, self.transport).reason)
        if self.request is not None:
            self.request.connectionLost(why)
        self._let_go(why)

    # ── what it looks like ──

    @property
    def peer(self) -> Any:
        """The client's address."""
        return self.carrier.peer

    @property
    def secure(self) -> bool:
        """Whether it is under TLS."""
        return self.carrier.secure

    @property
    def user(self) -> str | None:
        """Who asked, where somebody has found out."""
        account = None if self.request is None else self.request.account
        return None if account is None else account.name

    @property
    def tls(self) -> TlsFacts | None:
        """What is known of the TLS session that it is under, while there is one."""
        session = getattr(self.transport, "getHandle", lambda: None)() if self.secure else None
        if session is None:
            return None
        from tnet.net.tls.facts import certificate_facts

        return certificate_facts(session)

    @property
    def response_fields(self) -> list[tuple[bytes, bytes]]:
        """The fields of the response as they were sent."""
        if self._fields is None:
            return []
        return [(name, value) for name, values in self._fields.getAllRawHeaders() for value in values]

    @property
    def phases(self) -> Phases:
        """When it reached each of its parts."""
        return Phases(
            self.began, self._head_at, self._admitted_at, self._body_at, self._first_byte_at, self._last_byte_at
        )

    # ── the end ──

    def _end(self, reason: str = "") -> None:
        self.over = True
        self.reason = self.reason or reason
        report(self, (self._last_byte_at or self.site.now()) - self.began)
        if self.site.witness is not None:
            self.site.witness.ended(self)

    def _let_go(self, why: Failure) -> None:
        """Tell who still works for it that there is no need to."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.cancel()
        intake, self._intake = self._intake, None
        if intake is not None:
            intake.lose(why)

    # ── admission ──

    def _pass_filters(self, request: WebRequest, filters: Iterator[Filter]) -> None:
        for each in filters:
            waiting = each.before(request)
            if self.over or request.startedWriting:
                return
            if waiting is not None:
                self._waiting = waiting
                waiting.addCallback(self._passed, request, filters).addErrback(self._denied, request)
                return
        self._admit(request)

    def _passed(self, _: object, request: WebRequest, filters: Iterator[Filter]) -> None:
        self._waiting = None
        if not self.over:
            self._pass_filters(request, filters)
            self._resume()

    def _denied(self, failure: Failure, request: WebRequest) -> None:
        self._waiting = None
        if not self.over:
            request.fail(failure)
            self._resume()
        elif not failure.check(CancelledError):
            _log.failure("a filter failed after the request had gone", failure=failure)

    def _admit(self, request: WebRequest) -> None:
        head = self.head
        self._admitted_at = self.site.now() if self.site.filters else self._head_at
        if head.expect and head.expect != b"100-continue" and head.version != b"HTTP/1.0":
            raise Refusal(417, "the only expectation that is met is 100-continue")
        if head.length == 0:
            self._body_at = self._admitted_at
            request.process()
            return
        if (head.length or 0) > self.site.max_body_bytes:
            raise Refusal(413, self._too_large())
        sink = request.bodyBegun(head.length)
        if self.over or sink is None:
            return
        self._intake = Intake(sink, self._resume, self._sink_failed)
        if head.expect:
            self.carrier.send_interim(self, 100, ())

    def _sink_failed(self, failure: Failure) -> None:
        if self.request is not None and not self.over:
            self.request.fail(failure)
            self._resume()

    def _resume(self) -> None:
        if not self.busy:
            self.carrier.resume(self)

    def _too_large(self) -> str:
        return f"at most {self.site.max_body_bytes} bytes are taken"

    # ── what a Request calls ──

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:
        """`respond` by its name in twisted.web."""
        self.respond(int(code), reason, headers)

    def respond(self, status: int, reason: bytes, headers: Headers) -> None:
        """Begin the response."""
        request = self.request
        if request is not None:
            for each in self.site.filters:
                each.after(request)
        self._first_byte_at = self.site.now()
        self.status = status
        self.bodiless = status in (204, 304) or self.head.method == b"HEAD"
        self._fields = headers
        fields = raw(headers)
        fields.pop(b"Transfer-Encoding", None)  # framing is the carrier's affair
        declared = fields.get(b"Content-Length")
        if declared is not None:
            if len(declared) != 1 or not declared[0].isdigit() or (self.bodiless and self._says_nothing(declared)):
                del fields[b"Content-Length"]
            elif not self.bodiless:
                self.left = int(declared[0])
        self.carrier.send_head(self, status, reason, headers)

    def _says_nothing(self, declared: list[bytes]) -> bool:
        return self.status == 204 or (self.status == 304 and declared == [b"0"])

    def write(self, data: bytes) -> None:
        """Send some of the body, never more than its declared length."""
        if self.bodiless or not data:
            return
        left = self.left
        if left is not None:
            if len(data) > left:
                self.reason, self.keep = "the response is longer than its Content-Length", False
                data = data[:left]
                if not data:
                    return
            self.left = left - len(data)
        self.bytes_out += len(data)
        if self._excerpt_bytes > len(self.response_excerpt):
            self.response_excerpt += data[: self._excerpt_bytes - len(self.response_excerpt)]
        self.carrier.send_data(self, data)

    def writeSequence(self, iovec: Sequence[bytes]) -> None:
        """`write` of several pieces."""
        self.write(b"".join(iovec))

    def requestDone(self, request: WebRequest) -> None:
        """The response is complete: report it, and let the carrier go on."""
        self._last_byte_at = self.site.now()
        if self.left:
            self.reason = self.reason or "the response is shorter than its Content-Length"
        self._end()
        if self._waiting is not None or self._intake is not None:
            self._let_go(Failure(ConnectionDone("the response is complete, and the body is not")))
        if self.left:
            self.carrier.cut(self, self.reason)
        else:
            self.carrier.finish(self)

    def interim(self, status: int, fields: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Send a head before the response: 103 with early hints, 104 with the state of an upload."""
        if not self.status:
            self.carrier.send_interim(self, status, fields)

    def switch(self, protocol: IProtocol, fields: Headers) -> None:
        """Answer 101 with `fields`; everything further on the connection is `protocol`'s, to its end.

        Raises: Refusal, where the connection cannot be given away.
        """
        self.status, self._fields, self._first_byte_at = 101, fields, self.site.now()
        try:
            self.carrier.switch(self, protocol, fields)
        except Refusal:
            self.status, self._fields, self._first_byte_at = 0, None, None
            raise

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let `producer` write the rest of the response."""
        self.carrier.register_producer(self, producer, streaming)

    def unregisterProducer(self) -> None:
        """The producer is done."""
        self.carrier.unregister_producer(self)

    def because(self, reason: str) -> None:
        """Say in the report of this exchange why it ended as it did."""
        self.reason = reason

    def loseConnection(self) -> None:
        """End in the middle; what was written is sent."""
        self.reason = self.reason or "closed by the resource"
        self.carrier.stop(self)

    def abortConnection(self, reason: str = "") -> None:
        """End now."""
        self.reason = self.reason or reason
        self.carrier.cut(self, self.reason)

    def getPeer(self) -> Any:
        """The client's address."""
        return self.carrier.peer

    def getHost(self) -> Any:
        """Our address."""
        return self.carrier.host

    def isSecure(self) -> bool:
        """Whether the connection is under TLS."""
        return self.carrier.secure
