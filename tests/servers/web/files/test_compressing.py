"""Tests for tnet.servers.web.files.compressing."""

from __future__ import annotations

import gzip

from twisted.trial.unittest import TestCase

from tnet.protocols.codings.decoder import decoder
from tnet.protocols.codings.libraries import zstandard
from tnet.servers.web.files.compressing import compressed, compressor, promises
from tnet.servers.web.files.encodings import CODINGS

PROSE = b"what shrinks, shrinks more\n" * 5000


class CompressingTests(TestCase):
    """Streams."""

    def test_there_and_back(self) -> None:
        """What is compressed, in one piece or in several, is what it was when it is undone."""
        for coding in CODINGS:
            stream = compressor(coding)
            data = (
                b"".join(stream.compress(PROSE[at : at + 1000]) for at in range(0, len(PROSE), 1000)) + stream.finish()
            )
            for packed in (data, compressed(coding, PROSE), compressed(coding, PROSE[:0])):
                undone = decoder([coding], "peer")
                whole = b"".join(undone.feed(packed)) + b"".join(undone.finish())
                self.assertEqual(whole, b"" if packed == compressed(coding, b"") else PROSE)
                self.assertLess(len(packed), len(PROSE) // 20)

    def test_always_the_same(self) -> None:
        """The same data gives the same bytes."""
        for coding in CODINGS:
            self.assertEqual(compressed(coding, PROSE), compressed(coding, PROSE))


class PromiseTests(TestCase):
    """What a compressed file says that it holds."""

    def says(self, coding: bytes, packed: bytes, size: int) -> bool:
        """Whether `packed` says that it holds `size` bytes."""
        return promises(coding, size, lambda at, count: packed[at : at + count], len(packed))

    def test_gzip(self) -> None:
        """gzip ends with the size."""
        packed = gzip.compress(PROSE)
        self.assertTrue(self.says(b"gzip", packed, len(PROSE)))
        self.assertFalse(self.says(b"gzip", packed, len(PROSE) - 1))
        for junk in (b"", b"abc", packed[:-1]):
            self.assertFalse(self.says(b"gzip", junk, len(PROSE)))

    def test_zstd(self) -> None:
        """zstd may say it at the beginning; what is no zstd says nothing good."""
        packed = zstandard().compress(PROSE)
        self.assertTrue(self.says(b"zstd", packed, len(PROSE)))
        self.assertFalse(self.says(b"zstd", packed, len(PROSE) - 1))
        self.assertTrue(self.says(b"zstd", compressed(b"zstd", PROSE), len(PROSE)))
        for junk in (b"", b"junk" * 9):
            self.assertFalse(self.says(b"zstd", junk, len(PROSE)))

    def test_brotli(self) -> None:
        """br tells nobody."""
        self.assertTrue(self.says(b"br", compressed(b"br", PROSE), 7))
