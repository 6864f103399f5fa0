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

    def test_beginning_and_end(self) -> None:
        """How long it took to get there, and what went over the wire."""
        for event in (DIALLED, opened(role="client"), closed(2048, 5)):
            send(self.show.publisher, event, 1)
        self.assertEqual(
            self.show.stderr.lines,
            ["tnet: connected to 127.0.0.1:40000 in 3.0 ms", "tnet: closed after 1.5 s · sent 5 B, received 2.0 KiB"],
        )

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
