"""Event streams: who follows gets what happens, and nobody costs more than agreed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from tests.servers.web.wire import Wire
from tnet.protocols.event_stream import EventStream, ServerEvent
from tnet.servers.web.event_source import EventSource
from tnet.servers.web.site import WebFactory


class EventSourceTests(TestCase):
    """A source, and wires to it."""

    def source(self, **options: Any) -> EventSource:
        """A source at `/events`, served on one clock."""
        self.clock = Clock()
        self.events = EventSource(self.clock, **options)
        root = Resource()
        root.putChild(b"events", self.events)
        self.site = WebFactory(root, reactor=self.clock, now=self.clock.seconds)
        return self.events

    def follow(self, *fields: str) -> Wire:
        """A client that has asked for the stream."""
        wire = Wire(site=self.site)
        wire.ask("GET", "/events", *fields)
        self.clock.advance(0)
        return wire

    def heard(self, wire: Wire) -> list[str]:
        """The data of the events that came so far, chunk framing aside."""
        self.clock.advance(0)
        body = b"".join(wire.sent.partition(b"\r\n\r\n")[2].split(b"\r\n")[1::2])
        return [event.data for event in EventStream().feed(body)]

    def test_a_stream(self) -> None:
        """A follower gets a head that keeps everybody from storing it, a pause to retry after, and then each event."""
        self.source(retry_seconds=2)
        wire = self.follow()
        self.events.publish(ServerEvent("one\ntwo", "change", "7"))
        self.clock.advance(0)
        head, _, body = wire.sent.partition(b"\r\n\r\n")
        self.assertIn(b"Content-Type: text/event-stream\r\n", head)
        self.assertIn(b"Cache-Control: no-store\r\n", head)
        self.assertIn(b"retry: 2000\n\n", body)
        self.assertIn(b"event: change\nid: 7\ndata: one\ndata: two\n\n", body)

    def test_head(self) -> None:
        """HEAD says what it would be, and follows nothing."""
        reply = self.get_head(self.source())
        self.assertEqual((reply.status, reply.fields[b"content-type"]), (200, b"text/event-stream"))
        self.assertEqual(self.events.followers, 0)

    def get_head(self, source: EventSource) -> Any:
        """The reply to HEAD."""
        wire = Wire(site=self.site)
        wire.ask("HEAD", "/events")
        self.clock.advance(0)
        return wire.reply(bodiless=True)

    def test_what_was_before(self) -> None:
        """A client that comes back says what its last event was, and gets what came after it first."""
        asked = []

        def before(last: str) -> Iterable[ServerEvent]:
            asked.append(last)
            return [ServerEvent("missed")]

        self.source(before=before)
        self.assertEqual(self.heard(self.follow("Last-Event-ID: 41")), ["missed"])
        self.follow()
        self.assertEqual(asked, ["41", ""])

    def test_heartbeat(self) -> None:
        """While somebody follows a comment is sent now and then; when nobody does no timer is left."""
        self.source(heartbeat_seconds=10)
        wire = self.follow()
        self.clock.advance(10)
        self.clock.advance(0)
        self.assertIn(b"\r\n:\n\n\r\n", wire.sent)
        wire.hang_up(ConnectionDone())
        self.clock.advance(10)
        self.assertEqual((self.events.followers, self.clock.getDelayedCalls()), (0, []))

    def test_too_many(self) -> None:
        """One follower too many is told to come back later, and may once another has left."""
        self.source(most=1)
        wire = self.follow()
        late = self.follow()
        self.assertTrue(late.sent.startswith(b"HTTP/1.1 503 "))
        self.assertIn(b"Retry-After: 5", late.sent)
        wire.hang_up(ConnectionDone())
        self.assertTrue(self.follow().sent.startswith(b"HTTP/1.1 200 "))

    def test_a_slow_reader_gets_it_later(self) -> None:
        """What a client does not take is kept for a while, in order."""
        self.source()
        wire = self.follow()
        wire.socket.producer.pauseProducing()
        for word in ("a", "b"):
            self.events.publish(ServerEvent(word))
        self.assertEqual(self.heard(wire), [])
        wire.socket.producer.resumeProducing()
        self.assertEqual(self.heard(wire), ["a", "b"])

    def test_too_slow_a_reader(self) -> None:
        """A client that takes nothing costs a bounded queue; then its stream ends, and the others go on."""
        self.source(queue_bytes=100)
        slow, quick = self.follow(), self.follow()
        slow.socket.producer.pauseProducing()
        for _ in range(10):
            self.events.publish(ServerEvent("x" * 20))
        self.assertEqual(self.events.followers, 1)
        self.clock.advance(0)
        self.assertTrue(slow.sent.endswith(b"0\r\n\r\n"))
        self.assertEqual(len(self.heard(quick)), 10)

    def test_goodbye(self) -> None:
        """At the end every stream is completed, what waited is sent, and no other begins."""
        self.source()
        wire = self.follow()
        wire.socket.producer.pauseProducing()
        self.events.publish(ServerEvent("last words"))
        self.events.end()
        self.assertEqual(self.heard(wire), ["last words"])
        self.assertTrue(wire.sent.endswith(b"0\r\n\r\n"))
        self.assertTrue(self.follow().sent.startswith(b"HTTP/1.1 503 "))
        self.events.publish(ServerEvent("to nobody"))
