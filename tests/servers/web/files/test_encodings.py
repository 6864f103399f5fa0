"""Tests for tnet.servers.web.files.encodings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.servers.web.files.encodings import CODINGS, IDENTITY, acceptable


class AcceptableTests(TestCase):
    """What a client takes, best first."""

    def test_the_table(self) -> None:
        """Fields as browsers, tools and the hostile send them."""
        for field, codings in (
            (b"", "identity"),
            (b"gzip", "gzip identity"),
            (b"gzip, deflate, br, zstd", "zstd br gzip identity"),
            (b"gzip;q=1.0, br;q=0.8", "gzip br identity"),
            (b"gzip;q=0", "identity"),
            (b"gzip ; q=0.000 , br", "br identity"),
            (b"GZIP;Q=0.5", "gzip identity"),
            (b"x-gzip", "gzip identity"),
            (b"*", "zstd br gzip identity"),
            (b"*;q=0.3, zstd", "zstd br gzip identity"),
            (b"br;q=0, *", "zstd gzip identity"),
            (b"identity", "identity"),
            (b"identity, gzip;q=0.5", "identity gzip"),
            (b"gzip, identity;q=0.5", "gzip identity"),
            (b"identity;q=0.1, gzip", "gzip identity"),
            (b"identity;q=0, gzip", "gzip"),
            (b"gzip, *;q=0", "gzip"),
            (b"identity, *;q=0", "identity"),
            (b"identity;q=0", ""),
            (b"*;q=0", ""),
            (b"*;q=0, identity;q=0.5", "identity"),
            (b"deflate, compress", "identity"),
            (b"gzip;q=2, br;q=x, zstd;level=3", "identity"),
            (b"gzip;q=, br;q=-1, zstd;q=0.1234", "identity"),
            (b",,gzip,,", "gzip identity"),
            (b"br" + b" " * 2000, "identity"),
        ):
            with self.subTest(field=field[:40]):
                self.assertEqual(acceptable(field), tuple(codings.encode().split()))

    @given(st.text("gzipbrstdentiy*;,q=01. -").map(str.encode) | st.binary())
    def test_nothing_breaks_it(self, field: bytes) -> None:
        """Any bytes are judged, and no coding comes twice."""
        codings = acceptable(field)
        self.assertLessEqual(set(codings), {*CODINGS, IDENTITY})
        self.assertEqual(len(set(codings)), len(codings))
