"""One request and its response on a connection."""

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IPushProducer
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tnet.clients.fetch.exchange import HIGH_WATER_BYTES, Exchange
from tnet.clients.fetch.outgoing import FromMemory
from tnet.errors import (
    BodyCutShort,
    CannotRead,
    CertificateRejected,
    EmptyReply,
    MalformedReply,
    ReceiveFailed,
    SendFailed,
)

HEAD = b"POST / HTTP/1.1\r\n\r\n"
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
        self.exchange = Exchange("POST", "peer")
        self.transport = Transport()
        self.transport.protocol = self.exchange
        self.exchange.makeConnection(self.transport)

    def lose(self, reason):
        """Lose the connection as Twisted does, which tells a producer first."""
        self.transport.connected = False
        if self.transport.producer is not None:
            self.transport.producer.stopProducing()
        self.exchange.connectionLost(Failure(reason))

    def read_all(self):
        """The body, as far as it comes without waiting."""
        pieces = []
        while piece := self.successResultOf(start(self.exchange.read())):
            pieces.append(piece)
        return b"".join(pieces)


class Sending(Case):
    def test_a_request_without_body(self):
        """The head goes out at once."""
        self.successResultOf(start(self.exchange.send(HEAD, None)))
        self.assertEqual(self.transport.value(), HEAD)
        self.assertEqual(self.exchange.bytes_out, len(HEAD))
        self.successResultOf(start(self.exchange.asked()))

    def test_a_body_with_a_length_goes_out_as_it_is(self):
        """Its producer is unregistered at the end."""
        self.successResultOf(start(self.exchange.send(HEAD, FromMemory(b"body"))))
        self.assertEqual(self.transport.value(), HEAD + b"body")
        self.assertIsNone(self.transport.producer)

    def test_a_body_without_length_goes_out_in_chunks(self):
        """Each piece is a chunk, and the last chunk ends it."""
        body = Pieces()
        sending = start(self.exchange.send(HEAD, body))
        body.give(b"hello")
        body.give(b"x" * 16)
        body.give(b"")
        self.successResultOf(sending)
        self.assertEqual(self.transport.value(), HEAD + b"5\r\nhello\r\n10\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n")

    def test_a_slow_peer_holds_the_body_back(self):
        """Nothing is read from the source while the transport is full."""
        verifyObject(IPushProducer, self.exchange)
        body = Pieces(10)
        sending = start(self.exchange.send(HEAD, body))
        self.transport.producer.pauseProducing()
        body.give(b"first")
        self.assertEqual(self.transport.value(), HEAD)
        self.assertIsNone(body.asked)
        self.transport.producer.resumeProducing()
        self.assertEqual(self.transport.value(), HEAD + b"first")
        body.give(b"later")
        body.give(b"")
        self.successResultOf(sending)

    def test_an_early_error_ends_the_sending(self):
        """A server that refuses is not sent the rest, and its answer is read."""
        body = Pieces(10)
        sending = start(self.exchange.send(HEAD, body))
        body.give(b"first")
        self.exchange.dataReceived(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        self.successResultOf(start(self.exchange.asked()))
        body.give(b"later")
        self.successResultOf(sending)
        self.assertEqual(self.transport.value(), HEAD + b"first")
        self.assertEqual(self.successResultOf(start(self.exchange.answer())).status, 413)
        self.assertEqual(self.read_all(), b"no")

    def test_an_early_answer_does_not_end_the_sending(self):
        """A server may answer while it reads: both go on."""
        body = Pieces(10)
        sending = start(self.exchange.send(HEAD, body))
        self.exchange.dataReceived(OK + b"he")
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"he")
        body.give(b"0123456789")
        body.give(b"")
        self.successResultOf(sending)
        self.exchange.dataReceived(b"llo")
        self.assertEqual(self.read_all(), b"llo")

    def test_a_paused_sender_wakes_up_when_nobody_listens_any_more(self):
        """The end of the response, or of the connection, ends the waiting for room."""
        body = Pieces(10)
        sending = start(self.exchange.send(HEAD, body))
        self.transport.producer.pauseProducing()
        body.give(b"first")
        self.exchange.dataReceived(OK + b"hello")
        self.successResultOf(sending)
        self.assertEqual(self.transport.value(), HEAD)

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
        self.exchange.dataReceived(b"HTTP/1.1 103 Early\r\n\r\n")
        self.assertNoResult(answer)
        self.exchange.dataReceived(OK)
        self.assertEqual(self.successResultOf(answer).status, 200)
        reading = start(self.exchange.read())
        self.assertNoResult(reading)
        self.exchange.dataReceived(b"he")
        self.assertEqual(self.successResultOf(reading), b"he")
        self.exchange.dataReceived(b"l")
        self.exchange.dataReceived(b"lo")
        self.assertEqual(self.read_all(), b"llo")
        self.assertEqual(self.exchange.bytes_in, 22 + len(OK) + 5)

    def test_trailers(self):
        """They are there when the body has ended."""
        self.exchange.dataReceived(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n")
        self.assertEqual(self.read_all(), b"")
        self.assertEqual(self.exchange.trailers, ((b"A", b"b"),))

    def test_a_slow_reader_holds_the_peer_back(self):
        """Above the mark the transport is paused, and reading resumes it."""
        self.exchange.dataReceived(b"HTTP/1.1 200 OK\r\n\r\n")
        self.exchange.dataReceived(b"x" * HIGH_WATER_BYTES)
        self.assertEqual(self.transport.producerState, "producing")
        self.exchange.dataReceived(b"x")
        self.assertEqual(self.transport.producerState, "paused")
        self.exchange.dataReceived(b"x")
        self.assertEqual(len(self.successResultOf(start(self.exchange.read()))), HIGH_WATER_BYTES + 2)
        self.assertEqual(self.transport.producerState, "producing")

    def test_a_malformed_reply_ends_the_connection(self):
        """What came before the fault can be read."""
        self.exchange.dataReceived(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\nnonsense\r\n")
        self.assertTrue(self.transport.aborted)
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"x")
        self.failureResultOf(start(self.exchange.read()), MalformedReply)


class Ending(Case):
    def test_a_body_may_end_with_the_connection(self):
        """An orderly end completes a body without length."""
        self.exchange.dataReceived(b"HTTP/1.1 200 OK\r\n\r\nhello")
        self.lose(ConnectionDone())
        self.assertEqual(self.read_all(), b"hello")

    def test_a_cut_does_not_complete_a_body(self):
        """Under TLS it may be an attack: what came is read, and then the error."""
        self.exchange.dataReceived(b"HTTP/1.1 200 OK\r\n\r\nhello")
        self.successResultOf(start(self.exchange.send(HEAD, None)))
        self.lose(ConnectionLost())
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"hello")
        self.failureResultOf(start(self.exchange.read()), ReceiveFailed)

    def test_an_end_too_early(self):
        """Before the answer, and within the body."""
        answer = start(self.exchange.answer())
        self.lose(ConnectionDone())
        self.failureResultOf(answer, EmptyReply)

        self.setUp()
        self.exchange.dataReceived(OK + b"he")
        self.lose(ConnectionDone())
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"he")
        self.failureResultOf(start(self.exchange.read()), BodyCutShort)

    def test_a_reset_while_sending(self):
        """It was the sending that failed, and the system's reason is told."""
        sending = start(self.exchange.send(HEAD, Pieces()))
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
        start(self.exchange.send(HEAD, None))
        answer = start(self.exchange.answer())
        self.lose(ConnectionLost())
        self.failureResultOf(answer, ReceiveFailed)

    def test_an_error_of_ours_is_passed_on(self):
        """TLS tells in words why it ended."""
        answer = start(self.exchange.answer())
        self.lose(CertificateRejected("peer", "expired"))
        self.failureResultOf(answer, CertificateRejected)

    def test_a_complete_exchange_is_ended_in_good_order(self):
        """Both have said what they had to say."""
        start(self.exchange.send(HEAD, None))
        self.exchange.dataReceived(OK + b"hello")
        self.successResultOf(start(self.exchange.end()))
        self.assertFalse(self.transport.connected)
        self.assertFalse(self.transport.aborted)

    def test_an_incomplete_exchange_is_aborted(self):
        """Nobody waits for what nobody wants."""
        start(self.exchange.send(HEAD, None))
        self.exchange.dataReceived(OK + b"he")
        self.successResultOf(start(self.exchange.end()))
        self.assertTrue(self.transport.aborted)

    def test_ending_what_has_ended(self):
        """There is nothing left to do."""
        self.lose(ConnectionDone())
        self.successResultOf(start(self.exchange.end()))
        self.exchange.abort()
        self.assertFalse(self.transport.aborted)
