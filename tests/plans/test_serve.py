"""Tests for what a server was asked for."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.plans import FdAddress, ListenAddress, TcpAddress, UnixAddress
from tnet.plans.serve import EchoPlan
from tnet.plans.web import WebPlan


class ServePlanTests(SynchronousTestCase):
    """`ServePlan`."""

    def test_exposed(self) -> None:
        """A server is exposed as soon as one of its addresses can be reached from elsewhere, or might be."""
        local, everywhere = TcpAddress("127.0.0.1", 1), TcpAddress("0.0.0.0", 1)
        cases: tuple[tuple[tuple[ListenAddress, ...], bool], ...] = (
            ((local,), False),
            ((local, UnixAddress("/x")), False),
            ((local, everywhere), True),
            ((FdAddress(3),), True),
        )
        for listen, exposed in cases:
            self.assertIs(EchoPlan(listen=listen).exposed, exposed, listen)

    def test_public(self) -> None:
        """Whoever said public meant it: behind a forwarder even loopback is exposed."""
        self.assertTrue(EchoPlan(listen=(TcpAddress("127.0.0.1", 1),), public=True).exposed)

    def test_careful_web(self) -> None:
        """Unless asked, nobody may upload, and hidden files stay hidden."""
        plan = WebPlan(listen=())
        self.assertEqual((plan.upload, plan.hidden), (False, False))
