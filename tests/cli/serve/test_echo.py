"""`tnet serve echo`: argv in, plan out."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.cli.serve.planned import plan
from tests.cli.test_main import said
from tnet.plans import UdpAddress
from tnet.plans.serve import EchoPlan


class EchoTests(TestCase):
    """Its own options."""

    def test_options(self) -> None:
        """Faults, a seed and a recording reach the plan."""
        echo = plan("echo", "--fault", "refuse=10%", "--seed", "7", "--replay", "r", "--replay-mode", "timed")
        self.assertEqual((type(echo), echo.seed, echo.replay, echo.replay_mode), (EchoPlan, 7, "r", "timed"))
        self.assertEqual([str(fault) for fault in echo.faults], ["refuse=10%"])

    def test_datagrams(self) -> None:
        """--udp listens for datagrams where it would have listened for connections, and nowhere else."""
        self.assertEqual(plan("echo", "--udp", "-p", "7").listen, (UdpAddress("localhost", 7),))
        status, _, err = said(["serve", "echo", "--udp", "--listen", "unix:/run/x"])
        self.assertEqual(status, 2)
        self.assertIn("--udp", err)
