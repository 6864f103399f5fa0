"""One HTTP/2 connection as a client sees it."""

from h2.connection import H2Connection
from h2.stream import H2Stream
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.http2.server import START, Server, frame, goaway
from tnet.errors import BodyCutShort, MalformedReply, ReceiveFailed
from tnet.protocols.http1.responses import ResponseEnd, ResponseHead
from tnet.protocols.http2.engine import (
    CONNECTION_WINDOW,
    EARLY_BYTES,
    FRUITLESS_FRAMES,
    LARGEST_TABLE,
    MOST_STREAMS,
    RELIES_ON,
    STREAM_WINDOW,
    Engine,
)
from tnet.protocols.http2.frames import FRAME_BYTES
from tnet.protocols.http2.outputs import Came, Eased, Lost, Resized

GET = ((b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", b"/"))
PUT = ((b":method", b"PUT"), *GET[1:])
HEAD = ((b":method", b"HEAD"), *GET[1:])
PING = frame(6, b"12345678")


class Case(SynchronousTestCase):
    def setUp(self):
        self.meet(Server())

    def meet(self, server):
        self.server = server
        self.engine = Engine("peer")
        self.told = []
        self.tell()

    def tell(self):
        """Exchange all that waits on both sides."""
        while (said := self.engine.to_send()) + (heard := self.server.hears(said).says()):
            self.hear(heard)

    def hear(self, data):
        for each in self.engine.feed(data):
            self.told.append(each)

    def ask(self, fields=GET, *, end=True):
        stream = self.engine.begin(fields, end=end)
        self.tell()
        return stream

    def answer(self, stream, *args, **kwargs):
        self.hear(self.server.answers(stream, *args, **kwargs))

    def of(self, kind):
        return [each for each in self.told if isinstance(each, kind)]

    @property
    def parts(self):
        return [(each.stream, each.part) for each in self.of(Came)]


class Asking(Case):
    def test_the_beginning(self):
        """The preface comes first; no pushes, and windows that do not slow a far peer."""
        self.assertTrue(Engine("peer").to_send().startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        theirs = self.server.h2
        self.assertEqual(theirs.remote_settings.enable_push, 0)
        self.assertEqual(theirs.remote_settings.initial_window_size, STREAM_WINDOW)
        self.assertEqual(theirs.outbound_flow_control_window, CONNECTION_WINDOW)

    def test_a_request(self):
        """It is heard as it was asked, on streams with odd numbers."""
        self.assertEqual([self.ask(), self.ask()], [1, 3])
        self.assertEqual(self.server.requests, [dict(GET), dict(GET)])

    def test_an_answer(self):
        """Head, body and end; the sizes are those of the frames."""
        stream = self.ask()
        self.answer(stream, 200, ("content-length", "5"), body=b"hello")
        head, body, end = (part for _, part in self.parts)
        self.assertEqual(head, ResponseHead("2", 200, b"", ((b"content-length", b"5"),)))
        self.assertEqual((body, end), (b"hello", ResponseEnd()))
        self.assertEqual([each.size for each in self.of(Came)][1:], [9 + 5, 0])

    def test_an_answer_without_body(self):
        """It ends with its head."""
        self.answer(self.ask(), 204)
        self.assertEqual([part for _, part in self.parts][1:], [ResponseEnd()])

    def test_the_answer_to_head(self):
        """It names the length that a body would have."""
        self.answer(self.ask(HEAD), 200, ("content-length", "5"))
        self.assertEqual([part for _, part in self.parts][1:], [ResponseEnd()])

    def test_nothing_new_with_an_empty_frame(self):
        """304 names a length, and may end with an empty frame."""
        self.answer(self.ask(), 304, ("content-length", "5"), body=b"")
        self.assertEqual([part for _, part in self.parts][1:], [ResponseEnd()])

    def test_interim_heads_and_trailers(self):
        """103 comes before the answer, trailers with its end."""
        stream = self.ask()
        self.answer(stream, 103, ("link", "x"), end=False)
        self.answer(stream, 200, body=b"hi", end=False)
        self.server.h2.send_headers(stream, [("etag", "x")], end_stream=True)
        self.hear(self.server.says())
        interim, head, body, end = (part for _, part in self.parts)
        self.assertEqual((interim.status, head.status, body), (103, 200, b"hi"))
        self.assertEqual(end, ResponseEnd(((b"etag", b"x"),)))

    def test_several_at_a_time(self):
        """Their answers come as they come."""
        first, second = self.ask(), self.ask()
        self.answer(second, body=b"2")
        self.answer(first, body=b"1")
        self.assertEqual([at for at, part in self.parts if isinstance(part, ResponseEnd)], [second, first])

    @given(st.integers(1, 60))
    def test_however_it_is_cut(self, size):
        """The parts are the same."""
        self.meet(Server())
        stream = self.ask()
        wire = self.server.answers(stream, body=b"hello" * 20)
        for at in range(0, len(wire), size):
            self.hear(wire[at : at + size])
        self.assertEqual([part for _, part in self.parts][1:], [b"hello" * 20, ResponseEnd()])


class Room(Case):
    def test_what_the_peer_says(self):
        """Its limit counts as soon as it is known, and a change is told."""
        self.meet(Server(MAX_CONCURRENT_STREAMS=2))
        self.assertEqual((self.engine.room, len(self.of(Resized))), (2, 1))
        self.ask()
        self.assertEqual(self.engine.room, 1)

    def test_before_it_says_anything(self):
        """It is taken to be generous, but not without bounds."""
        self.assertEqual(Engine("peer").room, MOST_STREAMS)

    def test_released(self):
        """There is room again."""
        stream = self.ask()
        self.answer(stream)
        self.engine.release(stream)
        self.tell()
        self.assertEqual((self.engine.room, self.server.resets), (MOST_STREAMS, []))

    def test_streams_do_have_an_end(self):
        """Of numbers there are many, but not without end."""
        self.engine._h2.highest_outbound_stream_id = 2**31 - 3
        self.ask()
        self.assertEqual(self.engine.room, 0)

    def test_a_large_table_is_not_filled(self):
        """What the peer would remember of our headers is bounded by us."""
        self.meet(Server(HEADER_TABLE_SIZE=2**32 - 1))
        self.ask()
        self.assertEqual(self.engine._h2.encoder.header_table_size, LARGEST_TABLE)
        self.assertEqual(len(self.server.requests), 1)


class Sending(Case):
    def test_no_more_than_the_window(self):
        """The rest has to wait until the peer takes more, and that is told."""
        stream, data = self.ask(PUT, end=False), b"x" * 100_000
        self.assertEqual(self.engine.send(stream, data), 65535)
        self.assertEqual((self.engine.send(stream, data), self.engine.window), (0, 0))
        self.server.hears(self.engine.to_send()).h2.acknowledge_received_data(65535, stream)
        self.told.clear()
        self.tell()
        self.assertTrue(self.of(Eased))
        self.assertEqual(self.engine.send(stream, memoryview(data)[65535:]), 100_000 - 65535)
        self.engine.end(stream)
        self.tell()
        self.assertEqual(self.server.body(stream), data)

    def test_before_the_peer_is_known(self):
        """A little goes out at once, the rest when it has said how large its windows are."""
        engine = Engine("peer")
        stream, data = engine.begin(PUT, end=False), b"x" * 100_000
        self.assertEqual((engine.send(stream, data), engine.send(stream, data)), (EARLY_BYTES, 0))
        self.assertEqual(list(engine.feed(START)), [Eased(), Resized()])
        self.assertEqual(engine.send(stream, data), 65535 - EARLY_BYTES)

    def test_no_window_at_all(self):
        """Case 42: a peer that never takes anything is sent nothing."""
        self.meet(Server(INITIAL_WINDOW_SIZE=0))
        self.assertEqual(self.engine.send(self.ask(PUT, end=False), b"x"), 0)

    def test_a_window_that_shrinks(self):
        """It may become less than nothing."""
        stream = self.ask(PUT, end=False)
        self.engine.send(stream, b"x" * 1000)
        self.server.h2.update_settings({4: 10})
        self.tell()
        self.assertEqual(self.engine.send(stream, b"x"), 0)

    def test_a_window_without_bounds(self):
        """Case 42: it is that answer's end, and none begins after it."""
        stream = self.ask(PUT, end=False)
        self.hear(frame(8, (2**31 - 1).to_bytes(4, "big"), stream=stream))
        (lost,) = self.of(Lost)
        self.assertIsInstance(lost.error, MalformedReply)

    def test_cut(self):
        """A stream that is released before its end is reset."""
        stream = self.ask(PUT, end=False)
        self.engine.release(stream)
        self.tell()
        self.assertEqual(self.server.resets, [(stream, 8)])
        self.assertEqual((self.engine.send(stream, b"x"), self.engine.room), (0, MOST_STREAMS))


class Receiving(Case):
    def pour(self, stream):
        """Let the server send as much as it may."""
        poured = 0
        while window := self.server.h2.local_flow_control_window(stream):
            self.server.h2.send_data(stream, b"x" * min(window, 16384))
            poured += min(window, 16384)
            self.hear(self.server.says())
        return poured

    def test_what_nobody_reads_is_bounded(self):
        """A stream's window is all that comes; what is read is given back."""
        stream = self.ask()
        self.answer(stream, end=False, body=b"")
        self.assertEqual(self.pour(stream), STREAM_WINDOW)
        self.engine.consumed(stream, STREAM_WINDOW)
        self.tell()
        self.assertEqual(self.pour(stream), STREAM_WINDOW)

    def test_more_than_the_window(self):
        """Case 42: whoever does not wait for us breaks the protocol."""
        stream = self.ask()
        self.answer(stream, end=False, body=b"")
        piece = frame(0, b"x" * FRAME_BYTES, stream=stream)
        for _ in range(STREAM_WINDOW // FRAME_BYTES):
            self.hear(piece)
        self.assertRaises(MalformedReply, self.hear, piece)

    def test_a_body_before_its_head(self):
        """It breaks the protocol."""
        self.assertRaises(MalformedReply, self.hear, frame(0, b"x", stream=self.ask()))

    def test_a_body_behind_its_end(self):
        """It is not taken; where we still send, that is over too."""
        done, sending = self.ask(), self.ask(PUT, end=False)
        for stream in (done, sending):
            self.answer(stream, body=b"all")
            self.hear(frame(0, b"more", stream=stream))
        self.assertEqual([part for _, part in self.parts if isinstance(part, bytes)], [b"all", b"all"])
        self.assertEqual([(lost.stream, type(lost.error)) for lost in self.of(Lost)], [(sending, MalformedReply)])
        self.assertEqual(self.engine.send(sending, b"x"), 0)

    def test_what_is_thrown_away_is_given_back(self):
        """Streams that are cut do not use up the connection's window."""
        for _ in range(2 * CONNECTION_WINDOW // STREAM_WINDOW):
            stream = self.ask()
            self.answer(stream, end=False, body=b"")
            self.assertEqual(self.pour(stream), STREAM_WINDOW)
            self.engine.release(stream)
            self.tell()

    def test_padding_is_given_back(self):
        """It counts, although there is nothing in it to be read."""
        stream = self.ask()
        self.answer(stream, end=False, body=b"")
        for _ in range(2 * STREAM_WINDOW // 256):
            self.server.h2.send_data(stream, b"", pad_length=255)
            self.hear(self.server.says())
            self.tell()
        self.assertEqual(len(self.parts), 1)

    def test_after_we_are_through_with_it(self):
        """What was on its way to a stream that we cut is ignored."""
        stream = self.ask()
        self.engine.release(stream)
        late = self.server.answers(stream, body=b"late")
        self.hear(late)
        self.tell()
        self.assertEqual(self.parts, [])
        self.answer(self.ask())
        self.assertEqual(len(self.parts), 2)

    def test_a_late_notice(self):
        """An interim head on a stream that we cut does not end the connection."""
        cut, other = self.ask(), self.ask()
        self.engine.release(cut)
        self.hear(self.server.answers(cut, 103, end=False))
        self.tell()
        self.answer(other)
        self.assertEqual([at for at, _ in self.parts], [other, other])


class Ending(Case):
    def test_a_reset(self):
        """It says why, and only REFUSED_STREAM that nothing has happened."""
        for code, words, refused in ((2, "INTERNAL_ERROR", False), (7, "REFUSED_STREAM", True), (99, "0x63", False)):
            stream = self.ask()
            self.server.h2.reset_stream(stream, code)
            self.told.clear()
            self.hear(self.server.says())
            (lost,) = self.of(Lost)
            self.assertIsInstance(lost.error, ReceiveFailed)
            self.assertIn(words, str(lost.error))
            self.assertEqual((lost.stream, lost.refused), (stream, refused))
        self.assertEqual(self.engine.room, MOST_STREAMS)

    def test_going_away(self):
        """Case 42: what the peer did not take on is safe to ask again; the rest comes to its end; nothing begins."""
        first, second = self.ask(), self.ask()
        self.hear(goaway(first))
        (lost,) = self.of(Lost)
        self.assertEqual((lost.stream, lost.refused), (second, True))
        self.assertEqual((self.engine.closing, self.engine.room, self.engine.farewell), (True, 0, ""))
        self.answer(first, body=b"hello")
        self.assertEqual([part for _, part in self.parts][1:], [b"hello", ResponseEnd()])

    def test_going_away_in_two_steps(self):
        """The first only announces the second."""
        stream = self.ask()
        self.hear(goaway(2**31 - 1))
        self.assertEqual(self.of(Lost), [])
        self.hear(goaway(0, 11, b"too\x1bmany"))
        (lost,) = self.of(Lost)
        self.assertEqual((lost.stream, lost.refused), (stream, True))
        self.assertIn("ENHANCE_YOUR_CALM", self.engine.farewell)
        self.assertIn("too\\x1bmany", self.engine.farewell)

    def test_goodbye(self):
        """The peer hears that we go, and nothing can be said any more."""
        stream = self.ask(PUT, end=False)
        self.engine.goodbye()
        self.engine.goodbye()
        self.tell()
        self.assertEqual(type(self.server.events[-1]).__name__, "ConnectionTerminated")
        self.engine.end(stream)
        self.engine.consumed(stream, 1)
        self.engine.release(stream)
        self.assertEqual((self.engine.send(stream, b"x"), self.engine.window, self.engine.to_send()), (0, 0, b""))


class OneBadAnswer(Case):
    def faulty(self, kind, *args, **kwargs):
        """A fault in one answer: that one is lost, another one comes to its end, and no third begins."""
        self.meet(Server())
        bad, good = self.ask(kwargs.pop("asked", GET)), self.ask()
        self.answer(bad, *args, **kwargs)
        (lost,) = self.of(Lost)
        self.assertIsInstance(lost.error, kind)
        self.assertEqual((lost.stream, lost.refused, self.engine.room), (bad, False, 0))
        self.told.clear()
        self.tell()
        self.answer(good, body=b"good")
        self.assertEqual([part for _, part in self.parts][1:], [b"good", ResponseEnd()])
        return lost.error

    def test_a_length_that_does_not_hold(self):
        """Case 41: neither more nor less."""
        self.faulty(MalformedReply, 200, ("content-length", "2"), body=b"hello")
        error = self.faulty(BodyCutShort, 200, ("content-length", "9"), body=b"hello")
        self.assertEqual((error.received, error.expected), (5, 9))
        self.faulty(BodyCutShort, 200, ("content-length", "9"))
        self.faulty(MalformedReply, 200, ("content-length", "x"), asked=HEAD)

    def test_fields_that_have_no_place(self):
        """Case 41: those of the connection, control bytes, another status."""
        for fields in (
            (("connection", "close"),),
            (("transfer-encoding", "chunked"),),
            (("x", "a\r\nb: c"),),
            ((":path", "/"),),
        ):
            self.faulty(MalformedReply, 200, *fields, body=b"")
        self.faulty(MalformedReply, 999999)

    def test_other_protocols(self):
        """Case 42: 101, when nobody asked for it, is an error."""
        self.faulty(MalformedReply, 101, end=False)

    def test_endless_interim_heads(self):
        """Case 34: after a thousand lines it is enough."""
        stream = self.ask()
        for _ in range(501):
            self.answer(stream, 103, (b"link", b"x"), end=False)
        self.assertEqual(self.of(Lost)[0].error.exit_status, 56)


class Broken(Case):
    def broken(self, kind, *pieces):
        self.assertRaises(kind, lambda: [self.hear(piece) for piece in pieces])
        self.assertEqual((self.engine.room, self.engine.window), (0, 0))

    def test_what_breaks_http_2(self):
        """Case 42: the connection is of no more use; the reason is in words, and the peer is told."""
        for data in (
            frame(0, b"x", stream=2),
            frame(1, b"\x80", flags=5, stream=1),
            frame(5, b"\0\0\0\2", flags=4, stream=1),
            frame(4, b"12345"),
            frame(8, b"\0\0\0\0"),
            frame(7, b"1234"),
            frame(9, stream=1),
            frame(0, b"\xff", flags=8, stream=1),
        ):
            self.meet(Server())
            self.ask()
            self.broken(MalformedReply, data)
        self.assertIn(b"\x07", self.engine.to_send())

    def test_conflicting_lengths(self):
        """Case 41: two of them end the connection."""
        self.broken(
            MalformedReply,
            self.server.answers(self.ask(), 200, ("content-length", "1"), ("content-length", "2"), body=b"x"),
        )

    def test_parts_before_the_fault_are_heard(self):
        """Even when they came with it."""
        wire = self.server.answers(self.ask(), body=b"hello", end=False)
        self.broken(MalformedReply, wire + frame(8, b"\0\0\0\0"))
        self.assertEqual(len(self.parts), 2)

    def test_a_header_bomb(self):
        """Case 34: a few bytes that unpack to a large header are refused, in bounded memory."""
        from hpack import Encoder

        encoder = Encoder()
        seed = encoder.encode([(":status", "200"), ("x", "y" * 3000)])
        bomb = b"".join(encoder.encode([("x", "y" * 3000)]) for _ in range(200))
        self.broken(ReceiveFailed, frame(1, seed + bomb, flags=5, stream=self.ask()))

    def test_storms(self):
        """Case 42: pings, settings, resets and empty frames are answered, but not for ever."""
        stream = self.ask()
        self.answer(stream, end=False, body=b"")
        for storm in (PING, START, frame(3, b"\0\0\0\0", stream=stream), frame(0, stream=stream), frame(99)):
            self.meet(Server())
            self.ask()
            self.answer(stream, end=False, body=b"")
            self.broken(ReceiveFailed, *[storm * 1000] * (FRUITLESS_FRAMES // 1000 + 1))

    def test_a_long_life_is_no_storm(self):
        """Whoever says something in between may ping as long as he likes."""
        stream = self.ask()
        self.answer(stream, end=False, body=b"")
        for _ in range(3):
            self.hear(PING * (FRUITLESS_FRAMES // 2))
            self.tell()
            self.server.h2.send_data(stream, b"x")
            self.hear(self.server.says())


class Contract(SynchronousTestCase):
    def test_what_is_not_promised(self):
        """h2 still has what we reach for."""
        h2 = H2Connection()
        h2.initiate_connection()
        h2.send_headers(1, GET)
        self.assertIsInstance(h2.streams[1], H2Stream)
        self.assertEqual([name for name in RELIES_ON if not hasattr(h2.streams[1], name)], [])
