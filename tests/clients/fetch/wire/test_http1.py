"""Exchanges, one after the other, on an HTTP/1.1 connection."""

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IPushProducer
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.clients.fetch.in_memory import request
from tnet.clients.fetch.outgoing import FromMemory
from tnet.clients.fetch.wire.exchange import HIGH_WATER_BYTES
from tnet.clients.fetch.wire.http1 import Http1
from tnet.errors import (
    BodyCutShort,
    CannotRead,
    CertificateRejected,
    EmptyReply,
    MalformedReply,
    ReceiveFailed,
    SendFailed,
)
from tnet.events import silent_trace
from tnet.plans.fetch import Body

HEAD = b"POST / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nUser-Agent: t\r\n"
PLAIN = HEAD + b"Content-Length: 0\r\n\r\n"
LONG = HEAD + b"Content-Length: 10\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


class Transport(StringTransportWithDisconnection):
    """A transport that knows how it was ended."""

    aborted = False

    def abortConnection(self):
        self.aborted = True
        self.loseConnection()


class Pieces:
    """A body that comes when the test says so."""

    def __init__(self, length=None):
        self.length = length
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
        self.connection = Http1("peer")
        self.transport = Transport()
        self.transport.protocol = self.connection
        self.connection.makeConnection(self.transport)
        self.changes = []
        self.connection.on_change = lambda: self.changes.append((self.connection.room, self.connection.gone))
        self.exchange = self.connection.exchange(request("POST"), silent_trace())

    def lose(self, reason):
        """Lose the connection as Twisted does, which tells a producer first."""
        self.transport.connected = False
        if self.transport.producer is not None:
            self.transport.producer.stopProducing()
        self.connection.connectionLost(Failure(reason))

    def send(self, body):
        """Send the request, with `body` if there is one."""
        if body is not None:
            self.exchange.request = request("POST", body=Body(b"whatever"))
        return start(self.exchange.send(body))

    def read_all(self):
        """The body, as far as it comes without waiting."""
        pieces = []
        while piece := self.successResultOf(start(self.exchange.read())):
            pieces.append(piece)
        return b"".join(pieces)


class Sending(Case):
    def test_a_request_without_body(self):
        """The head goes out at once."""
        self.successResultOf(self.send(None))
        self.assertEqual(self.transport.value(), PLAIN)
        self.assertEqual(self.exchange.bytes_out, len(PLAIN))
        self.assertIn((b"Host", b"h"), self.exchange.sent_fields)
        self.successResultOf(start(self.exchange.asked()))

    def test_a_body_with_a_length_goes_out_as_it_is(self):
        """Its producer is unregistered at the end."""
        self.successResultOf(self.send(FromMemory(b"body")))
        self.assertEqual(self.transport.value(), HEAD + b"Content-Length: 4\r\n\r\nbody")
        self.assertIsNone(self.transport.producer)

    def test_a_body_without_length_goes_out_in_chunks(self):
        """Each piece is a chunk, and the last chunk ends it."""
        body = Pieces()
        sending = self.send(body)
        body.give(b"hello")
        body.give(b"x" * 16)
        body.give(b"")
        self.successResultOf(sending)
        self.assertEqual(self.transport.value(), CHUNKED + b"5\r\nhello\r\n10\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n")

    def test_a_slow_peer_holds_the_body_back(self):
        """Nothing is read from the source while the transport is full."""
        verifyObject(IPushProducer, self.connection)
        body = Pieces(10)
        sending = self.send(body)
        self.transport.producer.pauseProducing()
        body.give(b"first")
        self.assertEqual(self.transport.value(), LONG)
        self.assertIsNone(body.asked)
        self.transport.producer.resumeProducing()
        self.assertEqual(self.transport.value(), LONG + b"first")
        body.give(b"later")
        body.give(b"")
        self.successResultOf(sending)

    def test_an_early_error_ends_the_sending(self):
        """A server that refuses is not sent the rest, and its answer is read."""
        body = Pieces(10)
        sending = self.send(body)
        body.give(b"first")
        self.connection.dataReceived(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        self.successResultOf(start(self.exchange.asked()))
        body.give(b"later")
        self.successResultOf(sending)
        self.assertEqual(self.transport.value(), LONG + b"first")
        self.assertEqual(self.successResultOf(start(self.exchange.answer())).status, 413)
        self.assertEqual(self.read_all(), b"no")

    def test_an_early_answer_does_not_end_the_sending(self):
        """A server may answer while it reads: both go on."""
        body = Pieces(10)
        sending = self.send(body)
        self.connection.dataReceived(OK + b"he")
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"he")
        body.give(b"0123456789")
        body.give(b"")
        self.successResultOf(sending)
        self.connection.dataReceived(b"llo")
        self.assertEqual(self.read_all(), b"llo")

    def test_a_paused_sender_wakes_up_when_nobody_listens_any_more(self):
        """The end of the response, or of the connection, ends the waiting for room."""
        body = Pieces(10)
        sending = self.send(body)
        self.transport.producer.pauseProducing()
        body.give(b"first")
        self.connection.dataReceived(OK + b"hello")
        self.successResultOf(sending)
        self.assertEqual(self.transport.value(), LONG)

    def test_a_body_that_cannot_be_read_ends_the_exchange(self):
        """Whoever waits for the answer gets the reason."""
        answer = start(self.exchange.answer())
        self.exchange.fail(CannotRead("file", "gone"))
        self.failureResultOf(answer, CannotRead)
        self.assertTrue(self.transport.aborted)


class Receiving(Case):
    def test_head_then_body(self):
        """The head is there before the body is complete."""
        answer = start(self.exchange.answer())
        self.connection.dataReceived(b"HTTP/1.1 103 Early\r\n\r\n")
        self.assertNoResult(answer)
        self.connection.dataReceived(OK)
        self.assertEqual(self.successResultOf(answer).status, 200)
        reading = start(self.exchange.read())
        self.assertNoResult(reading)
        self.connection.dataReceived(b"he")
        self.assertEqual(self.successResultOf(reading), b"he")
        self.connection.dataReceived(b"l")
        self.connection.dataReceived(b"lo")
        self.assertEqual(self.read_all(), b"llo")
        self.assertEqual(self.exchange.bytes_in, 22 + len(OK) + 5)

    def test_trailers(self):
        """They are there when the body has ended."""
        self.connection.dataReceived(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n")
        self.assertEqual(self.read_all(), b"")
        self.assertEqual(self.exchange.trailers, ((b"A", b"b"),))

    def test_a_slow_reader_holds_the_peer_back(self):
        """Above the mark the transport is paused, and reading resumes it."""
        self.connection.dataReceived(b"HTTP/1.1 200 OK\r\n\r\n")
        self.connection.dataReceived(b"x" * HIGH_WATER_BYTES)
        self.assertEqual(self.transport.producerState, "producing")
        self.connection.dataReceived(b"x")
        self.assertEqual(self.transport.producerState, "paused")
        self.connection.dataReceived(b"x")
        self.assertEqual(len(self.successResultOf(start(self.exchange.read()))), HIGH_WATER_BYTES + 2)
        self.assertEqual(self.transport.producerState, "producing")

    def test_a_malformed_reply_ends_the_connection(self):
        """What came before the fault can be read."""
        self.connection.dataReceived(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\nnonsense\r\n")
        self.assertTrue(self.transport.aborted)
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"x")
        self.failureResultOf(start(self.exchange.read()), MalformedReply)


class Ending(Case):
    def test_a_body_may_end_with_the_connection(self):
        """An orderly end completes a body without length."""
        self.connection.dataReceived(b"HTTP/1.1 200 OK\r\n\r\nhello")
        self.lose(ConnectionDone())
        self.assertEqual(self.read_all(), b"hello")

    def test_a_cut_does_not_complete_a_body(self):
        """Under TLS it may be an attack: what came is read, and then the error."""
        self.connection.dataReceived(b"HTTP/1.1 200 OK\r\n\r\nhello")
        self.successResultOf(self.send(None))
        self.lose(ConnectionLost())
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"hello")
        self.failureResultOf(start(self.exchange.read()), ReceiveFailed)

    def test_an_end_too_early(self):
        """Before the answer, and within the body."""
        answer = start(self.exchange.answer())
        self.lose(ConnectionDone())
        self.failureResultOf(answer, EmptyReply)

        self.setUp()
        self.connection.dataReceived(OK + b"he")
        self.lose(ConnectionDone())
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"he")
        self.failureResultOf(start(self.exchange.read()), BodyCutShort)

    def test_a_reset_while_sending(self):
        """It was the sending that failed, and the system's reason is told."""
        sending = self.send(Pieces())
        self.transport.os_error = ConnectionResetError(104, "Connection reset by peer")
        answer = start(self.exchange.answer())
        self.lose(ConnectionLost())
        error = self.failureResultOf(answer, SendFailed).value
        self.assertIn("Connection reset by peer", str(error))
        self.assertNoResult(sending)
        sending.cancel()
        self.failureResultOf(sending)

    def test_a_reset_after_sending(self):
        """It was the receiving that failed."""
        self.send(None)
        answer = start(self.exchange.answer())
        self.lose(ConnectionLost())
        self.failureResultOf(answer, ReceiveFailed)

    def test_an_error_of_ours_is_passed_on(self):
        """TLS tells in words why it ended."""
        answer = start(self.exchange.answer())
        self.lose(CertificateRejected("peer", "expired"))
        self.failureResultOf(answer, CertificateRejected)

    def test_a_complete_exchange_frees_the_connection(self):
        """Both have said what they had to say: the next exchange can begin on it."""
        self.send(None)
        self.assertEqual((self.connection.room, self.connection.idle), (0, False))
        self.connection.dataReceived(OK + b"hello")
        self.assertEqual((self.connection.room, self.changes), (1, [(1, False)]))
        self.exchange.leave()
        self.assertTrue(self.transport.connected)
        after = self.connection.exchange(request("GET"), silent_trace())
        start(after.send(None))
        self.connection.dataReceived(OK + b"again")
        self.assertEqual(self.successResultOf(start(after.read())), b"again")
        self.assertEqual(self.read_all(), b"hello")

    def test_a_connection_that_is_not_kept(self):
        """Either side may say so; so does a body that only the end ends, HTTP/1.0, and whatever is in doubt."""
        for head, answer in (
            (
                request("GET"),
                OK.replace(b"Length", b"length").replace(b"200 OK", b"200 OK\r\nConnection: Close") + b"hello",
            ),
            (request("GET", ("Connection", "close")), OK + b"hello"),
            (request("GET"), OK.replace(b"1.1", b"1.0") + b"hello"),
            (request("GET"), OK + b"hello and more"),
        ):
            self.setUp()
            self.send(None)
            self.connection.dataReceived(OK + b"first")
            exchange = self.connection.exchange(head, silent_trace())
            start(exchange.send(None))
            self.connection.dataReceived(answer)
            self.assertEqual(self.successResultOf(start(exchange.read())), b"hello")
            self.assertEqual((self.transport.connected, self.connection.room), (False, 0))

    def test_an_old_server_may_keep_a_connection(self):
        """HTTP/1.0 has to say so."""
        self.send(None)
        self.connection.dataReceived(
            OK.replace(b"1.1", b"1.0").replace(b"OK", b"OK\r\nConnection: keep-alive") + b"hello"
        )
        self.assertEqual(self.connection.room, 1)

    def test_an_incomplete_exchange_is_aborted(self):
        """Nobody waits for what nobody wants."""
        self.send(None)
        self.connection.dataReceived(OK + b"he")
        self.exchange.leave()
        self.assertTrue(self.transport.aborted)

    def test_an_answer_that_nobody_asked_for(self):
        """What comes between exchanges is not for us, and nothing after it can be trusted."""
        self.send(None)
        self.connection.dataReceived(OK + b"hello")
        self.connection.dataReceived(OK)
        self.assertTrue(self.transport.aborted)

    def test_ending_what_has_ended(self):
        """There is nothing left to do."""
        self.lose(ConnectionDone())
        self.exchange.leave()
        self.connection.abort()
        self.connection.close()
        self.assertFalse(self.transport.aborted)

    def test_a_connection_is_closed_in_good_order(self):
        """By whoever keeps it, when nothing is under way."""
        self.send(None)
        self.connection.dataReceived(OK + b"hello")
        self.assertFalse(self.connection.closing)
        self.connection.close()
        self.assertEqual((self.transport.connected, self.transport.aborted), (False, False))
        self.assertTrue(self.connection.closing)
