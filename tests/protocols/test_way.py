"""Ways in general."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.errors import TlsFailed, TnetError
from tnet.protocols.way import Way


class Silent(Way):
    """A way that never opens."""

    def begin(self) -> bytes:
        return b""

    def received(self, data: bytes) -> bytes:
        return b""

    def refusal(self, reason: str, advice: str = "") -> TnetError:
        return TlsFailed("peer", reason, advice)


class WayTests(TestCase):
    """`Way`."""

    def test_closed(self) -> None:
        """A connection that ends before the way is open was refused, in the way's own kind of error."""
        error = Silent().closed()
        self.assertIsInstance(error, TlsFailed)
        self.assertIn("it closed the connection before the way was open", str(error))
