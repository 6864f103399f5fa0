"""What is told of the bytes that pass."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Recorder, World
from tnet.clients.connect.telling import EXCERPT_BYTES, Telling
from tnet.events import Publisher, silent_trace
from tnet.events.kinds import DataMoved, Event, SpanEnded


class TellingTests(SynchronousTestCase):
    """`Telling`."""

    def setUp(self) -> None:
        self.world = World()
        self.telling = Telling(self.world.publisher.trace())

    def told(self) -> list[tuple[str, int, int, str]]:
        """Every chunk so far."""
        return [(each.by, each.bytes, each.offset, each.text) for each in self.world.recorder.of(DataMoved)]

    def test_bytes_pass(self) -> None:
        """What goes in comes out."""
        data = bytes(range(256))
        self.assertEqual((self.telling.sent(data), self.telling.received(data)), (data, data))

    def test_offsets(self) -> None:
        """Each direction counts for itself, from 0."""
        self.telling.sent(b"abc")
        self.telling.received(b"banner\n")
        self.telling.sent(b"d")
        self.assertEqual(self.told(), [("us", 3, 0, "abc"), ("peer", 7, 0, "banner\\x0a"), ("us", 1, 3, "d")])

    def test_nothing(self) -> None:
        """No bytes are no chunk."""
        self.telling.sent(b"")
        self.assertEqual(self.told(), [])

    def test_excerpts(self) -> None:
        """C39: of much only the beginning is told, and of bytes that are no text what they are."""
        self.telling.received(b"\xff\x00" + b"x" * 1000)
        ((_, count, _, text),) = self.told()
        self.assertEqual((count, text), (1002, "\\xff\\x00" + "x" * (EXCERPT_BYTES - 2) + "…"))

    def test_no_secrets(self) -> None:
        """A23: a password that is sent is counted, and not told."""
        self.telling.received(b"+OK ready\r\n")
        self.telling.sent(b"USER bilbo\r\nPASS pre")
        self.telling.sent(b"cious\r\n")
        told = [(count, text) for by, count, _, text in self.told() if by == "us"]
        self.assertEqual(told, [(20, "USER bilbo\\x0d\\x0aPASS ***"), (7, "\\x0d\\x0a")])

    def test_first_answer(self) -> None:
        """The wait for the first answer begins with our first bytes, and is told once."""
        self.world.reactor.advance(1)
        self.telling.begin()
        for _ in range(2):
            self.world.reactor.advance(1)
            self.telling.sent(b"question")
        self.world.reactor.advance(1)
        self.telling.received(b"answer")
        self.telling.received(b"more")
        spans = [(each.span, each.seconds, each.outcome) for each in self.world.recorder.of(SpanEnded)]
        self.assertEqual(spans, [("wait", 2, "ok")])

    def test_peer_speaks_first(self) -> None:
        """Then it begins when the peer could have spoken."""
        self.world.reactor.advance(1)
        self.telling.begin()
        self.world.reactor.advance(0.25)
        self.telling.received(b"220 ready\r\n")
        self.telling.sent(b"EHLO x\r\n")
        self.telling.received(b"250 x\r\n")
        self.assertEqual([each.seconds for each in self.world.recorder.of(SpanEnded)], [0.25])

    def test_sent_before_it_began(self) -> None:
        """What was sent before `begin` was the beginning."""
        self.telling.sent(b"early")
        self.world.reactor.advance(1)
        self.telling.begin()
        self.telling.received(b"answer")
        self.assertEqual(self.world.recorder.of(SpanEnded)[0].seconds, 1)

    def test_only_what_is_wanted(self) -> None:
        """Nothing is told, nor prepared, that nobody wants."""
        kinds: tuple[type[Event], ...] = (DataMoved, SpanEnded)
        for wanted, other in (kinds, kinds[::-1]):
            publisher, recorder = Publisher(), Recorder()
            publisher.subscribe(recorder, {wanted})
            self.assertTrue(Telling.wanted(publisher.trace()))
            telling = Telling(publisher.trace())
            telling.sent(b"x")
            telling.received(b"y")
            self.assertTrue(recorder.of(wanted))
            self.assertEqual(publisher.unbuilt[other.name], 0)
        self.assertFalse(Telling.wanted(silent_trace()))
