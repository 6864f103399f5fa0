"""One HTTP/2 connection as a server sees it."""

from h2.events import PingAckReceived
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.http2.client import Client, block, cut, headers, request
from tests.protocols.http2.server import frame, goaway
from tnet.protocols.http1.heads import HeadLimits
from tnet.protocols.http2.arrivals import Asked, Cut, Denied, Eased, Ended, Leaving, Poured
from tnet.protocols.http2.calm import CUTS, IDLE_FRAMES
from tnet.protocols.http2.frames import FRAME_BYTES
from tnet.protocols.http2.reasons import (
    CANCEL,
    COMPRESSION_ERROR,
    ENHANCE_YOUR_CALM,
    FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR,
    NO_ERROR,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    Fault,
)
from tnet.protocols.http2.serving import ServingEngine
from tnet.protocols.http2.settings import CONNECTION_WINDOW, MOST_STREAMS, STREAM_WINDOW

STREAM_CLOSED = 5


class Case(SynchronousTestCase):
    """A client and an engine that have met."""

    def setUp(self):
        self.meet()

    def meet(self, *, limits=None, **options):
        self.now = 0.0
        self.engine, self.client = ServingEngine(limits), Client(**options)
        self.feed(self.client.says())
        self.hear()
        self.feed(self.client.says())

    def feed(self, data):
        """What the engine makes of bytes, windows aside."""
        return [each for each in self.engine.feed(data, self.now) if not isinstance(each, Eased)]

    def ask(self, *fields, **options):
        """What it makes of a request."""
        return self.feed(self.client.asks(*fields, **options))

    def hear(self):
        """Let the client hear what there is to hear."""
        return self.client.hears(self.engine.to_send())

    def send(self, stream, data, *, end=True):
        """Send some of a body."""
        sent = self.engine.send(stream, memoryview(data), end=end)
        self.hear()
        return sent

    def fault(self, data):
        """The code of what is wrong with bytes, which the client hears as well."""
        code = self.assertRaises(Fault, lambda: self.feed(data)).code
        self.hear()
        self.assertEqual(self.client.farewell[0], code)
        return code


class Requests(Case):
    def test_a_request(self):
        """It comes with its head, and is complete where it has no body."""
        (asked,) = self.ask(path="/a")
        self.assertEqual((asked.stream, asked.head.target, asked.ended), (1, b"/a", True))

    def test_a_body(self):
        """It comes in pieces, and ends."""
        asked, *rest = self.ask(method="POST", body=b"x" * 20_000)
        self.assertEqual((asked.ended, asked.head.length), (False, None))
        self.assertEqual(rest, [Poured(1, b"x" * 20_000), Ended(1)])

    def test_trailers(self):
        """They end a body, and nothing more comes of them."""
        self.ask(method="POST", body=b"x", end=False)
        self.client.h2.send_headers(1, [("a", "b")], end_stream=True)
        self.assertEqual(self.feed(self.client.says()), [Ended(1)])

    def test_trailers_that_are_malformed(self):
        """They cut their stream: those that do not end it, and those that hold what has no place there."""
        for fields, flags in (([("a", "b")], 4), ([(":path", "/")], 5), ([("A", "b")], 5), ([("te", "x")], 5)):
            self.meet()
            self.ask(method="POST", body=b"x", end=False)
            (found,) = self.feed(headers(1, *fields, flags=flags))
            self.assertIsInstance(found, Cut)
            self.assertEqual(self.hear().resets, [(1, PROTOCOL_ERROR)])

    @settings(max_examples=25)
    @given(st.integers(1, 30))
    def test_however_it_is_cut(self, size):
        """The same arrives."""
        self.meet()
        data = self.client.asks(("a", "b"), method="POST", body=b"hello") + self.client.asks()
        arrived = [each for at in range(0, len(data), size) for each in self.feed(data[at : at + size])]
        self.assertEqual([type(each) for each in arrived], [Asked, Poured, Ended, Asked])

    def test_a_header_in_many_frames(self):
        """It is one request."""
        data = block(*request())
        frames = frame(1, data[:3], flags=1, stream=1) + frame(9, data[3:5], stream=1)
        self.assertEqual((self.feed(frames), self.engine.midway), ([], 1))
        self.assertIsInstance(self.feed(frame(9, data[5:], flags=4, stream=1))[0], Asked)
        self.assertEqual(self.engine.midway, 0)

    def test_priorities(self):
        """They are heard, and change nothing; so are the new ones."""
        self.client.h2.prioritize(1, weight=5)
        self.assertEqual(self.feed(self.client.says() + frame(0x10, b"\0\0\0\1u=1")), [])
        self.assertIsInstance(self.ask(("priority", "u=1, i"))[0], Asked)

    def test_pings(self):
        """They are answered."""
        self.client.h2.ping(b"12345678")
        self.feed(self.client.says())
        self.assertEqual(len(self.hear().of(PingAckReceived, None)), 1)


class Malformed(Case):
    def test_a_request_without_sense(self):
        """It is cut, and told of; the others go on."""
        for fields in (request(method="G ET"), request(path="/a b"), request(("X", "y")), request(("a", "b\0"))):
            self.meet()
            (found,) = self.feed(headers(1, *fields))
            self.assertEqual((type(found), found.stream, found.head.version), (Cut, 1, b"HTTP/2"))
            self.assertEqual(self.engine.to_send(), cut(1, PROTOCOL_ERROR))
            self.assertIsInstance(self.feed(headers(3, *request()))[0], Asked)

    def test_one_that_is_answered(self):
        """It is not looked at, and its stream waits for the answer."""
        limits = HeadLimits(fields_bytes=100)
        self.meet(limits=limits)
        (denied,) = self.ask(("a", "b" * 100), method="POST", body=b"x", end=False)[:1]
        self.assertEqual((type(denied), denied.status, denied.head.target), (Denied, 431, b"/"))
        self.engine.respond(1, 431, ())
        self.send(1, b"no")
        self.assertEqual((self.client.status(), self.client.body(), self.client.complete()), (431, b"no", True))

    def test_lengths_that_lie(self):
        """A body is as long as it says, or its stream is cut."""
        for body in (b"xx", b"xxxx"):
            self.meet()
            arrived = self.ask(("content-length", "3"), method="POST", body=body)
            self.assertIsInstance(arrived[-1], Cut)
            self.assertNotIn(Ended(1), arrived)
            self.assertEqual(self.hear().resets, [(1, PROTOCOL_ERROR)])

    def test_what_breaks_the_protocol(self):
        """It ends the connection, and the client is told."""
        get = block(*request())
        cases = (
            (frame(4, b"\0"), FRAME_SIZE_ERROR),
            (frame(4, b"\0\4\xff\xff\xff\xff"), FLOW_CONTROL_ERROR),
            (frame(8, b"\0\0\0\0"), PROTOCOL_ERROR),
            (frame(8, b"\x7f\xff\xff\xff"), FLOW_CONTROL_ERROR),
            (frame(6, b"\0" * 7), FRAME_SIZE_ERROR),
            (frame(7, b"\0"), FRAME_SIZE_ERROR),
            (frame(0, b"x"), PROTOCOL_ERROR),
            (frame(5, b"\0\0\0\2" + get, flags=4, stream=1), PROTOCOL_ERROR),
            (frame(1, get, flags=5, stream=2), PROTOCOL_ERROR),
            (frame(1, get, flags=5, stream=0), PROTOCOL_ERROR),
            (frame(9, get, flags=4, stream=1), PROTOCOL_ERROR),
            (frame(1, get, stream=1) + frame(6, b"\0" * 8), PROTOCOL_ERROR),
            (frame(1, b"\xff\xff\xff\xff", flags=5, stream=1), COMPRESSION_ERROR),
            (frame(0, b"\x09x", flags=8, stream=1), PROTOCOL_ERROR),
            (frame(3, b"\0\0\0\0", stream=9), PROTOCOL_ERROR),
            ((FRAME_BYTES + 1).to_bytes(3, "big") + b"\0\0\0\0\0\1", FRAME_SIZE_ERROR),
        )
        for data, code in cases:
            self.meet()
            self.assertEqual((data[:20], self.fault(data)), (data[:20], code))
            self.assertEqual((self.engine.closing, self.engine.window, self.engine.room(1)), (True, 0, 0))

    def test_what_came_before_a_fault(self):
        """It arrives, and what is said to it is not sent any more."""
        data = self.client.asks() + frame(0, b"x")
        arrived = []

        def feed():
            for each in self.engine.feed(data, 0.0):
                arrived.append(each)
                self.engine.respond(1, 200, ())

        self.assertRaises(Fault, feed)
        self.assertEqual([type(each) for each in arrived], [Asked])
        self.hear()
        self.assertEqual((self.client.status(), self.client.farewell[0]), (None, PROTOCOL_ERROR))

    def test_what_comes_behind_the_end(self):
        """More of a body, or another head, is an error of its stream."""
        for data in (frame(0, b"x", stream=1), headers(1, *request())):
            self.meet()
            self.ask()
            (found,) = self.feed(data)
            self.assertIn("STREAM_CLOSED", found.reason)
            self.assertEqual(self.hear().resets, [(1, STREAM_CLOSED)])


class Responses(Case):
    def test_a_response(self):
        """Its head, its body, its end."""
        self.ask()
        self.engine.respond(1, 200, ((b"a", b"b"),))
        self.assertEqual(self.send(1, b"hello"), 5)
        self.assertEqual((self.client.status(), self.client.fields()[b"a"]), (200, b"b"))
        self.assertEqual((self.client.body(), self.client.complete(), self.client.resets), (b"hello", True, []))

    def test_one_without_a_body(self):
        """Its head is its end."""
        self.ask()
        self.engine.respond(1, 204, (), end=True)
        self.assertEqual((self.hear().status(), self.client.complete()), (204, True))

    def test_interim_ones(self):
        """They come before it."""
        self.ask()
        for status in (100, 103, 200):
            self.engine.respond(1, status, ())
        self.send(1, b"")
        self.assertEqual(
            (self.client.interims(), self.client.status(), self.client.complete()), ([100, 103], 200, True)
        )

    def test_no_more_than_the_client_takes(self):
        """What is left can be sent when it takes more, and the end comes with the last of it."""
        self.meet(INITIAL_WINDOW_SIZE=10)
        self.ask()
        self.engine.respond(1, 200, ())
        self.assertEqual((self.engine.room(1), self.engine.send(1, memoryview(b"x" * 25), end=True)), (10, 10))
        self.hear()
        self.assertEqual(list(self.engine.feed(self.client.says(), 0.0)), [Eased(1)])
        self.assertEqual(self.send(1, b"x" * 10, end=False), 10)
        self.feed(self.client.says())
        self.assertEqual(self.send(1, b"x" * 5), 5)
        self.assertEqual((self.client.body(), self.client.complete()), (b"x" * 25, True))

    def test_in_frames_that_the_client_takes(self):
        """And the accounts of windows are kept."""
        self.ask()
        self.engine.respond(1, 200, ())
        before = self.engine.window, self.engine.room(1)
        data = bytes(range(256)) * 200
        self.engine.send(1, memoryview(data), end=False)
        self.assertEqual((self.engine.window, self.engine.room(1)), (before[0] - 51200, before[1] - 51200))
        self.hear()
        self.assertEqual(self.client.body(), data)

    def test_an_answer_before_the_end_of_the_request(self):
        """What comes of the request is dropped, to its end or until the stream is cut."""
        for end in (True, False):
            self.meet()
            self.ask(method="POST", body=b"x", end=False)
            self.engine.respond(1, 413, ())
            self.send(1, b"no")
            self.assertEqual((self.client.complete(), self.client.resets), (True, []))
            self.assertEqual(self.feed(frame(0, b"late", stream=1)), [])
            self.engine.consumed(1, 1)
            if end:
                self.assertEqual(self.feed(frame(0, b"", flags=1, stream=1)), [Ended(1)])
            else:
                self.engine.reset(1, NO_ERROR)
                self.assertEqual(self.hear().resets, [(1, NO_ERROR)])
                self.assertEqual(self.feed(frame(0, b"later", stream=1)), [])
            self.assertIsInstance(self.ask()[0], Asked)

    def test_no_more_room_behind_an_answer(self):
        """What a client sends on is bounded by the window that it has."""
        self.ask(method="POST", body=b"x", end=False)
        self.engine.respond(1, 413, (), end=True)
        self.hear()
        self.feed(self.client.pours(1, bytes(2 * STREAM_WINDOW)))
        self.hear()
        self.assertEqual(self.client.h2.local_flow_control_window(1), 0)
        self.assertEqual(self.client.h2.outbound_flow_control_window, CONNECTION_WINDOW)

    def test_cutting(self):
        """Nothing is said on a stream that was cut."""
        self.ask()
        self.engine.reset(1, CANCEL)
        self.engine.reset(1, CANCEL)
        self.engine.respond(1, 200, ())
        self.assertEqual(self.send(1, b"x"), 0)
        self.assertEqual((self.client.resets, self.client.status()), ([(1, CANCEL)], None))

    def test_a_client_that_resets(self):
        """It is told of once."""
        self.ask()
        self.client.h2.reset_stream(1, CANCEL)
        (found,) = self.feed(self.client.says())
        self.assertIn("CANCEL", found.reason)
        self.assertEqual(self.feed(cut(1, CANCEL)), [])
        self.assertEqual(self.hear().resets, [])

    def test_a_window_that_overflows(self):
        """It is an error of its stream."""
        self.ask()
        (found,) = self.feed(frame(8, b"\x7f\xff\xff\xff", stream=1))
        self.assertIn("FLOW_CONTROL_ERROR", found.reason)
        self.assertEqual(self.hear().resets, [(1, FLOW_CONTROL_ERROR)])


class Credit(Case):
    def test_nothing_for_what_waits(self):
        """A client sends what its window takes, until some of it was consumed."""
        (_, *pieces) = self.ask(method="POST", body=bytes(3 * STREAM_WINDOW))
        self.hear()
        self.assertEqual(self.client.h2.local_flow_control_window(1), 0)
        for piece in pieces:
            self.engine.consumed(1, len(piece.data))
        self.hear()
        self.assertEqual(self.client.h2.local_flow_control_window(1), STREAM_WINDOW)

    def test_all_streams_together(self):
        """However many there are, no more waits than the connection's window."""
        for _ in range(3):
            self.ask(method="POST", body=bytes(STREAM_WINDOW), end=False)
        self.assertEqual(self.client.h2.outbound_flow_control_window, 0)
        self.engine.reset(1, CANCEL)
        self.hear()
        self.assertEqual(self.client.h2.outbound_flow_control_window, CONNECTION_WINDOW // 2)

    def test_more_than_the_window(self):
        """It breaks the protocol."""
        self.ask(method="POST", body=b"", end=False)
        data = frame(0, bytes(FRAME_BYTES), stream=1) * (STREAM_WINDOW // FRAME_BYTES + 1)
        self.assertEqual(self.fault(data), FLOW_CONTROL_ERROR)

    def test_padding(self):
        """It takes window, and nobody has to consume it."""
        self.ask(method="POST", body=b"", end=False)
        padded = frame(0, b"\xff" + b"x" * 1000 + bytes(255), flags=8, stream=1)
        for _ in range(2 * STREAM_WINDOW // len(padded)):
            for each in self.feed(padded):
                self.engine.consumed(1, len(each.data))
        self.engine.to_send()

    def test_late_bodies(self):
        """What comes on a stream that is over is given back to the others."""
        for stream in range(1, 9, 2):
            self.ask(method="POST", body=b"", end=False)
            self.engine.reset(stream, CANCEL)
            self.feed(frame(0, bytes(FRAME_BYTES), stream=stream) * (STREAM_WINDOW // FRAME_BYTES))
        self.engine.to_send()


class Bounds(Case):
    def test_streams(self):
        """One too many is refused, and can be asked for again; it counts as little as one that is over."""
        for _ in range(MOST_STREAMS):
            self.ask()
        stream = 2 * MOST_STREAMS + 1
        self.assertEqual(self.feed(headers(stream, *request())), [])
        self.assertEqual(self.engine.to_send(), cut(stream, REFUSED_STREAM))
        self.engine.respond(1, 204, (), end=True)
        self.assertIsInstance(self.feed(headers(stream + 2, *request()))[0], Asked)

    def test_rapid_resets(self):
        """Whoever begins streams and resets them is told to be calm; who does so slowly is not."""
        pair = [headers(stream, *request()) + cut(stream, CANCEL) for stream in range(1, 4 * CUTS, 2)]
        for each in pair[:CUTS]:
            self.feed(each)
        self.assertEqual(self.fault(pair[CUTS]), ENHANCE_YOUR_CALM)
        self.meet()
        for each in pair:
            self.now += 0.1
            self.feed(each)

    def test_streams_that_are_refused_or_malformed(self):
        """They count as much."""
        data = b"".join(headers(stream, *request(method="")) for stream in range(1, 2 * CUTS + 3, 2))
        self.assertEqual(self.fault(data), ENHANCE_YOUR_CALM)
        self.meet()
        data = b"".join(headers(stream, *request()) for stream in range(1, 2 * (CUTS + MOST_STREAMS) + 3, 2))
        self.assertEqual(self.fault(data), ENHANCE_YOUR_CALM)

    def test_floods(self):
        """Frames that say nothing are tolerated up to a number, whatever their kind."""
        self.ask(method="POST", body=b"", end=False)
        floods = (
            frame(4),
            frame(6, b"12345678"),
            frame(2, b"\0\0\0\0\x05", stream=1),
            frame(8, b"\0\0\0\1"),
            frame(8, b"\0\0\0\1", stream=1),
            frame(0, b"", stream=1),
            frame(0, b"\3\0\0\0", flags=8, stream=1),
            frame(0x77, b"x"),
            frame(0, b"", stream=3),
        )
        for flood in floods:
            self.meet()
            self.ask(method="POST", body=b"", end=False)
            self.ask(method="POST", body=b"", end=False)
            self.engine.reset(3, CANCEL)
            self.assertEqual((flood, self.fault(flood * (IDLE_FRAMES + 1))), (flood, ENHANCE_YOUR_CALM))

    def test_what_a_download_needs(self):
        """A client that acknowledges each frame with windows and a ping is not a flood."""
        self.ask()
        self.engine.respond(1, 200, ())
        update = frame(8, (16384).to_bytes(4, "big"))
        for _ in range(3 * IDLE_FRAMES):
            self.engine.send(1, memoryview(bytes(16384)), end=False)
            self.feed(update + frame(8, (16384).to_bytes(4, "big"), stream=1) + frame(6, b"12345678"))
            self.engine.to_send()

    def test_headers_without_end(self):
        """By frames, by bytes, and by what they come to."""
        more = frame(9, b"", stream=1)
        self.assertEqual(self.fault(frame(1, b"", stream=1) + more * 40), ENHANCE_YOUR_CALM)
        self.meet()
        self.assertEqual(
            self.fault(frame(1, bytes(FRAME_BYTES), stream=1) + frame(9, bytes(FRAME_BYTES), stream=1)),
            ENHANCE_YOUR_CALM,
        )
        self.meet()
        bomb = b"\x40\x01a\x7f\x81\x0e" + b"b" * 1920 + b"\xbe" * 80
        self.assertEqual(self.fault(frame(1, bomb, flags=5, stream=1)), ENHANCE_YOUR_CALM)


class Leaves(Case):
    def test_our_goodbye(self):
        """What has begun goes on; what comes after is refused, and can be asked for elsewhere."""
        self.ask(method="POST", body=b"x", end=False)
        late = headers(3, *request())
        self.engine.goodbye()
        self.assertTrue(self.engine.closing)
        self.assertEqual(self.feed(late + frame(0, b"y", flags=1, stream=1)), [Poured(1, b"y"), Ended(1)])
        self.engine.respond(1, 200, (), end=True)
        data = self.engine.to_send()
        self.assertIn(goaway(1, NO_ERROR), data)
        self.assertIn(cut(3, REFUSED_STREAM), data)
        self.engine.goodbye()
        self.assertEqual(self.engine.to_send(), b"")

    def test_the_client_s(self):
        """It gets what it has asked for."""
        self.ask()
        self.assertEqual(self.feed(goaway(0)), [Leaving("")])
        self.assertTrue(self.engine.closing)
        self.engine.respond(1, 204, (), end=True)
        self.assertIn(b"\x89", self.engine.to_send())
        self.assertIn("INTERNAL_ERROR", self.feed(goaway(0, 2))[0].reason)

    def test_giving_up(self):
        """The client hears why, and nothing more."""
        self.ask()
        self.engine.give_up(ENHANCE_YOUR_CALM, "enough")
        self.engine.give_up(ENHANCE_YOUR_CALM, "more than that")
        self.engine.respond(1, 200, ())
        self.assertEqual(self.hear().farewell, (ENHANCE_YOUR_CALM, "enough"))
        self.assertIsNone(self.client.status())
