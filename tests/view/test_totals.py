"""Tests for the counts that a summary is made of."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import Stage, closed, exchanged, opened
from tnet.events import kinds
from tnet.view.totals import Totals


class TotalsTests(SynchronousTestCase):
    """`Totals`."""

    def _seen(self, *events: kinds.Event) -> Totals:
        totals, stage = Totals(), Stage()
        for event in events:
            totals.see(stage.record(event, 1))
        return totals

    def test_connections(self) -> None:
        """The peak is the most that were open at a time."""
        totals = self._seen(opened(), opened(), closed(1, 2), opened(), closed(3, 4), closed(5, 6))
        self.assertEqual((totals.open_now, totals.peak, totals.opened), (0, 2, 3))
        self.assertEqual((totals.bytes_in, totals.bytes_out), (9, 12))

    def test_close_without_open(self) -> None:
        """A connection whose opening was not seen does not make the count negative."""
        self.assertEqual(self._seen(closed()).open_now, 0)

    def test_trouble(self) -> None:
        """Errors are what we or the TLS peer got wrong, not what a client asked in vain."""
        totals = self._seen(
            kinds.Logged(level="error", text=""),
            kinds.Logged(level="warning", text=""),
            kinds.TlsHandshaken(outcome="failed", seconds=0),
            exchanged(500),
            exchanged(404),
        )
        self.assertEqual((totals.errors, totals.warnings, totals.requests), (3, 1, 2))

    def test_summary(self) -> None:
        """The summary names what there was and is silent about what there was not."""
        denied = kinds.AuthAttempted(user="u", result="denied", means="password")
        refused = kinds.ConnectionRefused(peer_address="a", reason="full")
        totals = self._seen(opened(), opened(), closed(2048, 0), refused, denied, denied)
        self.assertEqual(
            totals.summary({}),
            [("connections", "2, 2 at peak, 1 refused"), ("bytes", "2.0 KiB in, 0 B out"), ("logins", "2 denied")],
        )

    def test_summary_of_the_unseen(self) -> None:
        """What nobody looked at is still counted."""
        unbuilt = {"connection.open": 5, "connection.refused": 1, "http.request": 7, "auth.attempt": 2}
        self.assertEqual(
            Totals().summary(unbuilt),
            [("connections", "5, 1 refused"), ("requests", "7"), ("logins", "2")],
        )
