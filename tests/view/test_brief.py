"""Tests for what `connect` says at a terminal."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE, NASTY, Show, closed, opened, send
from tnet.events import kinds

DIALLED = kinds.DialAttempted(peer_address="127.0.0.1", peer_port=40000, outcome="ok", seconds=0.003)


class BriefTests(SynchronousTestCase):
    """`Brief`."""

    def setUp(self) -> None:
        self.show = Show("connect", is_tty=True, environ={"TERM": "xterm", "NO_COLOR": "1"})

    def tell(self, *events: kinds.Event) -> list[str]:
        """The lines for these events, which come half a second apart."""
        for event in events:
            send(self.show.publisher, event, 1)
            self.show.stage.now += 0.5
        return self.show.stderr.lines

    def test_beginning_and_end(self) -> None:
        """How long it took to get there; why it ended, and what went over the wire at which rates."""
        lines = self.tell(DIALLED, opened(role="client"), closed(2048, 5, reason="closed by peer"))
        self.assertEqual(
            lines,
            [
                "tnet: connected to 127.0.0.1:40000 in 3.0 ms",
                "tnet: closed by peer after 1.5 s",
                "tnet: sent 5 B at 3 B/s, received 2.0 KiB at 1.3 KiB/s",
            ],
        )

    def test_first_answer(self) -> None:
        """The time until the first answer is told at the end, and no other span."""
        spans = [kinds.SpanEnded(span=span, seconds=0.012, outcome="ok") for span in ("wait", "passage")]
        lines = self.tell(opened(role="client"), *spans, closed(7, 0))
        self.assertEqual(lines[-1], "tnet: sent 0 B, received 7 B at 5 B/s · first answer after 12 ms")

    def test_who_ended_first(self) -> None:
        """Of the two halves the one that was closed first is told, with its time."""
        for by, told in (("us", "we ended first, after 1.0 s"), ("peer", "the peer ended first, after 1.0 s")):
            self.setUp()
            other = "peer" if by == "us" else "us"
            halves = [kinds.HalfClosed(by=each, bytes_in=0, bytes_out=0) for each in (by, other)]
            lines = self.tell(opened(role="client"), DIALLED, *halves, closed(reason="closed by peer"))
            self.assertEqual(lines[-2], f"tnet: closed by peer after 1.5 s · {told}")

    def test_one_end(self) -> None:
        """Who ended first is not told twice, where that was the end of it all."""
        for by, reason in (("us", "closed by us"), ("peer", "closed by peer")):
            self.setUp()
            self.show.stage.now = 0.0
            half = kinds.HalfClosed(by=by, bytes_in=0, bytes_out=0)
            lines = self.tell(opened(role="client"), DIALLED, DIALLED, half, closed(reason=reason))
            self.assertEqual(lines[-2], f"tnet: {reason} after 1.5 s")

    def test_second_connection(self) -> None:
        """What was so of one connection is not told of the next."""
        half = kinds.HalfClosed(by="us", bytes_in=0, bytes_out=0)
        self.tell(opened(role="client"), half, closed(), opened(role="client"), closed(reason="closed by us"))
        self.assertEqual(self.show.stderr.lines[-2], "tnet: closed by us after 1.5 s")

    def test_no_time_at_all(self) -> None:
        """Where no time passed there is no rate."""
        event = kinds.ConnectionClosed(reason="closed by us", clean=True, bytes_in=3, bytes_out=0, seconds=0)
        self.assertEqual(self.tell(event)[-1], "tnet: sent 0 B, received 3 B")

    def test_secured(self) -> None:
        """With TLS its version and whose certificate it is; a failure is left to the error."""
        handshake = kinds.TlsHandshaken(
            outcome="ok", seconds=0.02, tls_version="TLSv1.3", subject="CN=a", not_after="2030-01-02T00:00:00Z"
        )
        send(self.show.publisher, handshake, 1)
        send(self.show.publisher, kinds.TlsHandshaken(outcome="failed", seconds=0, error="no"), 1)
        self.assertEqual(
            self.show.stderr.lines, ["tnet: secured by TLSv1.3 in 20 ms · certificate of CN=a until 2030-01-02"]
        )

    def test_unclean_end(self) -> None:
        """A connection that broke says why."""
        send(self.show.publisher, closed(clean=False, reason="reset by the peer " + NASTY), 1)
        self.assertIn("reset by the peer", self.show.stderr.text)
        self.assertIsNone(HOSTILE.search(self.show.stderr.text))

    def test_only_at_a_terminal(self) -> None:
        """In a pipe, and with -q or -v, these lines are not there."""
        for show in (
            Show("connect"),
            Show("connect", is_tty=True, verbosity=-1),
            Show("connect", is_tty=True, verbosity=1),
        ):
            send(show.publisher, DIALLED, 1)
            self.assertNotIn("connected", show.stderr.text)
