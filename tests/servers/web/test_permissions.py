"""Who may do what, where everybody may the same."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.permissions import Permissions, Right


class PermissionsTests(TestCase):
    """Rights at places."""

    def test_all_by_default(self) -> None:
        """Without anything said, everything may be done everywhere."""
        self.assertTrue(Permissions().allows(Right.ALL, (), (b"a", b"b")))

    def test_every_right_at_every_place(self) -> None:
        """All of what is asked for is needed, and at each place."""

        class OnlyBelowA(Permissions):
            def at(self, place: object) -> Right:
                return Right.READ | Right.LIST if place == (b"a",) else Right.LIST

        some = OnlyBelowA()
        self.assertTrue(some.allows(Right.READ, (b"a",)))
        self.assertTrue(some.allows(Right.LIST, (b"a",), (b"b",)))
        self.assertFalse(some.allows(Right.READ, (b"a",), (b"b",)))
        self.assertFalse(some.allows(Right.READ | Right.WRITE, (b"a",)))

    def test_demand(self) -> None:
        """What is not allowed is refused, and what is allowed is not."""
        some = Permissions(Right.READ)
        some.demand(Right.READ, (b"a",))
        self.assertEqual(self.assertRaises(Refusal, some.demand, Right.WRITE, (b"a",)).status, 403)
