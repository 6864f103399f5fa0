"""Logins: who credentials belong to, what is reported, and what happens when nobody can tell."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tests.servers.web.access.doors import ALICE, BOB, FakeDoors
from tests.support import Recorder
from tnet.accounts.store import Account, StoreFailed
from tnet.accounts.throttle import Throttled
from tnet.errors import Overloaded
from tnet.events import Publisher
from tnet.events.kinds import AuthAttempted
from tnet.servers.web.access.credentials import Password, Token
from tnet.servers.web.access.logins import Logins
from tnet.servers.web.access.proven import Proven
from tnet.servers.web.access.tokens import Tokens
from tnet.servers.web.bodies import Refusal

PEER = IPv4Address("TCP", "192.0.2.7", 5000)
RIGHT = Password(b"alice", b"pw")


class LoginTests(TestCase):
    """Logins over accounts that do as they are told."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.doors = FakeDoors()
        self.tokens = Tokens(b"k" * 32, self.clock.seconds)
        self.logins = Logins(self.doors, self.tokens, Proven(self.clock.seconds))
        publisher = Publisher(self.clock.seconds, self.clock.seconds)
        self.recorder = Recorder()
        publisher.subscribe(self.recorder)
        self.trace = publisher.trace()

    def check(self, credentials: Password | Token, peer: Any = PEER) -> Account | None:
        """Who they belong to."""
        return self.successResultOf(self.logins.check(credentials, peer, self.trace))

    def attempts(self) -> list[tuple[str, str, str]]:
        """What was reported."""
        events = self.recorder.of(AuthAttempted)
        return [(event.user, event.result, event.means) for event in events]

    def test_a_password(self) -> None:
        """A right one opens its account, a wrong one none; each check is reported, with the peer and no secret."""
        self.assertEqual(self.check(RIGHT), ALICE)
        self.assertIsNone(self.check(Password(b"al\x1bice", b"s3cret")))
        self.assertEqual(self.doors.peers, ["192.0.2.7"] * 2)
        (accepted, denied) = self.recorder.of(AuthAttempted)
        self.assertEqual((accepted.user, accepted.result, accepted.peer_address), ("alice", "accepted", "192.0.2.7"))
        self.assertEqual((denied.result, "\x1b" in denied.user), ("denied", False))
        self.assertNotIn("s3cret", repr(self.recorder.records))

    def test_the_next_request(self) -> None:
        """Who was let in a moment ago is known without a check, until a reload."""
        self.assertIsNone(self.logins.known(RIGHT))
        self.check(RIGHT)
        self.assertEqual(self.logins.known(RIGHT), ALICE)
        self.assertIsNone(self.logins.known(Password(b"alice", b"other")))
        self.logins.forget()
        self.assertIsNone(self.logins.known(RIGHT))

    def test_an_account_without_a_password(self) -> None:
        """Its name is enough, with an empty password; and only with that."""
        self.assertEqual(self.check(Password(b"guest", b"")), Account("guest"))
        self.assertIsNone(self.check(Password(b"guest", b"x")))
        self.assertIsNone(self.check(Password(b"alice", b"")))

    def test_a_token(self) -> None:
        """It opens its account while that stands; one that opens nothing has no name to report."""
        made = self.successResultOf(Deferred.fromCoroutine(self.tokens.make("bob", 60, self.doors.standing)))
        assert made is not None
        self.assertEqual(self.check(Token(made[0].encode())), BOB)
        self.assertIsNone(self.check(Token(b"forged")))
        self.assertEqual(self.attempts(), [("bob", "accepted", "token"), ("", "denied", "token")])

    def test_nobody_can_tell(self) -> None:
        """Too many that wait are 429, a full queue and a broken store 503; the client is told when to come back."""
        for trouble, status in (
            (Throttled("192.0.2.7"), 429),
            (Overloaded("password checking"), 503),
            (StoreFailed("postgresql://secret", "gone"), 503),
        ):
            self.doors.trouble = trouble
            refusal = self.failureResultOf(self.logins.check(RIGHT, PEER, self.trace), Refusal).value
            self.assertEqual(refusal.status, status)
            self.assertTrue(refusal.fields[b"Retry-After"].isdigit())
            self.assertNotIn("secret", refusal.reason)
        self.assertEqual(self.attempts(), [("alice", "unavailable", "password")] * 3)

    def test_a_unix_socket(self) -> None:
        """Its path is no address of the network, whatever it looks like."""
        self.check(RIGHT, UNIXAddress("192.0.2.7"))
        self.assertEqual(self.doors.peers, ["unix:192.0.2.7"])

    def test_standing(self) -> None:
        """Who showed who they are earlier is looked up now and then, not each time; nobody reports that."""
        for _ in range(3):
            self.assertEqual(self.successResultOf(self.logins.standing("bob")), BOB)
        self.assertEqual(self.doors.checked, 1)
        self.clock.advance(30)
        del self.doors.accounts["bob"]
        self.assertIsNone(self.successResultOf(self.logins.standing("bob")))
        self.doors.trouble = StoreFailed("x", "gone")
        self.failureResultOf(self.logins.standing("bob"), Refusal)
        self.assertEqual(self.attempts(), [])

    def test_no_credentials_of_one_kind_pass_for_another(self) -> None:
        """That bob's account is known says nothing about any password or token."""
        self.successResultOf(self.logins.standing("bob"))
        for credentials in (Password(b"name", b"bob"), Password(b"bob", b""), Token(b"bob")):
            self.assertIsNone(self.logins.known(credentials))
