"""`tnet users`: add, list, passwd, disable, enable, remove, import."""

import io
import sys
from pathlib import Path
from typing import Any

import bcrypt
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tests.accounts.test_keys import EDWARDS, NIST
from tests.support import AtOnce, World
from tnet.accounts.accounts import Accounts
from tnet.accounts.administration import administer
from tnet.accounts.hashing import Argon2, matches
from tnet.accounts.listing import json_lines, table, tsv
from tnet.accounts.location import open_store
from tnet.accounts.store import Account, AccountExists, Entry, Login, NoSuchAccount
from tnet.errors import BadUsage, CannotRead, CannotWrite, ExitStatus, OutputClosed, TnetError
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

    async def users(
        self, action: Any, name: str = "", password: str | None = None, *, none: bool = False, **others: Any
    ) -> None:
        plan = UsersPlan(action=action, users=self.url, name=name, password=password, no_password=none, **others)
        self.assertEqual(await administer(plan, self.world.context), ExitStatus.OK)

    async def refused(self, kind: type[TnetError], *args: Any, **others: Any) -> Any:
        return await self.assertFailure(Deferred.fromCoroutine(self.users(*args, **others)), kind)

    def file(self, text: str | bytes) -> str:
        """The path of a file with that text."""
        path = Path(self.mktemp())
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

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

    async def test_disable_and_enable(self) -> None:
        """A disabled account keeps its password for when it is enabled."""
        await self.users("add", "alice", "pw")
        for action, disabled in (("disable", True), ("enable", False)):
            await self.users(action, "alice")
            entry = await self.store.find("alice")
            assert entry is not None
            self.assertEqual(entry.account.disabled, disabled)
            self.assertIn(f"{action}d alice in", self.logged())
        self.assertTrue(await self.opens("alice", "pw"))

    async def test_keys_and_groups(self) -> None:
        """A new account has the keys of every file and its groups, each once; without a password it needs a key."""
        files = tuple(map(self.file, (EDWARDS, EDWARDS + b"\n" + NIST)))
        keys = (EDWARDS.decode(), NIST.decode())
        await self.users("add", "alice", "pw", key_files=files, groups=("ops", "web", "ops"))
        await self.users("add", "deploy", none=True, key_files=files)
        self.assertEqual(
            await self.store.accounts(),
            [Account("alice", groups=("ops", "web"), keys=keys), Account("deploy", login=Login.KEY, keys=keys)],
        )

    async def test_bad_keys_and_groups(self) -> None:
        """A file without a key, or none at all, and a group that cannot be are refused, and nobody is added."""
        error = await self.refused(CannotRead, "add", "alice", "pw", key_files=(self.file("no key"),))
        self.assertIn("line 1", str(error))
        await self.refused(CannotRead, "add", "alice", "pw", key_files=("/nonexistent",))
        error = await self.refused(BadUsage, "add", "alice", "pw", groups=("a b",))
        self.assertEqual(error.field, "--group")
        self.assertEqual(await self.store.accounts(), [])

    async def test_unknown(self) -> None:
        """A name that nobody has is an error, and nothing is disclosed."""
        await self.refused(NoSuchAccount, "passwd", "eve")
        for action in ("remove", "disable", "enable"):
            await self.refused(NoSuchAccount, action, "eve")
        self.assertEqual(self.world.kept, [])

    async def test_names_and_passwords(self) -> None:
        """Names that cannot be and empty passwords are bad usage."""
        for name in ("", "a b", "a:b", "\x1b[2J", "x" * 65):
            await self.refused(BadUsage, "add", name, "pw")
            await self.refused(BadUsage, "remove", name)
        await self.refused(BadUsage, "add", "alice", "")
        self.assertEqual(await self.store.accounts(), [])


class ImportTests(_WithStore):
    """Accounts from a file."""

    async def test_import(self) -> None:
        """Argon2id and bcrypt secrets are taken as they are, and open the accounts."""
        secrets = {"alice": Argon2(8, 1, 1).hash(b"pw"), "bob": bcrypt.hashpw(b"pw", bcrypt.gensalt(4)).decode()}
        text = "# all\n" + "".join(f"{name}:{secret}\n" for name, secret in secrets.items())
        await self.users("import", file=self.file(text))
        for name in secrets:
            self.assertTrue(await self.opens(name, "pw"))
        self.assertIn("imported 2 accounts into", self.logged())

    async def test_renewed(self) -> None:
        """A bcrypt secret becomes an Argon2id one at the first login."""
        secret = bcrypt.hashpw(b"pw", bcrypt.gensalt(4)).decode()
        await self.users("import", file=self.file(f"bob:{secret}"))
        accounts = Accounts(self.store, AtOnce(), self.world.publisher, hasher=Argon2(8, 1, 1))
        self.assertEqual(await accounts.verify(b"bob", b"pw"), Account("bob"))
        entry = await self.store.find("bob")
        assert entry is not None
        assert entry.secret is not None
        self.assertTrue(entry.secret.startswith("$argon2id$"))
        self.assertEqual(await accounts.verify(b"bob", b"pw"), Account("bob"))

    async def test_all_or_none(self) -> None:
        """With one line that is refused, or one name that is there already, nobody is imported."""
        good = Argon2(8, 1, 1).hash(b"pw")
        await self.users("add", "carol", "pw")
        error = await self.refused(CannotRead, "import", file=self.file(f"alice:{good}\nbob:hunter2\n"))
        self.assertIn("line 2: plain text is refused", str(error))
        self.assertNotIn("hunter2", str(error))
        await self.refused(AccountExists, "import", file=self.file(f"alice:{good}\ncarol:{good}\n"))
        for empty in ("", "# nobody"):
            await self.refused(CannotRead, "import", file=self.file(empty))
        await self.refused(CannotRead, "import", file="/nonexistent")
        self.assertEqual(await self.store.accounts(), [Account("carol")])


class ListTests(_WithStore):
    """What is shown."""

    async def listed(self, out: _Out, **others: Any) -> str:
        self.patch(sys, "stdout", out)
        await self.users("list", **others)
        return out.getvalue()

    async def test_forms(self) -> None:
        """A pipe gets tab-separated lines by name, a terminal columns, and who asks for it JSON Lines."""
        await self.store.add(Entry(Account("bob", disabled=True, login=Login.NOTHING), None))
        await self.store.add(Entry(Account("alice"), "x"))
        accounts = await self.store.accounts()
        self.assertEqual([account.name for account in accounts], ["alice", "bob"])
        self.assertEqual(await self.listed(_Out()), tsv(accounts))
        self.assertEqual(await self.listed(_Out(terminal=True)), table(accounts))
        for terminal in (False, True):
            self.assertEqual(await self.listed(_Out(terminal=terminal), as_json=True), json_lines(accounts))

    async def test_reader_gone(self) -> None:
        """A reader that left ends the command quietly; a full disk does not."""
        for error, kind in ((BrokenPipeError(), OutputClosed), (OSError(28, "No space left"), CannotWrite)):
            self.patch(sys, "stdout", _Out(error=error))
            await self.refused(kind, "list")
