"""Tests for where a client's time went."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import Stage, exchanged, opened
from tnet.events import kinds
from tnet.view.phases import Phases


class PhasesTests(SynchronousTestCase):
    """`Phases`."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.phases = Phases()

    def _see(self, now: float, event: kinds.Event, conn: int | None = 1) -> None:
        self.stage.now = now
        self.phases.see(self.stage.record(event, conn))

    def _span(self, now: float, span: str, seconds: float, outcome: str = "ok") -> None:
        self._see(now, kinds.SpanEnded(span=span, seconds=seconds, outcome=outcome))

    def _lanes(self, hop: int) -> list[tuple[str, float, float]]:
        return [(lane.name, round(lane.start, 3), round(lane.end, 3)) for lane in self.phases.hops[hop].lanes]

    def test_one_fetch(self) -> None:
        """Each phase is a lane from its beginning to its end, in the order in which they ended."""
        self._see(0.01, kinds.DnsAnswered(host="h", addresses=("a",), seconds=0.01))
        self._see(0.03, kinds.DialAttempted(peer_address="a", peer_port=80, outcome="ok", seconds=0.02))
        self._see(0.03, opened("a", 80, role="client"))
        self._see(0.06, kinds.TlsHandshaken(outcome="ok", seconds=0.03, tls_version="TLSv1.3"))
        self._span(0.07, "send", 0.01)
        self._span(0.10, "wait", 0.03)
        self._see(0.10, exchanged())
        (hop,) = self.phases.hops
        self.assertEqual(
            self._lanes(0),
            [
                ("dns", 0.0, 0.01),
                ("connect", 0.01, 0.03),
                ("tls", 0.03, 0.06),
                ("send", 0.06, 0.07),
                ("wait", 0.07, 0.1),
            ],
        )
        self.assertEqual((hop.peer, hop.reused, hop.exchange), ("a:80", False, exchanged()))
        self.assertEqual((self.phases.start, round(self.phases.end, 3)), (0.0, 0.1))

    def test_how_a_span_ended(self) -> None:
        """A failed span names its error; one that was given up was cancelled, by whatever means."""
        self._see(0.1, kinds.SpanEnded(span="a", seconds=0, outcome="failed", error="BodyCutShort"))
        self._see(0.2, kinds.SpanEnded(span="b", seconds=0, outcome="cancelled", error="CancelledError"))
        self.assertEqual([lane.detail for lane in self.phases.hops[0].lanes], ["BodyCutShort", "cancelled"])

    def test_reused_connection(self) -> None:
        """A second request on a connection is a hop of its own that says so and keeps the handshake."""
        handshake = kinds.TlsHandshaken(outcome="ok", seconds=0.01)
        self._see(0.01, opened("a", 80, role="client"))
        self._see(0.02, handshake)
        self._see(0.05, exchanged(301))
        self._span(0.08, "wait", 0.02)
        self._see(0.08, exchanged(200))
        first, second = self.phases.hops
        self.assertEqual((first.reused, second.reused), (False, True))
        self.assertEqual((second.peer, second.handshake), ("a:80", handshake))
        self.assertEqual(self._lanes(1), [("wait", 0.06, 0.08)])

    def test_late_phase(self) -> None:
        """A phase that was told after its exchange, but began before the exchange's end, is still part of it."""
        self._see(0.05, exchanged())
        self._span(0.06, "receive", 0.03)
        self.assertEqual(len(self.phases.hops), 1)

    def test_races(self) -> None:
        """Every attempt is a lane, the lost ones with their outcome and reason."""
        self._see(
            0.3, kinds.DialAttempted(peer_address="::1", peer_port=1, outcome="failed", seconds=0.3, error="refused")
        )
        self._see(0.4, kinds.DialAttempted(peer_address="127.0.0.1", peer_port=1, outcome="cancelled", seconds=0.1))
        (hop,) = self.phases.hops
        self.assertEqual(
            [(lane.outcome, lane.detail) for lane in hop.lanes],
            [("failed", "refused [::1]:1"), ("cancelled", "127.0.0.1:1")],
        )

    def test_hops_apart(self) -> None:
        """Each connection has its own hop."""
        self._see(0.1, exchanged(301), 1)
        self._see(0.2, exchanged(200), 2)
        self.assertEqual([hop.conn for hop in self.phases.hops], [1, 2])

    def test_other_events(self) -> None:
        """What is no phase makes no lane and no hop."""
        self._see(0.1, kinds.Logged(level="info", text="t"))
        self.assertEqual(self.phases.hops, [])
