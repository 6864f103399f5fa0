"""The ways through proxies."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.net.proxies.passages import passage_to
from tnet.plans.proxies import Proxy, Scheme
from tnet.protocols.socks import Socks4a, Socks5
from tnet.protocols.tunnel import Tunnel


class PassageTests(SynchronousTestCase):
    """`passage_to`."""

    def test_kinds(self) -> None:
        """Each scheme has its own way to ask."""
        kinds: tuple[tuple[Scheme, type], ...] = (
            ("http", Tunnel),
            ("https", Tunnel),
            ("socks4a", Socks4a),
            ("socks5", Socks5),
            ("socks5h", Socks5),
        )
        for scheme, kind in kinds:
            self.assertIsInstance(passage_to(Proxy(scheme, "p", 1), "h", 443), kind)
