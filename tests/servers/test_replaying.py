"""A recorded server, played again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.net.streams import CountingTransport
from tests.net.tls.pairs import Pair, TlsTestCase
from tests.support import World
from tnet.errors import BadUsage
from tnet.events.kinds import Logged
from tnet.plans.addresses import TcpAddress
from tnet.plans.serve import EchoPlan
from tnet.protocols.recording import Chunk, Mask, Recording, chunk_line, header_line
from tnet.servers.echo import offer
from tnet.servers.replaying import ReplayFactory

TALK = (
    Chunk(0, "peer", b"+OK ready\r\n"),
    Chunk(1, "us", b"PASS ***\r\n", masked=(Mask(5, 3),)),
    Chunk(2, "peer", b"+OK\r\n"),
    Chunk(3, "us", b"QUIT\r\n"),
    Chunk(3, "us", eof=True),
    Chunk(4, "peer", b"bye\r\n", eof=True),
)
DONE = Failure(ConnectionDone())


class Client(CountingTransport):
    """A transport whose other end is the test."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def loseWriteConnection(self) -> None:
        self.calls.append("half-close")

    def loseConnection(self) -> None:
        assert self.producer is None, "a transport with a producer does not close"
        self.calls.append("close")

    def abortConnection(self) -> None:
        self.calls.append("abort")

    def unregisterProducer(self) -> None:
        self.producer = None


class ReplayedTests(SynchronousTestCase):
    """One client."""

    def setUp(self) -> None:
        self.world = World()
        recording = Recording("talk.rec", "h:110", "", TALK)
        self.factory = ReplayFactory(recording, "strict", self.world.context, patience_seconds=3)
        self.client = Client()
        self.replayed: Any = self.factory.buildProtocol(None)
        self.replayed.trace = self.world.publisher.trace()
        self.replayed.makeConnection(self.client)

    def test_as_recorded(self) -> None:
        """Each answer comes when its question has, whatever the password; then it closes."""
        self.assertEqual(self.client.value(), b"+OK ready\r\n")
        self.replayed.dataReceived(b"PASS another one\r\n")
        self.assertEqual(self.client.value(), b"+OK ready\r\n+OK\r\n")
        self.replayed.dataReceived(b"QUIT\r\n")
        self.replayed.readConnectionLost()
        self.assertEqual(self.client.value()[-5:], b"bye\r\n")
        self.assertEqual(self.client.calls, ["half-close", "close"])
        self.replayed.writeConnectionLost()
        self.replayed.connectionLost(DONE)
        self.assertEqual((self.factory.connected, self.world.recorder.of(Logged)), (set(), []))
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_client_that_differs(self) -> None:
        """It is told of with a diff, and reset."""
        self.replayed.dataReceived(b"USER x\r\n")
        self.assertEqual(self.client.calls, ["abort"])
        first, *diff = self.world.recorder.of(Logged)
        self.assertEqual(first.level, "warning")
        self.assertIn("not as recorded in talk.rec, byte 0 (line 1)", first.text)
        self.assertIn("+USER x\\x0d", [event.text for event in diff])
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_client_that_leaves_early(self) -> None:
        """An early end, and a connection that is gone."""
        self.replayed.readConnectionLost()
        self.assertIn("ended before", self.world.recorder.of(Logged)[0].text)
        self.setUp()
        self.replayed.connectionLost(DONE)
        self.assertIn("the connection ended", self.world.recorder.of(Logged)[0].text)

    def test_silent_client(self) -> None:
        """It is not waited for without end."""
        self.world.reactor.pump([1] * 4)
        self.assertEqual(self.client.calls, ["abort"])

    def test_client_that_does_not_read(self) -> None:
        """Nothing more is said to it."""
        self.client.producer.pauseProducing()
        self.replayed.dataReceived(b"PASS x\r\n")
        self.assertEqual(self.client.value(), b"+OK ready\r\n")
        self.client.producer.resumeProducing()
        self.assertEqual(self.client.value(), b"+OK ready\r\n+OK\r\n")

    def test_clients_are_apart(self) -> None:
        """Each client hears the recording from its beginning."""
        self.replayed.dataReceived(b"PASS x\r\n")
        second, transport = self.factory.buildProtocol(None), Client()
        second.makeConnection(transport)
        self.assertEqual(transport.value(), b"+OK ready\r\n")

    def test_leaving(self) -> None:
        """A server that leaves says nothing more and closes."""
        self.factory.finish()
        self.assertEqual(self.client.calls, ["close"])
        self.replayed.dataReceived(b"PASS x\r\n")
        self.assertEqual(self.client.value(), b"+OK ready\r\n")
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_transport_that_stops_it(self) -> None:
        """A producer that is stopped says nothing more."""
        self.client.producer.stopProducing()
        self.replayed.dataReceived(b"PASS x\r\n")
        self.assertEqual(self.client.value(), b"+OK ready\r\n")


class SecuredTests(TlsTestCase):
    """Under TLS."""

    def test_begins_after_the_handshake(self) -> None:
        """The server's first words come when the connection is secured."""
        recording = Recording("talk.rec", "h:110", "", TALK)
        factory = ReplayFactory(recording, "strict", World().context)
        pair = Pair(self.dialing(), self.serving(), server=factory.buildProtocol(None))
        pair.settle()
        self.assertEqual(pair.client.data, b"+OK ready\r\n")
        factory.finish()


class OfferTests(SynchronousTestCase):
    """The tool."""

    def test_offer(self) -> None:
        """`serve echo` with a recording serves that."""
        path = self.mktemp()
        Path(path).write_bytes(header_line("", "h:7", ()) + b"".join(map(chunk_line, TALK)))
        plan = EchoPlan(listen=(TcpAddress("127.0.0.1", 0),), replay=path, replay_mode="line")
        server = self.successResultOf(Deferred.fromCoroutine(offer(plan, World().context)))
        factory: Any = server.factory
        self.assertEqual((factory.mode, factory.recording.chunks), ("line", TALK))
        server.goodbye()

    def test_no_recording(self) -> None:
        """A file that is none is a usage error before anybody listens."""
        plan = EchoPlan(listen=(TcpAddress("127.0.0.1", 0),), replay="/dev/null")
        self.failureResultOf(Deferred.fromCoroutine(offer(plan, World().context)), BadUsage)
