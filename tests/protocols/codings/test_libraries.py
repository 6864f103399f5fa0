"""The libraries of br and zstd."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.protocols.codings.libraries import brotli, zstandard


class LibraryTests(TestCase):
    """Whichever there is, it does both ways."""

    def test_there_and_back(self) -> None:
        """What is compressed comes back."""
        data = b"some text " * 100
        for library in (brotli(), zstandard()):
            packed = library.compress(data)
            self.assertEqual((library.decompress(packed), len(packed) < len(data)), (data, True))
