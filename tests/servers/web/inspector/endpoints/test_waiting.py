"""Tests for answers that take their time."""

from __future__ import annotations

import json

from tests.servers.web.inspector.inspected import InspectedTestCase


class WaitingTests(InspectedTestCase):
    """/delay, /drip and /stream."""

    def test_delay(self) -> None:
        """The echo comes when the time is over, not before."""
        self.wire.ask("POST", "/_tnet/delay/1.5", body=b"x")
        self.clock.advance(1.4)
        self.assertEqual(self.wire.sent, b"")
        self.clock.advance(0.2)
        self.assertEqual(json.loads(self.wire.reply().body)["data"], "x")

    def test_drip(self) -> None:
        """The first byte comes after the delay, the last one at the end of the duration."""
        self.wire.ask("GET", "/_tnet/drip?numbytes=5&duration=4&delay=2&code=500")
        self.clock.advance(1.9)
        self.assertEqual(self.wire.sent, b"")
        self.clock.advance(0.2)
        for count in range(1, 6):
            self.assertTrue(self.wire.sent.endswith(b"\r\n\r\n" + b"*" * count), count)
            self.clock.advance(1)
        reply = self.wire.reply()
        self.assertEqual((reply.status, reply.body), (500, b"*****"))

    def test_many_drips(self) -> None:
        """Many bytes come in as many steps as make sense."""
        reply = self.ask("/_tnet/drip?numbytes=100000&duration=1")
        self.assertEqual(len(reply.body), 100_000)
        self.assertEqual(self.ask("/_tnet/drip?numbytes=3", method="HEAD").fields[b"content-length"], b"3")
        for query in ("numbytes=0", "duration=61", "code=100", "delay=-1", "numbytes=10485761"):
            self.assertEqual(self.ask(f"/_tnet/drip?{query}").status, 400, query)

    def test_lines(self) -> None:
        """Each line is JSON with its number."""
        found = [json.loads(line) for line in self.ask("/_tnet/stream/3").body.splitlines()]
        self.assertEqual([each["id"] for each in found], [0, 1, 2])
        self.assertEqual(self.ask("/_tnet/stream/101").status, 400)
