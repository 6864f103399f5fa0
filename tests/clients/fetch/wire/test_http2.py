"""Many exchanges at a time on one HTTP/2 connection, between our engine and h2's server in memory."""

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IPushProducer
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.protocols.http2.server import Server, frame, goaway
from tnet.clients.fetch.outgoing import FromMemory
from tnet.clients.fetch.request import Request
from tnet.clients.fetch.wire.http2 import UNREAD_BYTES, Http2
from tnet.errors import (
    BadUsage,
    BodyCutShort,
    EmptyReply,
    MalformedReply,
    ReceiveFailed,
    SendFailed,
    TimedOut,
    TlsFailed,
)
from tnet.events import silent_trace
from tnet.plans.fetch import Body
from tnet.plans.urls import parse_url

URL = parse_url("http://example.org/a?b")
MIB = 1 << 20


class Transport(StringTransportWithDisconnection):
    """A transport that knows how it was ended, and has a system's word for it."""

    aborted = False
    os_error = None

    def abortConnection(self):
        self.aborted = True
        self.loseConnection()


class Pieces:
    """A body that comes when the test says so."""

    length = None

    def __init__(self):
        self.asked = None

    async def read(self):
        self.asked = Deferred()
        return await self.asked

    def close(self):
        """Nothing is open."""

    def give(self, data):
        asked, self.asked = self.asked, None
        asked.callback(data)


def start(work):
    return Deferred.fromCoroutine(work)


class Case(SynchronousTestCase):
    def setUp(self):
        self.connect(Server())

    def connect(self, server):
        self.server = server
        self.changes = []
        self.connection = Http2("peer")
        self.connection.on_change = lambda: self.changes.append(self.connection.room)
        self.transport = Transport()
        self.transport.protocol = self.connection
        self.connection.makeConnection(self.transport)
        self.tell()

    def tell(self):
        """Exchange all that waits on both sides."""
        while (said := self.sent()) + (heard := self.server.hears(said).says()):
            if heard:
                self.connection.dataReceived(heard)

    def sent(self):
        data = self.transport.value()
        self.transport.clear()
        return data

    def ask(self, method="GET", body=None, **more):
        """An exchange, and its sending."""
        request = Request(method, URL, body=Body() if body else None, **more)
        exchange = self.connection.exchange(request, silent_trace())
        sending = start(exchange.send(body))
        self.tell()
        return exchange, sending

    def answer(self, exchange, *args, **kwargs):
        self.connection.dataReceived(self.server.answers(exchange.stream, *args, **kwargs))
        self.tell()

    def lose(self, reason):
        """Lose the connection as Twisted does, which tells a producer first."""
        self.transport.connected = False
        if self.transport.producer is not None:
            self.transport.producer.stopProducing()
        self.connection.connectionLost(Failure(reason))

    def head(self, exchange):
        return self.successResultOf(start(exchange.answer()))

    def read_all(self, exchange):
        """The body, as far as it comes without waiting."""
        pieces = []
        while piece := self.successResultOf(start(exchange.read())):
            pieces.append(piece)
        return b"".join(pieces)

    def fails(self, exchange, kind):
        """The error that waiting for the answer ends in."""
        return self.failureResultOf(start(exchange.answer()), kind).value


class Exchanging(Case):
    def test_a_request_and_its_answer(self):
        """The whole way there and back; afterwards the stream is forgotten, and the connection free."""
        exchange, sending = self.ask(headers=(("X-Key", "k"),))
        self.successResultOf(sending)
        request = self.server.requests[0]
        self.assertEqual(
            [request[name] for name in (b":method", b":scheme", b":authority", b":path", b"x-key")],
            [b"GET", b"http", b"example.org", b"/a?b", b"k"],
        )
        self.assertFalse(self.connection.idle)
        self.answer(exchange, 200, (b"server", b"x"), body=b"hello")
        head = self.head(exchange)
        self.assertEqual((head.version, head.status, head.fields), ("2", 200, ((b"server", b"x"),)))
        self.assertEqual(self.read_all(exchange), b"hello")
        self.assertTrue(exchange.over)
        self.assertTrue(self.connection.idle)
        self.assertEqual(self.server.resets, [])

    def test_what_was_sent_is_known(self):
        """Beside the request line: the authority, and fields as they were sent."""
        exchange, _ = self.ask(headers=(("X-Key", "k"),), unset=("user-agent", "accept"))
        self.assertEqual(exchange.sent_fields, ((b":authority", b"example.org"), (b"x-key", b"k")))
        self.assertGreater(exchange.bytes_out, 9)

    def test_bytes_are_counted_for_each(self):
        """Frames of a stream are its own."""
        first, _ = self.ask()
        second, _ = self.ask()
        self.answer(first, body=b"x" * 1000)
        self.assertGreater(first.bytes_in, 1000)
        self.assertEqual(second.bytes_in, 0)
        self.assertTrue(second.untouched)

    def test_heads_trailers_and_interim_heads(self):
        """They are where they are with HTTP/1.1."""
        exchange, _ = self.ask()
        heads = []
        exchange.on_head = heads.append
        self.answer(exchange, 103, (b"link", b"x"), end=False)
        self.answer(exchange, 200, body=b"hi", end=False)
        self.server.h2.send_headers(exchange.stream, [(b"etag", b"x")], end_stream=True)
        self.connection.dataReceived(self.server.says())
        self.assertEqual([head.status for head in heads], [103, 200])
        self.assertEqual((self.read_all(exchange), exchange.trailers), (b"hi", ((b"etag", b"x"),)))

    def test_several_at_a_time(self):
        """Each gets its own answer, in whatever order."""
        exchanges = [self.ask()[0] for _ in range(10)]
        for exchange in reversed(exchanges):
            self.answer(exchange, body=b"%d" % exchange.stream)
        self.assertEqual([self.read_all(each) for each in exchanges], [b"%d" % each.stream for each in exchanges])

    def test_a_head_that_cannot_be_sent(self):
        """Case 39: nothing of it leaves, and the connection stays as it was."""
        request = Request("GET", URL, headers=(("X", "a\nb"),))
        exchange = self.connection.exchange(request, silent_trace())
        self.failureResultOf(start(exchange.send(None)), BadUsage)
        exchange.leave()
        self.assertEqual((self.sent(), self.connection.idle), (b"", True))


class Sending(Case):
    def test_a_body_with_a_length(self):
        """The length is told, and all of it comes."""
        exchange, sending = self.ask("PUT", FromMemory(b"body"))
        self.successResultOf(sending)
        self.assertEqual(self.server.requests[0][b"content-length"], b"4")
        self.assertEqual(self.server.body(exchange.stream), b"body")

    def test_a_body_without_length(self):
        """Nothing says how long it is but its end: there are no chunks in HTTP/2."""
        body = Pieces()
        exchange, sending = self.ask("POST", body)
        body.give(b"one")
        body.give(b"two")
        self.tell()
        self.assertNoResult(sending)
        body.give(b"")
        self.tell()
        self.successResultOf(sending)
        self.assertEqual(self.server.body(exchange.stream), b"onetwo")
        self.assertEqual({b"content-length", b"transfer-encoding"} & self.server.requests[0].keys(), set())

    def test_only_what_the_peer_takes(self):
        """The rest is sent when its window opens."""
        data = bytes(range(256)) * 1000
        exchange, sending = self.ask("PUT", FromMemory(data))
        self.assertNoResult(sending)
        self.assertEqual(len(self.server.body(exchange.stream)), 65535)
        while not sending.called:
            self.server.h2.increment_flow_control_window(50_000)
            self.server.h2.increment_flow_control_window(50_000, exchange.stream)
            self.tell()
        self.assertEqual(self.server.body(exchange.stream), data)

    def test_only_what_the_transport_takes(self):
        """A slow line holds the body back."""
        verifyObject(IPushProducer, self.connection)
        body = Pieces()
        exchange, _ = self.ask("PUT", body)
        self.transport.producer.pauseProducing()
        body.give(b"first")
        self.assertEqual((self.sent(), body.asked), (b"", None))
        self.transport.producer.resumeProducing()
        self.tell()
        self.assertEqual(self.server.body(exchange.stream), b"first")

    def test_taking_turns(self):
        """Two who send over a slow line both get on."""
        self.connect(Server(INITIAL_WINDOW_SIZE=8 * MIB))
        self.server.h2.increment_flow_control_window(16 * MIB)
        self.tell()
        self.transport.producer.pauseProducing()
        exchanges = [self.ask("PUT", FromMemory(b"x" * MIB))[0] for _ in range(2)]
        write = self.transport.write

        def once(data):
            write(data)
            self.transport.producer.pauseProducing()

        self.transport.write = once
        for _ in range(8):
            self.transport.producer.resumeProducing()
            self.tell()
        sent = [len(self.server.body(each.stream)) for each in exchanges]
        self.assertEqual(sent, [4 * 65536, 4 * 65536])

    def test_an_early_error_ends_the_sending(self):
        """What is left of the body stays here, and the stream is cut when the answer was read."""
        body = Pieces()
        exchange, sending = self.ask("PUT", body)
        body.give(b"first")
        self.answer(exchange, 413, body=b"no")
        body.give(b"later")
        self.tell()
        self.successResultOf(sending)
        self.assertEqual((self.head(exchange).status, self.read_all(exchange)), (413, b"no"))
        exchange.leave()
        self.tell()
        self.assertEqual((self.server.body(exchange.stream), self.server.resets), (b"first", [(exchange.stream, 8)]))
        self.assertGreater(self.connection.room, 0)

    def test_an_early_end_with_no_error(self):
        """A server may answer, and then ask to be sent no more."""
        body = Pieces()
        exchange, _ = self.ask("PUT", body)
        self.answer(exchange, 200, body=b"enough")
        self.server.h2.reset_stream(exchange.stream, 0)
        self.connection.dataReceived(self.server.says())
        body.give(b"later")
        self.assertEqual((self.read_all(exchange), self.server.body(exchange.stream)), (b"enough", b""))

    def test_a_window_that_never_opens(self):
        """Case 42: it waits, holding nothing but the piece, until a deadline ends it."""
        self.connect(Server(INITIAL_WINDOW_SIZE=0))
        exchange, sending = self.ask("PUT", FromMemory(b"x" * MIB))
        self.assertNoResult(sending)
        exchange.fail(TimedOut("send", 1))
        self.tell()
        self.successResultOf(sending)
        self.fails(exchange, TimedOut)
        self.assertEqual(self.server.resets, [(exchange.stream, 8)])
        self.assertTrue(self.connection.idle)


class Reading(Case):
    def pour(self, exchange):
        poured = 0
        while window := self.server.h2.local_flow_control_window(exchange.stream):
            self.server.h2.send_data(exchange.stream, b"x" * min(window, 16384))
            poured += min(window, 16384)
            self.connection.dataReceived(self.server.says())
        self.tell()
        return poured

    def test_a_slow_reader(self):
        """The peer is held back by its window, and goes on when something was read."""
        exchange, _ = self.ask()
        other, _ = self.ask()
        self.answer(exchange, end=False, body=b"")
        poured = self.pour(exchange)
        self.assertLessEqual(poured, 4 * MIB)
        self.assertTrue(exchange.held)
        self.answer(other, body=b"meanwhile")
        self.assertEqual(self.read_all(other), b"meanwhile")
        self.assertEqual(len(self.successResultOf(start(exchange.read()))), poured)
        self.tell()
        self.assertEqual(self.pour(exchange), poured)

    def test_leaving_in_the_middle(self):
        """The stream is cut, the connection is not, and what was not read is given back."""
        for _ in range(10):
            exchange, _ = self.ask()
            self.answer(exchange, end=False, body=b"")
            self.assertEqual(self.pour(exchange), 4 * MIB)
            exchange.leave()
            self.tell()
        self.assertEqual(len(self.server.resets), 10)
        self.assertEqual((self.connection.idle, self.transport.aborted), (True, False))


class Ending(Case):
    def test_a_reset(self):
        """It is told in words; REFUSED_STREAM means that asking again is safe."""
        for code, refused in ((2, False), (7, True)):
            exchange, _ = self.ask()
            self.server.h2.reset_stream(exchange.stream, code)
            self.connection.dataReceived(self.server.says())
            self.fails(exchange, ReceiveFailed)
            self.assertEqual((exchange.refused, exchange.untouched), (refused, True))
        self.assertTrue(self.connection.idle)

    def test_going_away(self):
        """Case 42: who was not taken on may ask elsewhere, the other one finishes, and then the connection closes."""
        first, second = self.ask()[0], self.ask()[0]
        self.connection.dataReceived(goaway(first.stream))
        self.fails(second, ReceiveFailed)
        self.assertTrue(second.refused)
        self.assertTrue(second.untouched)
        self.assertEqual((self.connection.room, self.changes[-1], self.connection.gone), (0, 0, False))
        self.assertTrue(self.connection.closing)
        self.answer(first, body=b"hello")
        self.assertEqual(self.read_all(first), b"hello")
        self.assertEqual((self.connection.gone, self.transport.aborted), (True, False))

    def test_going_away_while_idle(self):
        """Nobody has to be told but the pool."""
        self.connection.dataReceived(goaway(0))
        self.assertEqual((self.connection.gone, self.changes[-1]), (True, 0))

    def test_going_away_before_the_head_is_sent(self):
        """An exchange that was promised a place does not get it, and may ask elsewhere."""
        exchange = self.connection.exchange(Request("POST", URL), silent_trace())
        self.connection.dataReceived(goaway(0))
        self.successResultOf(start(exchange.send(None)))
        self.fails(exchange, ReceiveFailed)
        self.assertTrue(exchange.refused)
        self.assertTrue(self.connection.gone)

    def test_an_end_in_good_order(self):
        """Without an answer it is an empty reply, in the middle of one a body cut short."""
        silent, cut = self.ask()[0], self.ask()[0]
        self.answer(cut, 200, (b"content-length", b"9"), body=b"hello", end=False)
        self.lose(ConnectionDone())
        self.fails(silent, EmptyReply)
        self.assertEqual(self.successResultOf(start(cut.read())), b"hello")
        error = self.failureResultOf(start(cut.read()), BodyCutShort).value
        self.assertEqual((error.received, error.expected), (5, 9))
        self.assertTrue(self.connection.gone)

    def test_a_broken_line(self):
        """Who was still sending could not send, who waited could not receive, with the system's word."""
        sends, waits = self.ask("PUT", Pieces())[0], self.ask()[0]
        self.transport.os_error = OSError(104, "Connection reset by peer")
        self.lose(ConnectionLost())
        self.assertIn("reset by peer", str(self.fails(sends, SendFailed)))
        self.fails(waits, ReceiveFailed)

    def test_the_reason_that_tls_gives(self):
        """It is the error."""
        exchange, _ = self.ask()
        self.lose(TlsFailed("peer", "bad record"))
        self.fails(exchange, TlsFailed)

    def test_a_farewell_is_remembered(self):
        """When the peer said why it goes, that is the reason."""
        exchange, _ = self.ask()
        self.connection.dataReceived(goaway(exchange.stream, 11, b"slow down"))
        self.lose(ConnectionDone())
        self.assertIn("slow down", str(self.fails(exchange, ReceiveFailed)))

    def test_closing(self):
        """A GOAWAY, and the end of the connection; what comes after that is not heard."""
        self.transport.loseConnection = lambda: None
        self.connection.close()
        self.connection.close()
        self.assertEqual(self.sent().count(b"\7\0\0\0\0\0"), 1)
        self.assertEqual((self.connection.room, self.transport.producer), (0, None))
        self.connection.dataReceived(frame(6, b"12345678"))
        self.assertFalse(self.transport.aborted)

    def test_aborting(self):
        """Everybody is told; a second time does nothing."""
        exchange, _ = self.ask()
        self.connection.abort()
        self.fails(exchange, EmptyReply)
        self.connection.abort()
        self.connection.close()
        self.assertTrue(self.transport.aborted)


class Hostile(Case):
    def test_what_is_no_http_2(self):
        """A server that answers in HTTP/1.1 is told from one that answers not at all."""
        self.connect(Server())
        connection = Http2("peer")
        transport = Transport()
        transport.protocol = connection
        connection.makeConnection(transport)
        exchange = connection.exchange(Request("GET", URL), silent_trace())
        self.successResultOf(start(exchange.send(None)))
        connection.dataReceived(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        self.assertIn("HTTP/1.1", str(self.fails(exchange, MalformedReply)))
        self.assertTrue(transport.aborted)

    def test_a_fault_of_the_connection(self):
        """Case 42: every exchange ends with it, and the connection is cut."""
        exchanges = [self.ask()[0] for _ in range(3)]
        self.connection.dataReceived(frame(8, b"\0\0\0\0"))
        for exchange in exchanges:
            self.fails(exchange, MalformedReply)
        self.assertEqual((self.transport.aborted, self.connection.room), (True, 0))

    def test_a_fault_of_one_answer(self):
        """Case 41: the others end well, and then the connection is closed: it is not pooled."""
        bad, good = self.ask()[0], self.ask()[0]
        self.answer(bad, 200, (b"connection", b"close"))
        self.fails(bad, MalformedReply)
        self.assertEqual(self.connection.room, 0)
        self.answer(good, body=b"good")
        self.assertEqual(self.read_all(good), b"good")
        self.assertTrue(self.connection.gone)

    def test_who_asks_but_does_not_read(self):
        """Case 42: pings are not answered into memory for ever."""
        exchange, _ = self.ask()
        self.answer(exchange, end=False, body=b"")
        self.transport.producer.pauseProducing()
        data = frame(0, b"x", stream=exchange.stream)
        for _ in range(UNREAD_BYTES // 17 // 1000 + 1):
            if not self.transport.aborted:
                self.connection.dataReceived(frame(6, b"12345678") * 1000 + data)
        self.assertTrue(self.transport.aborted)
        self.assertLess(len(self.sent()), 2 * UNREAD_BYTES)
        self.assertEqual(self.successResultOf(start(exchange.read())).strip(b"x"), b"")
        self.failureResultOf(start(exchange.read()), SendFailed)
