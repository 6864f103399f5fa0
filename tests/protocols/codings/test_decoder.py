"""A body with all of its codings undone."""

import gzip
import random
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.codings.coded import CODERS
from tnet.errors import BodyCutShort, EncodingUnreadable, ExitStatus, TooLarge
from tnet.protocols.codings import ACCEPTED, decoder

TEXT = b"the quick brown fox jumps over the lazy dog. " * 1000
NOISE = random.Random(1).randbytes(3_000_000)


def decode(codings, *chunks, limit=0):
    """The decoded body."""
    undoing = decoder(codings, "peer", limit_bytes=limit)
    pieces = [piece for chunk in chunks for piece in undoing.feed(chunk)]
    return b"".join([*pieces, *undoing.finish()])


def outgrow(undoing, data):
    """How much `data` gives before it is too much, and the error."""
    given = 0
    try:
        for piece in undoing.feed(data):
            given += len(piece)
    except TooLarge as error:
        return given, error
    raise AssertionError("nothing was too much")


class Codings(SynchronousTestCase):
    def test_each(self):
        """What any coding made is undone, and what is offered to servers is what is known."""
        for name, coder in CODERS.items():
            self.assertTrue(decode([name], coder(TEXT)) == TEXT, name)
        self.assertLessEqual(set(ACCEPTED.encode().split(b", ")), set(CODERS))

    def test_none(self):
        """Without a coding, or with one that does nothing, the body passes as it comes."""
        for codings in ([], [b"identity"], [b"", b" identity , "]):
            self.assertEqual(list(decoder(codings, "peer").feed(TEXT)), [TEXT])

    def test_several(self):
        """They are undone from the last to the first, over one field or more, whatever their case."""
        data = CODERS[b"zstd"](CODERS[b"br"](CODERS[b"gzip"](TEXT)))
        for codings in ([b"gzip, br, zstd"], [b"GZIP", b"Br,identity", b"zstd"]):
            self.assertEqual(decode(codings, data), TEXT)

    def test_an_unknown_one(self):
        """It is named, harmlessly, in an error with exit status 61."""
        with self.assertRaises(EncodingUnreadable) as caught:
            decoder([b"gzip, \x1b[2Jlzma"], "peer")
        self.assertEqual(caught.exception.exit_status, ExitStatus.CONTENT_ENCODING)
        self.assertIn("\\x1b[2jlzma", str(caught.exception))

    def test_too_many(self):
        """Case 32: more than five, counted over all fields, end with exit status 61."""
        self.assertEqual(decode([b"gzip, gzip", b"gzip, identity, gzip", b"gzip"]), b"")
        with self.assertRaises(EncodingUnreadable) as caught:
            decoder([b"gzip, gzip, gzip", b"gzip", b"gzip", b"gzip"], "peer")
        self.assertEqual(caught.exception.exit_status, 61)


class Bombs(SynchronousTestCase):
    def test_the_ratio(self):
        """Case 31: beyond 1 MiB, more than 200 times what came is too much, in any coding."""
        for name in (b"gzip", b"deflate", b"br", b"zstd"):
            data = CODERS[name](bytes(20_000_000))
            given, error = outgrow(decoder([name], "peer"), data)
            most = max(1 << 20, 200 * len(data))
            self.assertEqual((error.exit_status, error.limit), (ExitStatus.TOO_LARGE, most), name)
            self.assertLessEqual(given, most)
            self.assertGreater(given, most - (1 << 16))
            self.assertIn("it grows to more than 200 times its size", str(error))
            self.assertEqual(error.hint, "--max-size SIZE allows as much as that")

    def test_a_limit_that_was_asked_for(self):
        """Case 31: it takes the place of the ratio, in the body as in what is undone on the way to it."""
        data = gzip.compress(gzip.compress(bytes(20_000_000)))
        self.assertEqual(len(decode([b"gzip, gzip"], data, limit=20_000_000)), 20_000_000)
        given, error = outgrow(decoder([b"gzip, gzip"], "peer", limit_bytes=19_999_999), data)
        self.assertLess(given, 20_000_000)
        self.assertEqual(str(error), "the decoded body is larger than 19999999 bytes")

    def test_what_is_just_well_compressed(self):
        """Case 31: less than 1 MiB may be any ratio, and more may be two hundred."""
        self.assertEqual(len(decode([b"br"], CODERS[b"br"](bytes(1_000_000)))), 1_000_000)
        data = CODERS[b"gzip"](NOISE[:20_000] + bytes(3_000_000))
        self.assertEqual(len(decode([b"gzip"], data)), 3_020_000)

    def test_between_two_codings(self):
        """Case 31: what is large only on the way counts as well."""
        skipped = b"\x50\x2a\x4d\x18" + (10_000_000).to_bytes(4, "little") + bytes(10_000_000)
        given, error = outgrow(decoder([b"zstd, gzip"], "peer"), gzip.compress(skipped))
        self.assertEqual((given, error.exit_status), (0, ExitStatus.TOO_LARGE))

    def test_the_limit(self):
        """Case 36: the limit counts decoded bytes; exactly so many may come, and no more are given."""
        for codings, data in (([b"gzip"], CODERS[b"gzip"](TEXT)), ([], TEXT)):
            self.assertEqual(decode(codings, data, limit=len(TEXT)), TEXT)
            given, error = outgrow(decoder(codings, "peer", limit_bytes=len(TEXT) - 1), data)
            self.assertLess(given, len(TEXT))
            self.assertEqual(str(error), f"the decoded body is larger than {len(TEXT) - 1} bytes")

    def test_memory(self):
        """Case 31: bombs, one or in a chain, hold a few pieces at a time."""
        once = gzip.compress(bytes(100_000_000))
        for names, data in (([b"gzip"], once), ([b"gzip, gzip"], gzip.compress(once))):
            undoing = decoder(names, "peer")
            tracemalloc.start()
            try:
                before = tracemalloc.get_traced_memory()[0]
                outgrow(undoing, data)
                self.assertLess(tracemalloc.get_traced_memory()[1] - before, 1_000_000)
            finally:
                tracemalloc.stop()

    def test_the_caller_sets_the_pace(self):
        """Case 31: nothing is decoded before it is asked for, and no piece is large."""
        undoing = decoder([b"gzip"], "peer")
        pieces = undoing.feed(CODERS[b"gzip"](bytes(1_000_000)))
        self.assertEqual(undoing.decoded_bytes, 0)
        first = next(pieces)
        self.assertEqual(undoing.decoded_bytes, len(first))
        self.assertTrue(all(0 < len(piece) <= 1 << 16 for piece in (first, *pieces)))


class Endings(SynchronousTestCase):
    def test_cut_short(self):
        """Case 33: a coded body without its end is exit status 18, in every coding and under another one."""
        for name, coder in CODERS.items():
            with self.assertRaises(BodyCutShort) as caught:
                decode([name], coder(TEXT)[:-1])
            self.assertEqual(caught.exception.exit_status, ExitStatus.BODY_CUT_SHORT)
        with self.assertRaises(BodyCutShort) as caught:
            decode([b"br, gzip"], gzip.compress(CODERS[b"br"](TEXT)[:-1]))
        self.assertIn("its br ended in the middle", str(caught.exception))

    def test_empty(self):
        """A coded body without a byte is an empty body."""
        self.assertEqual(decode([b"gzip, br"]), b"")

    def test_surplus(self):
        """Case 33: what stands behind the end is ignored, and the caller can tell of it."""
        undoing = decoder([b"gzip"], "peer")
        self.assertEqual(b"".join(undoing.feed(gzip.compress(b"hello") + b"garbage")), b"hello")
        self.assertEqual((list(undoing.finish()), undoing.surplus), ([], True))

    def test_counts(self):
        """Bytes are counted before and after."""
        undoing = decoder([b"gzip"], "peer")
        data = gzip.compress(TEXT)
        for _ in undoing.feed(data):
            pass
        self.assertEqual((undoing.wire_bytes, undoing.decoded_bytes), (len(data), len(TEXT)))


class Cuts(SynchronousTestCase):
    @given(st.lists(st.sampled_from(sorted(CODERS)), max_size=3), st.binary(max_size=300), st.data())
    def test_any_body_any_cut(self, names, body, draw):
        """Whatever is coded how often, and cut where, comes back."""
        data = body
        for name in names:
            data = CODERS[name](data)
        cut = draw.draw(st.integers(0, len(data)))
        self.assertEqual(decode(names, data[:cut], data[cut:]), body)

    def test_byte_by_byte(self):
        """The smallest cuts do no harm either."""
        for name, coder in CODERS.items():
            data = coder(NOISE[:2000])
            self.assertEqual(decode([name], *(bytes([byte]) for byte in data)), NOISE[:2000], name)
