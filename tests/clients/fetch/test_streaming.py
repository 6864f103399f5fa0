"""Bodies written as they come."""

import json
from contextlib import asynccontextmanager

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.request import Request
from tnet.clients.fetch.streaming import LINE_BYTES, MOST_SILENT_ROUNDS, stream
from tnet.errors import (
    BodyCutShort,
    CertificateRejected,
    ConnectFailed,
    HttpStatusRefused,
    OutputClosed,
    ReceiveFailed,
    TooLarge,
)
from tnet.events.kinds import Logged, RetryPlanned
from tnet.plans.fetch import Body, FetchPlan
from tnet.plans.urls import parse_url
from tnet.protocols.http1.responses import ResponseHead

EVENTS = "text/event-stream; charset=utf-8"
RESET = ReceiveFailed("h", "reset")


class Answer:
    """An answer with a body in pieces; an error among them is raised, a Deferred waited for."""

    def __init__(self, *pieces, status=200, kind=EVENTS, **fields):
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
        self.head = ResponseHead("1.1", status, b"Why", (*pairs, (b"Content-Type", kind.encode())))
        self._pieces = iter(pieces)

    async def read(self):
        piece = next(self._pieces, b"")
        if isinstance(piece, Exception):
            raise piece
        return await piece if isinstance(piece, Deferred) else piece


class Client:
    """Gives one answer after the other, or raises what stands for one, and remembers what it was asked."""

    def __init__(self, context, answers):
        self.plan = FetchPlan(method="GET", urls=("http://h/",))
        self.context = context
        self.asked = []
        self.left = 0
        self._answers = iter(answers)

    @asynccontextmanager
    async def ask(self, request, transfer, cause="first"):
        self.asked.append((cause, transfer, dict(request.headers)))
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        try:
            yield answer
        finally:
            self.left += 1


class Case(SynchronousTestCase):
    def setUp(self):
        self.world = World()
        self.written = []

    def stream(self, *answers, method="GET", body=None, headers=(), **more):
        """Begin to stream what the client answers."""
        self.client = Client(self.world.context, answers)
        request = Request(method, parse_url("http://h/"), headers, body=body)
        return Deferred.fromCoroutine(stream(self.client, request, 7, self.write, **more))

    async def write(self, data):
        self.written.append(data)

    def objects(self):
        """What was written, as the JSON objects that it is made of."""
        return [json.loads(line) for line in b"".join(self.written).splitlines()]

    def data(self):
        """The data of the events that were written."""
        return [each["data"] for each in self.objects()]

    def waits(self):
        """The seconds of each wait before a reconnection."""
        return [event.seconds for event in self.world.recorder.of(RetryPlanned)]


class AtOnce(Case):
    def test_any_body(self):
        """It is written piece by piece, as it is."""
        self.successResultOf(self.stream(Answer(b"ab\nc", b"d", kind="text/plain")))
        self.assertEqual((self.written, self.client.left), ([b"ab\nc", b"d"], 1))

    def test_a_piece_does_not_wait_for_the_next(self):
        """What has come is written while more is waited for."""
        self.stream(Answer(b"now", Deferred(), kind="text/plain"))
        self.assertEqual(self.written, [b"now"])

    def test_an_error_page_is_no_stream(self):
        """Whatever it calls itself, only a 200 is a subscription."""
        self.successResultOf(self.stream(Answer(b"data: x\n\n", status=500)))
        self.assertEqual((self.written, self.waits()), ([b"data: x\n\n"], []))

    def test_the_answer_is_seen_first(self):
        """Whoever looks at it may refuse it, and nothing is written."""

        async def refuse(response):
            raise HttpStatusRefused("http://h/", response.head.status)

        self.failureResultOf(
            self.stream(Answer(b"x", status=404, kind="text/plain"), answered=refuse), HttpStatusRefused
        )
        self.assertEqual((self.written, self.client.left), ([], 1))


class Lines(Case):
    def test_whole_lines(self):
        """JSON comes line by line, however it was cut, and each as soon as its end is there."""
        pieces = (b'{"a":', b" 1}\n{", b'"b": 2}', b"\n", b"{}")
        self.successResultOf(self.stream(Answer(*pieces, kind="application/x-ndjson")))
        self.assertEqual(self.written, [b'{"a": 1}\n', b'{"b": 2}\n', b"{}"])

    def test_every_name_of_them(self):
        """JSON Lines and JSON sequences are lines as well."""
        for kind in ("application/jsonl", "Application/JSON-seq; x=y", "application/ndjson"):
            self.written.clear()
            self.successResultOf(self.stream(Answer(b"\x1e1", b"\n", kind=kind)))
            self.assertEqual(self.written, [b"\x1e1\n"], kind)

    def test_a_line_without_end(self):
        """It is passed on before it fills the memory."""
        pieces = [b"x" * (LINE_BYTES // 4)] * 9
        self.successResultOf(self.stream(Answer(*pieces, kind="application/jsonl")))
        self.assertEqual(sum(map(len, self.written)), sum(map(len, pieces)))
        self.assertLessEqual(max(map(len, self.written)), LINE_BYTES * 5 // 4)

    def test_a_line_that_is_cut_short(self):
        """It is not written: it would be no JSON."""
        self.failureResultOf(self.stream(Answer(b"1\n2", BodyCutShort(3), kind="application/jsonl")), BodyCutShort)
        self.assertEqual(self.written, [b"1\n"])


class Subscribing(Case):
    def test_one_object_an_event(self):
        """With id, name, data and retry, in the characters of the stream, until a 204 ends it."""
        done = self.stream(
            Answer(b"id: 1\nevent: add\nretry: 50\ndata: \xc3\xa9\ndata: \xff\0\n\n"), Answer(status=204)
        )
        self.assertEqual(
            b"".join(self.written).decode(),
            '{"id": "1", "event": "add", "data": "é\\n\ufffd\\u0000", "retry": 50}\n',
        )
        self.world.reactor.advance(0.05)
        self.successResultOf(done)
        self.assertEqual(self.world.recorder.of(Logged)[-1].text, "the stream is over: the server answered 204")

    def test_going_on(self):
        """After the end the same is asked again, from the last event on, after the time that the server wants."""
        second = Answer(b"data: c\n\n")
        done = self.stream(
            Answer(b"retry: 100\nid: 5\ndata: a\n\nid: 6\ndata: cut"), second, Answer(status=204), headers=(("X", "y"),)
        )
        self.world.reactor.pump([0.1, 0.1])
        self.successResultOf(done)
        self.assertEqual(self.data(), ["a", "c"])
        resumed = ("reconnect", 7, {"X": "y", "Last-Event-ID": "5"})
        self.assertEqual(self.client.asked, [("first", 7, {"X": "y"}), resumed, resumed])
        self.assertEqual(
            [(event.attempt, event.error) for event in self.world.recorder.of(RetryPlanned)],
            [(2, "the stream ended"), (3, "the stream ended")],
        )

    def test_an_id_of_the_user(self):
        """It is where to begin, and is replaced by the ids that come."""
        self.stream(Answer(b"data: a\n\n"), Answer(b"id: 8\n\n"), Answer(status=204), headers=(("last-event-id", "7"),))
        self.world.reactor.pump([3, 3])
        self.assertEqual(
            [headers for _, _, headers in self.client.asked],
            [{"last-event-id": "7"}, {"Last-Event-ID": "7"}, {"Last-Event-ID": "8"}],
        )

    def test_an_id_that_no_header_can_hold(self):
        """It is not sent; the stream begins anew."""
        for mad in (b"\x01", b"x" * 5000):
            self.stream(Answer(b"id: " + mad + b"\ndata: a\n\n"), Answer(status=204))
            self.world.reactor.advance(3)
            self.assertEqual(self.client.asked[-1], ("reconnect", 7, {}))

    def test_a_connection_that_breaks(self):
        """It is asked again as well, and the reason is told; so is one that cannot be had, or is put off."""
        done = self.stream(
            Answer(b"data: a\n\n", RESET),
            ConnectFailed("h:80", ()),
            Answer(b"busy", status=503, kind="text/plain", retry_after="20"),
            Answer(b"data: b\n\n", BodyCutShort(9)),
            Answer(status=204),
        )
        self.world.reactor.pump([3, 6, 20, 3])
        self.successResultOf(done)
        self.assertEqual((self.data(), self.waits()), (["a", "b"], [3, 6, 20, 3]))
        self.assertEqual(self.world.recorder.of(RetryPlanned)[0].error, "receiving failed from h: reset")

    def test_a_first_connection_that_cannot_be_had(self):
        """Nothing was subscribed to: it is an error."""
        self.failureResultOf(self.stream(ConnectFailed("h:80", ())), ConnectFailed)

    def test_what_does_not_pass(self):
        """A certificate that is not good any more ends it, and an event without end does."""
        done = self.stream(Answer(b"data: a\n\n"), CertificateRejected("h", "expired"))
        self.world.reactor.advance(3)
        self.failureResultOf(done, CertificateRejected)
        self.failureResultOf(self.stream(Answer(*[b"x" * (4 << 20)] * 5)), TooLarge)

    def test_another_answer(self):
        """What is no stream any more ends it in good order, and is not written."""
        for answer in (Answer(b"gone", status=410), Answer(b"<html>", kind="text/html")):
            done = self.stream(Answer(b"data: a\n\n"), answer)
            self.world.reactor.advance(3)
            self.successResultOf(done)
            self.assertEqual(self.data(), ["a"])
            self.written.clear()

    def test_answers_that_bring_nothing(self):
        """The waits double, and after ten of them it is over, in good order or with the error of the last."""
        for last in ((), (RESET,)):
            before = len(self.waits())
            done = self.stream(*(Answer(*last) for _ in range(MOST_SILENT_ROUNDS + 1)))
            self.world.reactor.pump([600] * MOST_SILENT_ROUNDS)
            self.assertEqual(self.waits()[before:], [3, 6, 12, 24, 48, 96, 192, 384, 600, 600])
            (self.failureResultOf(done, ReceiveFailed) if last else self.successResultOf(done))

    def test_a_wait_without_reason(self):
        """A server may want ten minutes at most."""
        self.stream(Answer(b"retry: 999999999\ndata: a\n\n"))
        self.assertEqual(self.waits(), [600])

    def test_a_request_that_may_not_be_repeated(self):
        """What was posted is posted once: the end is the end, and a broken connection an error."""
        self.successResultOf(self.stream(Answer(b"data: a\n\n"), method="POST"))
        self.failureResultOf(self.stream(Answer(b"data: a\n\n", RESET), body=Body(data=b"x")), ReceiveFailed)
        self.assertEqual((self.data(), self.waits()), (["a", "a"], []))

    def test_a_reader_that_leaves(self):
        """Nobody is asked again for it."""

        async def closed(data):
            raise OutputClosed

        self.write = closed
        self.failureResultOf(self.stream(Answer(b"data: a\n\n")), OutputClosed)

    def test_cancelling(self):
        """Who gives up while it waits leaves no timer."""
        done = self.stream(Answer(b"data: a\n\n"))
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
