"""One compressed stream each."""

import random

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.codings.coded import CODERS, raw_deflate
from tnet.protocols.codings.decompressors import (
    PIECE_BYTES,
    Brotli,
    Zlib,
    brotli_coding,
    deflate_coding,
    gzip_coding,
    zstd_coding,
)

CODINGS = {b"gzip": gzip_coding, b"deflate": deflate_coding, b"br": brotli_coding, b"zstd": zstd_coding}
NOISE = random.Random(1).randbytes(300_000)
ZEROES = bytes(10_000_000)


def drain(decompressor, data):
    """Everything that `data` gives, in the pieces that it comes in."""
    pieces = [decompressor.decompress(data, PIECE_BYTES)]
    while not (decompressor.needs_input or decompressor.eof):
        pieces.append(decompressor.decompress(b"", PIECE_BYTES))
    return pieces


class EveryCoding(SynchronousTestCase):
    def test_a_stream_comes_back(self):
        """What was compressed is what is given, and the end is known."""
        for name, coding in CODINGS.items():
            for data in (b"", b"x", NOISE, ZEROES):
                stream = coding().new()
                self.assertTrue(b"".join(drain(stream, CODERS[name](data))) == data, (name, data[:10]))
                self.assertTrue(stream.eof, name)

    def test_no_step_gives_much(self):
        """A few bytes that stand for ten million give them in pieces of at most 64 KiB."""
        for name, coding in CODINGS.items():
            sizes = [len(piece) for piece in drain(coding().new(), CODERS[name](ZEROES))]
            self.assertLessEqual(max(sizes), PIECE_BYTES, name)
            self.assertEqual(sum(sizes), len(ZEROES), name)

    def test_the_end_has_to_come(self):
        """One byte short of it, the end is not there, and input is needed."""
        for name, coding in CODINGS.items():
            stream = coding().new()
            drain(stream, CODERS[name](NOISE)[:-1])
            self.assertEqual((stream.eof, stream.needs_input), (False, True), name)

    def test_garbage(self):
        """What is no such stream raises the error that the coding names."""
        for coding in CODINGS.values():
            self.assertRaises(coding().error, drain, coding().new(), b"\xff\x00 is neither \xff\xfe\xfd")

    def test_what_follows_is_handed_back(self):
        """All but brotli say what was fed beyond the end."""
        for name in (b"gzip", b"deflate", b"zstd"):
            stream = CODINGS[name]().new()
            drain(stream, CODERS[name](b"hello") + b"more")
            self.assertEqual(stream.unused_data, b"more", name)


class Deflate(SynchronousTestCase):
    def test_raw(self):
        """A deflate body without the zlib wrapper is read too, even if it comes byte by byte."""
        stream = Zlib(gzip=False)
        pieces = [stream.decompress(bytes([byte]), PIECE_BYTES) for byte in raw_deflate(b"hello, hello, hello")]
        self.assertEqual((b"".join(pieces), stream.eof), (b"hello, hello, hello", True))

    def test_nothing_was_fed(self):
        """A stream that has not begun has no end and nothing behind it."""
        stream = Zlib(gzip=False)
        self.assertEqual((stream.eof, stream.needs_input, stream.unused_data), (False, True, b""))


class Memory(SynchronousTestCase):
    def test_a_zstd_window_beyond_8_mib(self):
        """A frame that wants 128 MiB to be decoded in is refused."""
        from backports import zstd

        coder = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
        frame = coder.compress(b"x") + coder.flush()
        self.assertRaises(zstd_coding().error, drain, zstd_coding().new(), frame)

    def test_a_zstd_window_of_8_mib(self):
        """That much everybody has to take."""
        from backports import zstd

        coder = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 23})
        frame = coder.compress(b"x") + coder.flush()
        self.assertEqual(b"".join(drain(zstd_coding().new(), frame)), b"x")


class BrotliEnd(SynchronousTestCase):
    def test_something_follows(self):
        """Brotli's decoder fails on it, wherever the bytes are cut."""
        stream = brotli_coding().new()
        self.assertRaises(brotli_coding().error, drain, stream, CODERS[b"br"](b"hello") + b"more")
        self.assertIsInstance(stream, Brotli)
