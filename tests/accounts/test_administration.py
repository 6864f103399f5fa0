"""`tnet users`: add, list, passwd, remove."""

import io
import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tests.support import World
from tnet.accounts.administration import administer
from tnet.accounts.hashing import matches
from tnet.accounts.location import open_store
from tnet.accounts.store import Account, AccountExists, Entry, Login, NoSuchAccount
from tnet.errors import BadUsage, CannotWrite, ExitStatus, OutputClosed, TnetError
from tnet.plans.users import UsersPlan


class _Out(io.StringIO):
    def __init__(self, *, terminal: bool = False, error: OSError | None = None) -> None:
        super().__init__()
        self._terminal = terminal
        self._error = error

    def isatty(self) -> bool:
        return self._terminal

    def flush(self) -> None:
        if self._error is not None:
            raise self._error


class _WithStore(TestCase):
    def setUp(self) -> None:
        self.world = World()
        self.url = f"sqlite:{Path(self.mktemp()).absolute() / 'users.db'}"
        self.store = open_store(self.url, self.world.context)

    async def users(self, action: Any, name: str = "", password: str | None = None, *, none: bool = False) -> None:
        plan = UsersPlan(action=action, users=self.url, name=name, password=password, no_password=none)
        self.assertEqual(await administer(plan, self.world.context), ExitStatus.OK)

    async def refused(self, kind: type[TnetError], action: Any, name: str = "", password: str | None = None) -> Any:
        return await self.assertFailure(Deferred.fromCoroutine(self.users(action, name, password)), kind)

    async def opens(self, name: str, password: str) -> bool:
        entry = await self.store.find(name)
        return entry is not None and entry.secret is not None and matches(password.encode(), entry.secret)

    def logged(self) -> str:
        return "\n".join(record.event.text for record in self.world.recorder.records)


class ChangingTests(_WithStore):
    """What changes the store."""

    async def test_add(self) -> None:
        """A new account opens with the given password, of which nothing is told."""
        await self.users("add", "alice", "wonder land")
        self.assertTrue(await self.opens("alice", "wonder land"))
        self.assertIn("added alice", self.logged())
        self.assertNotIn("wonder", self.logged())
        self.assertEqual(self.world.kept, [])

    async def test_no_password(self) -> None:
        """An account without a password is added as such, and can be given one later."""
        await self.users("add", "guest", none=True)
        entry = await self.store.find("guest")
        self.assertEqual(entry, Entry(Account("guest", login=Login.NOTHING), None))
        self.assertIn("added guest, without a password", self.logged())
        self.assertEqual(self.world.kept, [])
        await self.users("passwd", "guest", "pw")
        self.assertTrue(await self.opens("guest", "pw"))

    async def test_generated(self) -> None:
        """Without a password a random one is made, and disclosed once the account is there."""
        await self.users("add", "alice")
        ((name, password),) = self.world.kept
        self.assertTrue(await self.opens(name, password))
        self.assertNotIn(password, self.logged())

    async def test_duplicate(self) -> None:
        """A name that is taken is refused: the old password stays, and no new one is disclosed."""
        await self.users("add", "alice", "first")
        await self.refused(AccountExists, "add", "alice")
        self.assertTrue(await self.opens("alice", "first"))
        self.assertEqual(self.world.kept, [])

    async def test_passwd(self) -> None:
        """A password is replaced by a given or a random one."""
        await self.users("add", "alice", "first")
        await self.users("passwd", "alice", "second")
        self.assertTrue(await self.opens("alice", "second"))
        await self.users("passwd", "alice")
        self.assertTrue(await self.opens(*self.world.kept[0]))

    async def test_remove(self) -> None:
        """A removed account is gone."""
        await self.users("add", "alice", "pw")
        await self.users("remove", "alice")
        self.assertIsNone(await self.store.find("alice"))

    async def test_unknown(self) -> None:
        """A name that nobody has is an error, and nothing is disclosed."""
        await self.refused(NoSuchAccount, "passwd", "eve")
        await self.refused(NoSuchAccount, "remove", "eve")
        self.assertEqual(self.world.kept, [])

    async def test_names_and_passwords(self) -> None:
        """Names that cannot be and empty passwords are bad usage."""
        for name in ("", "a b", "a:b", "\x1b[2J", "x" * 65):
            await self.refused(BadUsage, "add", name, "pw")
            await self.refused(BadUsage, "remove", name)
        await self.refused(BadUsage, "add", "alice", "")
        self.assertEqual(await self.store.accounts(), [])


class ListTests(_WithStore):
    """What is shown."""

    async def listed(self, out: _Out) -> str:
        self.patch(sys, "stdout", out)
        await self.users("list")
        return out.getvalue()

    async def test_lines(self) -> None:
        """One tab-separated line an account, by name."""
        await self.store.add(Entry(Account("bob", disabled=True, login=Login.NOTHING), None))
        await self.store.add(Entry(Account("alice", groups=("ops", "staff")), "x"))
        self.assertEqual(
            await self.listed(_Out()), "alice\tenabled\tpassword\tops,staff\nbob\tdisabled\tno-password\t\n"
        )

    async def test_heads(self) -> None:
        """A terminal gets column heads."""
        self.assertEqual(await self.listed(_Out(terminal=True)), "NAME\tSTATE\tLOGIN\tGROUPS\n")

    async def test_hostile_name(self) -> None:
        """A name that some other program put there cannot move the terminal or the columns."""
        await self.store.add(Entry(Account("a\x1b]0;x\a\tb\n"), "x"))
        self.assertEqual(await self.listed(_Out()), "a\\x1b]0;x\\x07\\x09b\\x0a\tenabled\tpassword\t\n")

    async def test_reader_gone(self) -> None:
        """A reader that left ends the command quietly; a full disk does not."""
        for error, kind in ((BrokenPipeError(), OutputClosed), (OSError(28, "No space left"), CannotWrite)):
            self.patch(sys, "stdout", _Out(error=error))
            await self.refused(kind, "list")
