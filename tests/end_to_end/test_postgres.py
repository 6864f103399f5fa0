"""Accounts in a real PostgreSQL, which is killed and comes back in the middle of logins."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from twisted.internet.defer import Deferred, DeferredList
from twisted.trial.unittest import TestCase

from tests.end_to_end.command import Running, environment, tnet
from tests.end_to_end.postgres import PASSWORD, Postgres
from tests.end_to_end.real_world import RealWorld
from tnet.accounts.location import open_store
from tnet.accounts.store import Account, AccountExists, EditableStore, Entry, Login, NoSuchAccount, StoreFailed
from tnet.errors import Overloaded

KEYS = ("ssh-ed25519 AAAA one", "ssh-ed25519 BBBB")
ALICE = Entry(Account("alice", groups=("staff", "ops")), "secret-a")
BOB = Entry(Account("bob", disabled=True, keys=KEYS), "secret-b")
GUEST = Entry(Account("guest", login=Login.NOTHING), None)
KEYED = Entry(Account("keyed", login=Login.KEY, keys=KEYS), None)


class _WithPostgres(TestCase):
    timeout = 120

    def setUp(self) -> None:
        self.postgres = Postgres(self)
        self.world = RealWorld()
        self.store = self.opened()

    def opened(self) -> EditableStore:
        """Another store on the same database."""
        store = open_store(self.postgres.url, self.world.context)
        self.addCleanup(lambda: Deferred.fromCoroutine(store.close()))
        return store

    async def fails(self, kind: type[Exception], attempt: Any) -> Any:
        return await self.assertFailure(Deferred.fromCoroutine(attempt), kind)


class StoreTests(_WithPostgres):
    """The same promises as SQLite's."""

    async def test_keeping(self) -> None:
        """What is put in comes out, in another store, too; before that nobody is there, and no table."""
        self.assertTrue(await self.store.is_empty())
        self.assertIsNone(await self.store.find("alice"))
        self.assertEqual((await self.store.accounts(), await self.store.open_to_all()), ([], []))
        await self.fails(NoSuchAccount, self.store.remove("alice"))
        self.assertEqual(self.postgres.execute("SELECT to_regclass('tnet_accounts')"), [(None,)])
        await self.store.add(BOB)
        await self.store.add(ALICE, KEYED, GUEST)
        again = self.opened()
        for entry in (ALICE, BOB, GUEST, KEYED):
            self.assertEqual(await again.find(entry.account.name), entry)
        for name in ("Alice", "alic_", "%", "", "' OR ''='"):
            self.assertIsNone(await again.find(name))
        self.assertEqual([account.name for account in await again.accounts()], ["alice", "bob", "guest", "keyed"])
        self.assertEqual(await again.open_to_all(), ["guest"])
        self.assertFalse(await again.is_empty())

    async def test_changing(self) -> None:
        """Secrets are changed and renewed, accounts disabled, enabled and removed; unknown names are errors."""
        await self.store.add(ALICE, GUEST)
        await self.store.renew("alice", "another", "new")
        self.assertEqual(await self.store.find("alice"), ALICE)
        await self.store.renew("alice", "secret-a", "new")
        self.assertEqual(await self.store.find("alice"), Entry(ALICE.account, "new"))
        await self.store.change("guest", "pw")
        self.assertEqual(await self.store.find("guest"), Entry(Account("guest"), "pw"))
        await self.store.disable("alice")
        self.assertEqual(await self.store.find("alice"), Entry(replace(ALICE.account, disabled=True), "new"))
        await self.store.enable("alice")
        self.assertEqual(await self.store.find("alice"), Entry(ALICE.account, "new"))
        await self.store.remove("alice")
        self.assertIsNone(await self.store.find("alice"))
        changes = (self.store.change("eve", "x"), self.store.disable("eve"), self.store.enable("eve"))
        for attempt in changes:
            await self.fails(NoSuchAccount, attempt)

    async def test_all_or_none(self) -> None:
        """Of several that are added none is when one of them is there already."""
        await self.store.add(BOB)
        await self.fails(AccountExists, self.store.add(ALICE, BOB))
        self.assertEqual(await self.store.accounts(), [BOB.account])

    async def test_two_at_first(self) -> None:
        """Stores that make the tables at the same time do so once."""
        entries = [Entry(Account(f"user{number}"), "s") for number in range(4)]
        stores = [self.opened() for _ in entries]
        adding = [store.add(entry) for store, entry in zip(stores, entries, strict=True)]
        await DeferredList(list(map(Deferred.fromCoroutine, adding)), fireOnOneErrback=True)
        self.assertEqual(len(await self.store.accounts()), 4)

    async def test_no_accident(self) -> None:
        """A newer version, and what got past the checks, is a failed store; no reason shows a secret."""
        await self.store.add(ALICE)
        self.postgres.execute("UPDATE tnet_schema SET version = 99")
        self.assertIn("newer tnet", str(await self.fails(StoreFailed, self.opened().find("alice"))))
        self.postgres.execute("UPDATE tnet_schema SET version = 1")
        error = await self.fails(StoreFailed, self.store.change("alice", ""))
        self.assertNotIn("Failing row", str(error))
        self.postgres.execute("ALTER TABLE tnet_accounts DROP CONSTRAINT tnet_accounts_check")
        self.postgres.execute("UPDATE tnet_accounts SET secret = NULL")
        await self.fails(StoreFailed, self.store.find("alice"))


class LossTests(_WithPostgres):
    """A database that goes away."""

    async def test_killed_and_back(self) -> None:
        """Looks that are under way when it is killed are answered after it is back, from connections of before, too."""
        await self.store.add(ALICE)
        looking = [Deferred.fromCoroutine(self.store.find("alice")) for _ in range(20)]
        self.postgres.send(signal.SIGKILL)
        looking += [Deferred.fromCoroutine(self.store.find("alice")) for _ in range(20)]
        starting = threading.Thread(target=self.postgres.start)
        starting.start()
        self.addCleanup(starting.join)
        self.assertEqual([entry for _, entry in await DeferredList(looking, fireOnOneErrback=True)], [ALICE] * 40)

    async def test_gone(self) -> None:
        """While it is away for good nobody can tell, after some seconds; when it is back, at once again."""
        await self.store.add(ALICE)
        self.postgres.send(signal.SIGQUIT)
        began = time.monotonic()
        await self.fails(StoreFailed, self.store.find("alice"))
        self.assertTrue(4 < time.monotonic() - began < 12)
        await self.fails(StoreFailed, self.store.add(BOB))
        await Deferred.fromCoroutine(self._back())
        self.assertEqual(await self.store.find("alice"), ALICE)

    async def _back(self) -> None:
        await self.world.context.workers.run(self.postgres.start)

    async def test_silent(self) -> None:
        """A server that takes questions and answers none holds a thread only for some seconds."""
        await self.store.add(ALICE)
        ((backend,),) = self.postgres.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'tnet'")
        os.kill(int(str(backend)), signal.SIGSTOP)
        self.addCleanup(lambda: os.kill(int(str(backend)), signal.SIGCONT))
        began = time.monotonic()
        self.assertEqual(await self.store.find("alice"), ALICE)
        self.assertTrue(3 < time.monotonic() - began < 10)

    async def test_slow_statement(self) -> None:
        """A table that somebody has locked makes nobody wait for ever."""
        await self.store.add(ALICE)
        with psycopg.connect(self.postgres.url) as other:
            other.execute("LOCK TABLE tnet_accounts")
            await self.fails(StoreFailed, self.store.find("alice"))
        self.assertEqual(await self.store.find("alice"), ALICE)

    async def test_never_there(self) -> None:
        """A database that was never there is told at once, in one line."""
        self.postgres.send(signal.SIGKILL)
        began = time.monotonic()
        error = await self.fails(StoreFailed, self.opened().find("alice"))
        self.assertLess(time.monotonic() - began, 3)
        self.assertNotIn("\n", str(error))

    async def test_full(self) -> None:
        """More looks than may wait are overloaded at once."""
        await self.store.add(ALICE)
        looking = [Deferred.fromCoroutine(self.store.find("alice")) for _ in range(400)]
        outcomes = await DeferredList(looking, consumeErrors=True)
        refused = [outcome for right, outcome in outcomes if not right]
        self.assertEqual(len(refused), 400 - 4 - 256)
        for outcome in refused:
            outcome.trap(Overloaded)


class ServedTests(TestCase):
    """`tnet serve auth` and `tnet users` with it."""

    timeout = 180

    def setUp(self) -> None:
        self.postgres = Postgres(self)
        self.home = Path(self.mktemp()).absolute()
        environment(self.home)

    def users(self, *argv: str, stdin: bytes = b"") -> Any:
        return tnet(self.home, "users", *argv, "--users", self.postgres.url, stdin=stdin)

    def login(self, port: int, name: str, password: str = "pw") -> str:
        """The answer to one login."""
        with socket.create_connection(("127.0.0.1", port), 30) as peer:
            peer.sendall(f"{name}\n{password}\n".encode())
            peer.shutdown(socket.SHUT_WR)
            with peer.makefile("r", encoding="utf-8", newline="\r\n") as replies:
                return [line.rstrip("\r\n") for line in replies][2]

    def test_killed_in_the_middle(self) -> None:
        """Of the logins during a kill and a restart the right ones get in, or are told that nobody can tell now."""
        self.assertEqual(self.users("add", "alice", "--password-file", "-", stdin=b"pw").returncode, 0)
        server = Running(self, self.home, "serve", "auth", "--output", "json", "-p", "0", "--users", self.postgres.url)
        port = server.port
        answers: list[tuple[float, str]] = []
        over = threading.Event()

        def log_in() -> None:
            while not over.is_set():
                answers.append((time.monotonic(), self.login(port, "alice")))

        threads = [threading.Thread(target=log_in) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(2):
            time.sleep(0.5)
            self.postgres.send(signal.SIGKILL)
            self.postgres.start()
        time.sleep(0.5)
        over.set()
        for thread in threads:
            thread.join(60)
        self.assertGreater(len(answers), 8)
        self.assertEqual({answer for _, answer in answers}, {"Welcome, alice!"})
        self.assertEqual(self.users("add", "bob", "--password-file", "-", stdin=b"pw").returncode, 0)
        self.assertEqual(self.login(port, "bob"), "Welcome, bob!")
        self.assertEqual(self.login(port, "bob", "no"), "Login failed.")
        self.postgres.send(signal.SIGKILL)
        self.assertNotIn("Login failed.", self.login(port, "alice"))
        self.assertNotIn(PASSWORD, server.story.read_text("utf-8"))

    def test_password_in_url(self) -> None:
        """A password in the URL is refused without being repeated."""
        done = tnet(self.home, "users", "list", "--users", f"postgresql://me:{PASSWORD}@localhost/x")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"passfile", done.stderr)
        self.assertNotIn(PASSWORD.encode(), done.stderr)
