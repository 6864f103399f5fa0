"""The legs of a way through proxies."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import ProxyRefused
from tnet.net.proxies.chain import Leg, refusing
from tnet.plans.proxies import Proxy

UNREACHABLE, FORBIDDEN, OPEN = b"\5\0\5\4\0\1", b"\5\0\5\2\0\1", b"\5\0\5\0\0\1\0\0\0\0\0\0"


def leg(*hosts: str) -> Leg:
    """A leg that has begun."""
    made = Leg(Proxy("socks5", "p", 1), hosts, 443)
    made.begin().begin()
    return made


class LegTests(SynchronousTestCase):
    """`Leg`."""

    def answer(self, made: Leg, data: bytes) -> None:
        """The proxy refuses with `data`."""
        self.assertRaises(ProxyRefused, made.passage.received, data)

    def test_next_host(self) -> None:
        """A host that the proxy cannot reach is followed by the next one, with a passage of its own."""
        made = leg("192.0.2.1", "192.0.2.2")
        first = made.passage
        self.answer(made, UNREACHABLE)
        self.assertTrue(made.refused())
        self.assertIsNot(made.begin(), first)
        made.passage.begin()
        self.assertIn(b"\xc0\0\2\2\x01\xbb", made.passage.received(b"\5\0"))

    def test_no_further_host(self) -> None:
        """After the last host, or where no other one could help, nothing is left to try."""
        for hosts, data in (("192.0.2.1",), UNREACHABLE), (("192.0.2.1", "192.0.2.2"), FORBIDDEN):
            made = leg(*hosts)
            self.answer(made, data)
            self.assertFalse(made.refused())

    def test_who_refused(self) -> None:
        """Of several legs it is the first whose way did not open."""
        legs = [leg("a"), leg("b"), leg("c")]
        legs[0].passage.received(OPEN)
        self.assertIs(refusing(legs), legs[1])
