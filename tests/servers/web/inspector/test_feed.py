"""Tests for what a live page is told."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.error import ConnectionLost

from tests.servers.web.inspector.inspected import InspectedTestCase
from tests.servers.web.wire import Wire
from tnet.protocols.event_stream import EventStream, ServerEvent
from tnet.servers.web.inspector.feed import MOST_PAGES


class FeedTests(InspectedTestCase):
    """`Feed`."""

    def follow(self) -> Wire:
        """A page that is open."""
        wire = self.connect()
        wire.ask("GET", "/_tnet/events")
        self.clock.advance(0)
        return wire

    def told(self, wire: Wire) -> list[ServerEvent]:
        """What it was told since this was asked last."""
        self.clock.advance(0.2)
        self.clock.advance(0)
        sent = wire.sent.partition(b"\r\n\r\n")[2] if wire.sent.startswith(b"HTTP") else wire.sent
        wire.socket.clear()
        body = b""
        while sent:
            size, _, rest = sent.partition(b"\r\n")
            body, sent = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        return list(EventStream().feed(body))

    def numbers(self, event: ServerEvent) -> list[Any]:
        """The rows of an event, by number and status."""
        return [(row["number"], row["status"]) for row in json.loads(event.data)]

    def test_what_happens(self) -> None:
        """All that there is at first, then what is new, a few times a second; refused and dropped ones too."""
        self.ask("/a")
        page = self.follow()
        (first,) = self.told(page)
        self.assertEqual((first.event, self.numbers(first)), ("all", [(1, 200)]))
        self.connect().send(b"garbage\r\n\r\n")
        gone = self.connect()
        gone.ask("GET", "/_tnet/drip?duration=9")
        gone.hang_up(ConnectionLost())
        for _ in range(100):
            self.wire.ask("GET", "/b")
        (event,) = self.told(page)
        self.assertEqual((event.event, len(self.numbers(event))), ("rows", 102))
        self.assertEqual(self.numbers(event)[0], (2, 400))
        self.assertEqual(json.loads(event.data)[1]["state"], "cut")

    def test_a_change(self) -> None:
        """One that goes on is told of when it begins and when it ends."""
        page = self.follow()
        self.told(page)
        slow = self.connect()
        slow.ask("GET", "/_tnet/delay/2")
        (began,) = self.told(page)
        self.clock.advance(2)
        (ended,) = self.told(page)
        self.assertEqual((self.numbers(began), self.numbers(ended)), ([(1, 0)], [(1, 200)]))

    def test_clearing(self) -> None:
        """That everything was forgotten is told at once."""
        page = self.follow()
        self.told(page)
        self.ask("/a")
        self.ask("/_tnet/clear", method="POST")
        self.assertEqual([event.event for event in self.told(page)][-1], "cleared")

    def test_bounds(self) -> None:
        """So many pages can be open, and at the end all are closed."""
        pages = [self.follow() for _ in range(MOST_PAGES)]
        self.assertEqual(self.ask("/_tnet/events").status, 503)
        self.inspector.goodbye()
        self.clock.advance(0)
        self.assertTrue(all(b"\r\n0\r\n\r\n" in page.sent for page in pages))
        self.assertEqual(self.clock.getDelayedCalls(), [call for call in self.clock.getDelayedCalls() if call.active()])
