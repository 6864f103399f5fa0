"""Where the users store is, and what its values show."""

from pathlib import Path

from twisted.trial.unittest import TestCase

from tnet.accounts.store import Account, AccountExists, Entry, Login, NoSuchAccount, StoreFailed, sqlite_path
from tnet.errors import BadUsage, ExitStatus


class UrlTests(TestCase):
    """`--users URL`."""

    def test_paths(self) -> None:
        """`sqlite:PATH`, `sqlite:///PATH` and a plain path name a file."""
        for url in (
            "sqlite:/a/users.db",
            "sqlite:///a/users.db",
            "SQLite:/a/users.db",
            "/a/users.db",
            "/b/../a/users.db",
        ):
            self.assertEqual(sqlite_path(url), Path("/a/users.db"))

    def test_relative(self) -> None:
        """A relative path is one from here."""
        for url in ("users.db", "./users.db", "sqlite:users.db"):
            self.assertEqual(sqlite_path(url), Path.cwd() / "users.db")

    def test_colon(self) -> None:
        """A file whose name has a colon can be written with its folder."""
        self.assertEqual(sqlite_path("./a:b"), Path.cwd() / "a:b")

    def test_default(self) -> None:
        """The default is under the XDG data folder, which counts only when it is absolute."""
        self.assertEqual(sqlite_path(None, {"XDG_DATA_HOME": "/data"}), Path("/data/tnet/users.db"))
        at_home = Path.home() / ".local/share/tnet/users.db"
        self.assertEqual(sqlite_path(None, {"XDG_DATA_HOME": "data"}), at_home)
        self.assertEqual(sqlite_path(None, {}), at_home)

    def test_refused(self) -> None:
        """Other schemes, hosts and empty paths are bad usage of --users."""
        for url in ("postgresql://db/x", "htpasswd:f", "sqlite:", "sqlite://host/x", "", "a\0b"):
            error = self.assertRaises(BadUsage, sqlite_path, url)
            self.assertEqual(error.field, "--users")
            self.assertTrue(error.hint)

    def test_secret_in_url(self) -> None:
        """A password in a refused URL is not repeated."""
        error = self.assertRaises(BadUsage, sqlite_path, "mysql://me:hunter2@db/x")
        self.assertNotIn("hunter2", f"{error} {error!r} {error.hint}")


class ValueTests(TestCase):
    """Values and errors."""

    def test_entry_hides_secret(self) -> None:
        """The repr of an entry does not show its secret."""
        self.assertNotIn("argon", repr(Entry(Account("a"), "$argon2id$")))

    def test_entry_fits_its_account(self) -> None:
        """An entry whose secret and way to log in disagree cannot be made; an empty secret fits neither."""
        for login, secret in ((Login.PASSWORD, None), (Login.PASSWORD, ""), (Login.NOTHING, "s"), (Login.NOTHING, "")):
            self.assertRaises(ValueError, Entry, Account("a", login=login), secret)
        self.assertRaises(ValueError, Entry, Account("a", login=Login.KEY), None)
        self.assertRaises(ValueError, Entry, Account("a", login=Login.KEY, keys=("ssh-ed25519 A",)), "s")

    def test_errors(self) -> None:
        """Each error is one line that names the store, and exits with 1."""
        for error in (
            StoreFailed("sqlite:/x", "locked"),
            AccountExists("a", "sqlite:/x"),
            NoSuchAccount("a", "sqlite:/x"),
        ):
            self.assertIn("sqlite:/x", str(error))
            self.assertNotIn("\n", str(error))
            self.assertEqual(error.exit_status, ExitStatus.FAILED)
        self.assertIn("tnet users", AccountExists("a", "b").hint + NoSuchAccount("a", "b").hint)
