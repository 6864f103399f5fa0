"""Tests for where a client's time went."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import Stage, closed, exchanged, opened
from tnet.events import kinds
from tnet.events.phases import MOST_HOPS, Phases


class PhasesTests(SynchronousTestCase):
    """`Phases`."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.phases = Phases()

    def _see(self, now: float, event: kinds.Event, conn: int | None = 1, request: int | None = None) -> None:
        self.stage.now = now
        self.phases.see(self.stage.record(event, conn, request))

    def _span(self, now: float, span: str, seconds: float, outcome: str = "ok") -> None:
        self._see(now, kinds.SpanEnded(span=span, seconds=seconds, outcome=outcome))

    def _phases(self, hop: int) -> list[tuple[str, float, float]]:
        return [(phase.name, round(phase.start, 3), round(phase.end, 3)) for phase in self.phases.hops[hop].phases]

    def test_one_fetch(self) -> None:
        """Each phase lasts from its beginning to its end, in the order in which they ended."""
        self._see(0.01, kinds.DnsAnswered(host="h", addresses=("a",), seconds=0.01))
        self._see(0.03, kinds.DialAttempted(peer_address="a", peer_port=80, outcome="ok", seconds=0.02))
        self._see(0.03, opened("a", 80, role="client"))
        self._see(0.06, kinds.TlsHandshaken(outcome="ok", seconds=0.03, tls_version="TLSv1.3"))
        self._span(0.07, "send", 0.01)
        self._span(0.10, "wait", 0.03)
        self._see(0.10, exchanged())
        (hop,) = self.phases.hops
        self.assertEqual(
            self._phases(0),
            [
                ("dns", 0.0, 0.01),
                ("connect", 0.01, 0.03),
                ("tls", 0.03, 0.06),
                ("send", 0.06, 0.07),
                ("wait", 0.07, 0.1),
            ],
        )
        self.assertEqual((hop.opened, hop.reused, hop.exchange), (opened("a", 80, role="client"), False, exchanged()))
        self.assertEqual((self.phases.start, round(self.phases.end, 3)), (0.0, 0.1))

    def test_how_a_span_ended(self) -> None:
        """A phase knows how it ended."""
        self._span(0.1, "a", 0, "failed")
        self._span(0.2, "b", 0, "cancelled")
        self.assertEqual([phase.outcome for phase in self.phases.hops[0].phases], ["failed", "cancelled"])

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
        self.assertEqual((second.opened, second.handshake), (first.opened, handshake))
        self.assertEqual(self._phases(1), [("wait", 0.06, 0.08)])

    def test_late_phase(self) -> None:
        """A phase that was told after its exchange, but began before the exchange's end, is still part of it."""
        self._see(0.05, exchanged())
        self._span(0.06, "receive", 0.03)
        self.assertEqual(len(self.phases.hops), 1)

    def test_races(self) -> None:
        """Every attempt is a phase; together they last until one has won."""
        for now, outcome, seconds in ((0.3, "failed", 0.3), (0.4, "ok", 0.2), (0.5, "cancelled", 0.1)):
            self._see(now, kinds.DialAttempted(peer_address="::1", peer_port=1, outcome=outcome, seconds=seconds))
        (hop,) = self.phases.hops
        self.assertEqual([phase.outcome for phase in hop.phases], ["failed", "ok", "cancelled"])
        self.assertEqual(hop.spread("connect"), (0.0, 0.4))
        self.assertIsNone(hop.spread("dns"))

    def test_lost_races(self) -> None:
        """When no attempt went well, they last until the last one's end."""
        for now in (0.3, 0.4):
            self._see(now, kinds.DialAttempted(peer_address="::1", peer_port=1, outcome="failed", seconds=0.25))
        start, end = self.phases.hops[0].spread("connect") or (0, 0)
        self.assertEqual((round(start, 3), end), (0.05, 0.4))

    def test_numbered_requests(self) -> None:
        """Events of two requests that share a connection at the same time are two hops."""
        for request, cause in ((1, "first"), (2, "segment")):
            began = kinds.RequestBegan(method="GET", url=f"http://h/{request}", transfer=1, cause=cause)
            self._see(0.1 * request, began, None, request)
        self._see(0.3, opened("a", 80, role="client"), 7, 1)
        self._see(0.4, kinds.SpanEnded(span="wait", seconds=0.05, outcome="ok"), 7, 2)
        self._see(0.5, kinds.SpanEnded(span="wait", seconds=0.2, outcome="ok"), 7, 1)
        self._see(0.6, exchanged(), 7, 1)
        self._see(0.7, kinds.SpanEnded(span="receive", seconds=0.01, outcome="ok"), 7, 1)
        first, second = self.phases.hops
        self.assertEqual((first.reused, second.reused, second.opened), (False, True, first.opened))
        self.assertEqual([phase.name for phase in first.phases], ["wait", "receive"])
        self.assertEqual(second.asked and second.asked.cause, "segment")
        self.assertEqual((first.began, first.wall), (0.1, self.stage.wall + 0.1))

    def test_second_connection(self) -> None:
        """A request that found its connection gone and opened another one is on that, and has not reused it."""
        self._see(0.1, opened("a", 80, role="client"), 1, 1)
        self._see(0.2, kinds.SpanEnded(span="send", seconds=0.01, outcome="failed"), 1, 2)
        self._see(0.3, opened("a", 81, role="client"), 2, 2)
        hop = self.phases.hops[1]
        self.assertEqual((hop.conn, hop.reused, hop.opened and hop.opened.peer_port), (2, False, 81))

    def test_closed_connection(self) -> None:
        """What was on a connection that is closed is still known of the requests it carried."""
        self._see(0.1, opened("a", 80, role="client"), 1, 1)
        self._see(0.2, closed(), 1, 1)
        self._see(0.3, exchanged(), 1, 1)
        (hop,) = self.phases.hops
        self.assertEqual((hop.opened, hop.exchange), (opened("a", 80, role="client"), exchanged()))

    def test_retries(self) -> None:
        """The first request of a retry knows its attempt's number; the redirect after it has none."""
        self._see(0.1, kinds.RetryPlanned(transfer=3, attempt=2, seconds=1, error="e"), None)
        for request, cause in ((5, "retry"), (6, "redirect")):
            self._see(1.1, kinds.RequestBegan(method="GET", url="u", transfer=3, cause=cause), None, request)
        self.assertEqual([hop.attempt for hop in self.phases.hops], [2, 0])

    def test_bound(self) -> None:
        """Of very many requests the last ones are kept, the others counted."""
        for request in range(MOST_HOPS + 5):
            self._see(request, exchanged(), 1, request)
        self.assertEqual((len(self.phases.hops), self.phases.dropped), (MOST_HOPS, 5))
        self.assertEqual(self.phases.hops[0].request, 5)

    def test_hops_apart(self) -> None:
        """Each connection has its own hop."""
        self._see(0.1, exchanged(301), 1)
        self._see(0.2, exchanged(200), 2)
        self.assertEqual([hop.conn for hop in self.phases.hops], [1, 2])

    def test_other_events(self) -> None:
        """What is no phase makes no hop."""
        self._see(0.1, kinds.Logged(level="info", text="t"))
        self.assertFalse(self.phases.hops)
