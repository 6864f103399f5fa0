"""Who may come in: the same answer and the same work, whatever is wrong."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred, fail, maybeDeferred
from twisted.trial.unittest import TestCase

from tests.support import AtOnce, World
from tnet.accounts.accounts import Accounts, open_accounts, open_store
from tnet.accounts.hashing import Argon2, matches
from tnet.accounts.onetime import OneTimeStore
from tnet.accounts.store import Account, Entry, Login, StoreFailed
from tnet.errors import BadUsage, ExitStatus, Overloaded
from tnet.events.kinds import Logged

QUICK = Argon2(memory_kib=16, passes=1, lanes=1)
WEAKER = Argon2(memory_kib=8, passes=1, lanes=1)


class _Counting:
    """Threads that remember which secrets were checked."""

    def __init__(self) -> None:
        self.checked: list[str] = []

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        if function is matches:
            self.checked.append(args[1])
        return maybeDeferred(function, *args, **kwargs)


class _Full:
    """Threads that have no time."""

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        return fail(Overloaded("password checking"))


class _WithStore(TestCase):
    async def setUp(self) -> None:
        self.world = World()
        self.url = f"sqlite:{Path(self.mktemp()).absolute() / 'users.db'}"
        self.store = open_store(self.url, self.world.context)
        self.hashing = _Counting()

    def accounts(self, **others: Any) -> Accounts:
        return Accounts(self.store, others.pop("hashing", self.hashing), self.world.publisher, hasher=QUICK, **others)


class VerifyTests(_WithStore):
    """One question."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.store.add(Entry(Account("alice", groups=("ops",)), QUICK.hash(b"pw")))
        await self.store.add(Entry(Account("bob", disabled=True), QUICK.hash(b"pw")))

    async def test_right(self) -> None:
        """The right password gives the account, for a name in bytes or text."""
        for user in (b"alice", "alice"):
            self.assertEqual(await self.accounts().verify(user, b"pw"), Account("alice", groups=("ops",)))

    async def test_denied(self) -> None:
        """A wrong password, unknown, disabled and malformed names are denied alike, each after one check."""
        for user, password in ((b"alice", b"no"), (b"eve", b"pw"), (b"bob", b"pw"), (b"\xff", b"pw"), (b"", b"")):
            self.hashing.checked.clear()
            self.assertIsNone(await self.accounts().verify(user, password))
            self.assertEqual(len(self.hashing.checked), 1)
            self.assertFalse(QUICK.outdated(self.hashing.checked[0]))

    async def test_standing(self) -> None:
        """Who showed earlier who they are is looked up: gone and disabled accounts stand nowhere."""
        accounts = self.accounts()
        standing = await accounts.standing("alice", b"k")
        assert standing is not None
        self.assertEqual(standing.account.groups, ("ops",))
        self.assertNotIn(repr(standing.seal), repr(standing))
        for name in ("bob", "eve", "a b"):
            self.assertIsNone(await accounts.standing(name, b"k"))

    async def test_seal(self) -> None:
        """The seal is the same until the password changes, and another one under another key."""
        accounts = self.accounts()
        seals = [(await accounts.standing("alice", key)) for key in (b"k", b"k", b"other")]
        await self.store.change("alice", QUICK.hash(b"new"))
        first, again, other, later = *seals, await accounts.standing("alice", b"k")
        self.assertEqual(first, again)
        self.assertEqual(len({standing.seal for standing in (first, other, later) if standing}), 3)

    async def test_long_password(self) -> None:
        """A password over 1 KiB is denied before any work is done for it."""
        self.assertIsNone(await self.accounts().verify(b"alice", b"x" * 1025))
        self.assertEqual(self.hashing.checked, [])

    async def test_nobody_can_tell(self) -> None:
        """A full queue, a broken store and an unreadable secret are no answer about the password."""
        full = self.accounts(hashing=_Full())
        await self.assertFailure(Deferred.fromCoroutine(full.verify(b"alice", b"pw")), Overloaded)
        await self.store.change("alice", "plain text!")
        await self.assertFailure(Deferred.fromCoroutine(self.accounts().verify(b"alice", b"pw")), StoreFailed)
        Path(self.url.removeprefix("sqlite:")).write_bytes(b"broken" * 1000)
        await self.assertFailure(Deferred.fromCoroutine(self.accounts().verify(b"alice", b"pw")), StoreFailed)

    async def test_failure_is_told_once(self) -> None:
        """That the store fails is logged once, with the reason; and that it works again."""
        accounts, path = self.accounts(), Path(self.url.removeprefix("sqlite:"))
        good = path.read_bytes()
        path.write_bytes(b"broken" * 1000)
        for _ in range(3):
            await self.assertFailure(Deferred.fromCoroutine(accounts.verify(b"alice", b"pw")), StoreFailed)
            await accounts.verify(b"alice", b"x" * 1025)
        path.write_bytes(good)
        for _ in range(2):
            await accounts.verify(b"alice", b"pw")
        failed, mended = self.world.recorder.of(Logged)
        self.assertEqual((failed.level, mended.level), ("error", "info"))
        self.assertIn(str(path), failed.text)

    async def test_checker(self) -> None:
        """The same accounts answer to twisted.cred."""
        self.assertEqual(await self.accounts().checker.requestAvatarId(UsernamePassword(b"alice", b"pw")), b"alice")


class SameWorkTests(_WithStore):
    """What the clock would tell a guesser."""

    ATTEMPTS = 200
    DEAR = Argon2(memory_kib=2048, passes=1, lanes=1)

    async def test_same_work(self) -> None:
        """Over hundreds of attempts the median work is the same, whatever is wrong with them.

        Processor time of this thread is measured, which other processes cannot stretch. A malformed name saves the
        look at the store, and nothing else.
        """
        secret = self.DEAR.hash(b"pw")
        await self.store.add(Entry(Account("alice"), secret))
        await self.store.add(Entry(Account("bob", disabled=True), secret))
        await self.store.add(Entry(Account("guest", login=Login.NOTHING), None))
        accounts = Accounts(self.store, AtOnce(), self.world.publisher, hasher=self.DEAR)
        wrong = {b"alice": b"no", b"eve": b"pw", b"bob": b"pw", b"guest": b"", b"\xff": b"pw"}
        taken: dict[bytes, list[float]] = {user: [] for user in wrong}
        hashes: list[float] = []
        for _ in range(self.ATTEMPTS):
            for user, password in wrong.items():
                began = time.thread_time()
                self.assertIsNone(await accounts.verify(user, password))
                taken[user].append(time.thread_time() - began)
            began = time.thread_time()
            matches(b"no", secret)
            hashes.append(time.thread_time() - began)
        malformed = statistics.median(taken.pop(b"\xff"))
        medians = {user: statistics.median(times) for user, times in taken.items()}
        self.assertLess(max(medians.values()) / min(medians.values()), 1.5, medians)
        self.assertGreater(min(malformed, *medians.values()), statistics.median(hashes) / 2, "no hash was made")


class ThrottledTests(_WithStore):
    """Guessing takes longer and longer."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.store.add(Entry(Account("alice"), QUICK.hash(b"pw")))
        await self.store.add(Entry(Account("bob", disabled=True), QUICK.hash(b"pw")))

    async def opened(self) -> Accounts:
        return await open_accounts(self.url, self.world.context, exposed=False, hashing=self.hashing)

    async def test_same_wait(self) -> None:
        """A wrong password, unknown and disabled names, a long password and a right one wait alike after guesses."""
        for user, password in ((b"alice", b"no"), (b"eve", b"pw"), (b"bob", b"pw"), (b"eve", b"x" * 1025)):
            accounts = await self.opened()
            for number in range(3):
                self.assertIsNone(await accounts.verify(user, b"%d" % number, "192.0.2.1"))
            self.hashing.checked.clear()
            waiting = Deferred.fromCoroutine(accounts.verify(user, password, "192.0.2.2"))
            self.assertEqual((self.world.reactor.getDelayedCalls()[0].getTime(), waiting.called), (2.0, False))
            self.assertEqual(self.hashing.checked, [])
            waiting.cancel()
            await self.assertFailure(waiting, CancelledError)

    async def test_through_the_checker(self) -> None:
        """Whoever asks through twisted.cred, as SSH does, waits as well; and then is let in."""
        accounts = await self.opened()
        for number in range(3):
            credentials = UsernamePassword(b"alice", b"%d" % number)
            await self.assertFailure(accounts.checker.requestAvatarId(credentials), UnauthorizedLogin)
        login = accounts.checker.requestAvatarId(UsernamePassword(b"alice", b"pw"))
        self.assertNoResult(login)
        self.world.reactor.advance(2)
        self.assertEqual(await login, b"alice")


class NameAloneTests(_WithStore):
    """Accounts without a password."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.store.add(Entry(Account("guest", login=Login.NOTHING), None))
        await self.store.add(Entry(Account("gone", disabled=True, login=Login.NOTHING), None))
        await self.store.add(Entry(Account("alice"), QUICK.hash(b"pw")))

    async def test_recognized(self) -> None:
        """The name alone gives the account, in bytes or text; and it is told which names do so."""
        for user in (b"guest", "guest"):
            self.assertEqual(await self.accounts().recognize(user), Account("guest", login=Login.NOTHING))
        self.assertEqual(await self.accounts().open_to_all(), ["guest"])

    async def test_not_recognized(self) -> None:
        """Names with a password, unknown, disabled and malformed ones are answered alike, without a check."""
        for user in (b"alice", b"eve", b"gone", b"\xff", b""):
            self.assertIsNone(await self.accounts().recognize(user))
        self.assertEqual(self.hashing.checked, [])

    async def test_no_password_opens_it(self) -> None:
        """Every password for it is wrong, the empty one too, after the same work as for any other name."""
        for user in (b"guest", b"gone"):
            for password in (b"", b"pw", b"None", b"nothing"):
                self.hashing.checked.clear()
                self.assertIsNone(await self.accounts().verify(user, password))
                self.assertEqual(len(self.hashing.checked), 1)
                self.assertFalse(QUICK.outdated(self.hashing.checked[0]))

    async def test_checker_refuses_it(self) -> None:
        """Whoever asks through twisted.cred, as SSH does, is refused."""
        for password in (b"", b"pw"):
            asked = self.accounts().checker.requestAvatarId(UsernamePassword(b"guest", password))
            await self.assertFailure(asked, UnauthorizedLogin)

    async def test_nobody_can_tell(self) -> None:
        """A broken store recognizes nobody and says so."""
        Path(self.url.removeprefix("sqlite:")).write_bytes(b"broken" * 1000)
        await self.assertFailure(Deferred.fromCoroutine(self.accounts().recognize(b"guest")), StoreFailed)


class RehashTests(_WithStore):
    """A secret of weaker parameters."""

    async def test_renewed_at_login(self) -> None:
        """A right password gives a secret of today's parameters, which it still opens."""
        await self.store.add(Entry(Account("alice"), WEAKER.hash(b"pw")))
        for _ in range(2):
            self.assertIsNotNone(await self.accounts().verify(b"alice", b"pw"))
        entry = await self.store.find("alice")
        assert entry is not None
        self.assertFalse(QUICK.outdated(entry.secret))

    async def test_never_made_cheaper(self) -> None:
        """A secret of dearer parameters stays as it is."""
        await self.store.add(Entry(Account("alice"), dear := Argon2(memory_kib=64, passes=1).hash(b"pw")))
        self.assertIsNotNone(await self.accounts().verify(b"alice", b"pw"))
        self.assertEqual(await self.store.find("alice"), Entry(Account("alice"), dear))

    async def test_not_for_a_wrong_one(self) -> None:
        """A wrong password changes nothing."""
        await self.store.add(Entry(Account("alice"), old := WEAKER.hash(b"pw")))
        await self.accounts().verify(b"alice", b"no")
        self.assertEqual(await self.store.find("alice"), Entry(Account("alice"), old))

    async def test_failing_costs_nobody_the_login(self) -> None:
        """When it cannot be stored, the login stands and a warning is logged."""

        class ReadOnly(OneTimeStore):
            async def renew(self, name: str, old: str, new: str) -> None:
                raise StoreFailed("one", "read-only")

        accounts = Accounts(ReadOnly(WEAKER.hash(b"pw")), AtOnce(), self.world.publisher, hasher=QUICK)
        self.assertEqual(await accounts.verify(b"tnet", b"pw"), Account("tnet"))
        self.assertEqual(self.world.recorder.names, ["log"])


class OpeningTests(_WithStore):
    """What a server starts with."""

    async def test_one_time(self) -> None:
        """Without any account, a local server gets one whose random password is disclosed, and no file."""
        accounts = await open_accounts(self.url, self.world.context, exposed=False, hashing=AtOnce())
        ((name, password),) = self.world.disclosed
        self.assertTrue(accounts.one_time)
        self.assertEqual(await accounts.verify(name, password.encode()), Account("tnet"))
        self.assertIsNone(await accounts.verify(name, b"tnet"))
        self.assertEqual(self.world.recorder.records, [])
        self.assertFalse(Path(self.url.removeprefix("sqlite:")).exists())

    async def test_exposed(self) -> None:
        """Without any account, a server that strangers can reach does not start, and says what to do."""
        opening = open_accounts(self.url, self.world.context, exposed=True, hashing=AtOnce())
        error = await self.assertFailure(Deferred.fromCoroutine(opening), BadUsage)
        self.assertEqual(error.exit_status, ExitStatus.USAGE)
        self.assertIn(f"`tnet users add NAME --users {self.url}`", error.hint)
        self.assertEqual(self.world.disclosed, [])

    async def test_kept(self) -> None:
        """With an account in the store, that is the one, and nothing is disclosed."""
        await self.store.add(Entry(Account("alice"), QUICK.hash(b"pw")))
        for exposed in (True, False):
            accounts = await open_accounts(self.url, self.world.context, exposed=exposed, hashing=AtOnce())
            self.assertFalse(accounts.one_time)
            self.assertEqual(await accounts.verify(b"alice", b"pw"), Account("alice"))
            self.assertIsNone(await accounts.verify(b"tnet", b"pw"))
            await accounts.close()
        self.assertEqual(self.world.disclosed, [])

    async def test_reload(self) -> None:
        """The one-time account goes once a real one is there, and not before."""
        accounts = await open_accounts(self.url, self.world.context, exposed=False, hashing=AtOnce())
        name, password = self.world.disclosed[0]
        await accounts.reload()
        self.assertIsNotNone(await accounts.verify(name, password.encode()))
        await self.store.add(Entry(Account("alice"), QUICK.hash(b"pw")))
        await accounts.reload()
        self.assertFalse(accounts.one_time)
        self.assertIsNone(await accounts.verify(name, password.encode()))
        self.assertEqual(await accounts.verify(b"alice", b"pw"), Account("alice"))

    async def test_added_while_running(self) -> None:
        """The first real account can log in at once, without a reload, and ends the one-time account, which is told."""
        accounts = await open_accounts(self.url, self.world.context, exposed=False, hashing=AtOnce())
        name, password = self.world.disclosed[0]
        self.assertIsNotNone(await accounts.verify(name, password.encode()))
        await self.store.add(Entry(Account("alice"), QUICK.hash(b"pw")))
        self.assertEqual(await accounts.verify(b"alice", b"pw"), Account("alice"))
        self.assertIsNone(await accounts.verify(name, password.encode()))
        self.assertFalse(accounts.one_time)
        self.assertEqual(self.world.recorder.names, ["log"])

    async def test_reload_of_a_broken_store(self) -> None:
        """A store that broke meanwhile leaves what was there, and fails the reload."""
        accounts = await open_accounts(self.url, self.world.context, exposed=False, hashing=AtOnce())
        Path(self.url.removeprefix("sqlite:")).parent.mkdir()
        Path(self.url.removeprefix("sqlite:")).write_bytes(b"broken" * 1000)
        await self.assertFailure(Deferred.fromCoroutine(accounts.reload()), StoreFailed)
        self.assertTrue(accounts.one_time)
