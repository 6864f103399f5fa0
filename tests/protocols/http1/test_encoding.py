"""What a client puts on the wire."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage
from tnet.protocols.http1.encoding import LAST_CHUNK, chunk, request_head
from tnet.protocols.http1.responses import ResponseParser


class Heads(TestCase):
    def test_a_head_is_written_as_given(self):
        """Fields keep their order and case."""
        self.assertEqual(
            request_head(b"GET", b"/a?b", [(b"Host", b"h"), (b"x-MiXed", b""), (b"Accept", b"*/*")]),
            b"GET /a?b HTTP/1.1\r\nHost: h\r\nx-MiXed: \r\nAccept: */*\r\n\r\n",
        )

    def test_nothing_can_be_smuggled_in(self):
        """A line end, a NUL or a separator in the wrong place is refused, wherever it stands."""
        for method, target, name, value in (
            (b"GET /x", b"/", b"A", b"b"),
            (b"", b"/", b"A", b"b"),
            (b"GE\r\nT", b"/", b"A", b"b"),
            (b"GET", b"/ HTTP/1.1\r\nX: y", b"A", b"b"),
            (b"GET", b"", b"A", b"b"),
            (b"GET", b"/\xe9", b"A", b"b"),
            (b"GET", b"/", b"A:", b"b"),
            (b"GET", b"/", b"A B", b"b"),
            (b"GET", b"/", b"", b"b"),
            (b"GET", b"/", b"A\r\nB", b"b"),
            (b"GET", b"/", b"A", b"b\r\nC: d"),
            (b"GET", b"/", b"A", b"b\nC: d"),
            (b"GET", b"/", b"A", b"\0"),
            (b"GET", b"/", b"A", b"\x7f"),
        ):
            with self.assertRaises(BadUsage):
                request_head(method, target, [(name, value)])

    def test_a_refused_value_is_not_shown(self):
        """A password with a line end in it does not land in the error."""
        with self.assertRaises(BadUsage) as caught:
            request_head(b"GET", b"/", [(b"Authorization", b"s3cret\n")])
        self.assertNotIn("s3cret", str(caught.exception))

    @given(st.binary(max_size=6), st.binary(max_size=6), st.binary(max_size=6), st.binary(max_size=6))
    def test_any_bytes_give_one_request_or_none(self, method, target, name, value):
        """Whatever is accepted has exactly one request line and one field."""
        try:
            head = request_head(method, target, [(name, value)])
        except BadUsage:
            return
        self.assertEqual(head.count(b"\n"), 3)
        self.assertEqual(head.splitlines()[0].split(b" "), [method, target, b"HTTP/1.1"])


class Chunks(TestCase):
    def test_an_empty_chunk_is_not_written(self):
        """It would end the body."""
        self.assertEqual(chunk(b""), b"")

    @given(st.lists(st.binary(max_size=40)))
    def test_chunks_are_read_back(self, pieces):
        """A parser finds the bytes that were put in."""
        wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(map(chunk, pieces)) + LAST_CHUNK
        parts = list(ResponseParser(b"GET").feed(wire))
        self.assertEqual(b"".join(part for part in parts if isinstance(part, bytes)), b"".join(pieces))
