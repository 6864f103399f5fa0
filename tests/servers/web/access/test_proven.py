"""What is remembered of credentials, how long, and what a check costs."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tests.servers.web.access.doors import ALICE
from tnet.accounts.store import Account
from tnet.servers.web.access.proven import Proven


class ProvenTests(TestCase):
    """A memory on a clock, and checks that end when they are told to."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.proven = Proven(self.clock.seconds, seconds=30, most=2)
        self.checks: list[Deferred[Account | None]] = []
        self.given_up: list[object] = []

    def prove(self, key: bytes = b"k", peer: bytes = b"") -> Deferred[Account | None]:
        """Ask for a check of `key`."""

        async def check() -> Account | None:
            self.checks.append(Deferred(self.given_up.append))
            return await self.checks[-1]

        return self.proven.prove(key, peer, check)

    def test_remembered(self) -> None:
        """An account is known for a while, and then asked for again."""
        asked = self.prove()
        self.checks[0].callback(ALICE)
        self.assertEqual(self.successResultOf(asked), ALICE)
        self.clock.advance(29.9)
        self.assertEqual(self.proven.known(b"k"), ALICE)
        self.clock.advance(0.1)
        self.assertIsNone(self.proven.known(b"k"))

    def test_wrong(self) -> None:
        """What opened nothing is not remembered, nor is what nobody could tell."""
        asked = self.prove()
        self.checks[0].callback(None)
        self.assertIsNone(self.successResultOf(asked))
        failed = self.prove()
        self.checks[1].errback(ValueError())
        self.failureResultOf(failed, ValueError)
        self.assertIsNone(self.proven.known(b"k"))

    def test_one_check_for_all(self) -> None:
        """Those who ask at once for the same wait for one check; another peer's is its own."""
        asked = [self.prove(), self.prove(), self.prove(peer=b"other")]
        self.assertEqual(len(self.checks), 2)
        self.checks[0].callback(ALICE)
        self.assertEqual([self.successResultOf(one) for one in asked[:2]], [ALICE, ALICE])
        self.assertNoResult(asked[2])
        self.checks[1].callback(None)

    def test_a_client_that_leaves(self) -> None:
        """It gives up its own wait; the check goes on for the others, and ends with the last of them."""
        first, second = self.prove(), self.prove()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.assertEqual(self.given_up, [])
        second.cancel()
        self.failureResultOf(second, CancelledError)
        self.assertEqual(len(self.given_up), 1)

    def test_a_check_that_goes_on(self) -> None:
        """One that cannot be cancelled tells whoever has come meanwhile, and nobody else."""
        self.proven.prove(b"k", b"", self._stubborn).addErrback(lambda _: None).cancel()
        late = self.proven.prove(b"k", b"", self._stubborn)
        self.ending.callback(None)
        self.assertEqual(self.successResultOf(late), ALICE)

    async def _stubborn(self) -> Account | None:
        self.ending: Deferred[None] = Deferred()
        try:
            await self.ending
        except CancelledError:
            self.ending = Deferred()
            await self.ending
        return ALICE

    def test_forget(self) -> None:
        """A reload forgets what was proven, and what is being proven is good once and not kept."""
        self.prove()
        self.checks[0].callback(ALICE)
        asked = self.prove(b"other")
        self.proven.forget()
        self.checks[1].callback(ALICE)
        self.assertEqual(self.successResultOf(asked), ALICE)
        self.assertEqual([self.proven.known(key) for key in (b"k", b"other")], [None, None])

    def test_bounded(self) -> None:
        """Only so many are kept: the oldest goes."""
        for number, key in enumerate((b"a", b"b", b"c")):
            self.prove(key)
            self.checks[number].callback(ALICE)
        self.assertEqual([self.proven.known(key) for key in (b"a", b"b", b"c")], [None, ALICE, ALICE])

    def test_digests(self) -> None:
        """Fields do not run into each other, secrets are not in them, and another process has others."""
        digest = self.proven.digest
        self.assertEqual(digest(b"a", b"b"), digest(b"a", b"b"))
        self.assertEqual(len({digest(b"a", b"b"), digest(b"ab", b""), digest(b"ab"), digest(b"", b"ab")}), 4)
        self.assertNotEqual(digest(b"a"), Proven(self.clock.seconds).digest(b"a"))
