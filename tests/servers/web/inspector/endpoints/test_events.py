"""Tests for server-sent events and trailers."""

from __future__ import annotations

import json

from tests.servers.web.inspector.inspected import InspectedTestCase
from tnet.protocols.event_stream import EventStream


class EventTests(InspectedTestCase):
    """/sse."""

    def test_events(self) -> None:
        """As many as are asked for, over the time that is said."""
        began = self.clock.seconds()
        reply = self.ask("/_tnet/sse?count=3&duration=4&delay=1")
        self.assertEqual(reply.fields[b"content-type"], b"text/event-stream")
        found = list(EventStream().feed(reply.body))
        self.assertEqual(
            [(event.event, event.id, json.loads(event.data)["of"]) for event in found][-1], ("ping", "2", 3)
        )
        self.assertEqual((len(found), round(self.clock.seconds() - began)), (3, 5))
        self.assertEqual(len(list(EventStream().feed(self.ask("/_tnet/sse?count=1").body))), 1)
        self.assertEqual(self.ask("/_tnet/sse?count=0").status, 400)


class TrailerTests(InspectedTestCase):
    """/trailers."""

    def test_trailers(self) -> None:
        """They stand behind the body, and are announced before it."""
        self.wire.ask("GET", "/_tnet/trailers?X-A=1&X-B=2")
        self.clock.advance(0)
        head, _, body = self.wire.sent.partition(b"\r\n\r\n")
        self.assertIn(b"trailer: X-A, X-B", head.replace(b"Trailer", b"trailer"))
        self.assertTrue(body.endswith(b"\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n"), body)

    def test_what_may_not_trail(self) -> None:
        """What decides how a response is read cannot come behind it."""
        for query in ("Content-Length=1", "transfer-encoding=x", "Host=a", "A=b%0d%0a", "Set-Cookie=a", "a+b=c"):
            self.assertEqual(self.ask(f"/_tnet/trailers?{query}").status, 400, query)
        self.wire = self.connect()
        self.wire.ask("GET", "/_tnet/trailers?A=b", version="1.0")
        self.clock.advance(0)
        self.assertEqual(self.wire.reply().status, 501)
