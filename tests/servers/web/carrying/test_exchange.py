"""Tests for tnet.servers.web.carrying.exchange: one exchange over a carrier that only notes what it is told."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from twisted.web.http_headers import Headers
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from tnet.events import silent_trace
from tnet.protocols.http1.requests import RequestHead
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.carrying.exchange import NOTHING, Exchange
from tnet.servers.web.carrying.witness import Phases
from tnet.servers.web.filters import Filter
from tnet.servers.web.site import WebFactory


class Notes:
    """A carrier that writes down what is asked of it."""

    peer = host = None
    secure = False

    def __init__(self, site: WebFactory) -> None:
        self.site, self.trace, self.transport = site, silent_trace(), StringTransport()
        self.told: list[Any] = []
        self.sent = b""

    def send_head(self, exchange: Exchange, status: int, reason: bytes, fields: Headers) -> None:
        self.told.append(("head", status))

    def send_interim(self, exchange: Exchange, status: int, fields: Any) -> None:
        self.told.append(("interim", status))

    def send_data(self, exchange: Exchange, data: bytes) -> None:
        self.sent += data

    def finish(self, exchange: Exchange) -> None:
        self.told.append("finish")

    def cut(self, exchange: Exchange, reason: str) -> None:
        self.told.append(("cut", reason))

    def stop(self, exchange: Exchange) -> None:
        self.told.append("stop")

    def resume(self, exchange: Exchange) -> None:
        self.told.append("resume")

    def register_producer(self, exchange: Exchange, producer: Any, streaming: bool) -> None:
        self.told.append(("produces", streaming))

    def unregister_producer(self, exchange: Exchange) -> None:
        self.told.append("produced")

    def switch(self, exchange: Exchange, protocol: Any, fields: Headers) -> None:
        raise Refusal(501)


class Answers(Resource):
    """Keeps its requests, and answers each with the body that came unless it is told to wait."""

    isLeaf = True
    waits = False

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Any] = []

    def render_GET(self, request: Any) -> Any:
        self.requests.append(request)
        return NOT_DONE_YET if self.waits else b"got:" + request.content.read()

    render_POST = render_GET


class Seen:
    """A witness that remembers."""

    def __init__(self) -> None:
        self.began: list[Exchange] = []
        self.over: list[Exchange] = []

    def begun(self, exchange: Exchange) -> None:
        self.began.append(exchange)

    def ended(self, exchange: Exchange) -> None:
        self.over.append(exchange)


class Asks(Filter):
    """Lets requests wait for an answer that the test gives."""

    def __init__(self, *answers: Deferred[None] | None) -> None:
        self.answers = list(answers)
        self.asked = 0

    def before(self, request: Any) -> Deferred[None] | None:
        self.asked += 1
        return self.answers.pop(0)

    def after(self, request: Any) -> None:
        request.setHeader(b"X-After", b"%d" % request.code)


class ExchangeTestCase(TestCase):
    """Has a site and makes exchanges on it."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.resource = Answers()
        self.witness = Seen()

    def begin(
        self, method: bytes = b"GET", *filters: Filter, length: int | None = 0, expect: bytes = b"", **options: Any
    ) -> Exchange:
        """An exchange whose head has come."""
        site = WebFactory(
            self.resource, reactor=self.clock, now=self.clock.seconds, filters=filters, witness=self.witness, **options
        )
        self.carrier = Notes(site)
        exchange = Exchange(self.carrier, 3)
        self.clock.advance(1)
        exchange.begin(RequestHead(method, b"/x", b"HTTP/1.1", [(b"Host", b"h")], length, expect=expect))
        return exchange


class CourseTests(ExchangeTestCase):
    """From its beginning to its end."""

    def test_answered(self) -> None:
        """A head that nothing follows, a response: counted, timed, witnessed."""
        exchange = self.begin()
        self.assertEqual((self.carrier.told, self.carrier.sent), ([("head", 200), "finish"], b"got:"))
        self.assertEqual((exchange.status, exchange.bytes_out, exchange.over, exchange.number), (200, 4, True, 3))
        self.assertEqual(exchange.phases, Phases(0, 1, 1, 1, 1, 1))
        self.assertEqual((self.witness.began, self.witness.over), ([exchange], [exchange]))
        self.assertIn((b"Content-Length", b"4"), exchange.response_fields)

    def test_times(self) -> None:
        """Each part has its time; only a body is waited for."""
        exchange = self.begin(b"POST", length=3)
        self.clock.advance(2)
        exchange.receive(b"abc")
        exchange.complete()
        exchange.complete()
        self.assertEqual(exchange.phases, Phases(0, 1, 1, 3, 3, 3))
        self.assertEqual(len(self.resource.requests), 1)

    def test_a_body(self) -> None:
        """A body is collected for the resource; the first bytes of both bodies are kept for a witness, and no more."""
        exchange = self.begin(b"POST", length=6, excerpt_bytes=5)
        for piece in (b"abc", b"def"):
            exchange.receive(piece)
        exchange.complete()
        self.assertEqual((exchange.bytes_in, self.carrier.sent), (6, b"got:abcdef"))
        self.assertEqual((exchange.request_excerpt, exchange.response_excerpt), (b"abcde", b"got:a"))

    def test_nobody_looks(self) -> None:
        """Without a witness nothing of a body is kept."""
        self.witness = None  # type: ignore[assignment]
        exchange = self.begin(b"POST", length=3)
        exchange.receive(b"abc")
        exchange.complete()
        self.assertEqual((exchange.request_excerpt, exchange.response_excerpt), (b"", b""))

    def test_lost(self) -> None:
        """When the client leaves, the request hears of it, and the reason is in the report; once."""
        self.resource.waits = True
        exchange = self.begin()
        ends: list[Any] = []
        self.resource.requests[0].notifyFinish().addErrback(ends.append)
        for _ in range(2):
            exchange.lost(Failure(ConnectionLost()))
        self.assertEqual((len(ends), exchange.reason, exchange.status), (1, "lost", 0))
        self.assertEqual(self.witness.over, [exchange])

    def test_lost_in_plain_words(self) -> None:
        """A carrier may know better than the failure why."""
        self.resource.waits = True
        exchange = self.begin()
        exchange.lost(Failure(ConnectionDone()), "the stream was reset")
        self.assertEqual(exchange.reason, "the stream was reset")

    def test_no_request_at_all(self) -> None:
        """What never became a request is reported as ended, and was never begun."""
        self.begin()
        exchange = Exchange(self.carrier, 4, 0.5)
        exchange.reject(400, "garbage")
        self.assertEqual((exchange.head, exchange.status, exchange.reason), (NOTHING, 400, "garbage"))
        self.assertEqual((exchange.phases, exchange in self.witness.began), (Phases(0.5, *[None] * 5), False))
        self.assertIn(exchange, self.witness.over)

    def test_refused_late(self) -> None:
        """A request that goes wrong in its body is answered, and nothing follows it."""
        exchange = self.begin(b"POST", length=9)
        exchange.refuse(400, "the body ended early")
        self.assertEqual((exchange.status, exchange.keep, exchange.reason), (400, False, "the body ended early"))
        exchange.receive(b"late")
        exchange.complete()
        self.assertEqual(self.resource.requests, [])


class AdmissionTests(ExchangeTestCase):
    """What is decided before the body."""

    def test_a_filter_holds_it_back(self) -> None:
        """While a filter waits the exchange is busy, and 100 Continue is not said."""
        asks = Asks(Deferred())
        answer = asks.answers[0]
        assert answer is not None
        exchange = self.begin(b"POST", asks, length=3, expect=b"100-continue")
        self.assertEqual((exchange.busy, exchange.admitted, self.carrier.told), (True, False, []))
        self.clock.advance(1)
        answer.callback(None)
        self.assertEqual((exchange.busy, self.carrier.told), (False, [("interim", 100), "resume"]))
        self.assertEqual(exchange.phases.admitted, 2)

    def test_filters_run_in_order(self) -> None:
        """Each is asked after the one before has answered; all of them see the response before it begins."""
        first, second = Asks(Deferred()), Asks(None)
        answer = first.answers[0]
        assert answer is not None
        exchange = self.begin(b"GET", first, second)
        self.assertEqual((first.asked, second.asked), (1, 0))
        answer.callback(None)
        self.assertEqual(second.asked, 1)
        self.assertIn((b"X-After", b"200"), exchange.response_fields)

    def test_a_filter_says_no(self) -> None:
        """Raised or fired, its refusal is the response, with the fields that filters add."""
        for late in (False, True):
            answer: Deferred[None] = Deferred()
            if not late:
                answer.errback(Refusal(401, "who are you?"))
            exchange = self.begin(b"POST", Asks(answer), length=3)
            if late:
                answer.errback(Refusal(401, "who are you?"))
            self.assertEqual((exchange.status, exchange.over, self.resource.requests), (401, True, []))
            self.assertIn((b"X-After", b"401"), exchange.response_fields)

    def test_a_filter_answers(self) -> None:
        """A filter may finish the request itself: no resource is found for it."""

        class Greets(Filter):
            def before(self, request: Any) -> None:
                request.write(b"hello")
                request.finish()

        exchange = self.begin(b"POST", Greets(), Asks(), length=3)
        exchange.receive(b"abc")
        exchange.complete()
        self.assertEqual((self.carrier.sent, self.resource.requests), (b"hello", []))

    def test_the_client_leaves(self) -> None:
        """A filter that still thinks is cancelled, which is no error."""
        cancelled: list[Any] = []
        answer: Deferred[None] = Deferred(cancelled.append)
        exchange = self.begin(b"GET", Asks(answer))
        exchange.lost(Failure(ConnectionDone()))
        self.assertEqual((cancelled, exchange.busy), ([answer], False))
        self.assertEqual(self.flushLoggedErrors(CancelledError), [])

    def test_a_filter_fails_too_late(self) -> None:
        """What goes wrong after the client has left is logged."""
        answer: Deferred[None] = Deferred(lambda self: self.errback(ValueError()))
        self.begin(b"GET", Asks(answer)).lost(Failure(ConnectionDone()))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_limits(self) -> None:
        """A length beyond the limit is 413 before a byte came, an unknown one when it has grown too large."""
        self.assertEqual(self.begin(b"POST", length=9, max_body_bytes=8).status, 413)
        exchange = self.begin(b"POST", length=None, max_body_bytes=8)
        exchange.receive(b"x" * 8)
        self.assertEqual(exchange.status, 0)
        exchange.receive(b"x")
        self.assertEqual(exchange.status, 413)

    def test_expectations(self) -> None:
        """Only 100-continue is met."""
        self.assertEqual(self.begin(b"POST", length=9, expect=b"banana").status, 417)


class ResponseTests(ExchangeTestCase):
    """The response, as the exchange sees it."""

    def respond(self, method: bytes = b"GET", code: bytes = b"200", **fields: bytes) -> Exchange:
        """An exchange whose response has begun with `fields`."""
        self.resource.waits = True
        exchange = self.begin(method)
        headers = Headers({name.replace("_", "-").encode(): [value] for name, value in fields.items()})
        exchange.writeHeaders(b"HTTP/1.1", code, b"Why", headers)
        return exchange

    def test_lengths(self) -> None:
        """What is owed follows from what was declared; a length that cannot be, or says nothing, is left out."""
        for owed, sent, options in (
            (3, True, {"content_length": b"3"}),
            (None, False, {"content_length": b"many"}),
            (None, True, {"content_length": b"3", "method": b"HEAD"}),
            (None, False, {"content_length": b"3", "code": b"204"}),
            (None, False, {"content_length": b"0", "code": b"304"}),
            (None, True, {"content_length": b"3", "code": b"304"}),
            (None, False, {"transfer_encoding": b"gzip"}),
        ):
            exchange = self.respond(**options)
            names = [name for name, _ in exchange.response_fields]
            self.assertEqual((exchange.left, b"Content-Length" in names), (owed, sent), options)
            self.assertNotIn(b"Transfer-Encoding", names)

    def test_what_is_owed(self) -> None:
        """Bytes are let through up to the declared length."""
        exchange = self.respond(content_length=b"3")
        exchange.write(b"ab")
        self.assertEqual((exchange.left, exchange.keep), (1, True))
        exchange.writeSequence([b"c", b"d"])
        self.assertEqual((self.carrier.sent, exchange.left, exchange.keep), (b"abc", 0, False))

    def test_no_body(self) -> None:
        """The response to HEAD, a 204 and a 304 have none, whatever is written."""
        for options in ({"method": b"HEAD"}, {"code": b"204"}, {"code": b"304"}):
            self.respond(**options).write(b"abc")
            self.assertEqual(self.carrier.sent, b"", options)

    def test_too_short(self) -> None:
        """A response that ends early is cut off."""
        exchange = self.respond(content_length=b"3")
        self.resource.requests[0].startedWriting = 1
        self.resource.requests[0].finish()
        self.assertEqual(self.carrier.told[-1], ("cut", "the response is shorter than its Content-Length"))
        self.assertTrue(exchange.over)

    def test_interim(self) -> None:
        """A head may go before the response, and not after it began."""
        self.resource.waits = True
        exchange = self.begin()
        self.resource.requests[0].interim(103, [(b"Link", b"</x>")])
        exchange.writeHeaders(b"HTTP/1.1", b"200", b"OK", Headers())
        exchange.interim(103)
        self.assertEqual(self.carrier.told, [("interim", 103), ("head", 200)])

    def test_no_other_protocol(self) -> None:
        """A carrier that cannot be given away says so, and the request is as if nobody had asked."""
        self.resource.waits = True
        exchange = self.begin()
        self.assertRaises(Refusal, self.resource.requests[0].switch, object())
        self.assertEqual((exchange.status, self.carrier.told), (0, []))

    def test_what_a_resource_may_ask(self) -> None:
        """Producers and ends go to the carrier, with the reason."""
        exchange = self.respond()
        exchange.registerProducer(object(), True)
        exchange.unregisterProducer()
        exchange.loseConnection()
        exchange.abortConnection("over")
        told = [("produces", True), "produced", "stop", ("cut", "closed by the resource")]
        self.assertEqual(self.carrier.told[1:], told)
        self.assertEqual((exchange.getPeer(), exchange.getHost(), exchange.isSecure()), (None, None, False))
