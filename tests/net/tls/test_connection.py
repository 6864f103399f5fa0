"""The TLS transport."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol, IOpenSSLClientConnectionCreator
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from tests.net.tls.pairs import Pair, TlsTestCase, Witness
from tnet.errors import TlsFailed
from tnet.net.tls.connection import CLOSE_SECONDS, RELIES_ON, TlsTransport
from tnet.net.tls.session import TlsSession


class Talkative(Witness):
    """Writes at once, and is fed by its own transport: what an echo server does."""

    def connectionMade(self) -> None:
        self.transport.registerProducer(self.transport, True)
        self.transport.write(b"banner")


@implementer(IHalfCloseableProtocol)
class Halved(Witness):
    """Notes which half of the connection has ended."""

    def connectionMade(self) -> None:
        self.ended: list[str] = []

    def readConnectionLost(self) -> None:
        self.ended.append("read")

    def writeConnectionLost(self) -> None:
        self.ended.append("write")


@implementer(IOpenSSLClientConnectionCreator)
class Older:
    """A client that knows no TLS 1.3, and believes everybody."""

    def clientConnectionForTLS(self, tls_protocol: Any) -> TlsSession:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        return TlsSession(context, tls_protocol, is_server=False)


class TransportTests(TlsTestCase):
    """`TlsTransport`."""

    def pair(self, client: Witness | None = None, server: Witness | None = None) -> Pair:
        return Pair(self.dialing(), self.serving(), client, server).settle()

    def test_counts_plaintext(self) -> None:
        """Both ends count what the protocols wrote and got, not what went over the wire."""
        pair = self.pair(Witness(b"12345"), Witness(b"123"))
        self.assertEqual((pair.client.data, pair.server.data), (b"123", b"12345"))
        self.assertEqual((pair.client_tls.bytes_in, pair.client_tls.bytes_out), (3, 5))
        self.assertEqual((pair.server_tls.bytes_in, pair.server_tls.bytes_out), (5, 3))

    def test_handshaken(self) -> None:
        """`handshaken` is false until the handshake is complete, and true when the protocol hears of it."""
        seen: list[bool] = []

        class Looking(Witness):
            def handshakeCompleted(self) -> None:
                seen.append(self.transport.handshaken)

        pair = Pair(self.dialing(), self.serving(), Looking())
        self.assertFalse(pair.client_tls.handshaken)
        pair.settle()
        self.assertEqual(seen, [True])
        self.assertTrue(pair.server_tls.handshaken)

    def test_when_secured(self) -> None:
        """`whenSecured` fires at the handshake's end, and at once when it is over."""
        pair = Pair(self.dialing(), self.serving())
        waiting = pair.client_tls.whenSecured()
        self.assertNoResult(waiting)
        pair.settle()
        self.assertIsNone(self.successResultOf(waiting))
        self.assertIsNone(self.successResultOf(pair.client_tls.whenSecured()))

    def test_when_secured_precedes_data(self) -> None:
        """Whoever waits for the handshake is told before the peer's first data, even if they come together."""
        pair = Pair(self.dialing(), self.serving(), server=Witness(b"banner"))
        seen: list[bytes] = []
        pair.client_tls.whenSecured().addCallback(lambda _: seen.append(pair.client.data))
        pair.settle()
        self.assertEqual((seen, pair.client.data), ([b""], b"banner"))

    def test_never_secured(self) -> None:
        """`whenSecured` fails with the words that the protocol is told as well."""
        pair = Pair(self.dialing("other.example"), self.serving())
        waiting = pair.client_tls.whenSecured()
        pair.settle()
        error = self.failureResultOf(waiting, TlsFailed).value
        self.assertIs(pair.client.reason, error)
        self.assertIs(self.failureResultOf(pair.client_tls.whenSecured()).value, error)
        self.assertIsInstance(error.__cause__, SSL.Error)

    def test_waiting_is_given_up(self) -> None:
        """Whoever cancels `whenSecured` is told nothing more, and the connection goes on."""
        pair = Pair(self.dialing(), self.serving())
        waiting = pair.client_tls.whenSecured()
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        pair.settle()
        self.assertEqual(pair.client.handshakes, 1)

    def test_banner_and_backpressure(self) -> None:
        """Writing before the handshake does not stop the reading that the handshake needs."""
        pair = self.pair(server=Talkative())
        self.assertEqual(pair.client.data, b"banner")

    def test_pause_before_the_handshake(self) -> None:
        """A pause asked for too early holds from the end of the handshake on."""
        pair = Pair(self.dialing(), self.serving())
        calls: list[str] = []
        pair.server_wire.pauseProducing = lambda: calls.append("pause")
        pair.server_wire.resumeProducing = lambda: calls.append("resume")
        pair.server_tls.pauseProducing()
        self.assertEqual(calls, [])
        pair.settle()
        self.assertEqual(calls, ["pause"])
        pair.server_tls.resumeProducing()
        pair.server_tls.pauseProducing()
        self.assertEqual(calls, ["pause", "resume", "pause"])

    def test_abort_says_nothing(self) -> None:
        """Whoever is cut hears no close_notify, which would make it a good end."""
        pair = self.pair(Witness(b"last words"))
        sent: list[bytes] = []
        pair.server_wire.write = sent.append
        pair.server_tls.abortConnection()
        self.assertEqual((sent, pair.server_wire.disconnecting), ([], True))
        pair.settle()
        self.assertIsInstance(pair.client.reason, ConnectionLost)

    def test_clean_close(self) -> None:
        """Both sides say close_notify: nothing was cut, and nothing waits any more."""
        pair = self.pair(Witness(b"last words"))
        pair.client_tls.loseConnection()
        pair.settle()
        self.assertIsInstance(pair.server.reason, ConnectionDone)
        self.assertIsInstance(pair.client.reason, ConnectionDone)
        self.assertEqual(pair.clock.getDelayedCalls(), [])

    def test_transport_that_feeds_itself_closes(self) -> None:
        """Whoever closes an echo need not know that its transport is its own producer, nor that it was paused."""
        pair = self.pair(server=Talkative())
        pair.server_tls.pauseProducing()
        reading: list[str] = []
        pair.server_wire.resumeProducing = lambda: reading.append("resumed")
        pair.server_tls.loseConnection()
        pair.settle()
        self.assertEqual(reading, ["resumed"])
        self.assertIsInstance(pair.client.reason, ConnectionDone)
        self.assertIsInstance(pair.server.reason, ConnectionDone)

    def test_answer_to_the_last_words(self) -> None:
        """What is answered to data that came together with close_notify is still sent."""

        class Echo(Witness):
            def dataReceived(self, data: bytes) -> None:
                self.transport.write(data.upper())

        pair = self.pair(server=Echo())
        pair.client_tls.write(b"last words")
        pair.client_tls.loseConnection()
        pair.settle()
        self.assertEqual(pair.client.data, b"LAST WORDS")
        self.assertIsInstance(pair.client.reason, ConnectionDone)

    def test_truncation_is_not_clean(self) -> None:
        """An end without close_notify is a lost connection, never a finished one."""
        pair = self.pair()
        pair.server_wire.loseConnection()
        pair.settle()
        self.assertIsInstance(pair.client.reason, ConnectionLost)

    def test_reset_after_the_end_is_clean(self) -> None:
        """Whoever has said close_notify has said all: that the connection is reset then takes nothing away."""
        pair = self.pair(server=Witness(b"last words"))
        pair.server_tls.loseConnection()
        closed = pair.server_wire.getOutBuffer()
        pair.client_tls.dataReceived(closed)
        pair.client_tls.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(pair.client.data, b"last words")
        self.assertIsInstance(pair.client.reason, ConnectionDone)

    def test_peer_never_answers_the_close(self) -> None:
        """A peer that does not answer close_notify is cut off after a while."""
        pair = self.pair()
        pair.server_tls.dataReceived = lambda data: None  # type: ignore[method-assign]
        pair.client_tls.loseConnection()
        pair.settle(CLOSE_SECONDS - 0.1)
        self.assertIsNone(pair.client.reason)
        pair.settle(0.2)
        self.assertIsNotNone(pair.client.reason)
        self.assertIn("did not answer", pair.client_tls.ended_because)
        self.assertEqual(pair.clock.getDelayedCalls(), [])

    def test_peer_that_still_reads_is_waited_for(self) -> None:
        """While the system takes bytes from us the peer reads, and is not cut off."""
        pair = self.pair()
        wire: Any = pair.client_wire
        wire.bytes_out = 0
        pair.server_tls.dataReceived = lambda data: None  # type: ignore[method-assign]
        pair.client_tls.loseConnection()
        for _ in range(3):
            wire.bytes_out += 1000
            pair.settle(CLOSE_SECONDS)
        self.assertIsNone(pair.client.reason)
        pair.settle(CLOSE_SECONDS)
        self.assertIsNotNone(pair.client.reason)

    def test_half_close(self) -> None:
        """Our close_notify ends our direction; the peer's answer comes, and its own close_notify ends the rest."""
        pair = self.pair(Halved(), Halved())
        pair.client_tls.write(b"question")
        pair.client_tls.loseWriteConnection()
        pair.settle()
        self.assertEqual((pair.server.data, pair.server.ended, pair.client.ended), (b"question", ["read"], ["write"]))
        pair.server_tls.write(b"answer")
        pair.settle()
        self.assertEqual((pair.client.data, pair.client.reason, pair.server.reason), (b"answer", None, None))
        pair.server_tls.loseConnection()
        pair.settle()
        self.assertEqual(pair.client.ended, ["write", "read"])
        pair.client_tls.loseConnection()
        pair.settle()
        self.assertIsInstance(pair.client.reason, ConnectionDone)
        self.assertIsInstance(pair.server.reason, ConnectionDone)
        self.assertEqual(pair.clock.getDelayedCalls(), [])

    def test_nothing_follows_a_half_close(self) -> None:
        """What is written after our end is dropped, and does no harm; to end it twice is to end it once."""
        pair = self.pair(Halved(), Halved())
        pair.client_tls.loseWriteConnection()
        pair.client_tls.write(b"late")
        pair.client_tls.loseWriteConnection()
        pair.settle()
        self.assertEqual((pair.server.data, pair.client.ended), (b"", ["write"]))
        pair.server_tls.write(b"answer")
        pair.settle()
        self.assertEqual((pair.client.data, pair.client.reason), (b"answer", None))

    def test_half_close_of_both_at_once(self) -> None:
        """Two ends that cross each other are two ends."""
        pair = self.pair(Halved(), Halved())
        pair.client_tls.loseWriteConnection()
        pair.server_tls.loseWriteConnection()
        pair.settle()
        self.assertEqual((pair.client.ended, pair.server.ended), (["write", "read"], ["write", "read"]))
        pair.client_tls.loseConnection()
        pair.settle()
        self.assertIsInstance(pair.server.reason, ConnectionDone)

    def test_no_half_close_before_tls_1_3(self) -> None:
        """In TLS 1.2 a close_notify ends both directions: ours is not said early, and the peer's ends all."""
        pair = Pair(Older(), self.serving(), Halved(), Halved()).settle()
        pair.client_tls.loseWriteConnection()
        pair.settle()
        self.assertEqual((pair.client.ended, pair.server.ended), ([], []))
        pair.client_tls.loseConnection()
        pair.settle()
        self.assertEqual(pair.server.ended, [])
        self.assertIsInstance(pair.server.reason, ConnectionDone)

    def test_reset_takes_what_followed_the_peers_end(self) -> None:
        """What we send after the peer's close_notify is lost with the connection, and that is said."""
        pair = self.pair(Halved(), Halved())
        pair.server_tls.loseWriteConnection()
        pair.settle()
        pair.client_tls.write(b"more")
        pair.settle()
        pair.client_tls.connectionLost(Failure(ConnectionLost()))
        self.assertIsInstance(pair.client.reason, ConnectionLost)

    def test_no_half_close(self) -> None:
        """Where the protocol knows no halves, nothing ends: what is written stays on its way, both ways."""
        pair = self.pair()
        pair.client_tls.write(b"question")
        pair.client_tls.loseWriteConnection()
        pair.settle()
        self.assertEqual(pair.server.data, b"question")
        pair.server_tls.write(b"answer")
        pair.settle()
        self.assertEqual((pair.client.data, pair.client.reason, pair.server.reason), (b"answer", None, None))

    def test_stop_producing_closes_with_notice(self) -> None:
        """A consumer that goes away closes TLS, not the TCP connection below it."""
        pair = self.pair()
        pair.client_tls.stopProducing()
        pair.settle()
        self.assertIsInstance(pair.server.reason, ConnectionDone)

    def test_our_own_abort_is_no_failure_of_tls(self) -> None:
        """A handshake that we cut short keeps the reason that it was us."""
        pair = Pair(self.dialing(), self.serving())
        aborted = Failure(ConnectionAborted())
        pair.client_tls.connectionLost(aborted)
        self.assertIs(pair.client.reason, aborted.value)

    def test_contract_with_twisted(self) -> None:
        """What we rely on in Twisted's class is still there, and still called."""
        transport = Pair(self.dialing(), self.serving()).client_tls
        for name in RELIES_ON:
            self.assertTrue(hasattr(transport, name), name)
        stock = vars(BufferingTLSTransport) | vars(TLSMemoryBIOProtocol)
        self.assertLessEqual({name for name in vars(TlsTransport) if name in RELIES_ON}, set(stock))
