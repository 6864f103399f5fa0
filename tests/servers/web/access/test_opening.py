"""What a plan comes to: filters in their order, accounts only where they are wanted, and what its user is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from tests.support import AtOnce, World
from tnet.accounts.accounts import Accounts
from tnet.accounts.hashing import Argon2
from tnet.accounts.location import open_store
from tnet.accounts.store import Account, Entry
from tnet.errors import BadUsage
from tnet.plans.addresses import LOOPBACK, ListenAddress, TcpAddress, UnixAddress
from tnet.plans.tls import TlsServing
from tnet.plans.web import WebPlan, parse_acl, parse_bin
from tnet.servers.web.access.opening import Access, granted, open_access
from tnet.servers.web.mounts import Mounts
from tnet.servers.web.permissions import Right

HERE: tuple[ListenAddress, ...] = (TcpAddress("127.0.0.1", 0),)
EVERYWHERE: tuple[ListenAddress, ...] = (TcpAddress("0.0.0.0", 0),)


class OpeningTests(TestCase):
    """Plans, in a home of their own."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()
        for name, value in {"XDG_DATA_HOME": str(self.home), "HOME": str(self.home)}.items():
            self.patch_environment(name, value)
        self.world = World(Clock())
        self.users = f"sqlite:{self.home / 'users.db'}"

    def patch_environment(self, name: str, value: str) -> None:
        """Set a variable until the end of the test."""
        before = os.environ.get(name)
        os.environ[name] = value
        self.addCleanup(lambda: os.environ.pop(name) if before is None else os.environ.update({name: before}))

    async def open(self, listen: tuple[ListenAddress, ...] = HERE, **plan: Any) -> Access:
        """What a plan comes to."""
        access = await open_access(WebPlan(listen=listen, **plan), self.world.context, AtOnce())
        self.addCleanup(lambda: Deferred.fromCoroutine(access.close()))
        return access

    def kinds(self, access: Access) -> list[str]:
        """Its filters, by name."""
        return [type(each).__name__ for each in access.filters]

    async def add(self, *accounts: Account) -> None:
        """Add accounts to the store."""
        store = open_store(self.users, self.world.context)
        secret = Argon2(memory_kib=16, passes=1, lanes=1).hash(b"pw")
        await store.add(*(Entry(account, secret) for account in accounts))
        await store.close()

    async def test_nobody_asked_for_anything(self) -> None:
        """On this machine strangers' names are judged; nothing depends on who asks, and no file is made."""
        access = await self.open()
        self.assertEqual((self.kinds(access), access.depends, access.shares), (["Hosts"], False, None))
        self.assertEqual((os.listdir(self.home), access.notes), ([], ()))
        await access.reload()

    async def test_where_names_are_judged(self) -> None:
        """Not where other machines, or no browser at all, can come in."""
        for listen in (EVERYWHERE, (UnixAddress("/run/x"),), (*HERE, *EVERYWHERE)):
            self.assertEqual(self.kinds(await self.open(listen)), [])
        self.assertEqual(self.kinds(await self.open((TcpAddress(LOOPBACK, 0),))), ["Hosts"])

    async def test_the_order(self) -> None:
        """Preflights before logins, links after them, and fields last."""
        await self.add(Account("alice"))
        access = await self.open(cors=True, fields=(("X-A", "b"),), users=self.users, bins=(parse_bin("/hook"),))
        self.assertEqual(self.kinds(access), ["Cors", "Guard", "Shares", "Fields"])
        self.assertEqual((access.depends, access.notes), (True, ()))
        self.assertEqual((self.home / "tnet" / "web" / "signing.key").stat().st_mode & 0o777, 0o600)
        mounts = Mounts(Resource())
        access.mount(mounts, Resource())
        await access.reload()

    async def test_rules_for_everybody(self) -> None:
        """They need no accounts, and answers depend on them."""
        access = await self.open(acl=parse_acl("/private=*:none"))
        self.assertEqual((self.kinds(access), access.depends, access.accounts), (["Hosts", "Guard"], True, None))

    async def test_rules_for_accounts(self) -> None:
        """They need some: without any, this machine gets one for the time being, and other machines none."""
        rules = parse_acl("/private=@staff:all")
        access = await self.open(acl=rules)
        self.assertEqual([name for name, _ in self.world.disclosed], ["tnet"])
        self.assertIsInstance(access.accounts, Accounts)
        self.assertIn("no account yet", access.notes[0])
        with self.assertRaises(BadUsage):
            await self.open(EVERYWHERE, acl=rules)

    async def test_passwords_in_clear(self) -> None:
        """Whoever lets others log in without TLS is told."""
        await self.add(Account("alice"))
        clear = await self.open(EVERYWHERE, users=self.users)
        self.assertIn("passwords travel in clear", clear.notes[0])
        self.assertEqual((await self.open(EVERYWHERE, users=self.users, tls=TlsServing())).notes, ())

    def test_granted(self) -> None:
        """What the site was asked to do."""
        plain = WebPlan(listen=HERE)
        self.assertEqual(granted(plain), Right.READ | Right.LIST)
        self.assertEqual(granted(WebPlan(listen=HERE, listing=False, upload=True)), Right.READ | Right.WRITE)
        self.assertEqual(granted(WebPlan(listen=HERE, upload=True, modify=True)), Right.ALL)
