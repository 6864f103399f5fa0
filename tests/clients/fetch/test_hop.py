"""One request, from its beginning to the head of its answer, over whatever connection there is."""

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.in_memory import Wire, request
from tests.protocols.http2.server import Server, goaway
from tnet.clients.fetch.hop import Hops
from tnet.clients.fetch.report.ledger import Ledger
from tnet.clients.fetch.watch import FIRST_BYTE, SILENCE
from tnet.clients.fetch.wire.pool import Pool
from tnet.errors import (
    BadUsage,
    BodyCutShort,
    CannotRead,
    EmptyReply,
    MalformedReply,
    ProxyRefused,
    ReceiveFailed,
    TimedOut,
)
from tnet.events.kinds import (
    ConnectionClosed,
    DialAttempted,
    HeadReceived,
    HeadSent,
    HttpExchanged,
    RequestBegan,
    SpanEnded,
    TrailersReceived,
)
from tnet.plans.fetch import Body, FetchPlan, Patience, Showing, Way
from tnet.plans.proxies import parse_proxy

URL = "http://127.0.0.1:81/x?q"
OK = b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok"


class Case(SynchronousTestCase):
    def setUp(self):
        self.wire = Wire()
        self.open()

    def open(self, **plan):
        """Begin anew, with nothing connected."""
        self.plan = FetchPlan(**{"method": "GET", "urls": (URL,)} | plan)
        self.ledger = Ledger(bodies=True)
        self.wire.world.publisher.subscribe(self.ledger)
        pool = Pool(self.wire.context, self.plan.patience)
        self.hops = Hops(self.plan, self.wire.context, pool, self.ledger, {})

    def take(self, method="GET", *headers, url=URL, body=None):
        """Take a hop, and read its answer to the end."""
        asked = request(method, *headers, url=url, body=body)

        async def run():
            data = b""
            async with self.hops.take(asked, 7, "first") as exchange:
                self.exchange = exchange
                while piece := await exchange.read():
                    data += piece
            return data

        return Deferred.fromCoroutine(run())

    def taken(self, data=OK, **options):
        """One hop over a new connection; that connection's other end."""
        taking = self.take(**options)
        peer = self.wire.accept()
        peer.says(data)
        self.successResultOf(taking)
        peer.clear()
        return peer

    def advance(self, seconds=0):
        self.wire.world.reactor.advance(seconds)
        self.wire.world.reactor.advance(0)

    def of(self, kind):
        return self.wire.world.recorder.of(kind)

    def spans(self):
        return [(event.span, event.seconds, event.outcome) for event in self.of(SpanEnded)]

    def file(self, data):
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(data)
        return path


class Hopping(Case):
    def test_a_whole_hop(self):
        """Each phase is told for one request number: beginning, dialling, sending, waiting, exchange."""
        taking = self.take()
        peer = self.wire.accept()
        self.assertTrue(peer.heard.startswith(b"GET /x?q HTTP/1.1\r\nHost: 127.0.0.1:81\r\n"))
        heard = len(peer.heard)
        self.advance(0.5)
        peer.says(OK)
        self.assertEqual(self.successResultOf(taking), b"ok")
        self.assertEqual(self.of(RequestBegan), [RequestBegan(method="GET", url=URL, transfer=7, cause="first")])
        self.assertEqual(self.spans(), [("send", 0, "ok"), ("wait", 0.5, "ok"), ("receive", 0, "ok")])
        exchanged = HttpExchanged(
            method="GET", url=URL, status=200, bytes_in=len(OK), bytes_out=heard, seconds=0.5, reason="Fine"
        )
        self.assertEqual(self.of(HttpExchanged), [exchanged])
        records = self.wire.world.recorder.records
        self.assertEqual({record.request for record in records}, {1})
        self.assertEqual(records[0].event.name, "http.begin")
        self.assertEqual({record.conn for record in records[1:]}, {1})

    def test_the_next_one_on_the_same_connection(self):
        """It has a number of its own, and nothing was dialled for it."""
        peer = self.taken()
        taking = self.take()
        peer.says(OK)
        self.successResultOf(taking)
        self.assertEqual(peer.ended, "")
        second = [record for record in self.wire.world.recorder.records if record.request == 2]
        kinds = {type(record.event) for record in second}
        self.assertNotIn(DialAttempted, kinds)
        self.assertEqual({record.conn for record in second}, {None, 1})

    def test_nothing_is_connected_for_a_request_that_cannot_be_sent(self):
        """Case 39: neither for a header that is two, nor for a body that is not there."""
        self.failureResultOf(self.take("GET", ("A", "b\r\nC: d")), BadUsage)
        self.failureResultOf(self.take("POST", body=Body(path="/nowhere")), CannotRead)
        self.assertEqual(self.wire.dialled, [])

    def test_no_answer(self):
        """There was no exchange to tell of, only a connection."""
        taking = self.take()
        self.wire.accept().hangs_up()
        self.failureResultOf(taking, EmptyReply)
        self.assertEqual((self.of(HttpExchanged), len(self.of(ConnectionClosed))), ([], 1))
        self.assertEqual([(event.span, event.outcome) for event in self.of(SpanEnded)][-1], ("wait", "failed"))

    def test_the_wait_ends_with_the_first_byte(self):
        """Of an interim head or of the final one, whole or not; all that follows is receiving."""
        for first, rest in ((b"HTTP/1.1 103 Early\r\n\r\n", OK), (OK[:1], OK[1:])):
            self.open(patience=Patience(first_byte_seconds=1))
            self.wire.world.recorder.records.clear()
            self.wire.accepted = len(self.wire.dialled)
            taking = self.take()
            peer = self.wire.accept()
            self.advance(0.5)
            peer.says(first)
            self.advance(2)
            peer.says(rest)
            self.successResultOf(taking)
            self.assertEqual(self.spans(), [("send", 0, "ok"), ("wait", 0.5, "ok"), ("receive", 2, "ok")])

    def test_a_head_that_never_ends(self):
        """The waiting was over, the receiving failed."""
        taking = self.take()
        peer = self.wire.accept()
        peer.says(OK[:5])
        peer.breaks()
        self.failureResultOf(taking, ReceiveFailed)
        self.assertEqual(self.spans()[1:], [("wait", 0, "ok"), ("receive", 0, "failed")])

    def test_cut_short(self):
        """What came was an answer all the same, and is told."""
        taking = self.take()
        peer = self.wire.accept()
        peer.says(OK[:-1])
        peer.hangs_up()
        self.failureResultOf(taking, BodyCutShort)
        self.assertEqual([event.bytes_in for event in self.of(HttpExchanged)], [len(OK) - 1])

    def test_cancelling_cuts_the_connection(self):
        """In whatever phase, and nothing is left behind."""
        for said in (b"", b"HTTP/1.1 200 OK\r\n\r\nbody"):
            taking = self.take()
            peer = self.wire.accept()
            peer.says(said)
            taking.cancel()
            self.advance()
            self.failureResultOf(taking, CancelledError)
            self.assertEqual(peer.ended, "by an abort")
        self.assertEqual(self.wire.world.reactor.getDelayedCalls(), [])

    def test_a_block_that_ends_early_cuts_the_connection(self):
        """Nobody reads the rest."""

        async def look():
            async with self.hops.take(request(url=URL), 7, "first") as exchange:
                return exchange.head.status

        looking = Deferred.fromCoroutine(look())
        peer = self.wire.accept()
        peer.says(OK[:-1])
        self.assertEqual(self.successResultOf(looking), 200)
        self.assertEqual(peer.ended, "by an abort")

    def test_a_body_file_that_breaks_is_the_reason_that_is_told(self):
        """And not that the connection was cut for it."""
        path = self.file(b"x" * 100)
        taking = self.take("PUT", body=Body(path=path))
        with open(path, "wb"):
            peer = self.wire.accept()
        self.failureResultOf(taking, CannotRead)
        self.assertEqual(peer.ended, "by an abort")

    def test_waiting_has_its_limits(self):
        """For the first byte, and for any."""
        self.open(patience=Patience(first_byte_seconds=3, idle_seconds=5))
        taking = self.take()
        self.wire.accept()
        self.advance(3)
        self.assertEqual(self.failureResultOf(taking, TimedOut).value.phase, FIRST_BYTE)
        taking = self.take()
        self.wire.accept().says(OK[:-1])
        self.advance(5)
        self.advance(5)
        self.assertEqual(self.failureResultOf(taking, TimedOut).value.phase, SILENCE)
        self.assertEqual(self.wire.world.reactor.getDelayedCalls(), [])


class Telling(Case):
    def test_heads(self):
        """As they went out and came in, interim ones too; secrets are masked, escapes are shown."""
        taking = self.take("GET", ("Authorization", "Basic czNjcmV0"), ("X-A", "1"))
        peer = self.wire.accept()
        peer.says(b"HTTP/1.1 103 Early\r\nLink: <x>\r\n\r\n")
        peer.says(b"HTTP/1.1 200 Fine\x85\r\nSet-Cookie: a=s3cret\r\nContent-Length: 0\r\n\r\n")
        self.successResultOf(taking)
        (sent,) = self.of(HeadSent)
        self.assertEqual((sent.method, sent.target, sent.version), ("GET", "/x?q", "1.1"))
        self.assertEqual(sent.fields[-2:], ("Authorization: ***", "X-A: 1"))
        early, final = self.of(HeadReceived)
        self.assertEqual((early.status, early.interim, early.fields), (103, True, ("Link: <x>",)))
        self.assertEqual((final.status, final.reason), (200, "Fine\\x85"))
        self.assertEqual(final.fields[0], "Set-Cookie: ***")
        self.assertNotIn("czNjcmV0", str(self.wire.world.recorder.records))

    def test_secrets_on_demand(self):
        """The user may want to see them."""
        self.open(showing=Showing(show_secrets=True))
        self.take("GET", ("Authorization", "Basic x"))
        self.wire.accept()
        self.assertIn("Authorization: Basic x", self.of(HeadSent)[0].fields)

    def test_trailers(self):
        """What comes behind the body."""
        self.taken(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n")
        self.assertEqual(self.of(TrailersReceived), [TrailersReceived(fields=("A: b",))])

    def test_the_ledger(self):
        """It knows heads, trailers and sizes exactly, and the body as it went out."""
        taking = self.take("POST", body=Body(path=self.file(b"hello"), chunked=True))
        peer = self.wire.accept()
        heard = peer.heard
        answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n"
        peer.says(answer)
        self.successResultOf(taking)
        (entry,) = self.ledger.entries(7)
        facts = entry.facts
        self.assertEqual(facts.fields, self.exchange.sent_fields)
        self.assertEqual((facts.head, facts.trailers), (self.exchange.head, ((b"A", b"b"),)))
        self.assertEqual((facts.bytes_in, facts.bytes_out), (len(answer), len(heard)))
        self.assertEqual((bytes(facts.sent), facts.proxied), (b"hello", False))


class Repeating(Case):
    """Connections that had been kept, and are gone when they are used again."""

    def test_it_is_replaced(self):
        """The request is made once more on a new connection, and is one request in the story."""
        kept = self.taken()
        taking = self.take()
        self.assertTrue(kept.heard.startswith(b"GET /x?q "))
        kept.hangs_up()
        self.assertNoResult(taking)
        peer = self.wire.accept()
        peer.says(OK)
        self.assertEqual(self.successResultOf(taking), b"ok")
        self.assertEqual(len(self.of(RequestBegan)), 2)

    def test_it_is_replaced_once(self):
        """What happens on the new connection is final."""
        kept = self.taken()
        taking = self.take()
        kept.breaks()
        self.wire.accept().breaks()
        self.failureResultOf(taking, ReceiveFailed)
        self.assertEqual(len(self.wire.dialled), 2)

    def test_a_new_connection_is_not(self):
        """A server that closes without an answer to the first request would do it again."""
        taking = self.take()
        self.wire.accept().breaks()
        self.failureResultOf(taking, ReceiveFailed)
        self.assertEqual(len(self.wire.dialled), 1)

    def test_a_body_is_sent_again(self):
        """From its beginning; the ledger has it once."""
        kept = self.taken()
        taking = self.take("PUT", body=Body(path=self.file(b"hello")))
        self.assertTrue(kept.heard.endswith(b"hello"))
        kept.breaks()
        peer = self.wire.accept()
        self.assertTrue(peer.heard.endswith(b"\r\n\r\nhello"))
        peer.says(OK)
        self.successResultOf(taking)
        self.assertEqual(self.ledger.entries(7)[-1].facts.sent, b"hello")

    def test_what_must_not_be_done_twice_is_not(self):
        """A POST may have been carried out; a stream cannot be read again; an answer that began is one."""
        for method, body, said in (
            ("POST", Body(b"x"), b""),
            ("PATCH", None, b""),
            ("PUT", Body(path=self.file(b"x")), b"HTTP/1.1 100 Go on\r\n\r\n"),
            ("GET", None, b"HTTP/1.1 2"),
        ):
            self.open()
            self.wire.accepted = len(self.wire.dialled)
            kept = self.taken()
            before = len(self.wire.dialled)
            taking = self.take(method, body=body)
            kept.says(said)
            kept.breaks()
            self.failureResultOf(taking, ReceiveFailed)
            self.assertEqual(len(self.wire.dialled), before, method)

    def test_a_malformed_answer_is_one(self):
        """Nobody asks for it again."""
        kept = self.taken()
        taking = self.take()
        kept.says(b"nonsense")
        self.failureResultOf(taking, MalformedReply)

    def test_a_server_that_goes_away_first(self):
        """Case 42: over HTTP/2 it says what it has not looked at, which may be repeated whatever it is."""
        self.open(way=Way(version="2"))
        taking = self.take("POST", body=Body(b"x"))
        for _ in range(2):
            self.assertNoResult(taking)
            peer = self.wire.accept()
            peer.says(Server().hears(peer.heard).says() + goaway(0))
        self.failureResultOf(taking, ReceiveFailed)
        self.assertEqual(len(self.wire.dialled), 2)


class Forwarding(Case):
    """Through a proxy that is sent whole requests."""

    def test_the_proxy_is_told_the_whole_url_and_who_we_are(self):
        """Case 8: it is the proxy that is shown our login there, and no event shows it."""
        self.open(way=Way(proxy=parse_proxy("http://ann:s3cret@127.0.0.1:3128")))
        taking = self.take(url="http://origin.example/x")
        self.assertEqual(self.wire.dialled, [("127.0.0.1", 3128)])
        peer = self.wire.accept()
        self.assertTrue(peer.heard.startswith(b"GET http://origin.example/x HTTP/1.1\r\nHost: origin.example\r\n"))
        self.assertIn(b"\r\nProxy-Authorization: Basic YW5uOnMzY3JldA==\r\n", peer.heard)
        peer.says(OK)
        self.successResultOf(taking)
        self.assertTrue(self.ledger.entries(7)[0].facts.proxied)
        self.assertNotIn("YW5uOnMzY3JldA", str(self.wire.world.recorder.records))

    def test_nobody_else_is(self):
        """Case 8: an origin that is reached without the proxy hears nothing of it."""
        self.hops.environ = {"http_proxy": "http://ann:s3cret@127.0.0.1:3128", "no_proxy": "127.0.0.1:81"}
        self.take()
        self.assertEqual(self.wire.dialled, [("127.0.0.1", 81)])
        self.assertNotIn(b"Proxy", self.wire.accept().heard)

    def test_it_wants_to_know_who_we_are(self):
        """A 407 is the proxy's answer and not the origin's, and the hint is how to log in; else it is one as any."""
        wanted = OK.replace(b"200 Fine", b"407 Who?")
        self.open(way=Way(proxy=parse_proxy("http://127.0.0.1:3128")))
        taking = self.take(url="http://origin.example/x")
        self.wire.accept().says(wanted)
        error = self.failureResultOf(taking, ProxyRefused).value
        self.assertEqual((str(error), error.exit_status), ("proxy http://127.0.0.1:3128 refused: 407 Who?", 97))
        self.assertIn("USER:PASSWORD", error.hint)
        self.assertEqual([event.status for event in self.of(HttpExchanged)], [407])
        self.open()
        self.taken(wanted)

    def test_errors_call_it_a_proxy(self):
        """Be it that it closes the connection; but of what is behind it nobody knows."""
        self.open(way=Way(proxy=parse_proxy("http://127.0.0.1:3128")))
        taking = self.take(url="http://origin.example/x")
        self.wire.accept().hangs_up()
        self.assertIn("proxy 127.0.0.1:3128", str(self.failureResultOf(taking, EmptyReply).value))

    def test_a_user_s_own_words_for_it(self):
        """A header that was given by hand is the one that is sent."""
        self.open(way=Way(proxy=parse_proxy("http://ann:pw@127.0.0.1:3128")))
        self.take("GET", ("Proxy-Authorization", "Bearer mine"))
        heard = self.wire.accept().heard
        self.assertEqual((heard.count(b"Proxy-Authorization"), heard.count(b"Bearer mine")), (1, 1))
