"""Who is logged in, and how all are told."""

from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from tests.servers.auth.wire import Doorman, House, Visit
from tnet.accounts.store import Account
from tnet.events.kinds import StateEntered
from tnet.protocols.auth.dialogue import Input, Opened, Output, Say
from tnet.protocols.auth.ears import LineEar
from tnet.protocols.auth.pop3 import Pop3Dialect
from tnet.protocols.auth.redis import RedisDialect
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


class CrowdTests(TestCase):
    """More connections that are not logged in than there is room for."""

    def setUp(self) -> None:
        self.house = House(most_strangers=2)

    def test_oldest_makes_way(self) -> None:
        """One too many, and the one that has waited longest is told why and let go, without waiting for its end."""
        first, second, third = (self.house.visit() for _ in range(3))
        self.assertEqual(first.read(), ["Username:", "Too many are waiting to log in. Try again later.", "Goodbye."])
        self.assertEqual(first.endings, ["half-closed", "closed"])
        self.assertEqual(first.wire.ended_because, "too many have not logged in")
        self.assertEqual((second.endings, third.endings), ([], []))
        first.lose()
        self.house.visit()
        self.assertEqual((second.endings, third.endings), (["half-closed", "closed"], []))

    def test_other_dialects(self) -> None:
        """POP3 and Redis have a refusal of their own for it."""
        refusals = {
            Pop3Dialect: "-ERR [SYS/TEMP] Too many are waiting to log in. Try again later.",
            RedisDialect: "-ERR max number of clients reached",
        }
        for dialect, refusal in refusals.items():
            house = House(most_strangers=1, dialect=dialect)
            first, _ = house.visit(), house.visit()
            self.assertEqual((first.read()[-1], first.endings), (refusal, ["half-closed", "closed"]))

    def test_reported(self) -> None:
        """The end of its dialogue is an event."""
        for _ in range(3):
            self.house.visit()
        self.assertEqual([event.state for event in self.house.recorder.of(StateEntered)], ["closed"])

    def test_those_inside_stay(self) -> None:
        """Whoever is logged in neither counts nor goes, however old; and there is room for one more after each."""
        members = [self.house.enter() for _ in range(5)]
        strangers = [self.house.visit() for _ in range(4)]
        self.assertEqual([one.endings for one in members], [[]] * 5)
        self.assertEqual([bool(one.endings) for one in strangers], [True, True, False, False])

    def test_check_is_waited_for(self) -> None:
        """Nobody goes while a password of theirs is checked; when it was wrong, they wait anew, behind the others."""
        checked = self.house.visit()
        checked.send(b"alice\npw\n")
        others = [self.house.visit() for _ in range(2)]
        self.assertEqual([one.endings for one in (checked, *others)], [[]] * 3)
        self.house.doorman.deny()
        self.assertEqual([bool(one.endings) for one in (checked, *others)], [False, True, False])

    def test_places_are_given_back(self) -> None:
        """Who hangs up, says goodbye or is sent away makes room at once, and nothing is kept of them."""
        for way_out in (Visit.lose, Visit.end, lambda visit: visit.send(b"x" * 10_000)):
            stays = self.house.visit()
            for _ in range(10):
                way_out(self.house.visit())
            self.assertEqual(stays.endings, [])
            stays.lose()

    def test_deaf_dialect(self) -> None:
        """A dialect that has no word for it is closed all the same."""

        class Deaf:
            name, phase, hearing = "deaf", "only", True

            def ear(self) -> LineEar:
                return LineEar()

            def advance(self, got: Input) -> list[Output]:
                return []

        house = House(most_strangers=1, dialect=lambda attempts: Deaf())
        first, second = house.visit(), house.visit()
        self.assertEqual((first.endings, second.endings), (["closed"], []))


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
