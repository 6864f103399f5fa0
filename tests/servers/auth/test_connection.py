"""One connection of the login server, on a wire in memory."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import INegotiated
from twisted.trial.unittest import TestCase
from zope.interface import alsoProvides

from tests.servers.auth.wire import Doorman, House, Visit, Wire
from tnet.accounts.store import Account, StoreFailed
from tnet.errors import Overloaded, TimedOut
from tnet.events.kinds import AuthAttempted, Logged, SpanEnded, StateEntered
from tnet.net.relay import Dialled
from tnet.protocols.auth.ears import LINE_BYTES
from tnet.protocols.auth.gateway import Gateway
from tnet.protocols.auth.line import LineDialect
from tnet.protocols.auth.pop3 import Pop3Dialect
from tnet.protocols.auth.redis import RedisDialect
from tnet.servers.auth.connection import INPUTS_A_TURN, READ_AHEAD_BYTES


async def _pw_opens(user: bytes, password: bytes, peer: str) -> Account | None:
    """A check that answers at once."""
    return Account(user.decode()) if password == b"pw" else None


class LoginTests(TestCase):
    """The way in."""

    def setUp(self) -> None:
        self.house = House()
        self.visit = self.house.visit()

    def test_right(self) -> None:
        """Name, password, welcome; and then an echo."""
        self.assertEqual(self.visit.read(), ["Username:"])
        self.visit.send(b"alice\r\n")
        self.assertEqual(self.visit.read(), ["Password:"])
        self.visit.send(b"pw\r\n")
        self.assertEqual((self.visit.read(), self.house.doorman.asked), ([], [(b"alice", b"pw")]))
        self.house.doorman.admit()
        self.visit.send(b"hello\r\n")
        self.assertEqual(self.visit.read(), ["Welcome, alice!", "Echo: hello"])

    def test_denied_until_goodbye(self) -> None:
        """After the attempts are used up comes the goodbye, and an end for that reason."""
        for _ in range(3):
            self.visit.send(b"eve\nx\n")
            self.house.doorman.deny()
        self.assertEqual(self.visit.read()[-3:], ["Password:", "Login failed.", "Goodbye."])
        self.assertEqual(
            (self.visit.endings, self.visit.wire.ended_because), (["half-closed"], "too many logins failed")
        )

    def test_nobody_can_tell(self) -> None:
        """A busy or broken back end is unavailable, never a failed login."""
        for error in (Overloaded("password checking"), StoreFailed("sqlite:/x", "locked")):
            self.visit.read()
            self.visit.send(b"alice\npw\n")
            self.house.doorman.fail(error)
            self.assertEqual(self.visit.read()[-2:], ["Login is unavailable now. Try again later.", "Username:"])
        self.assertEqual([event.result for event in self.house.recorder.of(AuthAttempted)], ["unavailable"] * 2)

    def test_broken_check(self) -> None:
        """An error in the check itself is unavailable to the peer, and logged for us."""
        self.visit.send(b"alice\npw\n")
        self.house.doorman.fail(ZeroDivisionError())
        self.assertEqual(self.visit.read()[-2:], ["Login is unavailable now. Try again later.", "Username:"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_deadline(self) -> None:
        """The time for a login is one for all, and trickling bytes do not stretch it."""
        for _ in range(59):
            self.house.clock.advance(1)
            self.visit.send(b"a")
        self.assertEqual(self.visit.endings, [])
        self.house.clock.advance(1)
        self.assertEqual(self.visit.read(), ["Username:", "Too slow.", "Goodbye."])
        self.assertEqual(
            (self.visit.endings, self.visit.wire.ended_because), (["half-closed"], "the login took too long")
        )

    def test_no_deadline_inside(self) -> None:
        """Whoever is in has all the time; and so has everybody where there is no limit."""
        inside, unlimited = self.house.enter(), House(login_seconds=0)
        unlimited.visit()
        self.visit.lose()
        self.assertEqual((self.house.clock.getDelayedCalls(), unlimited.clock.getDelayedCalls()), ([], []))
        self.assertEqual(inside.endings, [])


class NameAloneTests(TestCase):
    """Accounts without a password."""

    def setUp(self) -> None:
        self.house = House(recognize=(porter := Doorman()).recognize)
        self.porter = porter
        self.visit = self.house.visit()

    def test_welcome(self) -> None:
        """The name is looked up before anything is said; then the welcome, and an attempt of that kind."""
        self.visit.send(b"guest\r\nhello\r\n")
        self.assertEqual((self.visit.read(), self.porter.asked), (["Username:"], [(b"guest", None)]))
        self.porter.admit("guest")
        self.assertEqual(self.visit.read(), ["Welcome, guest!", "Echo: hello"])
        (event,) = self.house.recorder.of(AuthAttempted)
        self.assertEqual((event.user, event.result, event.means), ("guest", "accepted", "none"))
        self.assertEqual(self.house.doorman.asked, [])

    def test_any_other_name(self) -> None:
        """A name that is not enough is asked for a password, and was no attempt yet."""
        self.visit.send(b"alice\n")
        self.porter.deny()
        self.assertEqual(self.visit.read(), ["Username:", "Password:"])
        self.assertEqual(self.house.recorder.of(AuthAttempted), [])

    def test_nobody_can_tell(self) -> None:
        """When the name cannot be looked up the next line is a password all the same, and never taken for a name."""
        for error in (Overloaded("the file queue"), StoreFailed("sqlite:/x", "locked"), ZeroDivisionError()):
            self.visit.send(b"alice\nhunter2\n")
            self.porter.fail(error)
            self.assertEqual(self.house.doorman.asked[-1], (b"alice", b"hunter2"))
            self.house.doorman.deny()
        self.assertEqual({event.user for event in self.house.recorder.of(AuthAttempted)}, {"alice"})
        self.assertEqual([asked for asked, _ in self.porter.asked], [b"alice"] * 3)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_hang_up(self) -> None:
        """A welcome for a peer that is gone is said to nobody, and nobody is logged in."""
        self.visit.send(b"guest\n")
        self.visit.read()
        self.visit.lose()
        self.porter.admit("guest")
        self.assertEqual((self.visit.read(), self.house.factory.members()), ([], []))


class PipelineTests(TestCase):
    """Lines that come before their turn."""

    SPEECH = b"alice\r\npw\r\nhello\r\n/who\r\n/quit\r\n"
    REPLIES = [
        "Username:",
        "Password:",
        "Welcome, alice!",
        "Echo: hello",
        "Logged in: alice",
        "Goodbye.",
    ]

    def test_all_at_once(self) -> None:
        """Lines behind the password wait for the verdict, and are then answered in order."""
        house = House()
        visit = house.visit()
        visit.send(self.SPEECH)
        self.assertEqual(visit.read(), ["Username:", "Password:"])
        house.doorman.admit()
        self.assertEqual(visit.read(), self.REPLIES[2:])

    def test_every_cut(self) -> None:
        """Cut anywhere, or into bytes, and with a check that answers at once: the same replies in the same order."""
        cuts = [[self.SPEECH[:cut], self.SPEECH[cut:]] for cut in range(len(self.SPEECH))]
        for chunks in [*cuts, [bytes([byte]) for byte in self.SPEECH]]:
            visit = House(verify=_pw_opens).visit()
            for chunk in chunks:
                visit.send(chunk)
            self.assertEqual(visit.read(), self.REPLIES)

    def test_flood_of_passwords(self) -> None:
        """Ten thousand guesses in one segment cost as many checks as there are attempts."""
        house = House()
        visit = house.visit()
        visit.send(b"alice\nguess\n" * 10_000)
        for asked in (1, 2, 3):
            self.assertEqual(len(house.doorman.asked), asked)
            house.doorman.deny()
        house.clock.advance(1)
        self.assertEqual(len(house.doorman.asked), 3)
        self.assertEqual(visit.read()[-1], "Goodbye.")

    def test_reading_pauses(self) -> None:
        """The socket is read on during a check, but only so far; after the verdict it is read again."""
        house = House()
        visit = house.visit()
        visit.send(b"alice\npw\n" + b"x\n" * (READ_AHEAD_BYTES // 2))
        self.assertEqual(visit.wire.producerState, "producing")
        visit.send(b"x\n")
        self.assertEqual(visit.wire.producerState, "paused")
        house.doorman.admit()
        house.clock.pump([0] * 100)
        self.assertEqual(visit.wire.producerState, "producing")
        self.assertEqual(len(visit.read()), 3 + READ_AHEAD_BYTES // 2 + 1)

    def test_fairness(self) -> None:
        """A flood of short lines is taken in turns, and others are served between them."""
        house = House()
        alice, bob = house.enter("alice"), house.enter("bob")
        alice.send(b"\n" * 1000)
        self.assertEqual(len(alice.read()), INPUTS_A_TURN)
        bob.send(b"hello\n")
        self.assertEqual(bob.read(), ["Echo: hello"])
        house.clock.pump([0] * 10)
        self.assertEqual(len(alice.read()), 1000 - INPUTS_A_TURN)

    def test_empty_lines_at_the_door(self) -> None:
        """A flood of empty lines before a login ends in a goodbye after a few."""
        visit = House().visit()
        visit.send(b"\r\n" * 32_768)
        self.assertEqual(visit.read(), ["Username:"] * 10 + ["Goodbye."])
        self.assertEqual(visit.endings, ["half-closed"])


class EndingTests(TestCase):
    """Every way out."""

    def setUp(self) -> None:
        self.house = House()
        self.visit = self.house.visit()

    def test_peer_ends_early(self) -> None:
        """A peer that sent all its lines and ended gets every reply, a check included, and then a close."""
        self.visit.send(b"alice\npw\n/who\n")
        self.visit.end()
        self.assertEqual(self.visit.endings, [])
        self.house.doorman.admit()
        self.assertEqual(self.visit.read()[2:], ["Welcome, alice!", "Logged in: alice", "Goodbye."])
        self.assertEqual(self.visit.endings, ["closed"])

    def test_last_line_without_end(self) -> None:
        """The last line may lack its end."""
        inside = self.house.enter()
        inside.send(b"hello")
        inside.end()
        self.assertEqual(inside.read(), ["Echo: hello", "Goodbye."])

    def test_hang_up_during_a_check(self) -> None:
        """A verdict for nobody is written nowhere and logged as no error; the attempt is reported all the same."""
        self.visit.send(b"alice\npw\n")
        self.visit.read()
        self.visit.lose()
        self.house.doorman.deny()
        self.assertEqual((self.visit.read(), self.visit.endings), ([], []))
        self.assertEqual([event.result for event in self.house.recorder.of(AuthAttempted)], ["denied"])
        self.assertEqual(self.house.factory.connections, {})

    def test_hang_up_before_the_check(self) -> None:
        """When the peer hangs up, the accounts are told; what they give up was no attempt, and is no error."""
        waiting: Deferred[None] = Deferred()
        peers = []

        async def verify(user: bytes, password: bytes, peer: str) -> None:
            peers.append(peer)
            await waiting

        house = House(verify=verify)
        visit = house.visit()
        visit.send(b"alice\npw\n")
        visit.lose()
        self.assertTrue(waiting.called)
        self.assertEqual((house.recorder.of(AuthAttempted), peers), ([], [visit.wire.getPeer().host]))

    def test_unix_peer(self) -> None:
        """A UNIX socket's peer that calls itself by an IP address is not reported as one."""
        self.visit.wire.getPeer = lambda: UNIXAddress("192.0.2.1")
        self.visit.send(b"alice\npw\n")
        self.house.doorman.deny()
        self.assertEqual([event.peer_address for event in self.house.recorder.of(AuthAttempted)], ["unix:192.0.2.1"])

    def test_hang_up_after_the_end(self) -> None:
        """An answer for a peer that ended and then hung up starts nothing: every line of it is over."""
        for answer in (self.house.doorman.deny, self.house.doorman.admit):
            visit = self.house.visit()
            visit.send(b"alice\npw\n/who\n")
            visit.end()
            visit.lose()
            answer()
            self.assertEqual(visit.endings, [])
        self.visit.lose()
        self.assertEqual((self.house.clock.getDelayedCalls(), self.house.factory.members()), ([], []))

    def test_nothing_is_left(self) -> None:
        """A lost connection leaves no timer and no member, wherever it was."""
        inside, leaving = self.house.enter(), self.house.enter()
        leaving.send(b"/quit\n")
        inside.send(b"\n" * 1000)
        for visit in (self.visit, inside, leaving):
            visit.lose()
        self.assertEqual((self.house.clock.getDelayedCalls(), self.house.factory.connections), ([], {}))

    def test_overlong_line(self) -> None:
        """A line of the limit passes; a longer one, ended or not, is told of and ends the connection."""
        inside = self.house.enter()
        inside.send(b"x" * LINE_BYTES + b"\n")
        self.assertEqual(inside.read(), ["Echo: " + "x" * LINE_BYTES])
        for rest in (b"", b"\n"):
            visit = self.house.visit()
            visit.send(b"x" * (LINE_BYTES + 1) + rest)
            self.assertEqual(visit.read(), ["Username:", "Line too long.", "Goodbye."])
            self.assertEqual(visit.endings, ["half-closed"])

    def test_drains(self) -> None:
        """What comes after our goodbye is dropped, and the peer's own end closes the connection."""
        inside = self.house.enter()
        inside.send(b"/quit\n")
        inside.read()
        inside.send(b"more\n" * 1000)
        self.assertEqual((inside.read(), inside.endings), ([], ["half-closed"]))
        inside.end()
        self.assertEqual(inside.endings, ["half-closed", "closed"])

    def test_stays_read_while_draining(self) -> None:
        """A socket that was paused is read again for the drain, so that the peer's end is seen."""
        self.visit.send(b"alice\npw\n" + b"x\n" * READ_AHEAD_BYTES)
        self.assertEqual(self.visit.wire.producerState, "paused")
        self.visit.protocol.leave()
        self.assertEqual((self.visit.wire.producerState, self.visit.endings), ("producing", ["half-closed"]))

    def test_not_read_after_its_end(self) -> None:
        """A socket whose peer has ended is neither paused nor resumed."""
        self.visit.send(b"alice\npw\n" + b"x\n" * READ_AHEAD_BYTES)
        self.visit.end()
        self.house.doorman.admit()
        self.house.clock.pump([0] * 200)
        self.assertEqual(self.visit.wire.producerState, "paused")
        self.assertEqual(self.visit.endings, ["closed"])

    def test_leaving_during_a_check(self) -> None:
        """A server that stops does not wait for a verdict, nor for the lines behind it."""
        self.visit.send(b"alice\npw\nhello\n")
        self.visit.read()
        self.visit.protocol.leave()
        self.house.doorman.admit()
        self.assertEqual(self.visit.read(), ["The server is stopping.", "Goodbye."])
        self.assertEqual(self.house.factory.members(), [])


class IdleTests(TestCase):
    """Nothing has moved for as long as it may."""

    def setUp(self) -> None:
        self.house = House()

    def test_logged_in(self) -> None:
        """Whoever is logged in hears why, and is waited for a little, not for ever."""
        inside = self.house.enter()
        self.assertTrue(inside.protocol.idled())
        self.assertEqual(inside.read(), ["Idle for too long.", "Goodbye."])
        self.assertEqual(inside.wire.ended_because, "timed out: idle after the login")
        self.assertTrue(inside.protocol.idled())
        self.house.clock.advance(2)
        self.assertEqual((inside.read(), inside.endings), ([], ["half-closed", "aborted"]))

    def test_peer_that_does_not_read(self) -> None:
        """A peer that is idle because it does not read is let go in the same bounded time."""
        inside = self.house.enter()
        inside.wire.producer.pauseProducing()
        self.assertTrue(inside.protocol.idled())
        self.house.clock.advance(2)
        self.assertEqual(inside.endings, ["half-closed", "aborted"])

    def test_before_the_login(self) -> None:
        """Before the login its own limit rules; without one the connection is the gate's to close."""
        for seconds, ours in ((60, True), (0, False)):
            visit = House(login_seconds=seconds).visit()
            self.assertEqual(visit.protocol.idled(), ours)
            self.assertEqual((visit.read(), visit.endings), (["Username:"], []))

    def test_without_a_word(self) -> None:
        """POP3 and Redis have none for it: the connection is ended in silence."""
        for dialect, login in ((Pop3Dialect, b"USER a\r\nPASS pw\r\n"), (RedisDialect, b"AUTH a pw\r\n")):
            visit = House(verify=_pw_opens, dialect=dialect).visit()
            visit.send(login)
            visit.read()
            self.assertTrue(visit.protocol.idled())
            self.assertEqual((visit.read(), visit.endings), ([], ["half-closed"]))


class BackpressureTests(TestCase):
    """A peer that does not read."""

    def test_no_replies_pile_up(self) -> None:
        """While the peer is behind, its lines wait, and then the socket; as it catches up all are answered."""
        house = House()
        inside = house.enter()
        inside.wire.producer.pauseProducing()
        inside.send(b"x\n" * (READ_AHEAD_BYTES // 2 + 1))
        self.assertEqual((inside.read(), inside.wire.producerState), ([], "paused"))
        inside.wire.producer.resumeProducing()
        house.clock.pump([0] * 100)
        self.assertEqual(len(inside.read()), READ_AHEAD_BYTES // 2 + 1)
        self.assertEqual(inside.wire.producerState, "producing")

    def test_news_still_come(self) -> None:
        """A peer that does not read can still be told to go, and is not waited for."""
        house = House()
        inside = house.enter()
        inside.wire.producer.pauseProducing()
        inside.protocol.leave()
        house.clock.advance(2)
        self.assertEqual(inside.endings, ["half-closed", "aborted"])


class EventTests(TestCase):
    """What is reported."""

    def setUp(self) -> None:
        self.house = House()
        self.visit = self.house.visit()

    def test_states(self) -> None:
        """Each state that the dialogue enters is reported, in order."""
        self.visit.send(b"alice\npw\n")
        self.house.doorman.admit()
        self.visit.send(b"hello\n/quit\n")
        states = [(event.machine, event.state) for event in self.house.recorder.of(StateEntered)]
        self.assertEqual(
            states, [("auth", state) for state in ("recognizing", "password", "checking", "active", "closed")]
        )

    def test_attempts(self) -> None:
        """Each attempt is reported with its peer, when its verdict comes; a hostile name is escaped, in bounds."""
        self.visit.send(b"\x1b]0;x\x07\xff" + b"a" * 1000 + b"\nhunter2\n")
        self.assertEqual(self.house.recorder.of(AuthAttempted), [])
        self.house.doorman.deny()
        (event,) = self.house.recorder.of(AuthAttempted)
        self.assertTrue(event.user.startswith("\\x1b]0;x\\x07\\xffaaa"))
        self.assertLess(len(event.user), 300)
        self.assertEqual((event.result, event.means, event.peer_address), ("denied", "password", "192.168.1.1"))

    def test_time(self) -> None:
        """How long each question about an account took is reported."""
        self.visit.send(b"alice\npw\n")
        self.house.clock.advance(3)
        self.house.doorman.deny()
        spans = [(event.span, event.seconds, event.outcome) for event in self.house.recorder.of(SpanEnded)]
        self.assertEqual(spans, [("recognition", 0, "ok"), ("login", 3, "ok")])

    def test_no_secret(self) -> None:
        """No event shows a password, right or wrong."""
        self.visit.send(b"alice\nhunter2\nalice\nhunter22\n")
        self.house.doorman.deny()
        self.house.doorman.admit()
        self.visit.lose()
        self.assertEqual(len(self.house.recorder.of(AuthAttempted)), 2)
        self.assertNotIn("hunter2", repr([(each, each.as_json()) for each in self.house.recorder.records]))


class OrderTests(TestCase):
    """A check that answers at once."""

    def test_no_overtaking(self) -> None:
        """Its verdict waits for its place: nothing that was said before is said after."""
        visit: Visit = House(verify=_pw_opens, attempts=2).visit()
        visit.send(b"a\nx\nb\npw\n")
        self.assertEqual(
            visit.read(), ["Username:", "Password:", "Login failed.", "Username:", "Password:", "Welcome, b!"]
        )


class ClearTests(TestCase):
    """A server that has TLS, reached without."""

    def said(self, wire: Wire, *, secured: bool = True) -> bytes:
        """The first that the peer of `wire` is told."""
        House(secured=secured).factory.buildProtocol(None).makeConnection(wire)
        return bytes(wire.value())

    def test_elsewhere(self) -> None:
        """From another machine no name and no password is asked for, and the connection ends."""
        wire = Wire()
        self.assertEqual(self.said(wire), b"Logins go over TLS here.\r\nGoodbye.\r\n")
        self.assertEqual((wire.endings, wire.ended_because), (["half-closed"], "a login in clear was refused"))

    def test_where_nobody_reads(self) -> None:
        """On this machine, on a UNIX socket, over TLS, and where there is no TLS at all, it is as ever."""
        over_tls, local, unix = Wire(), Wire(), Wire()
        alsoProvides(over_tls, INegotiated)
        local.peerAddr = IPv4Address("TCP", "127.0.0.1", 5)
        unix.peerAddr = UNIXAddress(None)
        told = [self.said(over_tls), self.said(local), self.said(unix), self.said(Wire(), secured=False)]
        self.assertEqual(told, [b"Username:\r\n"] * 4)


class Backend:
    """A backend that a test answers for: `asked` are the names that it was asked for in."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.wire = Wire()
        self.cancelled = False
        self._waiting: Deferred[Dialled] = Deferred(self._cancel)

    async def connect(self, name: str, transport: object) -> Dialled:
        self.asked.append(name)
        return await self._waiting

    def answer(self) -> None:
        """It is there."""
        dialled = Dialled()
        dialled.makeConnection(self.wire)
        self._waiting.callback(dialled)

    def refuse(self, error: Exception) -> None:
        """It does not come."""
        self._waiting.errback(error)

    def _cancel(self, _: object) -> None:
        self.cancelled = True


class ForwardTests(TestCase):
    """A login in front of a backend."""

    def setUp(self) -> None:
        self.backend = Backend()
        self.house = House(
            dialect=lambda attempts: Gateway(LineDialect(attempts)), connect=self.backend.connect, verify=_pw_opens
        )
        self.visit = self.house.visit()

    def test_idle(self) -> None:
        """While the backend is dialled that has a limit of its own; what is relayed is left to the gate."""
        self.visit.send(b"alice\npw\n")
        self.assertTrue(self.visit.protocol.idled())
        self.backend.answer()
        self.assertFalse(self.visit.protocol.idled())
        self.assertEqual(self.visit.endings, [])

    def test_bytes_behind_the_password(self) -> None:
        """They wait for the backend, are its first, and what follows comes after them; the peer's end, too."""
        self.visit.send(b"alice\r\npw\r\n\0\r\n/quit\r\n")
        self.visit.send(b"\xff")
        self.visit.end()
        self.assertEqual((self.visit.read(), self.backend.asked), (["Username:", "Password:"], ["alice"]))
        self.backend.answer()
        self.assertEqual(self.visit.read(), ["Welcome, alice!"])
        self.assertEqual(
            (self.backend.wire.value(), self.backend.wire.endings), (b"\0\r\n/quit\r\n\xff", ["half-closed"])
        )

    def test_paused_meanwhile(self) -> None:
        """Too much of it is not read before the backend is there, and all of it then."""
        self.visit.send(b"alice\npw\n" + b"x" * (READ_AHEAD_BYTES + 1))
        self.assertEqual(self.visit.wire.producerState, "paused")
        self.backend.answer()
        self.assertEqual(self.visit.wire.producerState, "producing")
        self.visit.send(b"y")
        self.assertEqual(self.backend.wire.value(), b"x" * (READ_AHEAD_BYTES + 1) + b"y")

    def test_refused(self) -> None:
        """The peer is told in one line, with a clean close; an error of ours is logged besides."""
        self.visit.send(b"alice\npw\nhello\n")
        self.backend.refuse(TimedOut("connecting", 10))
        self.assertEqual(self.visit.read()[2:], ["The backend cannot be reached now.", "Goodbye."])
        self.assertEqual((self.visit.endings, self.house.factory.members()), (["half-closed"], []))
        (logged,) = self.house.recorder.of(Logged)
        self.assertEqual(
            (logged.level, logged.text), ("warning", "no backend: timed out: connecting took longer than 10 s")
        )

    def test_broken(self) -> None:
        """An error of ours is logged, and the peer told the same."""
        self.visit.send(b"alice\npw\n")
        self.backend.refuse(ZeroDivisionError())
        self.assertEqual(self.visit.read()[2:], ["The backend cannot be reached now.", "Goodbye."])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_called_off(self) -> None:
        """A peer that hangs up, or a server that stops, calls off what is not there yet."""
        self.visit.send(b"alice\npw\n")
        self.visit.lose()
        self.assertTrue(self.backend.cancelled)
        self.setUp()
        self.visit.send(b"alice\npw\n")
        self.house.factory.goodbye()
        self.assertTrue(self.backend.cancelled)
        self.assertEqual(self.visit.read()[2:], ["The server is stopping.", "Goodbye."])

    def test_no_deadline_and_no_goodbye(self) -> None:
        """Neither the login's deadline nor our goodbye reaches into what the two say to each other."""
        self.visit.send(b"alice\npw\n")
        self.backend.answer()
        self.visit.read()
        self.house.clock.advance(100)
        self.house.factory.goodbye()
        self.assertEqual((self.visit.read(), self.visit.endings), ([], []))

    def test_loss(self) -> None:
        """A peer that is gone ends the backend's connection, and is logged in no more."""
        self.visit.send(b"alice\npw\n")
        self.backend.answer()
        self.assertEqual(len(self.house.factory.members()), 1)
        self.visit.lose()
        self.assertEqual((self.backend.wire.endings, self.house.factory.members()), (["closed"], []))
        self.backend.wire.producer = None

    def test_span(self) -> None:
        """The time that the backend took is reported."""
        self.visit.send(b"alice\npw\n")
        self.house.clock.advance(2)
        self.backend.answer()
        spans = {event.span: (event.seconds, event.outcome) for event in self.house.recorder.of(SpanEnded)}
        self.assertEqual(spans["forward"], (2, "ok"))
