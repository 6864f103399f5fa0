"""Tests for what `fetch` was asked for."""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from tnet.plans.fetch import Body, FetchPlan, Part


class FetchPlanTests(SynchronousTestCase):
    """`FetchPlan` and `Body`."""

    def test_secrets(self) -> None:
        """Headers and body may hold secrets, so they are not in the repr; the path of a body is."""
        plan = FetchPlan(
            method="POST",
            urls=("http://h/",),
            headers=(("Authorization", "Bearer s3cret"),),
            body=Body(b"password=s3cret"),
        )
        self.assertNotIn("s3cret", repr(plan))
        self.assertNotIn("s3cret", f"{plan}")
        self.assertIn("/a/file", repr(Body(path="/a/file")))

    def test_secrets_count(self) -> None:
        """Two plans that differ in a header are not equal, although they look the same."""
        one, other = (FetchPlan(method="GET", urls=("http://h/",), headers=(("A", value),)) for value in "xy")
        self.assertNotEqual(one, other)

    def test_verified(self) -> None:
        """The peer of an https URL is verified unless somebody says otherwise."""
        self.assertTrue(FetchPlan(method="GET", urls=("https://h/",)).way.tls.verify)

    def test_a_body_that_is_gone_once_it_was_read(self) -> None:
        """Case 12: standard input, pipes and devices, alone or as a part, cannot be sent again; files can."""
        os.mkfifo(fifo := self.mktemp())
        for path, resendable in (("-", False), (fifo, False), ("/dev/zero", False), (__file__, True), ("/none", True)):
            self.assertIs(Body(path=path).resendable, resendable, path)
            self.assertIs(Body(parts=(Part("a"), Part("b", path=path))).resendable, resendable, path)
        self.assertTrue(Body(b"x").resendable)
