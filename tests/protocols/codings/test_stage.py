"""One coding of a body."""

import gzip

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.codings.coded import CODERS, raw_deflate
from tnet.errors import EncodingUnreadable
from tnet.protocols.codings.decompressors import brotli_coding, deflate_coding, gzip_coding, zstd_coding
from tnet.protocols.codings.stage import Stage

SKIPPED = b"\x53\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"skip!"


def undo(coding, *chunks):
    """What `chunks` decode to, whether they were whole, and whether there was a surplus."""
    stage = Stage(coding, "peer")
    data = b"".join(piece for chunk in chunks for piece in stage.feed(chunk))
    return data, stage.whole, stage.surplus


def bytewise(data):
    return [bytes([byte]) for byte in data]


class Following(SynchronousTestCase):
    MEMBERS = gzip.compress(b"one, ") + gzip.compress(b"") + gzip.compress(b"two")

    def test_members_of_gzip(self):
        """Case 33: all members are decoded, however they are cut."""
        for chunks in ([self.MEMBERS], bytewise(self.MEMBERS)):
            self.assertEqual(undo(gzip_coding(), *chunks), (b"one, two", True, False))

    def test_frames_of_zstd(self):
        """Frames follow one another, and those that are to be skipped are."""
        data = CODERS[b"zstd"](b"one, ") + SKIPPED + CODERS[b"zstd"](b"two") + SKIPPED
        for chunks in ([data], bytewise(data)):
            self.assertEqual(undo(zstd_coding(), *chunks), (b"one, two", True, False))

    def test_empty_members(self):
        """Case 31: some in a row may be; more than a thousand are only there to keep us busy."""
        empty, full = gzip.compress(b""), gzip.compress(b"x")
        self.assertEqual(undo(gzip_coding(), (empty * 999 + full) * 3), (b"xxx", True, False))
        with self.assertRaisesRegex(EncodingUnreadable, "more than 1000 empty streams in a row"):
            undo(gzip_coding(), full + empty * 1001)

    def test_any_cut(self):
        """Cut in two anywhere, the outcome is the same."""
        data = self.MEMBERS + b"\x1f surplus"
        for cut in range(len(data) + 1):
            self.assertEqual(undo(gzip_coding(), data[:cut], data[cut:]), (b"one, two", True, True))


class Surplus(SynchronousTestCase):
    def test_it_is_told_of_and_ignored(self):
        """Case 33: what stands behind gzip, deflate and zstd and is none of it does no harm."""
        for coding, data in (
            (gzip_coding(), gzip.compress(b"hello")),
            (deflate_coding(), CODERS[b"deflate"](b"hello")),
            (deflate_coding(), raw_deflate(b"hello")),
            (zstd_coding(), CODERS[b"zstd"](b"hello")),
        ):
            for chunks in ([data + b"\0\0garbage"], [data, b"\0\0", b"garbage"], bytewise(data + b"\0\0garbage")):
                self.assertEqual(undo(coding, *chunks), (b"hello", True, True))

    def test_half_a_beginning(self):
        """The first byte of a member that never comes is a surplus too."""
        self.assertEqual(undo(gzip_coding(), gzip.compress(b"hello") + b"\x1f"), (b"hello", True, True))

    def test_behind_brotli(self):
        """It is an error, in one piece and byte by byte, because the decoder cannot tell it from the stream."""
        data = CODERS[b"br"](b"hello") + b"garbage"
        self.assertRaises(EncodingUnreadable, undo, brotli_coding(), data)
        self.assertRaises(EncodingUnreadable, undo, brotli_coding(), *bytewise(data))


class Endings(SynchronousTestCase):
    def test_nothing_at_all(self):
        """A body that is empty, and called coded, is whole."""
        self.assertEqual(undo(gzip_coding()), (b"", True, False))

    def test_cut_short(self):
        """Case 33: at no byte before the end is the body whole, but where a member ends."""
        for coding, name in ((gzip_coding(), b"gzip"), (deflate_coding(), b"deflate"), (zstd_coding(), b"zstd")):
            data = CODERS[name](b"hello")
            for end in range(1, len(data)):
                self.assertFalse(undo(coding, data[:end])[1], (name, end))

    def test_a_second_member_cut_short(self):
        """What one member gave does not make the next one whole."""
        self.assertEqual(
            undo(gzip_coding(), gzip.compress(b"one") + gzip.compress(b"two")[:-3]), (b"onetwo", False, False)
        )

    def test_a_fault_comes_after_what_came_before_it(self):
        """A wrong checksum is told of behind the data."""
        data = bytearray(gzip.compress(b"hello"))
        data[-5] ^= 1
        stage = Stage(gzip_coding(), "peer")
        pieces = []
        with self.assertRaisesRegex(EncodingUnreadable, "unreadable content encoding from peer: gzip: .*incorrect"):
            for byte in bytewise(data):
                pieces.extend(stage.feed(byte))
        self.assertEqual(b"".join(pieces), b"hello")

    @given(st.binary(max_size=200))
    def test_anything(self, data):
        """Whatever a peer sends, it is decoded or refused with one error."""
        for coding in (gzip_coding(), deflate_coding(), brotli_coding(), zstd_coding()):
            try:
                undo(coding, data)
            except EncodingUnreadable:
                continue
