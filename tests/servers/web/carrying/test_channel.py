"""Tests for tnet.servers.web.carrying.channel."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from twisted.web import static
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from tests.servers.web.wire import Wire, take_reply
from tnet.servers.web.bodies import IBodyConsumer, IBodySink, Refusal
from tnet.servers.web.carrying.channel import AHEAD_BYTES
from tnet.servers.web.carrying.farewell import LINGER_BYTES
from tnet.servers.web.filters import Filter


class Held(Resource):
    """Keeps requests unanswered until told."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Any] = []

    def render_GET(self, request: Any) -> int:
        self.requests.append(request)
        return NOT_DONE_YET

    def answer(self, body: bytes = b"ok") -> None:
        """Answer the oldest request."""
        request = self.requests.pop(0)
        request.setHeader(b"Content-Length", b"%d" % len(body))
        request.write(body)
        request.finish()


class Echo(Resource):
    """Sends back the body, or the path."""

    isLeaf = True

    def render_GET(self, request: Any) -> bytes:
        return bytes(request.path)

    def render_POST(self, request: Any) -> bytes:
        return bytes(request.content.read())


class Lying(Resource):
    """Declares another length than it sends."""

    isLeaf = True

    def __init__(self, declared: int, body: bytes) -> None:
        super().__init__()
        self.declared, self.body = declared, body

    def render_GET(self, request: Any) -> int:
        request.setHeader(b"Content-Length", b"%d" % self.declared)
        request.write(self.body)
        request.finish()
        return NOT_DONE_YET


@implementer(IBodyConsumer, IBodySink)
class Sink(Resource):
    """Takes bodies piece by piece."""

    isLeaf = True

    def __init__(self, refusal: Refusal | None = None) -> None:
        super().__init__()
        self.refusal = refusal
        self.length: int | None = -1
        self.pieces: list[bytes] = []
        self.answers: list[Any] = []
        self.ended = False
        self.lost: Failure | None = None

    def bodyBegun(self, request: Any, length: int | None) -> Any:
        self.request, self.length = request, length
        if self.refusal:
            raise self.refusal
        return self

    def bodyReceived(self, data: bytes) -> Any:
        self.pieces.append(data)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def bodyEnded(self) -> None:
        self.ended = True
        self.request.setHeader(b"Content-Length", b"0")
        self.request.finish()

    def bodyLost(self, reason: Failure) -> None:
        self.lost = reason


POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"


class PersistenceTests(TestCase):
    """What happens between requests."""

    def test_requests_follow_each_other(self) -> None:
        """A connection carries one exchange after the other."""
        wire = Wire(Echo())
        for path in ("/a", "/b"):
            self.assertEqual(wire.get(path).body, path.encode())
        self.assertFalse(wire.socket.disconnecting)

    def test_pipelined_requests_are_answered_in_order(self) -> None:
        """Each request waits for the response before it."""
        held = Held()
        wire = Wire(held)
        wire.send(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual([request.path for request in held.requests], [b"/1"])
        held.answer(b"one")
        self.assertEqual([request.path for request in held.requests], [b"/2"])
        held.answer(b"two")
        self.assertEqual([wire.reply().body, wire.reply().body], [b"one", b"two"])

    def test_pipelining_is_bounded(self) -> None:
        """While a response is due we stop reading after a few kilobytes, and go on after it."""
        held = Held()
        wire = Wire(held)
        request = b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 1000 + b"\r\n\r\n"
        wire.send(request)
        while wire.socket.producerState == "producing":
            wire.send(request)
        self.assertGreaterEqual(wire.channel._parser.buffered, AHEAD_BYTES)
        while held.requests:
            held.answer()
        self.assertEqual(wire.socket.producerState, "producing")
        self.assertGreater(len(wire.exchanges), 10)

    def test_close_is_kept(self) -> None:
        """Whoever says close, the client or the resource, gets it."""
        for by in ("client", "resource"):
            held = Held()
            wire = Wire(held)
            wire.ask("GET", "/", *(["Connection: te, close"] if by == "client" else []))
            if by == "resource":
                held.requests[0].setHeader(b"Connection", b"close")
            held.answer()
            self.assertEqual(wire.reply().fields[b"connection"], b"close")
            self.assertTrue(wire.socket.disconnecting)

    def test_http_1_0(self) -> None:
        """HTTP/1.0 stays open when asked to and the length is known, and gets no chunks."""
        wire = Wire(Echo())
        wire.ask("GET", "/a", "Connection: keep-alive", version="1.0")
        self.assertEqual(wire.reply().fields[b"connection"], b"keep-alive")
        wire.ask("GET", "/b", version="1.0")
        self.assertEqual(wire.reply().fields[b"connection"], b"close")
        self.assertTrue(wire.socket.disconnecting)

    def test_http_1_0_without_a_length(self) -> None:
        """The end of an HTTP/1.0 response of unknown length is the end of the connection."""
        held = Held()
        wire = Wire(held)
        wire.ask("GET", "/", "Connection: keep-alive", version="1.0")
        request = held.requests.pop()
        request.write(b"some")
        request.finish()
        reply = wire.reply()
        self.assertEqual((reply.fields[b"connection"], reply.body), (b"close", b"some"))
        self.assertTrue(wire.socket.disconnecting)

    def test_head(self) -> None:
        """HEAD gets the fields of GET and no body, and the connection goes on."""
        wire = Wire(Echo())
        reply = wire.get("/abc", method="HEAD")
        self.assertEqual((reply.status, reply.fields[b"content-length"], wire.sent), (200, b"4", b""))
        self.assertEqual(wire.get("/x").body, b"/x")

    def test_no_body_and_no_length_of_nothing(self) -> None:
        """204 and 304 carry neither a body nor `Content-Length: 0`."""
        for status in (204, 304):
            held = Held()
            wire = Wire(held)
            wire.ask("GET", "/")
            held.requests[0].setResponseCode(status)
            held.answer(b"")
            reply = wire.reply()
            self.assertEqual((reply.status, b"content-length" in reply.fields, wire.sent), (status, False, b""))

    def test_options_for_the_server(self) -> None:
        """`OPTIONS *` is answered for the server as a whole, and promises nothing about any resource."""
        reply = Wire(Echo()).get("*", method="OPTIONS")
        self.assertEqual((reply.status, reply.body, b"allow" in reply.fields), (200, b"", False))


class LengthTests(TestCase):
    """A response is exactly as long as it said."""

    def test_too_long(self) -> None:
        """Bytes beyond the declared length are not sent, and the connection ends."""
        wire = Wire(Lying(3, b"abcdef"))
        self.assertEqual(wire.get("/").body, b"abc")
        self.assertEqual((wire.sent, wire.socket.disconnecting), (b"", True))
        self.assertIn("longer", wire.exchanges[0].reason or "")

    def test_too_short(self) -> None:
        """A response that ends early ends the connection, so that nobody takes the next one for its rest."""
        wire = Wire(Lying(9, b"abc"))
        wire.ask("GET", "/")
        self.assertTrue(wire.socket.aborted)
        self.assertIn("shorter", wire.exchanges[0].reason or "")


class RefusalTests(TestCase):
    """Requests that never reach a resource."""

    def test_a_real_response(self) -> None:
        """Even garbage gets a response with a date, a length and an explanation, and an event."""
        wire = Wire(Echo())
        wire.send(b"garbage\r\n\r\n")
        reply = wire.reply()
        self.assertEqual((reply.status, reply.fields[b"connection"]), (400, b"close"))
        self.assertIn(b"date", reply.fields)
        self.assertIn(b"malformed request line", reply.body)
        (event,) = wire.exchanges
        self.assertEqual((event.status, event.method, event.reason), (400, "-", "malformed request line"))

    def test_the_client_can_hear_it(self) -> None:
        """After an early error we half-close, drop what comes, and close when the client does or time is up."""
        for end in ("client", "time", "flood"):
            with self.subTest(end=end):
                wire = Wire(Echo())
                wire.send(b"garbage\r\n\r\n", b"more")
                self.assertEqual((wire.socket.half_closed, wire.socket.disconnecting), (True, False))
                if end == "client":
                    wire.channel.readConnectionLost()
                elif end == "time":
                    wire.clock.advance(5)
                else:
                    wire.send(*[b"x" * (1 << 20)] * (LINGER_BYTES >> 20))
                self.assertTrue(wire.socket.disconnecting)

    def test_sizes(self) -> None:
        """A line that is too long is 414, fields that are too large 431."""
        for data, status in ((b"GET /" + b"a" * 20_000, 414), (b"GET / HTTP/1.1\r\nA: " + b"a" * 20_000, 431)):
            wire = Wire(Echo())
            wire.send(data)
            self.assertEqual((wire.reply().status, wire.exchanges[0].status), (status, status))

    def test_responses_before_it_are_sent(self) -> None:
        """A bad request in a pipeline does not cost the good ones before it their responses."""
        held = Held()
        wire = Wire(held)
        wire.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\ngarbage\r\n\r\n")
        self.assertEqual(wire.sent, b"")
        held.answer(b"good")
        self.assertEqual([wire.reply().status, wire.reply().status], [200, 400])

    def test_a_bad_chunk(self) -> None:
        """Framing that breaks inside a body is 400."""
        wire = Wire(Echo())
        wire.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX")
        self.assertEqual(wire.reply().status, 400)
        self.assertEqual([(event.method, event.status) for event in wire.exchanges], [("POST", 400)])
        self.assertEqual((wire.socket.half_closed, wire.socket.disconnecting), (True, False))

    def test_a_resource_that_hangs_up(self) -> None:
        """A resource may end the connection instead of answering; the report says who it was."""
        held = Held()
        wire = Wire(held)
        wire.ask("GET", "/")
        held.requests[0].loseConnection()
        self.assertTrue(wire.socket.disconnecting)
        wire.hang_up(ConnectionDone())
        self.assertEqual([event.reason for event in wire.exchanges], ["closed by the resource"])


class BodyTests(TestCase):
    """Bodies, and what is decided before they come."""

    def test_collected(self) -> None:
        """A stock resource finds the whole body in `request.content`, sized or chunked."""
        wire = Wire(Echo())
        wire.ask("POST", "/", body=b"hello")
        self.assertEqual(wire.reply().body, b"hello")
        wire.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")
        self.assertEqual(wire.reply().body, b"ab")

    def test_streamed(self) -> None:
        """A consumer gets the pieces as they come, and answers after the end."""
        sink = Sink()
        wire = Wire(sink)
        wire.send(POST % 6, b"abc")
        self.assertEqual((sink.length, sink.pieces, sink.ended), (6, [b"abc"], False))
        wire.send(b"def")
        self.assertEqual((sink.pieces, sink.ended, wire.reply().status), ([b"abc", b"def"], True, 200))
        self.assertEqual(wire.exchanges[0].bytes_in, 6)

    def test_backpressure(self) -> None:
        """While a sink is busy it gets nothing, and the client is soon no longer read from."""
        busy: Deferred[None] = Deferred()
        sink = Sink()
        sink.answers = [busy]
        wire = Wire(sink)
        wire.send(POST % (AHEAD_BYTES + 3), b"abc", b"d" * AHEAD_BYTES)
        self.assertEqual((sink.pieces, wire.socket.producerState), ([b"abc"], "paused"))
        busy.callback(None)
        self.assertEqual((len(sink.pieces), wire.socket.producerState), (2, "producing"))
        self.assertEqual(wire.reply().status, 200)

    def test_continue(self) -> None:
        """100 Continue is sent when the body is wanted, and only to a client that waits for it."""
        wire = Wire(Echo())
        wire.send(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
        self.assertEqual(wire.reply().status, 100)
        wire.send(b"ab")
        self.assertEqual(wire.reply().body, b"ab")
        wire.send(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab")
        self.assertEqual(wire.reply().body, b"ab")

    def test_refused_before_the_body(self) -> None:
        """A resource's no, a body too long, or a strange expectation is answered at once, without 100 Continue."""
        only_get = Resource()
        only_get.putChild(b"", static.Data(b"x", "text/plain"))
        expect = b"POST / HTTP/1.1\r\nHost: h\r\nExpect: %b\r\nContent-Length: %d\r\n\r\n"
        for resource, data, status in (
            (Sink(Refusal(401, "who are you?", {b"WWW-Authenticate": b"Basic"})), expect % (b"100-continue", 9), 401),
            (Echo(), expect % (b"100-continue", 10**11), 413),
            (Echo(), expect % (b"banana", 9), 417),
            (only_get, expect % (b"100-continue", 9), 405),
        ):
            with self.subTest(status=status):
                wire = Wire(resource)
                wire.send(data)
                reply = wire.reply()
                self.assertEqual((reply.status, reply.fields[b"connection"]), (status, b"close"))
                self.assertTrue(wire.socket.half_closed)
                self.assertEqual([event.status for event in wire.exchanges], [status])

    def test_too_much_of_an_unknown_length(self) -> None:
        """A chunked body that grows beyond the limit is 413 there and then, and the sink hears of it."""
        sink = Sink()
        wire = Wire(sink, max_body_bytes=4)
        wire.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"2\r\nde\r\n")
        self.assertEqual((wire.reply().status, sink.pieces), (413, [b"abc"]))
        self.assertIsNotNone(sink.lost)

    def test_a_sink_that_fails(self) -> None:
        """A sink's refusal, raised or fired, is the response."""
        failing: Deferred[None] = Deferred()
        for answer in (Refusal(507, "full"), failing):
            sink = Sink()
            sink.answers = [answer]
            wire = Wire(sink)
            wire.send(POST % 6, b"abc")
            if answer is failing:
                failing.errback(Refusal(507, "full"))
            self.assertEqual((wire.reply().status, wire.exchanges[0].reason), (507, "full"))
            self.assertIsNotNone(sink.lost)

    def test_a_sink_that_breaks(self) -> None:
        """A sink's bug is a 500, and is logged."""
        sink = Sink()
        sink.answers = [ValueError("bug")]
        wire = Wire(sink)
        wire.send(POST % 6, b"abc")
        self.assertEqual(wire.reply().status, 500)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_a_client_that_leaves(self) -> None:
        """A sink hears that its body will not be completed, and the exchange is reported."""
        sink = Sink()
        wire = Wire(sink)
        wire.send(POST % 6, b"abc")
        wire.hang_up(ConnectionLost())
        self.assertIsNotNone(sink.lost)
        (event,) = wire.exchanges
        self.assertEqual((event.status, event.reason, event.bytes_in), (0, "lost", 3))

    def test_who_ended_it(self) -> None:
        """An exchange that we cut off is not reported as if the client had left, nor the other way round."""
        for end, reason in ((ConnectionAborted(), "aborted"), (ConnectionDone(), "closed by peer")):
            for data, more in ((POST % 6 + b"abc", ""), (b"GET / HT", " in the middle of a request")):
                wire = Wire(Sink())
                wire.send(data)
                wire.hang_up(end)
                self.assertEqual([event.reason for event in wire.exchanges], [reason + more])


class Doorkeeper(Filter):
    """Lets nobody in before the test says so."""

    def __init__(self) -> None:
        self.asked: list[Deferred[None]] = []

    def before(self, request: Any) -> Deferred[None]:
        self.asked.append(Deferred())
        return self.asked[-1]


class FilterTests(TestCase):
    """Requests that wait for a decision."""

    def setUp(self) -> None:
        self.keeper = Doorkeeper()
        self.wire = Wire(Echo(), filters=[self.keeper])

    def test_what_follows_waits(self) -> None:
        """Meanwhile a body is not asked for, no more than some of it is read, and no deadline passes."""
        self.wire.send(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 20000\r\n\r\n")
        self.wire.clock.pump([100] * 3)
        self.assertEqual(self.wire.sent, b"")
        self.wire.send(b"a" * AHEAD_BYTES)
        self.assertEqual((self.wire.socket.producerState, self.wire.exchanges), ("paused", []))
        self.keeper.asked[0].callback(None)
        self.assertEqual(self.wire.socket.producerState, "producing")
        self.wire.send(b"a" * (20_000 - AHEAD_BYTES))
        self.assertEqual(self.wire.reply().body, b"a" * 20_000)

    def test_let_in(self) -> None:
        """Once it is let in, a client is told to go on."""
        self.wire.send(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        self.keeper.asked[0].callback(None)
        self.assertEqual(self.wire.reply().status, 100)
        self.wire.send(b"ab")
        self.assertEqual(self.wire.reply().body, b"ab")

    def test_turned_away(self) -> None:
        """A request without a body that is refused ends no connection; one whose body waits does."""
        for data, open_after in ((b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", True), (POST % 3, False)):
            self.setUp()
            self.wire.send(data)
            self.keeper.asked[0].errback(Refusal(401, "who are you?"))
            self.assertEqual((self.wire.reply().status, self.wire.socket.half_closed), (401, not open_after))

    def test_in_order(self) -> None:
        """Requests behind it in a pipeline are asked for one after the other."""
        self.wire.send(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual(len(self.keeper.asked), 1)
        self.keeper.asked[0].callback(None)
        self.assertEqual(len(self.keeper.asked), 2)
        self.keeper.asked[1].callback(None)
        self.assertEqual([self.wire.reply().body, self.wire.reply().body], [b"/1", b"/2"])

    def test_gone(self) -> None:
        """When the client leaves, nobody waits for the decision any more."""
        self.wire.ask("GET", "/")
        self.wire.hang_up(ConnectionLost())
        self.assertTrue(self.keeper.asked[0].called)
        self.assertEqual([event.reason for event in self.wire.exchanges], ["lost"])


class InterimTests(TestCase):
    """Heads before the response."""

    def test_hints(self) -> None:
        """They go ahead of the response, and not to a client of HTTP/1.0; no field of them begins another line."""
        held = Held()
        wire = Wire(held)
        for version in ("1.0", "1.1"):
            wire.ask("GET", "/", "Connection: keep-alive", version=version)
            held.requests[0].interim(103, [(b"Link", b"</a>\r\nX: y")])
            if version == "1.1":
                reply = wire.reply()
                self.assertEqual((reply.status, reply.fields), (103, {b"link": b"</a> X: y"}))
            held.answer()
            self.assertEqual(wire.reply().status, 200)


class HalfCloseTests(TestCase):
    """A client that has said everything and waits."""

    def test_answered(self) -> None:
        """Everything asked for is answered, the last response says close, and then we close."""
        held = Held()
        wire = Wire(held)
        wire.send(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        wire.channel.readConnectionLost()
        self.assertFalse(wire.socket.disconnecting)
        held.answer(b"one")
        held.answer(b"two")
        first, second = wire.reply(), wire.reply()
        self.assertEqual((first.body, second.body, second.fields[b"connection"]), (b"one", b"two", b"close"))
        self.assertTrue(wire.socket.disconnecting)

    def test_idle(self) -> None:
        """A client that asked for nothing more is let go."""
        for begun in (b"", b"GET / HT"):
            wire = Wire(Echo())
            wire.send(begun)
            wire.channel.readConnectionLost()
            self.assertEqual((wire.socket.disconnecting, wire.sent), (True, b""))
            wire.hang_up(ConnectionDone())
            reasons = [event.reason for event in wire.exchanges]
            self.assertEqual(reasons, ["closed by peer in the middle of a request"] if begun else [])

    def test_in_a_body(self) -> None:
        """A body that can no longer be completed is a bad request."""
        wire = Wire(Echo())
        wire.send(POST % 6, b"abc")
        wire.channel.readConnectionLost()
        self.assertEqual(wire.reply().status, 400)
        self.assertTrue(wire.socket.disconnecting)


class DeadlineTests(TestCase):
    """Time, which is the reactor's to give."""

    def test_slow_head(self) -> None:
        """The head has 15 s in all, however its bytes trickle; then 408."""
        wire = Wire(Echo())
        for byte in b"GET / HTTP/1.1\r\n":
            wire.send(bytes([byte]))
            wire.clock.advance(0.9)
        self.assertEqual(wire.sent, b"")
        wire.clock.advance(0.7)
        self.assertEqual((wire.reply().status, wire.exchanges[0].status), (408, 408))
        self.assertLess(abs(wire.exchanges[0].seconds - 15), 0.2)

    def test_idle(self) -> None:
        """Before the first byte and between requests a connection lives 30 s, and ends without a word."""
        wire = Wire(Echo())
        wire.clock.advance(29)
        wire.get("/")
        wire.clock.advance(29)
        wire.get("/")
        self.assertFalse(wire.socket.disconnecting)
        wire.clock.advance(30)
        self.assertEqual((wire.socket.disconnecting, wire.sent, len(wire.exchanges)), (True, b"", 2))

    def test_slow_body(self) -> None:
        """A body must bring 10 KiB in every 10 s, or it is 408."""
        wire = Wire(Echo())
        wire.send(POST % 100_000)
        for _ in range(3):
            wire.send(b"x" * 10_240)
            wire.clock.advance(10)
        self.assertEqual(wire.sent, b"")
        wire.send(b"x" * 10_000)
        wire.clock.advance(10)
        self.assertEqual((wire.reply().status, wire.exchanges[0].reason), (408, "the body came too slowly"))

    def test_a_body_that_we_hold_back(self) -> None:
        """A sink that takes its time is no fault of the client."""
        sink = Sink()
        sink.answers = [Deferred()]
        wire = Wire(sink)
        wire.send(POST % 100_000, b"x")
        wire.clock.pump([10] * 5)
        self.assertEqual(wire.sent, b"")

    def test_a_response_may_take_its_time(self) -> None:
        """While a resource works no deadline passes."""
        held = Held()
        wire = Wire(held)
        wire.ask("GET", "/")
        wire.clock.pump([100] * 10)
        held.answer(b"late")
        self.assertEqual(wire.reply().body, b"late")

    def test_a_client_that_does_not_read(self) -> None:
        """A client that takes nothing for 60 s is cut off; one that takes a little is not."""
        held = Held()
        wire = Wire(held)
        wire.ask("GET", "/")
        held.requests[0].write(b"x" * 100_000)
        wire.channel._outlet.pauseProducing()
        for _ in range(3):
            wire.clock.advance(59)
            wire.socket.bytes_out += 1
            wire.clock.advance(1)
        self.assertFalse(wire.socket.aborted)
        wire.clock.advance(60)
        self.assertTrue(wire.socket.aborted)
        wire.hang_up(ConnectionLost())
        self.assertIn("took nothing", wire.exchanges[0].reason or "")

    def test_nothing_is_left_behind(self) -> None:
        """After a connection no timer of it stays with the reactor."""
        for data in (b"", b"GET", POST % 5, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"bad\r\n\r\n"):
            wire = Wire(Echo())
            wire.send(data)
            wire.hang_up(ConnectionDone())
            self.assertEqual((wire.clock.getDelayedCalls(), wire.site.channels), ([], set()))


class LeavingTests(TestCase):
    """Goodbye."""

    def test_idle_connections_close(self) -> None:
        """A connection without a request closes at once."""
        wire = Wire(Echo())
        wire.site.goodbye()
        self.assertTrue(wire.socket.disconnecting)

    def test_a_response_in_progress_is_the_last(self) -> None:
        """A response that is not begun says close, and one that is begun is completed."""
        for begun in (False, True):
            held = Held()
            wire = Wire(held)
            wire.ask("GET", "/")
            if begun:
                held.requests[0].write(b"a")
            wire.site.goodbye()
            self.assertFalse(wire.socket.disconnecting)
            if begun:
                held.requests[0].finish()
            else:
                held.answer(b"a")
            reply = wire.reply()
            self.assertEqual((reply.body, reply.fields.get(b"connection")), (b"a", None if begun else b"close"))
            self.assertTrue(wire.socket.disconnecting)

    def test_a_request_on_its_way_is_answered(self) -> None:
        """A request whose head is half here is still answered."""
        wire = Wire(Echo())
        wire.send(b"GET /x HTTP/1.1\r\n")
        wire.site.goodbye()
        wire.send(b"Host: h\r\n\r\n")
        self.assertEqual(wire.reply().body, b"/x")
        self.assertTrue(wire.socket.disconnecting)


class WritingTests(TestCase):
    """How responses reach the transport."""

    def test_one_write_for_a_small_response(self) -> None:
        """Head and body leave together."""
        wire = Wire(Echo())
        writes: list[bytes] = []
        wire.socket.write = writes.append  # type: ignore[method-assign,assignment]
        wire.ask("GET", "/")
        self.assertEqual(len(writes), 1)
        self.assertEqual(take_reply(writes[0])[0].body, b"/")

    def test_no_more_requests_for_a_client_that_does_not_read(self) -> None:
        """Pipelined requests wait while the client has not taken the responses before them."""
        wire = Wire(Echo())
        wire.channel._outlet.pauseProducing()
        wire.ask("GET", "/")
        self.assertEqual((wire.sent, wire.exchanges), (b"", []))
        wire.channel._outlet.resumeProducing()
        self.assertEqual(wire.reply().body, b"/")


class WaitingTests(TestCase):
    """Since when a client lets us wait, which is what a gate at its limit asks."""

    def test_between_requests(self) -> None:
        """Since the connection began, or since the last response was complete."""
        wire = Wire(Echo())
        wire.clock.advance(3)
        self.assertEqual(wire.channel.waiting_since(), 0)
        wire.get("/")
        self.assertEqual(wire.channel.waiting_since(), 3)

    def test_a_head_that_does_not_end(self) -> None:
        """Since its first byte; more of it changes nothing."""
        wire = Wire(Echo())
        wire.clock.advance(3)
        wire.send(b"GET / HTTP/1.1\r\n")
        wire.clock.advance(3)
        wire.send(b"A: b\r\n")
        self.assertEqual(wire.channel.waiting_since(), 3)

    def test_a_body(self) -> None:
        """Since it comes too slowly; while it comes well, or is held back by us, nobody waits for the client."""
        sink = Sink()
        wire = Wire(sink)
        wire.send(POST % 1_000_000)
        wire.clock.advance(3)
        self.assertEqual(wire.channel.waiting_since(), 0)
        wire.send(bytes(20_000))
        self.assertIsNone(wire.channel.waiting_since())
        wire.clock.advance(10)
        wire.clock.advance(2)
        self.assertEqual(wire.channel.waiting_since(), 13)
        sink.answers = [Deferred()]
        wire.send(b"x")
        self.assertIsNone(wire.channel.waiting_since())

    def test_a_response(self) -> None:
        """Since the client takes nothing of it; while it takes what there is, it waits for us."""
        held = Held()
        wire = Wire(held)
        wire.ask("GET", "/")
        wire.clock.advance(3)
        self.assertIsNone(wire.channel.waiting_since())
        held.requests[0].write(b"some")
        wire.socket.producer.pauseProducing()
        wire.clock.advance(3)
        self.assertEqual(wire.channel.waiting_since(), 3)
        wire.socket.producer.resumeProducing()
        self.assertIsNone(wire.channel.waiting_since())

    def test_a_last_reply(self) -> None:
        """Since it was given."""
        wire = Wire(Echo())
        wire.clock.advance(3)
        wire.send(b"garbage\r\n\r\n")
        wire.clock.advance(1)
        self.assertEqual(wire.channel.waiting_since(), 3)
