"""Tests for tnet.protocols.http1.chunks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.http1.chunks import LINE_BYTES, TRAILER_BYTES, BadChunk, ChunkedBody


def unframe(*pieces: bytes) -> tuple[bytes, bytes, bool]:
    """The body in `pieces` as they arrive, what is left after its end, and whether the end was seen."""
    chunks, body, buffer = ChunkedBody(), b"", b""
    for piece in pieces:
        buffer += piece
        data, used = chunks.take(buffer)
        body, buffer = body + data, buffer[used:]
    return body, buffer, chunks.complete


def frame(parts: list[bytes]) -> bytes:
    """A chunked body."""
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"


class ChunkedBodyTests(TestCase):
    """Unframing."""

    def test_a_body_and_what_follows_it(self) -> None:
        """The bytes after the last chunk are left alone."""
        self.assertEqual(unframe(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET /"), (b"abcde", b"GET /", True))

    def test_extensions_and_trailers_are_dropped(self) -> None:
        """Chunk extensions and trailers are checked and not handed on."""
        self.assertEqual(unframe(b'3;a="b" \r\nabc\r\n0;x\r\nX: y\r\nZ: \r\n\r\n'), (b"abc", b"", True))

    @given(st.lists(st.binary(max_size=40), max_size=5), st.data())
    def test_every_split_gives_the_same(self, parts: list[bytes], data: st.DataObject) -> None:
        """Wherever the network cuts, the body is the same and nothing after it is touched."""
        whole = frame(parts) + b"NEXT"
        at = data.draw(st.integers(0, len(whole)))
        self.assertEqual(unframe(whole[:at], whole[at:]), (b"".join(parts), b"NEXT", True))

    def test_byte_by_byte(self) -> None:
        """One byte at a time is enough."""
        whole = frame([b"hello", b"\r\n0\r\n\r\n"])
        self.assertEqual(unframe(*(whole[i : i + 1] for i in range(len(whole)))), (b"hello\r\n0\r\n\r\n", b"", True))

    def test_what_is_refused(self) -> None:
        """Every ambiguity that smugglers have used is an error, at once."""
        for wrong in (
            b"0x2\r\nab\r\n",
            b"2 \r\nab\r\n",
            b" 2\r\nab\r\n",
            b"+2\r\nab\r\n",
            b"-1\r\n",
            b"\r\n",
            b"g\r\n",
            b"1_0\r\n",
            b"2\nab\n",
            b"2;a\nb\r\nab\r\n",
            b"2;\x00\r\nab\r\n",
            b"2\r\nabc\r\n",
            b"2\r\nab\n",
            b"f" * 16 + b"\r\n",
            b"f" * 18 + b"\r\n",
            b"0\r\nbad trailer\r\n\r\n",
            b"0\r\n folded: x\r\n\r\n",
            b"0\r\n: x\r\n\r\n",
            b"0\r\n\n",
        ):
            with self.subTest(wrong=wrong), self.assertRaises(BadChunk):
                unframe(wrong)

    def test_lines_are_bounded(self) -> None:
        """A size line or trailer that never ends is refused, and so are too many trailers."""
        for endless in (b"2;" + b"a" * LINE_BYTES, b"0\r\nA: " + b"b" * LINE_BYTES):
            with self.subTest(endless=endless[:5]), self.assertRaises(BadChunk):
                unframe(endless)
        with self.assertRaises(BadChunk):
            unframe(b"0\r\n" + b"A: bcdefgh\r\n" * (TRAILER_BYTES // 10))
