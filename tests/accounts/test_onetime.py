"""The account for one run."""

from twisted.trial.unittest import TestCase

from tnet.accounts.onetime import OneTimeStore
from tnet.accounts.store import Account, Entry


class OneTimeTests(TestCase):
    """A store of one."""

    async def test_one_account(self) -> None:
        """It has the account `tnet`, no other, and is never empty."""
        store = OneTimeStore("secret")
        self.assertEqual(await store.find("tnet"), Entry(Account("tnet"), "secret"))
        self.assertIsNone(await store.find("alice"))
        self.assertEqual((await store.is_empty(), await store.open_to_all()), (False, []))

    async def test_renew(self) -> None:
        """Its secret is renewed only while it is the one that was checked."""
        store = OneTimeStore("old")
        await store.renew("tnet", "other", "new")
        await store.renew("alice", "old", "new")
        self.assertEqual(await store.find("tnet"), Entry(Account("tnet"), "old"))
        await store.renew("tnet", "old", "new")
        self.assertEqual(await store.find("tnet"), Entry(Account("tnet"), "new"))
        await store.close()
        self.assertEqual(await store.find("tnet"), Entry(Account("tnet"), "new"))
