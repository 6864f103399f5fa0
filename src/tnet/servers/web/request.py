"""One request of `twisted.web`, begun at the end of its head instead of the end of its body."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import server
from twisted.web.error import UnsupportedMethod
from twisted.web.http import datetimeToString
from twisted.web.http_headers import Headers
from twisted.web.resource import IResource, Resource
from zope.interface import implementer

from tnet.errors import Overloaded
from tnet.protocols.http1.heads import RequestHead
from tnet.servers.web import pages
from tnet.servers.web.bodies import IBodyConsumer, IBodySink, Refusal
from tnet.servers.web.carrying.headers import Later, raw, received, set_field, vary
from tnet.servers.web.permissions import Permissions

if TYPE_CHECKING:
    from tnet.accounts.store import Account
    from tnet.events import Trace
    from tnet.servers.web.carrying.exchange import Exchange
from tnet.servers.web.writing.forms import parse_multipart, parse_urlencoded

# Names of twisted.web that are its own business, or that it calls "not intended for users": a contract test
# says when one of them goes.
RELIES_ON = (
    "_parsePOSTFormSubmission",
    "_adapterCache",
    "_disconnected",
    "_inFakeHead",
    "gotLength",
    "handleContentChunk",
    "parseCookies",
)

_OF_THE_FILE = (b"etag", b"last-modified", b"content-range", b"accept-ranges", b"content-encoding")

_METHODS = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE"))

# What `Resource.render` finds by the name of a method, found with less ado.
_RENDERERS = {method: "render_" + method.decode() for method in _METHODS}
_STOCK_RENDER = Resource.render

_log = Logger()


class WebRequest(server.Request):
    """A `twisted.web.server.Request` that any resource written for that can answer.

    Its resource is found when the head is complete, so that it can refuse a body before it comes
    (`IBodyConsumer`). A resource says no by raising `Refusal`. Content encoders of `EncodingResourceWrapper` are
    not applied: the stock one sends a body after HEAD and 304. Its `channel` is its `Exchange`.

    `permissions` are what whoever asks may do, `account` is who that is, where somebody has found out. `unshown` is
    how many leading names of the path lead to what is shown, and are not shown themselves.
    """

    channel: Any
    site: Any
    postpath: Any
    resource: Any = None
    permissions: Permissions
    account: Account | None = None
    unshown = 0
    queued = False

    def __init__(self, channel: Exchange) -> None:
        # Instead of the stock one, which makes at once what most requests never ask for: see `Later`.
        self.channel = channel
        self.site, self.transport, self._carrier = channel.site, channel.transport, channel.carrier
        self.notifications, self.cookies = [], []
        self.responseHeaders = Headers()
        fields = raw(self.responseHeaders)
        fields[b"Server"], fields[b"Date"] = [b"tnet"], [channel.site.date()]

    def headReceived(self, head: RequestHead) -> None:
        """Become the request that `head` describes."""
        self.head = head
        self.permissions = self.site.permissions
        self.method, self.uri, self.clientproto = head.method, head.target, head.version
        path, _, self._query = head.target.partition(b"?")
        self.path, self.prepath, self.postpath = path, [], path[1:].split(b"/")
        if b"%" in path:
            self.postpath = [unquote_to_bytes(part) for part in self.postpath]

    # ── what is made when it is asked for ──

    @Later[Headers]
    def requestHeaders(self) -> Headers:
        """The fields of the request."""
        return received(self.head.fields)

    @Later[dict[bytes, list[bytes]]]
    def args(self) -> dict[bytes, list[bytes]]:
        """The parameters of the query, and of a form.

        Raises: Refusal.
        """
        return parse_urlencoded(self._query) if self._query else {}

    @Later[dict[bytes, bytes]]
    def received_cookies(self) -> dict[bytes, bytes]:
        """The cookies of the request."""
        found: dict[bytes, bytes] = {}
        self.__dict__["received_cookies"] = found
        self.parseCookies()
        return found

    @Later[Any]
    def content(self) -> Any:
        """The body, where it was collected."""
        return BytesIO()

    @Later[Any]
    def client(self) -> Any:
        """The client's address."""
        return self._carrier.peer

    @Later[Any]
    def host(self) -> Any:
        """Our address."""
        return self._carrier.host

    @Later[bool]
    def _parsePOSTFormSubmission(self) -> bool:
        return bool(self.site._parsePOSTFormSubmission)

    @Later[dict[str, Any]]
    def _adapterCache(self) -> dict[str, Any]:
        return {}

    def field(self, name: bytes) -> bytes | None:
        """A field of the request, all its lines joined; None when it was not sent."""
        lines = self.requestHeaders.getRawHeaders(name)
        return b", ".join(lines) if lines else None

    # ── the body ──

    def bodyBegun(self, length: int | None) -> IBodySink | None:
        """Where a body of `length` bytes is to go; None when it was answered already.

        Raises: Refusal.
        """
        self.resource = self.site.getResourceFor(self)
        if IBodyConsumer.providedBy(self.resource):
            sink: IBodySink | None = self.resource.bodyBegun(self, length)
            if sink is not None:
                return sink
        elif _surely_refuses(self.resource, self.method):
            self.render(self.resource)
            return None
        self.gotLength(length)
        return Collected(self)

    def process(self) -> None:
        """Answer a request that is complete."""
        try:
            if self.path == b"*":
                self._answer_for_the_server()
                return
            if self.resource is None:
                self.resource = self.site.getResourceFor(self)
            self.render(self.resource)
        except Exception:  # noqa: BLE001 (a resource is anybody's code)
            self.fail(Failure())

    def read_form(self) -> None:
        """Add the fields of a collected form to `args`, as twisted.web does.

        Raises: Refusal.
        """
        length = self.content.tell()
        self.content.seek(0)
        if self.method != b"POST" or not length or not self._parsePOSTFormSubmission:
            return
        media = self.getHeader(b"content-type") or b""
        if media.lower().startswith(b"application/x-www-form-urlencoded"):
            self.args.update(parse_urlencoded(self.content.read()))
        elif media.lower().startswith(b"multipart/form-data"):
            self.args.update(parse_multipart(self.content, media))
        self.content.seek(0)

    # ── the answer ──

    @property
    def trace(self) -> Trace:
        """The reporter of the connection that the request came on."""
        trace: Trace = self.channel.trace
        return trace

    def interim(self, status: int, fields: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Tell the client something before the response: 103 with early hints, 104 with the state of an upload."""
        if self.channel is not None and not self.startedWriting:
            self.channel.interim(status, fields)

    def switch(self, protocol: IProtocol) -> int:
        """Answer 101 with the fields set so far, and give the connection to `protocol`: `return request.switch(…)`.

        Raises: Refusal, where that cannot be.
        """
        self.channel.switch(protocol, self.responseHeaders)
        self.startedWriting = 1
        return server.NOT_DONE_YET

    def render(self, resrc: Any) -> None:
        """Let a resource answer: with bytes, which are all of the body, or in its own time."""
        try:
            stock = type(resrc).render is _STOCK_RENDER and getattr(resrc, _RENDERERS.get(self.method, ""), None)
            body = stock(self) if stock else resrc.render(self)
        except UnsupportedMethod as error:
            if self.method != b"HEAD" or b"GET" not in error.allowedMethods:
                raise _not_allowed(self.method, error.allowedMethods) from error
            super().render(resrc)
            return
        if body is server.NOT_DONE_YET or self.finished or self._disconnected:
            return
        if type(body) is not bytes:
            raise TypeError(f"{resrc!r} gave {type(body).__name__} for a body, not bytes")
        if body or self.method != b"HEAD":
            raw(self.responseHeaders)[b"Content-Length"] = [b"%d" % len(body)]
        if not self.startedWriting:
            self._begin_response()
        self.channel.write(body)
        self._end()

    def write(self, data: bytes) -> None:
        """Send some of the body, and before its first byte the head; how it is framed is the connection's business."""
        if self.finished:
            raise RuntimeError("Request.write called on a request after Request.finish was called.")
        if self._disconnected or self._inFakeHead:
            return
        if not self.startedWriting:
            self._begin_response()
        self.channel.write(data)

    def finish(self) -> None:
        """The response is complete."""
        if self._disconnected:
            raise RuntimeError("Request.finish called on a request after its connection was lost")
        if self.finished:
            return
        if not self.startedWriting:
            self._begin_response()
        self._end()

    def _end(self) -> None:
        self.finished = 1
        if self.producer:
            _log.error("{uri} is finished, and its producer was not unregistered", uri=self.uri)
            self.unregisterProducer()
        channel = self.channel
        channel.requestDone(self)
        del self.channel
        if "content" in self.__dict__:
            self.content.close()
        for waiting in self.notifications:
            waiting.callback(None)
        self.notifications = []

    def setHeader(self, name: Any, value: Any) -> None:
        """Set a field of the response, instead of what was set before."""
        set_field(self.responseHeaders, name, value)

    def _begin_response(self) -> None:
        self.startedWriting = 1
        fields = raw(self.responseHeaders)
        if self.lastModified is not None and b"Last-Modified" not in fields:
            self.setHeader(b"Last-Modified", datetimeToString(self.lastModified))
        if self.etag is not None:
            self.setHeader(b"ETag", self.etag)
        if self.cookies:
            self.responseHeaders.setRawHeaders(b"Set-Cookie", self.cookies)
        if (
            b"Content-Type" not in fields
            and self.defaultContentType is not None
            and self.code not in (204, 304)
            and fields.get(b"Content-Length") != [b"0"]
        ):
            fields[b"Content-Type"] = [self.defaultContentType]
        self.channel.respond(self.code, self.code_message, self.responseHeaders)

    def answer(self, work: Coroutine[Any, Any, None]) -> int:
        """Let a coroutine finish this request, and cancel it when the client leaves: `return request.answer(…)`."""
        running = Deferred.fromCoroutine(work)
        self.notifyFinish().addErrback(lambda _: running.cancel())
        running.addErrback(self.fail)
        return server.NOT_DONE_YET

    def refuse(self, refusal: Refusal) -> None:
        """Answer with a refusal; a response that has begun is cut off instead."""
        if self._disconnected or self.finished:
            return
        if self.startedWriting:
            self.channel.abortConnection(refusal.reason or pages.phrase(refusal.status))
            return
        media, body = pages.error(refusal.status, refusal.reason, self.getHeader(b"accept") or b"")
        self.channel.because(refusal.reason)
        for name in _OF_THE_FILE:
            self.responseHeaders.removeHeader(name)
        self.setResponseCode(refusal.status, pages.phrase(refusal.status).encode())
        for name, value in (pages.fields_for(media) | refusal.fields).items():
            self.setHeader(name, value)
        vary(self.responseHeaders, b"Accept")
        self.setHeader(b"Content-Length", b"%d" % len(body))
        self.write(body)
        self.finish()

    def fail(self, failure: Failure) -> None:
        """Answer with what went wrong: a refusal as it is, our own overload as 503, everything else as 500."""
        if self._disconnected and failure.check(CancelledError):
            return
        if isinstance(failure.value, Refusal):
            self.refuse(failure.value)
        elif isinstance(failure.value, Overloaded):
            self.refuse(Refusal(503, str(failure.value), {b"Retry-After": b"1"}))
        else:
            self.processingFailed(failure)

    def processingFailed(self, reason: Failure) -> Failure:
        """Answer 500 and log why; the client is told nothing of it unless the site shows tracebacks."""
        _log.failure("{method} {uri} failed", failure=reason, method=self.method, uri=self.uri)
        if not self._disconnected and not self.finished:
            self.refuse(Refusal(500, reason.getTraceback() if self.site.displayTracebacks else ""))
        return reason

    def _answer_for_the_server(self) -> None:
        """`OPTIONS *` asks about no resource, and only whether somebody is there."""
        self.setHeader(b"Content-Length", b"0")
        self.finish()


@implementer(IBodySink)
class Collected:
    """A body for a resource that wants it whole, in `request.content`: in memory, or if long in a temporary file."""

    def __init__(self, request: WebRequest) -> None:
        self._request = request

    def bodyReceived(self, data: bytes) -> None:
        """Keep it."""
        self._request.handleContentChunk(data)

    def bodyEnded(self) -> None:
        """Let the resource render."""
        self._request.read_form()
        self._request.process()

    def bodyLost(self, reason: Failure) -> None:
        """Nothing to do: the request closes its content."""


def _not_allowed(method: bytes, allowed: Sequence[bytes]) -> Refusal:
    """The answer to a method that a resource does not have, or that nobody has."""
    if method not in _METHODS:
        return Refusal(501, "that method is not known here")
    return Refusal(405, "", {b"Allow": b", ".join(allowed)})


def _surely_refuses(resource: IResource, method: bytes) -> bool:
    """Whether a stock resource has no method for this method, which it can say without the body."""
    return (
        isinstance(resource, Resource)
        and type(resource).render is Resource.render
        and not hasattr(resource, "render_" + method.decode("ascii"))
    )
