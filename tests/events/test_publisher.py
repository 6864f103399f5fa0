"""Tests for the publisher."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Recorder
from tnet.events import Publisher, Record
from tnet.events.kinds import Draining, Logged, SpanStarted


def _log(publisher: Publisher, text: str) -> None:
    publisher.emit(Logged, level="info", text=text)


class PublisherTests(SynchronousTestCase):
    """`Publisher`."""

    def setUp(self) -> None:
        self.now = 100.0
        self.publisher = Publisher(lambda: self.now, lambda: 5000 + self.now)
        self.recorder = Recorder()

    def test_stamp(self) -> None:
        """A record has its number, the seconds since the beginning, and the time of day."""
        self.publisher.subscribe(self.recorder)
        self.now = 102.5
        _log(self.publisher, "a")
        _log(self.publisher, "b")
        first, second = self.recorder.records
        self.assertEqual((first.seq, first.t, first.wall, first.conn), (1, 2.5, 5102.5, None))
        self.assertEqual((second.seq, self.publisher.elapsed), (2, 2.5))

    def test_unwanted_events_are_not_built(self) -> None:
        """An event that nobody wants is counted; its class is not even called."""

        class Costly(Logged):
            """A kind that fails when it is built."""

            def __init__(self, **fields: Any) -> None:
                raise AssertionError("built")

        self.publisher.subscribe(self.recorder, only={Draining})
        self.publisher.emit(Costly, level="info", text="")
        self.publisher.emit(Costly, level="info", text="")
        self.assertEqual((self.recorder.records, self.publisher.unbuilt["log"]), ([], 2))

    def test_only(self) -> None:
        """Each observer gets the kinds it asked for, and all see the same record."""
        every = Recorder()
        self.publisher.subscribe(self.recorder, only={Logged})
        self.publisher.subscribe(every)
        self.publisher.emit(SpanStarted, span="s")
        _log(self.publisher, "a")
        self.assertEqual((self.recorder.names, every.names), (["log"], ["span.start", "log"]))
        self.assertIs(self.recorder.records[0], every.records[1])

    def test_wants(self) -> None:
        """Whether anybody would see a kind can be asked before it is computed."""
        self.assertFalse(self.publisher.wants(Logged))
        self.publisher.subscribe(self.recorder, only={Logged})
        self.assertEqual((self.publisher.wants(Logged), self.publisher.wants(Draining)), (True, False))
        self.publisher.subscribe(self.recorder)
        self.assertTrue(self.publisher.wants(Draining))

    def test_unsubscribe(self) -> None:
        """Who unsubscribed hears no more; an unknown observer is ignored."""
        self.publisher.subscribe(self.recorder)
        self.publisher.unsubscribe(self.recorder)
        self.publisher.unsubscribe(self.recorder)
        _log(self.publisher, "a")
        self.assertEqual(self.recorder.records, [])

    def test_broken_observer(self) -> None:
        """An observer that raises is dropped, the others are told so once, and nobody misses an event."""

        def broken(record: Record) -> None:
            raise ValueError("oops")

        self.publisher.subscribe(broken)
        self.publisher.subscribe(self.recorder)
        _log(self.publisher, "a")
        _log(self.publisher, "b")
        texts = [record.event.text for record in self.recorder.records if isinstance(record.event, Logged)]
        self.assertEqual(sorted(texts), ["a", "an event observer failed and was dropped: ValueError('oops')", "b"])

    def test_connections_are_numbered(self) -> None:
        """Each connection has an id of its own."""
        self.assertEqual([self.publisher.trace().conn for _ in range(3)], [1, 2, 3])

    def test_log(self) -> None:
        """A log line has a hint only if there is one."""
        self.publisher.subscribe(self.recorder)
        self.publisher.log("error", "bad", "mend it")
        self.publisher.log("info", "good")
        self.assertEqual([event.hint for event in self.recorder.of(Logged)], ["mend it", None])
