"""Tokens: who gets one, and when it ends."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tests.servers.web.access.doors import ALICE, FakeDoors
from tests.servers.web.access.guarded import GuardedTestCase, basic
from tnet.accounts.store import Account
from tnet.servers.web.access.tokens import Tokens


class TokensTests(TestCase):
    """Tokens of accounts that change."""

    def setUp(self) -> None:
        self.clock, self.doors = Clock(), FakeDoors()
        self.tokens = Tokens(b"k" * 32, self.clock.seconds)
        made = self.successResultOf(Deferred.fromCoroutine(self.tokens.make("alice", 60, self.doors.standing)))
        assert made is not None
        self.token = made[0].encode()

    def holder(self, token: bytes) -> Account | None:
        """Whose it is now."""
        return self.successResultOf(Deferred.fromCoroutine(self.tokens.holder(token, self.doors.standing)))

    def test_its_time(self) -> None:
        """It is good until its time is over."""
        self.clock.advance(59.9)
        self.assertEqual(self.holder(self.token), ALICE)
        self.clock.advance(0.1)
        self.assertIsNone(self.holder(self.token))

    def test_its_account(self) -> None:
        """It ends with another password, and when the account is gone; a gone account gets none."""
        self.doors.passwords["alice"] = b"new"
        self.assertIsNone(self.holder(self.token))
        del self.doors.accounts["alice"]
        self.assertIsNone(self.holder(self.token))
        gone = Deferred.fromCoroutine(self.tokens.make("alice", 60, self.doors.standing))
        self.assertIsNone(self.successResultOf(gone))

    def test_nothing_to_learn(self) -> None:
        """What is in a token says nothing about the password, and one from another key is none."""
        self.assertNotIn(b"pw", self.token)
        self.assertIsNone(self.holder(b"x" + self.token))


class TokenResourceTests(GuardedTestCase):
    """`POST /_tnet/token`."""

    def test_given(self) -> None:
        """Who shows a password gets a token, which opens what the password opens."""
        wire = self.guarded()
        said = self.form("/_tnet/token", "expires=60", basic("alice"))
        self.assertEqual((said["type"], said["expires"]), ("Bearer", "1970-01-01T00:01:00Z"))
        self.assertEqual(wire.get("/a.txt", f"Authorization: Bearer {said['token']}").body, b"a.txt")
        self.assertEqual(wire.get("/a.txt", f"Authorization: Bearer {said['token']}x").status, 401)
        self.clock.advance(60)
        self.assertEqual(wire.get("/a.txt", f"Authorization: Bearer {said['token']}").status, 401)

    def test_not_to_be_kept(self) -> None:
        """In every form the answer is for who asked alone."""
        wire = self.guarded()
        for accept, media in (("text/html", b"text/html; charset=utf-8"), ("*/*", b"text/plain; charset=utf-8")):
            wire.ask("POST", "/_tnet/token", basic("alice"), f"Accept: {accept}", "Content-Length: 0")
            reply = wire.reply()
            self.assertEqual((reply.status, reply.fields[b"content-type"]), (201, media))
            self.assertEqual(reply.fields[b"cache-control"], b"no-store")

    def test_refused(self) -> None:
        """Without a password, with a token, below the path, by GET, and for longer than may be, there is none."""
        self.guarded()
        token = self.form("/_tnet/token", "", basic("alice"))["token"]
        self.assertEqual(self.form("/_tnet/token", ""), 401)
        self.assertEqual(self.form("/_tnet/token", "", f"Authorization: Bearer {token}"), 401)
        self.assertEqual(self.form("/_tnet/token/x", "", basic("alice")), 404)
        self.assertEqual(self.form("/_tnet/token", "expires=99999999", basic("alice")), 400)
        self.assertEqual(self.statuses(["/_tnet/token"], basic("alice")), [405])
