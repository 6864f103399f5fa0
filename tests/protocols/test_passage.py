"""What every way through a proxy has in common."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.errors import ExitStatus
from tnet.plans.proxies import Proxy
from tnet.protocols.passage import Passage


class Silent(Passage):
    """A way that never opens."""

    def begin(self) -> bytes:
        return b""

    def received(self, data: bytes) -> bytes:
        return b""


class PassageTests(TestCase):
    """`Passage`."""

    def test_refusals_name_the_proxy(self) -> None:
        """And not the secrets that it was given."""
        passage = Silent(Proxy("socks5", "p", 1080, "u", "secret"))
        error = passage.refusal("it is closed", "come back")
        self.assertEqual(str(error), "proxy socks5://p:1080 refused: it is closed")
        self.assertEqual((error.exit_status, error.hint), (ExitStatus.PROXY, "come back"))

    def test_closed(self) -> None:
        """A proxy that goes away before the way is open has refused."""
        self.assertIn("closed the connection", str(Silent(Proxy("http", "p", 1)).closed()))
