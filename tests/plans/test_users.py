"""Tests for what `users` was asked for."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans.users import UsersPlan


class UsersPlanTests(SynchronousTestCase):
    """`UsersPlan`."""

    def test_secret(self) -> None:
        """The password is not in the repr, and counts all the same."""
        plan = UsersPlan(action="add", name="ada", password="s3cret")
        self.assertNotIn("s3cret", repr(plan))
        self.assertIn("ada", repr(plan))
        self.assertNotEqual(plan, UsersPlan(action="add", name="ada", password="other"))

    def test_no_password(self) -> None:
        """Only a new account can be without a password, and not with one as well."""
        self.assertTrue(UsersPlan(action="add", name="guest", no_password=True).no_password)
        self.assertRaises(BadUsage, UsersPlan, action="add", name="guest", no_password=True, password="")
        self.assertRaises(BadUsage, UsersPlan, action="passwd", name="guest", no_password=True)

    def test_default_store(self) -> None:
        """Without a URL it is the default store, and an account without a password is one that was asked for."""
        plan = UsersPlan(action="list")
        self.assertEqual((plan.users, plan.password, plan.name), (None, None, ""))
