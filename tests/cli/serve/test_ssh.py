"""`tnet serve ssh`: argv in, plan out."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.cli.serve.planned import plan
from tnet.plans.serve import SshPlan


class SshTests(TestCase):
    """Its own options."""

    def test_options(self) -> None:
        """Keys reach the plan."""
        ssh = plan("ssh", "--authorized-keys", "a", "--authorized-keys", "b", "--host-key", "h")
        self.assertEqual((type(ssh), ssh.authorized_keys, ssh.host_key), (SshPlan, ("a", "b"), "h"))
