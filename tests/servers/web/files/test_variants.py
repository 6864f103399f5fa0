"""Tests for tnet.servers.web.files.variants."""

from __future__ import annotations

import gzip
import os

from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.compressing import compressed
from tnet.servers.web.files.encodings import IDENTITY, acceptable
from tnet.servers.web.files.root import OpenFile, Root
from tnet.servers.web.files.variants import MAX_STREAMS, WHOLE_BYTES, WORTH_BYTES, Variant, Variants

PROSE = b"what shrinks, shrinks more\n" * 500
LONG_AGO_NS = 1_000_000_000_500_000_000
TEXT = b"text/plain; charset=utf-8"


class VariantsTestCase(TestCase):
    """Has a directory with one file."""

    def setUp(self) -> None:
        self.path = self.mktemp()
        os.makedirs(os.path.join(self.path, "sub"))
        self.root = Root(self.path)
        self.addCleanup(self.root.close)
        self.variants = Variants(self.root)
        self.put("sub/a.txt", PROSE)

    def put(self, name: str, data: bytes, when_ns: int = LONG_AGO_NS) -> None:
        """Write a file."""
        path = os.path.join(self.path, name)
        with open(path, "wb") as file:
            file.write(data)
        os.utime(path, ns=(when_ns, when_ns))

    def choose(self, accepted: bytes, name: str = "sub/a.txt", media: bytes = TEXT, *, plain: bool = False) -> Variant:
        """What a client gets."""
        file = self.root.open(os.fsencode(name).split(b"/"))
        assert isinstance(file, OpenFile)
        self.addCleanup(file.close)
        variant = self.variants.choose(file, media, acceptable(accepted), plain=plain)
        self.addCleanup(variant.close)
        return variant

    def got(self, accepted: bytes, name: str = "sub/a.txt") -> bytes:
        """The name of the file that is sent as it is, or what another is put into."""
        variant = self.choose(accepted, name)
        return b"made " + variant.coding if variant.made else variant.source.names[-1]


class BesideTests(VariantsTestCase):
    """Compressed files beside the file."""

    def test_the_smallest(self) -> None:
        """Of those that are accepted, and preferred to what is not compressed, the smallest is sent."""
        self.put("sub/a.txt.gz", gzip.compress(PROSE))
        self.put("sub/a.txt.br", compressed(b"br", PROSE))
        self.put("sub/a.txt.zst", compressed(b"zstd", PROSE))
        sizes = {name: os.stat(os.path.join(self.path, "sub", name)).st_size for name in os.listdir(self.path + "/sub")}
        smallest = min(sizes, key=lambda name: sizes[name]).encode()
        self.assertEqual(self.got(b"gzip, br, zstd"), smallest)
        for accepted, name in (
            (b"gzip", b"a.txt.gz"),
            (b"br", b"a.txt.br"),
            (b"zstd", b"a.txt.zst"),
            (b"gzip;q=0.5, identity", b"a.txt"),
            (b"gzip, identity;q=0", b"a.txt.gz"),
            (b"", b"a.txt"),
        ):
            self.assertEqual(self.got(accepted), name, accepted)

    def test_not_older(self) -> None:
        """One that is older than the file is of another version; a time without parts of a second is a copy's."""
        second = LONG_AGO_NS // 10**9 * 10**9
        for when_ns, sent in (
            (LONG_AGO_NS, b"a.txt.gz"),
            (LONG_AGO_NS + 1, b"a.txt.gz"),
            (LONG_AGO_NS - 1, b"made gzip"),
            (second, b"a.txt.gz"),
            (second - 10**9, b"made gzip"),
        ):
            self.put("sub/a.txt.gz", gzip.compress(PROSE), when_ns)
            self.assertEqual(self.got(b"gzip"), sent, when_ns)

    def test_of_something_else(self) -> None:
        """One that says that it holds another number of bytes is no such file."""
        self.put("sub/a.txt.gz", gzip.compress(PROSE + b"more"))
        self.assertEqual(self.got(b"gzip"), b"made gzip")

    def test_no_regular_file(self) -> None:
        """A directory, a FIFO and a link are none, and neither is one that may not be read."""
        path = os.path.join(self.path, "sub", "a.txt.gz")
        os.mkdir(path)
        self.assertEqual(self.got(b"gzip"), b"made gzip")
        os.rmdir(path)
        os.mkfifo(path)
        self.assertEqual(self.got(b"gzip"), b"made gzip")
        os.unlink(path)
        self.put("sub/packed", gzip.compress(PROSE))
        os.symlink("packed", path)
        self.assertEqual(self.got(b"gzip"), b"made gzip")

    def test_of_a_compressed_file(self) -> None:
        """What is compressed itself is never sent in another file's coding."""
        self.put("sub/a.txt.gz", gzip.compress(PROSE))
        self.put("sub/a.txt.gz.gz", gzip.compress(gzip.compress(PROSE)))
        self.assertEqual(self.got(b"gzip", "sub/a.txt.gz"), b"a.txt.gz")

    def test_behind_a_link(self) -> None:
        """A link leads to the file, and to what is beside that."""
        self.put("sub/a.txt.gz", gzip.compress(PROSE))
        os.symlink("sub/a.txt", os.path.join(self.path, "link"))
        self.assertEqual(self.got(b"gzip", "link"), b"a.txt.gz")

    def test_its_version(self) -> None:
        """It is a version of its own, and tells that others get another; a change of it is a change of the version."""
        self.put("sub/a.txt.gz", gzip.compress(PROSE))
        first = self.choose(b"gzip")
        self.assertTrue(self.choose(b"").negotiable)
        self.put("sub/a.txt.gz", gzip.compress(PROSE, 1), LONG_AGO_NS + 5)
        second, plain = self.choose(b"gzip"), self.choose(b"")
        self.assertEqual(len({each.validators.etag for each in (first, second, plain)}), 3)
        self.assertEqual([file.names[-1] for file in second.files], [b"a.txt", b"a.txt.gz"])
        self.assertEqual(plain.files, (plain.file,))


class MakingTests(VariantsTestCase):
    """What is compressed on the way."""

    def test_what_is_worth_it(self) -> None:
        """Types that shrink, from a size on."""
        for size, media, made in (
            (WORTH_BYTES, TEXT, True),
            (WORTH_BYTES - 1, TEXT, False),
            (WORTH_BYTES, b"image/png", False),
            (WORTH_BYTES, b"application/octet-stream", False),
        ):
            self.put("b", b"x" * size)
            variant = self.choose(b"gzip", "b", media)
            self.assertEqual((variant.made, variant.negotiable), (made, made), (size, media))

    def test_plain(self) -> None:
        """Who needs the file as it is gets it, unless that is not accepted."""
        self.assertEqual(self.choose(b"gzip", plain=True).coding, IDENTITY)
        self.assertTrue(self.choose(b"gzip", plain=True).negotiable)
        self.assertEqual(self.choose(b"gzip, identity;q=0", plain=True).coding, b"gzip")

    def test_too_many(self) -> None:
        """Of long ones only so many are compressed at a time: the others are sent as they are, or later."""
        self.put("long", b"x" * (WHOLE_BYTES + 1))
        self.variants.streams = MAX_STREAMS - 1
        self.assertTrue(self.choose(b"gzip", "long").made)
        self.variants.streams = MAX_STREAMS
        self.assertFalse(self.choose(b"gzip", "long").made)
        self.assertTrue(self.choose(b"gzip").made)
        refusal = self.assertRaises(Refusal, self.choose, b"gzip, identity;q=0", "long")
        self.assertEqual((refusal.status, refusal.fields), (503, {b"Retry-After": b"1"}))

    def test_nothing_acceptable(self) -> None:
        """Where nothing is acceptable, that is said, and on what it depends."""
        refusal = self.assertRaises(Refusal, self.choose, b"*;q=0")
        self.assertEqual((refusal.status, refusal.fields), (406, {b"Vary": b"Accept-Encoding"}))
