"""Tests for the inspector put together."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tests.servers.web.inspector.inspected import InspectedTestCase
from tests.support import AtOnce
from tnet.plans.web import Bin
from tnet.servers.web.inspector.inspector import is_own, open_bin


class InspectorTests(InspectedTestCase):
    """`Inspector` and what stands beside it."""

    def test_bins_within_bins(self) -> None:
        """A request belongs to the bin with the longest path."""
        for path in ("/a", "/a/b"):
            self.open_bin(path)
        for path in ("/a", "/a/b/c", "/a/c", "/a%2fb", "/ab"):
            self.ask(path)
        self.assertEqual([row["bin"] for row in reversed(self.rows())], ["/a", "/a/b", "/a", "", ""])

    def test_a_bin_alone(self) -> None:
        """One that nobody looks at keeps nothing."""
        found = self.successResultOf(Deferred.fromCoroutine(open_bin(Bin(path="/a", body=b"x"), AtOnce())))
        self.assertEqual((found.reply.body, found.caught), (b"x", None))

    def test_own(self) -> None:
        """What looks at others' requests, and what does not."""
        for path in ([b"_tnet"], [b"_tnet", b""], [b"_tnet", b"exchanges", b"1"], [b"_tnet", b"har"]):
            self.assertTrue(is_own(path), path)
        for path in ([], [b""], [b"_tnet", b"get"], [b"a", b"_tnet"], [b"_tnet", b"\xff"]):
            self.assertFalse(is_own(path), path)
