"""Tests for tnet.servers.web.http2.connection."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.trial.unittest import TestCase

from tests.protocols.http2.client import cut, headers, request
from tests.protocols.http2.server import frame, goaway
from tests.servers.web.carrying.test_channel import Echo, Held, Sink
from tests.servers.web.http2.peer import Peer
from tests.servers.web.wire import Wire
from tnet.protocols.http2.calm import CUTS
from tnet.protocols.http2.reasons import CANCEL, ENHANCE_YOUR_CALM, NO_ERROR, PROTOCOL_ERROR
from tnet.servers.web.carrying.farewell import LINGER_BYTES
from tnet.servers.web.carrying.preface import PREFACE
from tnet.servers.web.files.cache import Stored
from tnet.servers.web.http2.connection import AHEAD_BYTES, OUT_OF_ROOM, WAITING_BYTES


class Known:
    """A shortcut that knows one answer to everything."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def look_up(self, method: bytes, target: bytes, accept_encoding: bytes) -> Stored:
        return Stored(b"ETag: e\r\nContent-Length: 100\r\n", self.body if method == b"GET" else b"")


class ExchangeTests(TestCase):
    """Requests side by side."""

    def test_a_request(self) -> None:
        """It is answered and reported as one of HTTP/2."""
        peer = Peer(Echo())
        peer.ask(("user-agent", "x"), path="/a?b")
        client = peer.client
        self.assertEqual((client.status(), client.body(), client.complete()), (200, b"/a", True))
        self.assertEqual(client.fields()[b"server"], b"tnet")
        (event,) = peer.exchanges
        self.assertEqual((event.version, event.url, event.status, event.bytes_out), ("2", "/a?b", 200, 2))
        self.assertEqual((event.user_agent, event.reason), ("x", None))

    def test_side_by_side(self) -> None:
        """Nobody waits for anybody else."""
        held = Held()
        peer = Peer(held)
        for path in ("/1", "/3", "/5"):
            peer.ask(path=path)
        self.assertEqual([request.path for request in held.requests], [b"/1", b"/3", b"/5"])
        held.requests.reverse()
        held.answer(b"five")
        peer.settle()
        self.assertEqual((peer.client.body(5), peer.client.complete(1)), (b"five", False))
        held.answer()
        held.answer()
        peer.settle()
        self.assertEqual([peer.client.complete(stream) for stream in (1, 3, 5)], [True] * 3)

    def test_byte_by_byte(self) -> None:
        """However its bytes come, a request is one."""
        wire = Peer(Echo())
        for byte in wire.client.asks(method="POST", body=b"hello"):
            wire.send(bytes([byte]))
        self.assertEqual(wire.client.body(), b"hello")

    def test_from_memory(self) -> None:
        """What a shortcut knows is answered with it, and reported."""
        peer = Peer(Held(), shortcut=Known(b"x" * 100))
        peer.ask()
        peer.ask(method="HEAD")
        self.assertEqual((peer.client.body(1), peer.client.complete(1)), (b"x" * 100, True))
        self.assertEqual((peer.client.body(3), peer.client.complete(3)), (b"", True))
        self.assertEqual(peer.client.fields()[b"etag"], b"e")
        self.assertEqual([event.bytes_out for event in peer.exchanges], [100, 0])

    def test_not_from_memory(self) -> None:
        """What is not plain, or larger than the window, takes the long way."""
        held = Held()
        peer = Peer(held, shortcut=Known(b"x" * 100), settings={"INITIAL_WINDOW_SIZE": 50})
        peer.ask()
        peer.ask(("range", "bytes=0-1"))
        self.assertEqual(len(held.requests), 2)

    def test_what_is_offered(self) -> None:
        """ALPN may choose h2, and does so first."""
        self.assertEqual(Peer(Echo()).site.acceptableProtocols(), [b"h2", b"http/1.1"])

    def test_refusals_of_its_own(self) -> None:
        """They are answered, and reported with what was asked."""
        peer = Peer(Echo())
        peer.ask(("a", "b" * 20_000), path="/x")
        peer.ask(("a", "b" * 20_000), method="HEAD")
        peer.ask(authority="a b", method="POST", body=b"x", end=False)
        self.assertEqual([peer.client.status(stream) for stream in (1, 3, 5)], [431, 431, 400])
        self.assertIn(b"431", peer.client.body(1))
        self.assertEqual([peer.client.complete(stream) for stream in (1, 3, 5)], [True] * 3)
        self.assertEqual([event.status for event in peer.exchanges], [431, 431, 400])
        self.assertEqual((peer.exchanges[0].url, peer.exchanges[0].reason), ("/x", "header fields too large"))

    def test_malformed_requests(self) -> None:
        """They reach no resource, and are reported."""
        held = Held()
        peer = Peer(held)
        peer.deaf(headers(1, *request(path="/a b")), headers(3, *request(("X", "y"))))
        self.assertEqual((held.requests, peer.closing), ([], False))
        self.assertEqual([event.url for event in peer.exchanges], ["/a b", "-"])
        self.assertEqual([event.status for event in peer.exchanges], [0, 0])
        self.assertIn(cut(1, PROTOCOL_ERROR) + cut(3, PROTOCOL_ERROR), peer.sent)


class EndTests(TestCase):
    """How a connection ends."""

    def test_goodbye(self) -> None:
        """What is in progress is completed; nothing new begins."""
        held = Held()
        peer = Peer(held)
        peer.ask()
        peer.site.goodbye()
        peer.settle()
        self.assertEqual((peer.client.farewell, peer.closing), ((NO_ERROR, ""), False))
        peer.deaf(headers(3, *request()))
        self.assertEqual(len(held.requests), 1)
        held.answer()
        peer.clock.advance(0)
        self.assertTrue(peer.closing)

    def test_goodbye_to_the_idle(self) -> None:
        """There is nothing to wait for."""
        peer = Peer(Echo())
        peer.ask()
        peer.site.goodbye()
        self.assertTrue(peer.closing)

    def test_a_client_that_goes_away(self) -> None:
        """It gets its answer, and the connection ends; that it was not content is reported."""
        held = Held()
        peer = Peer(held)
        peer.ask()
        peer.deaf(goaway(0, 2))
        self.assertFalse(peer.closing)
        held.answer()
        peer.clock.advance(0)
        self.assertTrue(peer.closing)
        self.assertIn("INTERNAL_ERROR", peer.exchanges[0].reason)

    def test_a_client_that_half_closes(self) -> None:
        """What it asked for is answered; what it did not complete is refused."""
        held = Held()
        peer = Peer(held)
        peer.ask()
        peer.channel.readConnectionLost()
        peer.channel.writeConnectionLost()
        self.assertFalse(peer.closing)
        held.answer()
        peer.settle()
        self.assertEqual((peer.client.complete(), peer.socket.disconnecting), (True, True))
        peer = Peer(Sink())
        peer.ask(method="POST", body=b"x", end=False)
        peer.channel.readConnectionLost()
        peer.settle()
        self.assertEqual((peer.client.status(), peer.exchanges[0].reason), (400, "the body ended early"))

    def test_half_closed_and_out_of_room(self) -> None:
        """A client that sends no more cannot make room either: a stream that needs some is cut, the others go on."""
        held = Held()
        peer = Peer(held, settings={"INITIAL_WINDOW_SIZE": 10})
        for _ in range(2):
            peer.ask()
        peer.channel.readConnectionLost()
        held.requests[0].write(b"x" * 11)
        peer.deaf()
        self.assertEqual([event.reason for event in peer.exchanges], [OUT_OF_ROOM])
        self.assertFalse(peer.closing)
        held.requests[1].write(b"y" * 10)
        held.requests[1].finish()
        peer.settle()
        self.assertEqual((peer.client.body(3), peer.client.complete(3)), (b"y" * 10, True))
        self.assertTrue(peer.socket.disconnecting)

    def test_half_closed_and_out_of_room_for_all(self) -> None:
        """So it is for all when the room that they share is at its end, and for those that got nothing of it."""
        held = Held()
        peer = Peer(held, settings={"INITIAL_WINDOW_SIZE": 1 << 25})
        peer.ask()
        peer.ask()
        peer.channel.readConnectionLost()
        held.requests[0].write(b"x" * (17 << 20))
        for _ in range(40):
            peer.deaf()
        held.requests[1].write(b"y" * 10)
        peer.deaf()
        peer.clock.advance(0)
        self.assertEqual([event.reason for event in peer.exchanges], [OUT_OF_ROOM] * 2)
        self.assertTrue(peer.socket.disconnecting)

    def test_a_lost_connection(self) -> None:
        """Each exchange hears of it, and nothing stays with the reactor."""
        held = Held()
        peer = Peer(held)
        peer.ask()
        peer.ask()
        gone: list[object] = []
        held.requests[0].notifyFinish().addErrback(gone.append)
        peer.hang_up(ConnectionLost())
        self.assertEqual(len(gone), 1)
        self.assertEqual([event.reason for event in peer.exchanges], ["lost", "lost"])
        peer.clock.advance(0)
        self.assertEqual([call for call in peer.clock.getDelayedCalls() if call.active()], [])
        self.assertEqual(peer.site.channels, set())

    def test_a_fault(self) -> None:
        """It ends the connection; whoever works on a response hears why, and so does the client."""
        held = Held()
        peer = Peer(held)
        peer.ask()
        gone: list[object] = []
        held.requests[0].notifyFinish().addErrback(gone.append)
        peer.send(frame(0, b"x"))
        self.assertEqual(peer.client.farewell[0], PROTOCOL_ERROR)
        self.assertEqual((peer.closing, len(gone)), (True, 1))
        self.assertIn("breaks HTTP/2", peer.socket.ended_because)
        self.assertEqual(len(peer.exchanges), 2)
        held.requests[0].write(b"late")
        peer.deaf(b"x" * 100)
        peer.hang_up(ConnectionDone())

    def test_a_client_that_sends_on_and_on(self) -> None:
        """It is not waited for."""
        peer = Peer(Echo())
        peer.deaf(frame(0, b"x"))
        peer.deaf(*[bytes(1 << 20)] * (LINGER_BYTES >> 20), bytes(1))
        self.assertTrue(peer.socket.disconnecting)

    def test_rapid_resets(self) -> None:
        """They end the connection, and the reason is reported."""
        peer = Peer(Held())
        for stream in range(1, 2 * CUTS + 9, 2):
            peer.deaf(headers(stream, *request()) + cut(stream, CANCEL))
        self.assertTrue(peer.closing)
        self.assertIn("too many streams", peer.socket.ended_because)
        self.assertEqual(peer.exchanges[-1].reason, peer.socket.ended_because)


class TimeTests(TestCase):
    """Everything has a deadline."""

    def test_nothing_after_the_preface(self) -> None:
        """A client that asks for nothing is sent away, pings or not."""
        peer = Peer(Echo())
        for _ in range(2):
            peer.clock.advance(7)
            peer.send(frame(6, b"12345678"))
        self.assertFalse(peer.closing)
        peer.clock.advance(1)
        self.assertTrue(peer.closing)

    def test_idle(self) -> None:
        """Between requests there is more time, from the last one on."""
        peer = Peer(Echo())
        peer.ask()
        peer.clock.advance(29)
        peer.ask()
        peer.clock.advance(29)
        self.assertFalse(peer.closing)
        peer.clock.advance(1)
        self.assertTrue(peer.closing)
        self.assertEqual(peer.client.hears(peer.sent).farewell, (NO_ERROR, ""))
        self.assertEqual(len(peer.exchanges), 2)

    def test_no_deadline_for_an_answer(self) -> None:
        """A resource may think as long as it wants."""
        held = Held()
        peer = Peer(held)
        peer.ask()
        peer.clock.advance(3600)
        held.answer()
        peer.settle()
        self.assertTrue(peer.client.complete())

    def test_a_header_without_end(self) -> None:
        """It has its deadline, even while others are answered."""
        peer = Peer(Held())
        peer.ask()
        peer.deaf(frame(1, b"", stream=3))
        for _ in range(14):
            peer.clock.advance(1)
            peer.deaf(frame(9, b"", stream=3))
        self.assertFalse(peer.closing)
        peer.clock.advance(1)
        self.assertEqual(peer.client.hears(peer.sent).farewell, (ENHANCE_YOUR_CALM, "the request took too long"))
        self.assertTrue(peer.closing)
        self.assertEqual(peer.exchanges[-2].reason, "the request took too long")

    def test_each_header_has_its_own(self) -> None:
        """Many that are complete in time are fine, however their bytes come."""
        peer = Peer(Echo())
        data = b"".join(headers(stream, *request()) for stream in range(1, 61, 2))
        middle = len(headers(1, *request())) // 2
        peer.deaf(data[:middle])
        for at in range(middle, len(data), 2 * middle):
            peer.clock.advance(1)
            peer.deaf(data[at : at + 2 * middle])
        self.assertFalse(peer.closing)


def frames() -> st.SearchStrategy[bytes]:
    """Frames that mean something, and some that do not."""
    streams = st.sampled_from([0, 1, 2, 3, 5, 7])
    noise = st.builds(
        lambda kind, payload, flags, stream: frame(kind, payload, flags=flags, stream=stream),
        st.integers(0, 11),
        st.binary(max_size=12),
        st.sampled_from([0, 1, 4, 5, 8, 0x20, 0x2D]),
        streams,
    )
    asked = st.builds(
        lambda stream, method, flags: headers(stream, *request(method=method, path="/a"), flags=flags),
        streams,
        st.sampled_from(["GET", "POST", "HEAD", "PUT", "G ET"]),
        st.sampled_from([4, 5]),
    )
    poured = st.builds(lambda stream, flags: frame(0, b"hello", flags=flags, stream=stream), streams, st.integers(0, 1))
    ended = st.builds(lambda stream: cut(stream, CANCEL), streams)
    eased = st.builds(lambda stream: frame(8, b"\0\0\1\0", stream=stream), streams)
    return st.one_of(asked, poured, ended, eased, noise, st.just(frame(4)), st.just(goaway(0)))


class HostileTests(TestCase):
    """Whatever comes."""

    @given(st.lists(frames(), max_size=20), st.booleans())
    def test_nothing_breaks(self, came: list[bytes], whole: bool) -> None:
        """Nothing is raised, nothing stays behind, and every request is reported once."""
        peer = Peer(Echo())
        peer.deaf(*([b"".join(came)] if whole else came))
        peer.clock.advance(100)
        peer.clock.pump([0, 1, 10, 100])
        self.assertTrue(peer.closing)
        peer.hang_up(ConnectionLost())
        peer.clock.advance(0)
        self.assertEqual([call for call in peer.clock.getDelayedCalls() if call.active()], [])
        self.assertEqual(self.flushLoggedErrors(), [])
        begun = sum(each[3:5] in (b"\1\4", b"\1\5") for each in came)
        self.assertLessEqual(len(peer.exchanges), begun + 2 + sum(each[3] == 7 for each in came))


class SlowClientTests(TestCase):
    """Clients that do not listen."""

    def test_a_client_that_takes_nothing(self) -> None:
        """After a time the connection is cut."""
        peer = Peer(Held())
        peer.ask()
        peer.socket.producer.pauseProducing()
        peer.clock.advance(60)
        self.assertTrue(peer.socket.aborted)
        self.assertEqual(peer.socket.ended_because, "the client took nothing for too long")
        peer.hang_up(ConnectionLost())
        self.assertEqual(peer.exchanges[0].reason, "the client took nothing for too long")

    def test_one_that_asks_and_does_not_listen(self) -> None:
        """What it sends is not read any more when enough waits for it."""
        peer = Peer(Echo())
        peer.socket.producer.pauseProducing()
        stream = 1
        while peer.socket.producerState == "producing":
            peer.deaf(headers(stream, *request(method="HEAD")))
            stream += 2
        self.assertLess(len(peer.sent), 2 * AHEAD_BYTES)
        peer.socket.producer.resumeProducing()
        self.assertEqual(peer.socket.producerState, "producing")

    def test_memory(self) -> None:
        """When too much waits for it, what it asks for is refused, and can be asked for again."""
        held = Held()
        peer = Peer(held)
        peer.socket.producer.pauseProducing()
        peer.deaf(peer.client.asks())
        held.requests[0].write(bytes(WAITING_BYTES + 1))
        peer.deaf(peer.client.asks())
        self.assertEqual(len(held.requests), 1)
        self.assertEqual(peer.exchanges[-1].reason, "too much waits to be taken by the client already")
        peer.deaf(cut(1, CANCEL))
        peer.deaf(peer.client.asks())
        self.assertEqual(len(held.requests), 2)


class HandoverTests(TestCase):
    """How it begins."""

    def test_http1_is_as_before(self) -> None:
        """A request of HTTP/1.1 on the same site is answered as such."""
        wire = Wire(Echo())
        self.assertEqual(wire.get("/a").body, b"/a")

    def test_the_first_words(self) -> None:
        """Our settings are sent as soon as the preface is complete."""
        wire = Wire(Echo())
        wire.send(PREFACE[:10])
        self.assertEqual(wire.sent, b"")
        wire.send(PREFACE[10:])
        self.assertEqual(wire.sent[3:5], b"\4\0")


class WaitingTests(TestCase):
    """Since when a client lets us wait, which is what a gate at its limit asks."""

    def test_between_requests(self) -> None:
        """Since it began, or since the last response was complete."""
        peer = Peer(Echo())
        peer.clock.advance(3)
        self.assertEqual(peer.channel.waiting_since(), 0)
        peer.ask()
        self.assertEqual(peer.channel.waiting_since(), 3)

    def test_a_head_that_does_not_end(self) -> None:
        """Since its first frame."""
        peer = Peer(Echo())
        peer.clock.advance(3)
        peer.deaf(headers(1, *request(), flags=0x1))
        peer.clock.advance(3)
        self.assertEqual(peer.channel.waiting_since(), 3)

    def test_who_does_not_read(self) -> None:
        """Since the transport could give it nothing more, whatever else there is to do."""
        peer = Peer(Held())
        peer.ask()
        self.assertIsNone(peer.channel.waiting_since())
        peer.clock.advance(3)
        peer.socket.producer.pauseProducing()
        peer.clock.advance(3)
        self.assertEqual(peer.channel.waiting_since(), 3)

    def test_all_streams_wait(self) -> None:
        """Since the last of its streams began to; one that works is reason enough to keep it."""
        sink = Sink()
        peer = Peer(sink)
        peer.ask(method="POST", body=b"", end=False)
        peer.clock.advance(3)
        peer.ask(method="POST", body=b"", end=False)
        peer.clock.advance(1)
        self.assertEqual(peer.channel.waiting_since(), 3)
        peer.pour(1, bytes(20_000), end=False)
        self.assertIsNone(peer.channel.waiting_since())

    def test_the_end(self) -> None:
        """Since the last was said."""
        peer = Peer(Echo())
        peer.clock.advance(3)
        peer.site.goodbye()
        peer.clock.advance(1)
        self.assertTrue(peer.closing)
        self.assertEqual(peer.channel.waiting_since(), 3)
