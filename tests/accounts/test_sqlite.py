"""The users store in a SQLite file."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from stat import S_IMODE

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tests.support import AtOnce
from tnet.accounts.sqlite import SqliteStore
from tnet.accounts.store import Account, AccountExists, Entry, Login, NoSuchAccount, StoreFailed

ALICE = Entry(Account("alice", groups=("staff", "ops")), "secret-a")
BOB = Entry(Account("bob", disabled=True), "secret-b")
GUEST = Entry(Account("guest", login=Login.NOTHING), None)
KEYS = ("ssh-ed25519 AAAA one", "ssh-ed25519 BBBB")
KEYED = Entry(Account("keyed", login=Login.KEY, keys=KEYS), None)


class _WithFile(TestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute() / "deep" / "users.db"
        self.store = SqliteStore(self.path, AtOnce())


class KeepingTests(_WithFile):
    """What is put in comes out."""

    async def test_round_trip(self) -> None:
        """An entry is found as it was added, by another store on the same file, too."""
        await self.store.add(BOB)
        await self.store.add(ALICE)
        again = SqliteStore(self.path, AtOnce())
        self.assertEqual(await again.find("alice"), ALICE)
        self.assertEqual(await again.find("bob"), BOB)
        self.assertEqual(await again.accounts(), [ALICE.account, BOB.account])

    async def test_exact_name(self) -> None:
        """Names are told apart by case, and never patterns."""
        await self.store.add(ALICE)
        for name in ("Alice", "alic_", "%", "", "' OR ''='"):
            self.assertIsNone(await self.store.find(name))

    async def test_duplicate(self) -> None:
        """Adding a name twice fails, and the first stays."""
        await self.store.add(ALICE)
        await self.assertFailure(
            Deferred.fromCoroutine(self.store.add(Entry(Account("alice"), "other"))), AccountExists
        )
        self.assertEqual(await self.store.find("alice"), ALICE)

    async def test_all_or_none(self) -> None:
        """Of several that are added none is when one of them is there already."""
        await self.store.add(BOB)
        for entries in ((ALICE, BOB), (ALICE, GUEST, ALICE)):
            await self.assertFailure(Deferred.fromCoroutine(self.store.add(*entries)), AccountExists)
        self.assertEqual(await self.store.accounts(), [BOB.account])
        await self.store.add(ALICE, GUEST)
        self.assertEqual(await self.store.accounts(), [ALICE.account, BOB.account, GUEST.account])

    async def test_keys(self) -> None:
        """Public keys are kept, for an account that needs one and for one that has a password besides."""
        both = Entry(Account("both", keys=KEYS), "secret")
        await self.store.add(KEYED, both)
        self.assertEqual(await self.store.find("keyed"), KEYED)
        self.assertEqual(await self.store.find("both"), both)
        self.assertEqual(await self.store.open_to_all(), [])

    async def test_disable_and_enable(self) -> None:
        """An account is disabled and enabled, once or twice; an unknown name is an error."""
        await self.store.add(ALICE)
        for _ in range(2):
            await self.store.disable("alice")
            self.assertEqual(await self.store.find("alice"), Entry(replace(ALICE.account, disabled=True), "secret-a"))
        for _ in range(2):
            await self.store.enable("alice")
            self.assertEqual(await self.store.find("alice"), ALICE)
        await self.assertFailure(Deferred.fromCoroutine(self.store.disable("eve")), NoSuchAccount)
        await self.assertFailure(Deferred.fromCoroutine(self.store.enable("eve")), NoSuchAccount)

    async def test_change_and_remove(self) -> None:
        """A secret can be changed and an account removed; an unknown name is an error."""
        await self.store.add(ALICE)
        await self.store.change("alice", "new")
        self.assertEqual(await self.store.find("alice"), Entry(ALICE.account, "new"))
        await self.store.remove("alice")
        self.assertIsNone(await self.store.find("alice"))
        await self.assertFailure(Deferred.fromCoroutine(self.store.change("alice", "x")), NoSuchAccount)
        await self.assertFailure(Deferred.fromCoroutine(self.store.remove("alice")), NoSuchAccount)

    async def test_renew(self) -> None:
        """A secret is renewed only while it is the one that was checked."""
        await self.store.add(ALICE)
        await self.store.renew("alice", "another", "new")
        self.assertEqual(await self.store.find("alice"), ALICE)
        await self.store.renew("alice", "secret-a", "new")
        self.assertEqual(await self.store.find("alice"), Entry(ALICE.account, "new"))

    async def test_empty(self) -> None:
        """It is empty until the first account and after the last."""
        self.assertTrue(await self.store.is_empty())
        await self.store.add(ALICE)
        self.assertFalse(await self.store.is_empty())
        await self.store.remove("alice")
        self.assertTrue(await self.store.is_empty())


class NoPasswordTests(_WithFile):
    """Accounts without a password."""

    async def test_round_trip(self) -> None:
        """It comes out as it was put in, and never as one with an empty secret."""
        await self.store.add(GUEST)
        self.assertEqual(await self.store.find("guest"), GUEST)
        self.assertEqual(await self.store.accounts(), [GUEST.account])

    async def test_open_to_all(self) -> None:
        """Of the enabled ones the names are known, in order."""
        others = [Entry(Account(name, name == "eve", login=Login.NOTHING), None) for name in ("zoe", "eve", "ada")]
        for entry in (ALICE, BOB, *others):
            await self.store.add(entry)
        self.assertEqual(await self.store.open_to_all(), ["ada", "zoe"])

    async def test_given_a_password(self) -> None:
        """A secret that is set makes it one that asks for a password; one that is renewed needs an old one."""
        await self.store.add(GUEST)
        await self.store.renew("guest", "", "new")
        self.assertEqual(await self.store.find("guest"), GUEST)
        await self.store.change("guest", "new")
        self.assertEqual(await self.store.find("guest"), Entry(Account("guest"), "new"))

    async def test_no_accident(self) -> None:
        """The database itself refuses a lost, an empty or a leftover secret, and an unknown way to log in."""
        await self.store.add(ALICE)
        with closing(sqlite3.connect(self.path)) as other:
            for change in (
                "secret = NULL",
                "secret = ''",
                "login = 'nothing'",
                "login = 'x', secret = NULL",
                "login = 'key', secret = NULL",
            ):
                with self.assertRaises(sqlite3.IntegrityError):
                    other.execute(f"UPDATE accounts SET {change}")

    async def test_tampered(self) -> None:
        """What got past that all the same is a failed store, and opens nothing."""
        await self.store.add(ALICE)
        for login, secret in (
            ("password", None),
            ("password", ""),
            ("nothing", "s"),
            ("nothing", ""),
            ("x", None),
            ("key", None),
        ):
            with closing(sqlite3.connect(self.path)) as other, other:
                other.execute("PRAGMA ignore_check_constraints = ON")
                other.execute("UPDATE accounts SET login = ?, secret = ?", (login, secret))
            await self.assertFailure(Deferred.fromCoroutine(self.store.find("alice")), StoreFailed)


class FileTests(_WithFile):
    """The file itself."""

    async def test_looking_makes_nothing(self) -> None:
        """Whatever does not add leaves no file behind where there was none."""
        self.assertTrue(await self.store.is_empty())
        self.assertIsNone(await self.store.find("alice"))
        self.assertEqual(await self.store.accounts(), [])
        await self.assertFailure(Deferred.fromCoroutine(self.store.remove("alice")), NoSuchAccount)
        self.assertFalse(self.path.parent.exists())

    async def test_private(self) -> None:
        """The file and its folder are for their owner only, whatever the umask."""
        before = os.umask(0)
        try:
            await self.store.add(ALICE)
        finally:
            os.umask(before)
        self.assertEqual(S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertEqual(S_IMODE(self.path.parent.stat().st_mode), 0o700)

    async def test_not_private(self) -> None:
        """A file that others can read or write is refused with what to do, and then works again."""
        await self.store.add(ALICE)
        for mode in (0o640, 0o604, 0o620):
            self.path.chmod(mode)
            for attempt in (self.store.find("alice"), self.store.add(BOB)):
                error = await self.assertFailure(Deferred.fromCoroutine(attempt), StoreFailed)
                self.assertIn(f"{mode:04o}", str(error))
                self.assertEqual(error.hint, f"chmod 600 {self.path}")
        self.path.chmod(0o600)
        self.assertEqual(await self.store.find("alice"), ALICE)

    async def test_closed(self) -> None:
        """No call leaves the database open: the log and the shared memory are gone."""
        await self.store.add(ALICE)
        await self.store.find("alice")
        await self.store.close()
        self.assertEqual(os.listdir(self.path.parent), ["users.db"])

    async def test_not_a_file(self) -> None:
        """A folder, a device or a pipe is refused as what it is, without advice to change its mode."""
        self.path.parent.mkdir(parents=True)
        os.mkfifo(self.path, 0o600)
        for path in (self.path, self.path.parent, Path("/dev/null")):
            finding = SqliteStore(path, AtOnce()).find("alice")
            error = await self.assertFailure(Deferred.fromCoroutine(finding), StoreFailed)
            self.assertIn("not a regular file", str(error))
            self.assertEqual(error.hint, "")

    async def test_write_ahead(self) -> None:
        """Readers and a writer do not wait for each other: the log is written ahead."""
        await self.store.add(ALICE)
        with closing(sqlite3.connect(self.path)) as other:
            self.assertEqual(other.execute("PRAGMA journal_mode").fetchone(), ("wal",))
            other.execute("BEGIN IMMEDIATE")
            self.assertEqual(await self.store.find("alice"), ALICE)

    async def test_not_a_database(self) -> None:
        """A file that is no database, or one of somebody else, is a failed store and stays untouched."""
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(b"hello, I am no database" * 100)
        self.path.chmod(0o600)
        await self.assertFailure(Deferred.fromCoroutine(self.store.find("alice")), StoreFailed)
        await self.assertFailure(Deferred.fromCoroutine(self.store.add(ALICE)), StoreFailed)
        self.assertTrue(self.path.read_bytes().startswith(b"hello"))

    async def test_foreign_database(self) -> None:
        """A database of another program or of a newer tnet is a failed store."""
        self.path.parent.mkdir(parents=True)
        for statement in ("CREATE TABLE other (x)", "PRAGMA user_version = 99"):
            with closing(sqlite3.connect(self.path)) as other:
                other.execute(statement)
            self.path.chmod(0o600)
            await self.assertFailure(Deferred.fromCoroutine(self.store.find("alice")), StoreFailed)
            await self.assertFailure(Deferred.fromCoroutine(self.store.add(ALICE)), StoreFailed)

    async def test_impossible_path(self) -> None:
        """A path through a file, or to a folder, is a failed store that says why."""
        self.path.parent.parent.mkdir(parents=True)
        self.path.parent.write_bytes(b"")
        error = await self.assertFailure(Deferred.fromCoroutine(self.store.add(ALICE)), StoreFailed)
        self.assertIn(str(self.path), str(error))


class MigrationTests(_WithFile):
    """Files of older tnets."""

    FIRST = """
    CREATE TABLE accounts (
        name TEXT PRIMARY KEY NOT NULL,
        secret TEXT NOT NULL,
        disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
        member_of TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID;
    INSERT INTO accounts VALUES ('alice', 'secret-a', 0, 'staff ops'), ('bob', 'secret-b', 1, '');
    PRAGMA user_version = 1;
    """
    SECOND = """
    CREATE TABLE accounts (
        name TEXT PRIMARY KEY NOT NULL,
        login TEXT NOT NULL CHECK (login IN ('password', 'nothing')),
        secret TEXT CHECK (secret <> ''),
        disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
        member_of TEXT NOT NULL DEFAULT '',
        CHECK ((login = 'password') = (secret IS NOT NULL))
    ) WITHOUT ROWID;
    INSERT INTO accounts VALUES
        ('alice', 'password', 'secret-a', 0, 'staff ops'), ('bob', 'password', 'secret-b', 1, ''),
        ('guest', 'nothing', NULL, 0, '');
    PRAGMA user_version = 1;
    """

    def made(self, script: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.path)) as other:
            other.executescript(script)
        self.path.chmod(0o600)

    def version(self) -> int:
        with closing(sqlite3.connect(self.path)) as other:
            (version,) = other.execute("PRAGMA user_version").fetchone()
        return int(version)

    async def test_looked_at(self) -> None:
        """A file of version 1, of either kind, keeps every account and is of version 2 after the first look."""
        for script, entries in ((self.FIRST, [ALICE, BOB]), (self.SECOND, [ALICE, BOB, GUEST])):
            self.made(script)
            for entry in entries:
                self.assertEqual(await self.store.find(entry.account.name), entry)
            self.assertEqual(await self.store.accounts(), [entry.account for entry in entries])
            self.assertEqual(self.version(), 2)

    async def test_added_to(self) -> None:
        """An account with keys can be added to it at once."""
        for script in (self.FIRST, self.SECOND):
            self.made(script)
            await self.store.add(KEYED)
            self.assertEqual(await self.store.find("keyed"), KEYED)
            self.assertEqual(await self.store.find("alice"), ALICE)

    async def test_nothing_lost(self) -> None:
        """A file whose accounts do not fit stays as it was, and is a failed store."""
        self.made(self.FIRST + "UPDATE accounts SET secret = '' WHERE name = 'bob'")
        await self.assertFailure(Deferred.fromCoroutine(self.store.find("alice")), StoreFailed)
        with closing(sqlite3.connect(self.path)) as other:
            self.assertEqual(len(other.execute("SELECT * FROM accounts").fetchall()), 2)
        self.assertEqual(self.version(), 1)
