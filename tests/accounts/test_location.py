"""Where the users store is."""

from pathlib import Path

from twisted.trial.unittest import TestCase

from tests.support import World
from tnet.accounts.htpasswd import HtpasswdStore
from tnet.accounts.location import default_path, how_to_add, open_store
from tnet.accounts.postgres import PostgresStore
from tnet.accounts.sqlite import SqliteStore
from tnet.accounts.store import EditableStore
from tnet.errors import BadUsage


class UrlTests(TestCase):
    """`--users URL`."""

    def setUp(self) -> None:
        self.world = World()

    def opened(self, users: str | None) -> EditableStore:
        return open_store(users, self.world.context)

    def test_sqlite(self) -> None:
        """`sqlite:PATH`, `sqlite:///PATH` and a plain path name a SQLite file."""
        for url in ("sqlite:/a/b.db", "sqlite:///a/b.db", "SQLite:/a/b.db", "/a/b.db", "/c/../a/b.db"):
            store = self.opened(url)
            self.assertIsInstance(store, SqliteStore)
            self.assertEqual(store.url, "sqlite:/a/b.db")

    def test_htpasswd(self) -> None:
        """`htpasswd:FILE` names a password file."""
        for url in ("htpasswd:/a/b", "htpasswd:///a/b"):
            store = self.opened(url)
            self.assertIsInstance(store, HtpasswdStore)
            self.assertEqual(store.url, "htpasswd:/a/b")

    def test_how_to_add(self) -> None:
        """The command that adds an account names the same store, quoted for a shell; a file of others' is not ours."""
        commands = [
            how_to_add(users, self.opened(users))
            for users in (None, "/a b.db", "postgresql://u@h/d?sslmode=require", "htpasswd:/a/b")
        ]
        self.assertEqual(
            commands,
            [
                "tnet users add NAME",
                "tnet users add NAME --users 'sqlite:/a b.db'",
                "tnet users add NAME --users 'postgresql://u@h/d?sslmode=require'",
                "htpasswd -B /a/b NAME",
            ],
        )

    def test_postgres(self) -> None:
        """`postgresql://…` and `postgres://…` name a database, to which nobody connects yet."""
        for url in ("postgresql://db/users", "postgres:///users?host=/nonexistent"):
            store = open_store(url, self.world.context)
            self.assertIsInstance(store, PostgresStore)
            self.assertEqual(store.url, url)

    def test_relative(self) -> None:
        """A relative path is one from here."""
        for url in ("users.db", "./users.db", "sqlite:users.db"):
            self.assertEqual(self.opened(url).url, f"sqlite:{Path.cwd() / 'users.db'}")

    def test_colon(self) -> None:
        """A file whose name has a colon can be written with its folder."""
        self.assertEqual(self.opened("./a:b").url, f"sqlite:{Path.cwd() / 'a:b'}")

    def test_default(self) -> None:
        """The default is under the XDG data folder, which counts only when it is absolute."""
        self.assertEqual(default_path({"XDG_DATA_HOME": "/data"}), Path("/data/tnet/users.db"))
        at_home = Path.home() / ".local/share/tnet/users.db"
        self.assertEqual(default_path({"XDG_DATA_HOME": "data"}), at_home)
        self.assertEqual(default_path({}), at_home)
        self.assertEqual(self.opened(None).url, f"sqlite:{default_path()}")

    def test_refused(self) -> None:
        """Other schemes, hosts and empty paths are bad usage of --users."""
        for url in ("mysql://db/x", "postgresql://me:pw@db/x", "htpasswd:", "sqlite:", "sqlite://host/x", "", "a\0b"):
            error = self.assertRaises(BadUsage, self.opened, url)
            self.assertEqual(error.field, "--users")
            self.assertTrue(error.hint)

    def test_secret_in_url(self) -> None:
        """A password in a refused URL is not repeated."""
        error = self.assertRaises(BadUsage, self.opened, "mysql://me:hunter2@db/x")
        self.assertNotIn("hunter2", f"{error} {error!r} {error.hint}")
