"""The answer on one HTTP/2 stream."""

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BodyCutShort, MalformedReply, ReceiveFailed
from tnet.protocols.http1.responses import LINE_BYTES, SECTION_BYTES, SECTION_LINES
from tnet.protocols.http2.answer import Answer


def head(status=b"200", *fields):
    return [(b":status", status), *fields]


def length(count):
    return b"content-length", b"%d" % count


class Lengths(SynchronousTestCase):
    def setUp(self):
        self.answer = Answer(b"GET", "peer")

    def test_as_long_as_it_says(self):
        """Pieces of it add up."""
        self.answer.head(head(b"200", length(5)))
        self.assertEqual([self.answer.body(b"hel"), self.answer.body(b"lo")], [b"hel", b"lo"])
        self.assertEqual(self.answer.end().trailers, ())

    def test_too_short(self):
        """Both numbers are told."""
        self.answer.head(head(b"200", length(5)))
        self.answer.body(b"hel")
        error = self.assertRaises(BodyCutShort, self.answer.end)
        self.assertEqual((error.received, error.expected), (3, 5))

    def test_too_long(self):
        """Case 41: more than there was to be is not taken."""
        self.answer.head(head(b"200", length(2)))
        self.assertRaises(MalformedReply, self.answer.body, b"hello")

    def test_without_length(self):
        """The end tells."""
        self.answer.head(head())
        self.answer.body(b"x" * 100)
        self.answer.end()

    def test_no_body(self):
        """An answer to HEAD, 204 and 304 have none, whatever length they name."""
        for method, status in ((b"HEAD", b"200"), (b"GET", b"204"), (b"GET", b"304")):
            answer = Answer(method, "peer")
            answer.head(head(status, length(5)))
            answer.body(b"")
            self.assertRaises(MalformedReply, answer.body, b"x")
            answer.end()

    def test_a_length_before_the_answer(self):
        """That of an interim head means nothing."""
        self.assertTrue(self.answer.head(head(b"103", length(5))).interim)
        self.answer.head(head())
        self.answer.end()


class Bounds(SynchronousTestCase):
    def setUp(self):
        self.answer = Answer(b"GET", "peer")

    def test_trailers(self):
        """They come with the end."""
        self.answer.head(head())
        self.answer.trailers([(b"etag", b"x")])
        self.assertEqual(self.answer.end().trailers, ((b"etag", b"x"),))

    def test_too_many_fields(self):
        """Case 34: a thousand lines are enough."""
        flood = [(b"x", b"1")] * SECTION_LINES
        self.assertEqual(self.assertRaises(ReceiveFailed, self.answer.head, head(b"200", *flood)).exit_status, 56)

    def test_too_many_bytes(self):
        """Case 34: so are 300 KiB, and 16 KiB in one field."""
        flood = [(b"x", b"1" * 16000)] * (SECTION_BYTES // 16000 + 1)
        self.assertRaises(ReceiveFailed, self.answer.head, head(b"200", *flood))
        self.assertRaises(ReceiveFailed, self.answer.head, head(b"200", (b"x", b"1" * LINE_BYTES)))

    def test_endless_interim_heads(self):
        """Case 34: they are counted together."""
        for _ in range(SECTION_LINES // 2):
            self.answer.head(head(b"103"))
        self.assertRaises(ReceiveFailed, self.answer.head, head(b"103"))

    def test_endless_trailers(self):
        """Case 34: they count as well."""
        self.answer.head(head())
        self.assertRaises(ReceiveFailed, self.answer.trailers, [(b"x", b"1")] * SECTION_LINES)
