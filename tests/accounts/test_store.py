"""What the values of a users store show."""

from twisted.trial.unittest import TestCase

from tnet.accounts.store import Account, AccountExists, Entry, Login, NoSuchAccount, StoreFailed, StoreIsReadOnly
from tnet.errors import ExitStatus


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
            StoreIsReadOnly("sqlite:/x", "ask them"),
        ):
            self.assertIn("sqlite:/x", str(error))
            self.assertNotIn("\n", str(error))
            self.assertEqual(error.exit_status, ExitStatus.FAILED)
        self.assertIn("tnet users", AccountExists("a", "b").hint + NoSuchAccount("a", "b").hint)
