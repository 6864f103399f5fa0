"""Tests for responses at the client's pace."""

from __future__ import annotations

from twisted.internet.error import ConnectionLost

from tests.servers.web.inspector.inspected import InspectedTestCase


class PacedTests(InspectedTestCase):
    """`Paced`."""

    def test_a_slow_client(self) -> None:
        """Nothing is written while the client has no room, and everything afterwards."""
        self.wire.ask("GET", "/_tnet/stream/50")
        self.wire.channel._outlet.pauseProducing()
        self.clock.pump([0.0] * 10)
        held = len(self.wire.sent)
        self.clock.pump([0.0] * 10)
        self.assertEqual(len(self.wire.sent), held)
        self.wire.channel._outlet.resumeProducing()
        self.clock.pump([0.0] * 60)
        self.assertEqual(self.wire.reply().body.count(b"\n"), 50)

    def test_a_client_that_leaves(self) -> None:
        """Whoever writes for it stops, and leaves nothing with the reactor."""
        for path in ("/_tnet/stream/50", "/_tnet/drip?duration=50", "/_tnet/bytes/1000000"):
            wire = self.connect()
            wire.ask("GET", path)
            wire.hang_up(ConnectionLost())
        self.clock.pump([0.0] * 5)
        self.assertEqual(
            [call for call in self.clock.getDelayedCalls() if call.getTime() > self.clock.seconds() + 31], []
        )
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_turns(self) -> None:
        """Others get their turn in the middle of very much."""
        self.wire.ask("GET", "/_tnet/bytes/1000000")
        self.assertLess(len(self.wire.sent), 300_000)
        self.clock.pump([0.0] * 40)
        self.assertEqual(len(self.wire.reply().body), 1_000_000)
