"""`tnet serve auth`: argv in, plan out."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.cli.serve.planned import plan
from tests.cli.test_main import said
from tnet.plans import UnixAddress
from tnet.plans.serve import DIALECTS, AuthPlan


class AuthTests(TestCase):
    """Its own options."""

    def test_options(self) -> None:
        """Attempts, the store and the dialect reach the plan."""
        auth = plan("auth", "--attempts", "5", "--users", "sqlite:x.db")
        self.assertEqual((type(auth), auth.attempts, auth.users, auth.login_seconds), (AuthPlan, 5, "sqlite:x.db", 60))
        self.assertEqual([plan("auth", "--dialect", dialect).dialect for dialect in DIALECTS], list(DIALECTS))
        self.assertEqual(plan("auth").dialect, "line")

    def test_gateway(self) -> None:
        """A backend may be anything that can be connected to."""
        gateway = plan("auth", "--forward", "unix:/run/x", "--send-proxy", "v2")
        self.assertEqual((gateway.forward, gateway.send_proxy), (UnixAddress("/run/x"), "v2"))
        self.assertEqual((plan("auth").forward, plan("auth").send_proxy), (None, None))

    def test_refused(self) -> None:
        """A backend is an address to connect to, and nothing is sent to none."""
        for argv, field in ((("--send-proxy", "v1"), "--send-proxy"), (("--forward", "fd://3"), "--forward")):
            status, out, err = said(["serve", "auth", *argv])
            self.assertEqual((status, out), (2, ""))
            self.assertIn(field, err)
