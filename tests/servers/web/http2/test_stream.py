"""Tests for tnet.servers.web.http2.stream."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.internet.protocol import Protocol
from twisted.trial.unittest import TestCase
from twisted.web.http_headers import Headers
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from tests.protocols.http2.client import cut
from tests.protocols.http2.server import frame
from tests.servers.web.carrying.test_channel import Echo, Held, Lying, Sink
from tests.servers.web.http2.peer import Peer
from tnet.protocols.http2.reasons import CANCEL, INTERNAL_ERROR, NO_ERROR
from tnet.protocols.http2.settings import STREAM_WINDOW
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.http2.stream import HELD_BYTES, PIECE_BYTES


@implementer(IPushProducer)
class Pushing:
    """Writes pieces while it may, and notes what it is told."""

    def __init__(self, request: Any, piece: bytes, count: int) -> None:
        self.request, self.piece, self.left = request, piece, count
        self.told: list[str] = []
        self.paused = False

    def resumeProducing(self) -> None:
        self.told.append("resume")
        self.paused = False
        while self.left and not self.paused:
            self.left -= 1
            self.request.write(self.piece)
        if not self.left:
            self.request.unregisterProducer()
            self.request.finish()

    def pauseProducing(self) -> None:
        self.told.append("pause")
        self.paused = True

    def stopProducing(self) -> None:
        self.told.append("stop")


@implementer(IPullProducer)
class Pulled(Pushing):
    """Writes a piece when it is asked."""

    def resumeProducing(self) -> None:
        self.left -= 1
        self.request.write(self.piece)
        if not self.left:
            self.request.unregisterProducer()
            self.request.finish()


class Large(Resource):
    """Answers with a producer."""

    isLeaf = True

    def __init__(self, kind: type[Pushing], piece: bytes, count: int) -> None:
        super().__init__()
        self.made: list[Pushing] = []
        self.options = kind, piece, count

    def render_GET(self, request: Any) -> int:
        kind, piece, count = self.options
        producer = kind(request, piece, count)
        self.made.append(producer)
        request.registerProducer(producer, kind is Pushing)
        if kind is Pushing:
            producer.resumeProducing()
        return NOT_DONE_YET


class RequestTests(TestCase):
    """What comes."""

    def test_a_body(self) -> None:
        """It is collected for a resource that wants it whole."""
        peer = Peer(Echo())
        stream = peer.ask(method="POST", body=b"hello" * 10_000)
        self.assertEqual(peer.client.body(stream), b"hello" * 10_000)
        self.assertEqual(peer.exchanges[0].bytes_in, 50_000)

    def test_a_sink_that_takes_its_time(self) -> None:
        """The client may send no more than its window meanwhile, and all of it arrives."""
        sink = Sink()
        slow = [Deferred[None]() for _ in range(2)]
        sink.answers = list(slow)
        peer = Peer(sink)
        body = bytes(range(256)) * (STREAM_WINDOW // 128)
        data, stream = peer.client.asks(method="POST", body=body), 1
        peer.send(*[data[at : at + 65536] for at in range(0, len(data), 65536)])
        self.assertEqual(len(sink.pieces), 1)
        self.assertEqual(peer.client.h2.local_flow_control_window(stream), 0)
        slow[0].callback(None)
        self.assertEqual(len(sink.pieces), 2)
        self.assertLess(2 * len(sink.pieces[0]), len(sink.pieces[1]))
        self.assertLessEqual(len(sink.pieces[1]), PIECE_BYTES)
        slow[1].callback(None)
        while peer.client.left:
            peer.settle()
            peer.pour(stream, peer.client.left)
        self.assertEqual((b"".join(sink.pieces) == body, sink.ended), (True, True))
        self.assertEqual(peer.client.status(stream), 200)

    def test_a_slow_body(self) -> None:
        """It is refused when it comes too slowly, unless it is us who hold it back."""
        sink = Sink()
        peer = Peer(sink)
        peer.ask(method="POST", body=bytes(10_240), end=False)
        peer.clock.advance(10)
        self.assertIsNone(peer.client.status())
        sink.answers = [Deferred()]
        peer.pour(1, b"x", end=False)
        peer.clock.advance(10)
        peer.settle()
        self.assertIsNone(peer.client.status())
        sink = Sink()
        peer = Peer(sink)
        peer.ask(method="POST", body=bytes(10_239), end=False)
        peer.clock.advance(10)
        peer.settle()
        self.assertEqual((peer.client.status(), peer.exchanges[0].reason), (408, "the body came too slowly"))
        self.assertIsNotNone(sink.lost)

    def test_an_expectation(self) -> None:
        """A body is asked for once it is wanted; one that comes already is not, nor one that is refused."""
        expecting = ("expect", "100-continue")
        peer = Peer(Sink())
        peer.ask(expecting, method="POST", body=b"", end=False)
        self.assertEqual(peer.client.interims(), [100])
        peer = Peer(Sink(Refusal(403)))
        peer.ask(expecting, method="POST", body=b"", end=False)
        self.assertEqual((peer.client.interims(), peer.client.status()), ([], 403))

    def test_a_body_that_is_too_large(self) -> None:
        """It is refused by what it says, or by what comes."""
        peer = Peer(Sink(), max_body_bytes=10)
        peer.ask(("content-length", "11"), method="POST", body=b"", end=False)
        peer.ask(method="POST", body=b"x" * 11, end=False)
        self.assertEqual([peer.client.status(stream) for stream in (1, 3)], [413, 413])

    def test_a_client_that_resets(self) -> None:
        """Whoever works on the answer hears of it, and the reason is reported."""
        held, sink = Held(), Sink()
        peer = Peer(held)
        peer.ask()
        gone: list[object] = []
        held.requests[0].notifyFinish().addErrback(gone.append)
        peer.deaf(cut(1, CANCEL))
        self.assertEqual(len(gone), 1)
        self.assertIn("the client reset it (CANCEL", peer.exchanges[0].reason or "")
        held.requests[0].write(b"late")
        peer.clock.advance(0)
        peer = Peer(sink)
        peer.ask(method="POST", body=b"x", end=False)
        peer.deaf(cut(1, CANCEL))
        self.assertIsNotNone(sink.lost)

    def test_a_length_that_lies(self) -> None:
        """A sink does not take it for whole."""
        sink = Sink()
        peer = Peer(sink)
        peer.ask(("content-length", "9"), method="POST", body=b"hello")
        self.assertEqual((sink.ended, peer.exchanges[0].status), (False, 0))
        self.assertIsNotNone(sink.lost)
        self.assertIn("Content-Length", peer.exchanges[0].reason or "")


class EarlyTests(TestCase):
    """Answers before the end of the request."""

    def refused(self) -> Peer:
        """A client that was refused in the middle of its body."""
        peer = Peer(Sink(Refusal(403)))
        peer.ask(method="POST", body=b"x", end=False)
        self.assertEqual((peer.client.status(), peer.client.complete(), peer.client.resets), (403, True, []))
        return peer

    def test_it_lets_us_wait(self) -> None:
        """Since the answer was complete."""
        peer = self.refused()
        peer.clock.advance(1)
        self.assertEqual(peer.channel.waiting_since(), 0)

    def test_time_to_hear_it(self) -> None:
        """The stream is reset after a while, and without a fault."""
        peer = self.refused()
        peer.clock.advance(5)
        self.assertEqual(peer.settle().client.resets, [(1, NO_ERROR)])
        self.assertEqual(len(peer.exchanges), 1)
        peer.clock.advance(30)
        self.assertTrue(peer.closing)

    def test_a_client_that_ends(self) -> None:
        """There is nothing to reset."""
        peer = self.refused()
        peer.deaf(frame(0, b"more", stream=1), frame(0, b"", flags=1, stream=1))
        peer.clock.advance(29)
        self.assertEqual((peer.client.resets, peer.closing), ([], False))
        peer.clock.advance(1)
        self.assertTrue(peer.closing)

    def test_a_client_that_resets(self) -> None:
        """That is one way to stop."""
        peer = self.refused()
        peer.deaf(cut(1, NO_ERROR))
        self.assertEqual(len(peer.exchanges), 1)


class ResponseTests(TestCase):
    """What goes."""

    def test_without_a_body(self) -> None:
        """After HEAD, or with nothing in it, the head is the end."""
        peer = Peer(Echo())
        peer.ask(method="HEAD", path="/abc")
        peer.ask(method="POST", body=b"")
        for stream in (1, 3):
            self.assertEqual((peer.client.body(stream), peer.client.complete(stream)), (b"", True))
        self.assertEqual(peer.client.fields()[b"content-length"], b"4")

    def test_one_data_frame(self) -> None:
        """A small response is a head and one frame that ends it."""
        peer = Peer(Echo())
        peer.deaf(peer.client.asks())
        self.assertTrue(peer.sent.endswith(frame(0, b"/", flags=1, stream=1)))

    def test_at_the_client_s_pace(self) -> None:
        """A producer waits while the window is closed, and what waits is bounded."""
        large = Large(Pushing, b"x" * 10_000, 100)
        peer = Peer(large, settings={"INITIAL_WINDOW_SIZE": 5000})
        peer.deaf(peer.client.asks())
        (producer,) = large.made
        self.assertEqual(producer.told[-1], "pause")
        self.assertLess(100 - producer.left, 2 + (HELD_BYTES + 5000) // 10_000)
        peer.settle()
        self.assertEqual((len(peer.client.body()), peer.client.complete()), (1_000_000, True))
        self.assertEqual(peer.channel._tunnel.waiting_bytes, 0)

    def test_a_pull_producer(self) -> None:
        """It is asked piece by piece."""
        peer = Peer(Large(Pulled, b"x" * 10_000, 100), settings={"INITIAL_WINDOW_SIZE": 50_000})
        peer.ask()
        peer.settle()
        self.assertEqual((len(peer.client.body()), peer.client.complete()), (1_000_000, True))

    def test_a_producer_is_stopped(self) -> None:
        """When its stream is gone, by the client or by the connection."""
        for gone in (lambda peer: peer.deaf(cut(1, CANCEL)), lambda peer: peer.hang_up(Exception())):
            large = Large(Pushing, b"x" * 10_000, 100)
            peer = Peer(large, settings={"INITIAL_WINDOW_SIZE": 5000})
            peer.deaf(peer.client.asks())
            gone(peer)
            self.assertEqual(large.made[0].told[-1], "stop")

    def test_turns(self) -> None:
        """A large response does not keep a small one waiting."""
        held = Held()
        peer = Peer(held)
        peer.deaf(peer.client.asks(), peer.client.asks())
        peer.socket.producer.pauseProducing()
        held.answer(bytes(60_000))
        held.answer(b"small")
        peer.socket.producer.resumeProducing()
        data = peer.sent
        self.assertLess(data.index(frame(0, b"small", flags=1, stream=3)), data.rindex(bytes(5000)))

    def test_a_window_that_stays_closed(self) -> None:
        """After a time without any progress the stream is reset; the connection goes on."""
        held = Held()
        peer = Peer(held, settings={"INITIAL_WINDOW_SIZE": 10})
        peer.deaf(peer.client.asks())
        held.answer(b"x" * 30)
        peer.clock.advance(59)
        peer.deaf(frame(8, b"\0\0\0\1", stream=1))
        peer.clock.advance(59)
        self.assertNotIn(cut(1, CANCEL), peer.sent)
        peer.clock.advance(1)
        self.assertTrue(peer.sent.endswith(cut(1, CANCEL)))
        self.assertFalse(peer.closing)

    def test_a_window_that_hardly_opens(self) -> None:
        """A client that takes too little lets us wait since its window was full; one that takes enough does not."""
        held = Held()
        peer = Peer(held, settings={"INITIAL_WINDOW_SIZE": 10})
        peer.deaf(peer.client.asks())
        self.assertIsNone(peer.channel.waiting_since())
        peer.clock.advance(1)
        held.answer(bytes(100_000))
        peer.clock.advance(10)
        peer.deaf(frame(8, b"\0\0\0\1", stream=1))
        self.assertEqual(peer.channel.waiting_since(), 1)
        peer.deaf(frame(8, b"\0\0\x28\0", stream=1))
        self.assertIsNone(peer.channel.waiting_since())

    def test_the_shared_window(self) -> None:
        """When that stays closed, each stream that waits for it is reset in time."""
        held = Held()
        peer = Peer(held, settings={"INITIAL_WINDOW_SIZE": 1 << 25})
        window = peer.channel._tunnel.engine.window
        peer.deaf(peer.client.asks(), peer.client.asks(), peer.client.asks())
        held.requests[0].write(bytes(window))
        peer.clock.pump([0] * 100)
        for _ in range(3):
            held.answer(b"x")
        peer.clock.advance(60)
        self.assertEqual(peer.sent.count(cut(1, CANCEL)), 1)
        self.assertEqual((peer.sent.count(cut(3, CANCEL)), peer.sent.count(cut(5, CANCEL))), (1, 1))

    def test_shorter_than_it_says(self) -> None:
        """The client does not take it for whole."""
        peer = Peer(Lying(5, b"abc"))
        peer.ask()
        self.assertEqual((peer.client.complete(), peer.client.resets), (False, [(1, INTERNAL_ERROR)]))
        self.assertEqual(peer.exchanges[0].reason, "the response is shorter than its Content-Length")
        self.assertFalse(peer.closing)

    def test_longer_than_it_says(self) -> None:
        """What is too much is not sent."""
        peer = Peer(Lying(2, b"abc"))
        peer.ask()
        self.assertEqual((peer.client.body(), peer.client.complete()), (b"ab", True))

    def test_cutting(self) -> None:
        """A resource that aborts hears of it as of a lost connection, in the next turn, and so does the client."""
        held = Held()
        peer = Peer(held)
        peer.ask()
        gone: list[object] = []
        held.requests[0].notifyFinish().addErrback(gone.append)
        held.requests[0].write(b"some")
        held.requests[0].channel.abortConnection("enough")
        self.assertEqual(gone, [])
        peer.settle()
        self.assertEqual((len(gone), peer.client.resets), (1, [(1, INTERNAL_ERROR)]))
        self.assertEqual(peer.exchanges[0].reason, "enough")

    def test_stopping(self) -> None:
        """What was written is sent first."""
        held = Held()
        peer = Peer(held)
        peer.ask()
        peer.ask()
        held.requests[0].write(b"some")
        for each in held.requests:
            each.loseConnection()
        peer.settle()
        self.assertEqual(sorted(peer.client.resets), [(1, INTERNAL_ERROR), (3, INTERNAL_ERROR)])
        self.assertEqual((peer.client.body(), peer.client.complete()), (b"some", False))

    def test_interim_responses(self) -> None:
        """Early hints are sent before the head, and none after it."""
        held = Held()
        peer = Peer(held)
        peer.ask()
        held.requests[0].channel.interim(103, [(b"Link", b"</a>")])
        peer.settle()
        self.assertEqual((peer.client.interims(), peer.client.status()), ([103], None))
        held.requests[0].write(b"x")
        held.requests[0].channel.interim(103)
        peer.settle()
        self.assertEqual((peer.client.interims(), peer.client.status()), ([103], 200))

    def test_another_protocol(self) -> None:
        """A stream cannot become one."""
        held = Held()
        peer = Peer(held)
        peer.ask()
        switch = held.requests[0].channel.switch
        self.assertEqual(self.assertRaises(Refusal, switch, Protocol(), Headers()).status, 501)
