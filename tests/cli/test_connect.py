"""`tnet connect …`: argv in, plan out."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase

from tnet.cli.main import parse
from tnet.plans import TcpAddress, UnixAddress
from tnet.plans.connect import ConnectPlan
from tnet.plans.tls import TlsDialing


def plan(*argv: str) -> Any:
    """The plan of a command line after `tnet connect`."""
    asked = parse(["connect", *argv])
    assert asked is not None
    return asked.plan


class ConnectTests(TestCase):
    """From the words of a person to a ConnectPlan."""

    def test_targets(self) -> None:
        """HOST:PORT, HOST PORT and unix:/path are the same grammar as everywhere."""
        self.assertEqual(plan("h:1"), ConnectPlan(target=TcpAddress("h", 1)))
        self.assertEqual(plan("h", "1"), plan("h:1"))
        self.assertEqual(plan("unix:/x").target, UnixAddress("/x"))

    def test_tls(self) -> None:
        """--tls and tls:// both ask for TLS, verified unless --insecure."""
        self.assertEqual(plan("h:1", "--tls").tls, TlsDialing())
        self.assertEqual(plan("tls://h:1", "--insecure", "--sni", "n").tls, TlsDialing(verify=False, server_name="n"))
        self.assertIsNone(plan("h:1").tls)

    def test_everything_else(self) -> None:
        """Each option sets its field."""
        full = plan(
            "h:1", "-6", "--crlf", "--raw", "--no-shutdown", "--linger", "1", "--idle-timeout", "2", "--source", "::1"
        )
        self.assertEqual(
            full,
            ConnectPlan(
                target=TcpAddress("h", 1),
                family=6,
                crlf=True,
                raw=True,
                shutdown=False,
                linger_seconds=1,
                idle_seconds=2,
                source="::1",
            ),
        )
