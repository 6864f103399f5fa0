"""Who is logged in, and how all are told."""

from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from tests.servers.auth.wire import Doorman, House
from tnet.accounts.store import Account
from tnet.protocols.auth.dialogue import Input, Opened, Output, Say
from tnet.protocols.auth.ears import LineEar
from tnet.servers.auth.factory import AuthFactory


class RosterTests(TestCase):
    """Connections and members."""

    def setUp(self) -> None:
        self.house = House()

    def test_who(self) -> None:
        """Names are told sorted, each once; those who only connected are counted but not named."""
        bob, alice, _ = self.house.enter("bob"), self.house.enter("alice"), self.house.enter("bob")
        self.house.visit()
        alice.send(b"/who\n/stats\n")
        self.assertEqual(alice.read(), ["Logged in: alice, bob", "Connections: 4, logged in: 3"])
        bob.lose()
        alice.send(b"/stats\n")
        self.assertEqual(alice.read(), ["Connections: 3, logged in: 2"])

    def test_quit(self) -> None:
        """Whoever quits is named no more, though the connection still ends."""
        alice, bob = self.house.enter("alice"), self.house.enter("bob")
        bob.send(b"/quit\n")
        alice.send(b"/who\n/stats\n")
        self.assertEqual(alice.read(), ["Logged in: alice", "Connections: 2, logged in: 1"])

    def test_say(self) -> None:
        """What one says reaches all who are logged in, the speaker too, and nobody else."""
        alice, bob, stranger = self.house.enter("alice"), self.house.enter("bob"), self.house.visit()
        stranger.read()
        alice.send(b"/say hi\nmine\n")
        self.assertEqual(alice.read(), ["<alice> hi", "Echo: mine"])
        self.assertEqual(bob.read(), ["<alice> hi"])
        self.assertEqual(stranger.read(), [])

    def test_slow_listener(self) -> None:
        """A listener that never reads is cut off; the speaker and the others do not notice."""
        alice, bob, slow = self.house.enter("alice"), self.house.enter("bob"), self.house.enter("slow")
        slow.wire.producer.pauseProducing()
        for _ in range(100):
            alice.send(b"/say " + b"x" * 4000 + b"\n")
        self.assertEqual(slow.endings, ["aborted"])
        self.assertEqual((len(alice.read()), len(bob.read())), (100, 100))

    def test_goodbye(self) -> None:
        """When the server stops, everybody is told, logged in or not, and let go."""
        visits = [self.house.enter("alice"), self.house.visit()]
        visits[1].read()
        self.house.factory.goodbye()
        for visit in visits:
            self.assertEqual(visit.read(), ["The server is stopping.", "Goodbye."])
            self.assertEqual(visit.endings, ["half-closed"])
        self.assertEqual(self.house.factory.members(), [])


class StrangerTests(TestCase):
    """Without the rest of tnet."""

    def test_plain_factory(self) -> None:
        """It is a Twisted factory like any other: no events, no gate, no plan."""

        async def verify(user: bytes, password: bytes, peer: str) -> Account | None:
            return Account(user.decode())

        factory = AuthFactory(verify, Clock())
        verifyObject(IProtocolFactory, factory)
        protocol = factory.buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        protocol.dataReceived(b"carol\r\npw\r\n/quit\r\n")
        self.assertEqual(transport.value(), b"Username:\r\nPassword:\r\nWelcome, carol!\r\nGoodbye.\r\n")
        self.assertTrue(transport.disconnecting)

    def test_own_dialect(self) -> None:
        """A dialect of one's own takes the place of the line dialect, with the factory's attempts."""

        class Terse:
            name, phase, hearing = "terse", "only", True

            def __init__(self, attempts: int) -> None:
                self.attempts = attempts

            def ear(self) -> LineEar:
                return LineEar()

            def advance(self, got: Input) -> list[Output]:
                return [Say(b"%d" % self.attempts)] if isinstance(got, Opened) else []

        transport = StringTransport()
        factory = AuthFactory(Doorman().verify, Clock(), attempts=7, dialect=Terse)
        factory.buildProtocol(None).makeConnection(transport)
        self.assertEqual(transport.value(), b"7\r\n")
