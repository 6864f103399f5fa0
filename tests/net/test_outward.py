"""Our own addresses."""

from __future__ import annotations

import ipaddress

from twisted.trial.unittest import TestCase

from tnet.net.outward import outward_addresses


class OutwardTests(TestCase):
    """What others can reach us at."""

    def test_addresses(self) -> None:
        """Whatever there is on this machine, it is an address that others could use."""
        for address in outward_addresses():
            self.assertFalse(ipaddress.ip_address(address).is_unspecified, address)
