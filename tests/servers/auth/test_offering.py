"""The login server as the runtime asks for it."""

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tests.support import World
from tnet.accounts.hashing import Argon2
from tnet.accounts.location import open_store
from tnet.accounts.store import Account, Entry, Login
from tnet.errors import BadUsage
from tnet.plans import Limits, TcpAddress
from tnet.plans.serve import AuthPlan
from tnet.plans.tls import TlsServing
from tnet.protocols.auth.dialogue import Dialect
from tnet.protocols.auth.gateway import Gateway
from tnet.protocols.auth.line import LineDialect
from tnet.protocols.auth.pop3 import Pop3Dialect
from tnet.protocols.auth.redis import RedisDialect
from tnet.runtime.dotted import load
from tnet.servers.auth import AuthFactory, offer
from tnet.servers.auth.factory import nowhere


class OfferTests(TestCase):
    """From a plan to a server."""

    async def setUp(self) -> None:
        self.world = World()
        self.url = f"sqlite:{Path(self.mktemp()).absolute() / 'users.db'}"

    def plan(self, host: str = "127.0.0.1", **others: Any) -> AuthPlan:
        return AuthPlan(listen=(TcpAddress(host, 0),), users=self.url, **others)

    async def add_alice(self) -> None:
        store = open_store(self.url, self.world.context)
        await store.add(Entry(Account("alice"), Argon2(8, 1, 1).hash(b"pw")))

    async def test_settings(self) -> None:
        """The factory has the plan's attempts and time."""
        await self.add_alice()
        limits = Limits(max_connections=9)
        server = await offer(self.plan(attempts=5, login_seconds=7, limits=limits), self.world.context)
        assert isinstance(server.factory, AuthFactory)
        self.assertEqual((server.factory.attempts, server.factory.login_seconds), (5, 7))
        self.assertEqual(server.factory.most_strangers, 4)
        self.assertEqual(server.notes, ())
        await server.reload()
        await server.close()

    async def test_dialects(self) -> None:
        """The factory speaks the plan's dialect, and with a backend as far as the login."""
        await self.add_alice()
        for name, kind in (("line", LineDialect), ("pop3", Pop3Dialect), ("redis", RedisDialect)):
            for forward in (None, TcpAddress("127.0.0.1", 9)):
                server = await offer(self.plan(dialect=name, forward=forward), self.world.context)
                assert isinstance(server.factory, AuthFactory)
                dialect: Dialect = server.factory.dialect(3)
                self.assertIs(type(dialect), kind if forward is None else Gateway)
                self.assertEqual(dialect.name, kind.name)
                self.assertEqual(server.factory.connect is nowhere, forward is None)
                await server.close()

    async def test_found_by_the_plan(self) -> None:
        """The plan's dotted path leads here."""
        self.assertIs(load(AuthPlan.offer), offer)

    async def test_exposed(self) -> None:
        """Strangers can reach it only with an account in place, and a plain port comes with a warning."""
        offering = Deferred.fromCoroutine(offer(self.plan("0.0.0.0"), self.world.context))
        await self.assertFailure(offering, BadUsage)
        await self.add_alice()
        (note,) = (await offer(self.plan("0.0.0.0"), self.world.context)).notes
        self.assertIn("--tls", note)
        self.assertEqual((await offer(self.plan("0.0.0.0", tls=TlsServing()), self.world.context)).notes, ())

    async def test_exposed_without_password(self) -> None:
        """Strangers who would come in by a name alone are warned of, by at most five names; neighbours are not."""
        store = open_store(self.url, self.world.context)
        for number in range(7):
            await store.add(Entry(Account(f"guest{number}", disabled=number == 0, login=Login.NOTHING), None))
        (note,) = (await offer(self.plan("0.0.0.0", tls=TlsServing()), self.world.context)).notes
        for words in ("without a password as guest1, guest2,", "guest5 and 1 more"):
            self.assertIn(words, note)
        self.assertEqual((await offer(self.plan(), self.world.context)).notes, ())
