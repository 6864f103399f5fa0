"""LF to CR LF, however the bytes are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.clients.connect.line_ends import LineEnds


def converted(*chunks: bytes) -> bytes:
    """What comes out for these chunks."""
    ends = LineEnds()
    return b"".join(map(ends.feed, chunks))


class LineEndsTests(TestCase):
    """What changes and what does not."""

    def test_each_line_feed_gets_its_return(self) -> None:
        """A bare LF becomes CR LF, at the beginning, at the end and in a row."""
        self.assertEqual(converted(b"\na\n\nb\n"), b"\r\na\r\n\r\nb\r\n")

    def test_complete_line_ends_stay(self) -> None:
        """C17: a CR LF is not doubled, and a CR alone is only a byte."""
        self.assertEqual(converted(b"a\r\nb\rc\r\r\n"), b"a\r\nb\rc\r\r\n")

    def test_return_and_feed_in_two_chunks(self) -> None:
        """C17: a CR LF that was cut in two is one line end, with an empty chunk between as well."""
        self.assertEqual(converted(b"a\r", b"\nb"), b"a\r\nb")
        self.assertEqual(converted(b"a\r", b"", b"\nb"), b"a\r\nb")

    def test_feed_after_other_chunks(self) -> None:
        """C17: a chunk that begins with LF gets its CR unless the last byte before was one."""
        self.assertEqual(converted(b"a", b"\n", b"\n"), b"a\r\n\r\n")

    @given(st.lists(st.sampled_from([b"\r", b"\n", b"x"]), max_size=12).map(b"".join))
    def test_cuts_do_not_matter(self, data: bytes) -> None:
        """C17: byte by byte gives what all at once gives, and converting twice changes nothing more."""
        whole = converted(data)
        self.assertEqual(converted(*[data[n : n + 1] for n in range(len(data))]), whole)
        self.assertEqual(converted(whole), whole)
        self.assertEqual(whole.replace(b"\r\n", b"\n"), data.replace(b"\r\n", b"\n"))
