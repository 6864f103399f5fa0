"""Which version of HTTP a connection turns out to speak."""

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import INegotiated
from twisted.internet.protocol import Protocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tnet.clients.fetch.wire.connection import HTTP_1, HTTP_2, Undecided
from tnet.events import Publisher


@implementer(INegotiated)
class Secured(StringTransport):
    """A transport that says what was agreed on."""

    negotiatedProtocol = None


class Engine(Protocol):
    """Keeps what it is given."""

    def __init__(self, name):
        self.name, self.data, self.reason = name, b"", None

    def dataReceived(self, data):
        self.data += data

    def connectionLost(self, reason):
        self.reason = reason


class UndecidedTests(SynchronousTestCase):
    def test_without_tls_it_is_known_at_once(self):
        """What was asked for is spoken."""
        for plain in (HTTP_1, HTTP_2):
            undecided = Undecided(Engine, plain)
            undecided.makeConnection(StringTransport())
            self.assertEqual(undecided.engine.name, plain)

    def test_tls_decides(self):
        """ALPN says it; where it says nothing, it is HTTP/1.1."""
        for agreed, name in ((b"h2", HTTP_2), (b"http/1.1", HTTP_1), (None, HTTP_1)):
            undecided = Undecided(Engine, HTTP_2)
            transport = Secured()
            undecided.makeConnection(transport)
            transport.negotiatedProtocol = agreed
            undecided.handshakeCompleted()
            undecided.handshakeCompleted()
            undecided.dataReceived(b"x")
            engine = undecided.engine
            self.assertEqual((engine.name, engine.data, engine.transport), (name, b"x", transport))

    def test_the_engine_gets_the_trace_and_the_end(self):
        """It is the connection from then on."""
        undecided = Undecided(Engine, HTTP_1)
        undecided.trace = Publisher().trace()
        undecided.makeConnection(StringTransport())
        self.assertIs(undecided.engine.trace, undecided.trace)
        reason = Failure(ConnectionDone())
        undecided.connectionLost(reason)
        self.assertIs(undecided.engine.reason, reason)

    def test_an_end_before_the_decision(self):
        """A handshake that fails has no engine to tell."""
        undecided = Undecided(Engine, HTTP_1)
        undecided.makeConnection(Secured())
        undecided.connectionLost(Failure(ConnectionDone()))
        self.assertRaises(AssertionError, lambda: undecided.engine)
