"""Tests for tnet.servers.web.request: that resources written for twisted.web work, and what we rely on for that."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.trial.unittest import TestCase
from twisted.web import static
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from tests.servers.web.wire import Wire
from tnet.errors import Overloaded
from tnet.servers.web import request as request_module
from tnet.servers.web.bodies import Refusal


class Stock(Resource):
    """A resource as its author writes it: what it does is given as a function of the request."""

    isLeaf = True

    def __init__(self, render: Any) -> None:
        super().__init__()
        self.render_GET = self.render_POST = render


class Letters:
    """A producer of letters, push or pull."""

    def __init__(self, request: Any, streaming: bool) -> None:
        self.request, self.left = request, list(b"abc")
        self.paused = True
        request.registerProducer(self, streaming)

    def resumeProducing(self) -> None:
        if self.left:
            self.request.write(bytes([self.left.pop(0)]))
        else:
            self.request.unregisterProducer()
            self.request.finish()

    def pauseProducing(self) -> None:
        self.paused = True

    def stopProducing(self) -> None:
        self.left.clear()


def stock(render: Any) -> Wire:
    """A wire to a stock resource."""
    return Wire(Stock(render))


class StockResourceTests(TestCase):
    """What authors of twisted.web resources expect."""

    def test_bytes(self) -> None:
        """Bytes that are returned are the body, with its length and the default type."""
        reply = stock(lambda request: b"hello").get("/")
        self.assertEqual((reply.status, reply.body, reply.fields[b"content-length"]), (200, b"hello", b"5"))
        self.assertEqual((reply.fields[b"content-type"], reply.fields[b"server"]), (b"text/html", b"tnet"))

    def test_field(self) -> None:
        """A field of the request is all its lines; one that was not sent is None, and an empty one is not."""
        wire = stock(lambda request: repr([request.field(name) for name in (b"x-a", b"X-B", b"x-c")]).encode())
        self.assertEqual(wire.get("/", "X-A: 1", "x-a: 2", "X-B:").body, repr([b"1, 2", b"", None]).encode())

    def test_something_else(self) -> None:
        """What is neither bytes nor a promise of them is a bug of the resource's."""
        self.assertEqual(stock(lambda request: "text").get("/").status, 500)
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)

    def test_answered_and_returned(self) -> None:
        """A resource that has finished its request returns nothing more."""

        def render(request: Any) -> bytes:
            request.write(b"hello")
            request.finish()
            return b"again"

        wire = stock(render)
        self.assertEqual((wire.get("/").body, wire.sent, len(wire.exchanges)), (b"hello", b"", 1))

    def test_later(self) -> None:
        """A resource may answer later; without a length the response is chunked."""
        waiting: Deferred[bytes] = Deferred()

        def render(request: Any) -> int:
            def answer(data: bytes) -> None:
                request.write(data)
                request.write(data)
                request.finish()

            waiting.addCallback(answer)
            return NOT_DONE_YET

        wire = stock(render)
        wire.ask("GET", "/")
        self.assertEqual(wire.sent, b"")
        waiting.callback(b"ab")
        reply = wire.reply()
        self.assertEqual((reply.fields[b"transfer-encoding"], reply.body), (b"chunked", b"abab"))

    def test_notify_finish(self) -> None:
        """`notifyFinish` fires at the end, and fails when the client leaves."""
        ends: list[Any] = []
        requests: list[Any] = []

        def render(request: Any) -> int:
            request.notifyFinish().addBoth(ends.append)
            requests.append(request)
            return NOT_DONE_YET

        wire = stock(render)
        wire.ask("GET", "/")
        requests[0].finish()
        wire.ask("GET", "/")
        self.assertEqual(ends, [None])
        wire.hang_up(ConnectionLost())
        self.assertTrue(ends[1].check(ConnectionLost))
        self.assertEqual([event.reason for event in wire.exchanges], [None, "lost"])

    def test_pull_producer(self) -> None:
        """A pull producer is asked until it is done."""
        wire = stock(lambda request: Letters(request, False) and NOT_DONE_YET)
        wire.ask("GET", "/")
        wire.clock.pump([0] * 6)
        self.assertEqual(wire.reply().body, b"abc")

    def test_push_producer(self) -> None:
        """A push producer is told when the client reads slowly and when it may go on."""
        made: list[Letters] = []

        def render(request: Any) -> int:
            made.append(Letters(request, True))
            return NOT_DONE_YET

        wire = stock(render)
        wire.ask("GET", "/")
        wire.channel._outlet.pauseProducing()
        self.assertTrue(made[0].paused)
        for _ in range(4):
            wire.channel._outlet.resumeProducing()
        self.assertEqual(wire.reply().body, b"abc")

    def test_args(self) -> None:
        """`args` holds the query, and the fields of a form, urlencoded or multipart."""
        wire = stock(lambda request: repr(sorted(request.args.items())).encode())
        self.assertEqual(wire.get("/?a=1&a=%202&b;c").body, b"[(b'a', [b'1', b' 2']), (b'b;c', [b''])]")
        wire.ask("POST", "/?a=1", "Content-Type: application/x-www-form-urlencoded", body=b"b=2&c=3")
        self.assertEqual(wire.reply().body, b"[(b'a', [b'1']), (b'b', [b'2']), (b'c', [b'3'])]")
        form = b'--x\r\nContent-Disposition: form-data; name="f"; filename="n"\r\n\r\n\x00\r\n--x--\r\n'
        wire.ask("POST", "/", "Content-Type: multipart/form-data; boundary=x", body=form)
        self.assertEqual(wire.reply().body, b"[(b'f', [b'\\x00'])]")
        wire.ask("POST", "/", "Content-Type: multipart/form-data; boundary=x", body=b"junk")
        self.assertEqual(wire.reply().status, 400)
        reply = wire.get("/?" + "&" * 10_000)
        self.assertEqual((reply.status, b"date" in reply.fields), (413, True))

    def test_the_request_they_see(self) -> None:
        """Path, fields, cookies, addresses and content are where they always were."""
        seen: list[Any] = []

        def render(request: Any) -> bytes:
            seen.extend([request.method, request.uri, request.path, request.clientproto])
            seen.extend([request.getHeader("x-y"), request.getCookie(b"c"), request.content.read()])
            seen.extend([request.getClientAddress().host, request.isSecure(), request.getRequestHostname()])
            return b""

        wire = stock(render)
        wire.ask("POST", "/a%20b?q", "X-Y: z", "Cookie: c=d", body=b"body")
        wire.reply()
        expected = [b"POST", b"/a%20b?q", b"/a%20b", b"HTTP/1.1", "z", b"d", b"body", "127.0.0.1", False, b"h"]
        self.assertEqual(seen, expected)

    def test_children(self) -> None:
        """The tree is walked as ever, with decoded segments, and a miss is a 404."""
        root, child = Resource(), Stock(lambda request: repr((request.prepath, request.postpath)).encode())
        root.putChild(b"a b", child)
        wire = Wire(root)
        self.assertEqual(wire.get("/a%20b/c%2fd/").body, b"([b'a b'], [b'c/d', b''])")
        self.assertEqual(wire.get("/nothing").status, 404)

    def test_static_data(self) -> None:
        """`static.Data` works, conditionals, HEAD and all."""
        root = Resource()
        root.putChild(b"d", static.Data(b"data", "text/plain"))
        wire = Wire(root)
        self.assertEqual(wire.get("/d").body, b"data")
        self.assertEqual(wire.get("/d", method="HEAD").fields[b"content-length"], b"4")
        self.assertEqual(wire.get("/d", method="BREW").status, 501)
        for method in ("POST", "DELETE", "OPTIONS"):
            reply = wire.get("/d", method=method)
            self.assertEqual((reply.status, reply.fields[b"allow"]), (405, b"HEAD, GET"))

    def test_sessions(self) -> None:
        """Sessions are kept by the site and found again by their cookie."""
        wire = stock(lambda request: request.getSession().uid)
        reply = wire.get("/")
        cookie = reply.fields[b"set-cookie"].partition(b";")[0].decode()
        self.assertEqual(wire.get("/", f"Cookie: {cookie}").body, reply.body)

    def test_a_bug(self) -> None:
        """A resource that raises is a 500 that says nothing more, and a line in the log; the connection goes on."""
        wire = stock(lambda request: 1 // 0)
        reply = wire.get("/")
        self.assertEqual((reply.status, reply.body), (500, b"500 Internal Server Error\n"))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertFalse(wire.socket.disconnecting)

    def test_a_bug_in_mid_response(self) -> None:
        """A response that breaks after it began is cut off: no client takes it for whole."""

        def render(request: Any) -> bytes:
            request.write(b"begun")
            raise ValueError

        wire = stock(render)
        wire.ask("GET", "/")
        self.assertTrue(wire.socket.aborted)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)


class AnswerTests(TestCase):
    """What our request adds."""

    def test_a_refusal(self) -> None:
        """A resource may raise its no, in the form that the client reads, with its own fields."""

        def render(request: Any) -> bytes:
            request.setHeader(b"ETag", b'"x"')
            raise Refusal(403, "not you", {b"X-Y": b"z"})

        reply = stock(render).get("/", "Accept: application/json")
        self.assertEqual((reply.status, reply.fields[b"x-y"], b"etag" in reply.fields), (403, b"z", False))
        self.assertEqual(reply.fields[b"vary"], b"Accept")
        self.assertEqual(reply.body, b'{"status": 403, "error": "Forbidden", "reason": "not you"}\n')

    def test_a_coroutine(self) -> None:
        """A coroutine may answer; it is cancelled when the client leaves; what it raises is the answer."""
        waiting: list[Deferred[bytes]] = []

        def render(request: Any) -> int:
            async def work() -> None:
                waiting.append(Deferred())
                request.write(await waiting[-1])
                request.finish()

            return int(request.answer(work()))

        wire = stock(render)
        wire.ask("GET", "/")
        waiting[0].callback(b"done")
        self.assertEqual(wire.reply().body, b"done")
        for error, status in ((Refusal(409), 409), (Overloaded("the pool"), 503)):
            wire.ask("GET", "/")
            waiting[-1].errback(error)
            self.assertEqual(wire.reply().status, status)
        wire.ask("GET", "/")
        wire.hang_up(ConnectionLost())
        self.assertTrue(waiting[-1].called)

    def test_tracebacks(self) -> None:
        """A site that shows tracebacks shows them, as text."""
        wire = stock(lambda request: 1 // 0)
        wire.site.displayTracebacks = True
        self.assertIn(b"ZeroDivisionError", wire.get("/").body)
        self.flushLoggedErrors(ZeroDivisionError)


class ContractTests(TestCase):
    """What twisted.web does not promise, and we need."""

    def test_names(self) -> None:
        """Every name that we rely on is still there."""
        seen: list[Any] = []
        stock(lambda request: seen.append(request) or b"").get("/")
        for name in request_module.RELIES_ON:
            self.assertTrue(hasattr(seen[0], name), name)

    def test_attributes(self) -> None:
        """Ours begins with every attribute that a stock request begins with."""
        seen: list[Any] = []
        stock(lambda request: seen.append((request, Request(request.channel))) or b"").get("/")
        ((ours, theirs),) = seen
        self.assertGreater(len(vars(theirs)), 10)
        missing = [name for name in vars(theirs) if name != "channel" and not hasattr(ours, name)]
        self.assertEqual(missing, [])

    def test_the_channel_interface(self) -> None:
        """A stock request asks of its channel only what ours has."""
        seen: list[Any] = []
        stock(lambda request: seen.append(request.channel) or b"").get("/")
        carried = ("writeHeaders", "write", "writeSequence", "requestDone", "registerProducer", "unregisterProducer")
        asked = ("loseConnection", "getPeer", "getHost", "isSecure", "transport", "site")
        for name in carried + asked:
            self.assertTrue(hasattr(seen[0], name), name)
