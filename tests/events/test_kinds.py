"""Tests for the kinds of events."""

from __future__ import annotations

from dataclasses import fields

from twisted.trial.unittest import SynchronousTestCase

from tnet.events.kinds import ALL_KINDS, JSON_KEYS, Event

PROMISED = {
    "listening", "connection.open", "tls.handshake", "connection.half_close", "connection.paused", "connection.resumed",
    "connection.refused", "connection.close", "state.enter", "span.start", "span.end", "auth.attempt", "http.request",
    "ssh.channel", "dns.answer", "dial.attempt", "reactor.lag", "draining", "stopped", "log",
    "http.begin", "http.head.sent", "http.head.received", "http.trailers", "http.retry", "transfer.start",
    "transfer.progress", "transfer.end", "connection.data", "script.step", "probe.result", "fault",
}  # fmt: skip


class KindTests(SynchronousTestCase):
    """Every kind."""

    def test_names(self) -> None:
        """The names that users rely on are there, each once."""
        names = [kind.name for kind in ALL_KINDS]
        self.assertEqual(sorted(names), sorted(PROMISED))
        self.assertNotIn(Event, ALL_KINDS)

    def test_json_keys(self) -> None:
        """No key is for a field that does not exist, and none hides another field or the stamp."""
        known = {field.name for kind in ALL_KINDS for field in fields(kind)}
        self.assertEqual(set(JSON_KEYS) - known, set())
        stamp = {"schema", "seq", "t", "ts", "event", "conn", "request"}
        for kind in ALL_KINDS:
            keys = [JSON_KEYS.get(field.name, field.name) for field in fields(kind)]
            self.assertEqual(len(keys), len({*keys} - stamp), kind.name)
