"""HTTP/2's frames, cut out of the stream of bytes."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols.http2.frames import (
    BLOCK_BYTES,
    BLOCK_FRAMES,
    CONTINUATION,
    DATA,
    FRAME_BYTES,
    HEADERS,
    PADDED,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    Frames,
    window_update,
)
from tnet.protocols.http2.reasons import ENHANCE_YOUR_CALM, FRAME_SIZE_ERROR, PROTOCOL_ERROR, Fault


def frame(kind, payload=b"", *, flags=0, stream=0):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


START = frame(SETTINGS)


class Cutting(SynchronousTestCase):
    def cut(self, *pieces):
        frames = Frames()
        return [each for piece in pieces for each in frames.feed(piece)]

    def test_a_frame(self):
        """It comes whole, with what its header says; and can be made again as it was."""
        data = frame(DATA, b"hello", flags=1, stream=3)
        (found,) = self.cut(START + data)[1:]
        self.assertEqual(found, Frame(DATA, 1, 3, b"hello"))
        self.assertEqual((found.encoded(), found.size), (data, len(data)))

    def test_the_reserved_bit_is_no_part_of_the_stream(self):
        """It is ignored."""
        self.assertEqual(self.cut(START + frame(DATA, stream=(1 << 31) + 5))[1].stream, 5)

    @given(st.lists(st.binary(max_size=40), max_size=5), st.integers(1, 20))
    def test_however_it_is_cut(self, payloads, size):
        """The frames are the same."""
        data = START + b"".join(frame(DATA, payload, stream=1) for payload in payloads)
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        self.assertEqual(self.cut(*pieces), self.cut(data))
        self.assertEqual([each.payload for each in self.cut(data)[1:]], payloads)


class Bodies(SynchronousTestCase):
    def one(self, payload, flags):
        (found,) = list(Frames().feed(START + frame(DATA, payload, flags=flags, stream=3)))[1:]
        return found

    def test_padding(self):
        """It is no part of the body."""
        self.assertEqual(self.one(b"hello", 0).body(), b"hello")
        self.assertEqual(self.one(b"\2hello\0\0", PADDED).body(), b"hello")
        self.assertEqual(self.one(b"\0hello", PADDED).body(), b"hello")
        self.assertEqual(self.one(b"\2\0\0", PADDED).body(), b"")

    def test_more_padding_than_frame(self):
        """It is refused."""
        for payload in (b"", b"\1", b"\6hello"):
            self.assertRaises(Fault, self.one(payload, PADDED).body)

    def test_emptied(self):
        """Where the body ends is all that is left of it."""
        self.assertEqual(self.one(b"\2hello\0\0", PADDED | 1).emptied(), frame(DATA, flags=1, stream=3))

    def test_a_window_update(self):
        """It names its stream and the increment."""
        self.assertEqual(window_update(5, 258), frame(WINDOW_UPDATE, b"\0\0\1\2", stream=5))


class Refusing(SynchronousTestCase):
    def refused(self, code, *pieces):
        frames = Frames()
        fault = self.assertRaises(Fault, lambda: [list(frames.feed(piece)) for piece in pieces])
        self.assertEqual(fault.code, code)
        return fault

    def test_another_protocol(self):
        """It is told what came, as soon as it is clear."""
        error = self.refused(PROTOCOL_ERROR, b"HTTP/1.1 400 Bad Request\r\n")
        self.assertIn("HTTP/1.1 400 Bad Request", str(error))
        self.refused(PROTOCOL_ERROR, frame(DATA, stream=1))
        self.refused(PROTOCOL_ERROR, frame(SETTINGS, flags=1))
        self.refused(PROTOCOL_ERROR, frame(SETTINGS, stream=1))

    def test_a_frame_that_is_too_long(self):
        """It is refused by its length, before it is there."""
        error = self.refused(FRAME_SIZE_ERROR, START, (FRAME_BYTES + 1).to_bytes(3, "big") + b"\0\0\0\0\0\1")
        self.assertIn(str(FRAME_BYTES), str(error))

    def test_the_frames_before_it_come_first(self):
        """What was said before the fault counts."""
        frames = Frames().feed(START + frame(DATA, b"x", stream=1) + b"\xff" * 9)
        self.assertEqual([next(frames).kind, next(frames).kind], [SETTINGS, DATA])
        self.assertRaises(Fault, next, frames)

    def test_a_flood_of_continuations(self):
        """Case 42: a header that never ends is refused after so many frames, or bytes."""
        more = frame(CONTINUATION, stream=1)
        error = self.refused(ENHANCE_YOUR_CALM, START + frame(HEADERS, stream=1) + more * BLOCK_FRAMES)
        self.assertTrue(error.flood)
        large = frame(CONTINUATION, b"x" * FRAME_BYTES, stream=1)
        self.refused(ENHANCE_YOUR_CALM, START + frame(HEADERS, stream=1) + large * (BLOCK_BYTES // FRAME_BYTES + 1))

    def test_each_header_is_counted_for_itself(self):
        """Many of them may come on one connection."""
        block = frame(HEADERS, stream=1) + frame(CONTINUATION, stream=1) * (BLOCK_FRAMES - 1)
        self.assertEqual(len(list(Frames().feed(START + block * 5))), 1 + 5 * BLOCK_FRAMES)
