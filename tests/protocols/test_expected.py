"""What is recorded, held against what comes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.expected import LESS, MORE, OTHER, SLACK_BYTES, Expected, ExpectedBytes, ExpectedLines
from tnet.protocols.recording import Chunk, Mask

BOTH = (ExpectedBytes, ExpectedLines)


def said(*pieces: bytes) -> list[Chunk]:
    """Chunks of these bytes."""
    return [Chunk(0, "peer", piece) for piece in pieces]


def reason(expected: Expected) -> str:
    """What is wrong."""
    return expected.difference.reason if expected.difference else ""


class BothTests(TestCase):
    """What holds for bytes and for lines."""

    @given(st.lists(st.binary(min_size=1)), st.integers(1, 9))
    def test_the_same(self, pieces: list[bytes], size: int) -> None:
        """What was recorded fits, however it is cut."""
        for kind in BOTH:
            expected = kind(said(*pieces))
            data = b"".join(pieces)
            for at in range(0, len(data), size):
                expected.feed(data[at : at + size])
            self.assertTrue(expected.complete)
            expected.feed_end()
            self.assertEqual(reason(expected), "")

    def test_each_chunk(self) -> None:
        """It is known which chunks have come; one that ends within a line, too."""
        for kind in BOTH:
            expected = kind(said(b"one\n", b"Password: ", b"\nok\n"))
            reached = []
            for byte in b"one\nPassword: \nok\n":
                expected.feed(bytes([byte]))
                reached.append(sum(expected.reached(count) for count in (1, 2, 3)))
            self.assertEqual(reached, [0] * 3 + [1] * 10 + [2] * 4 + [3])

    def test_other(self) -> None:
        """Another line is told with its place and with what came."""
        for kind in BOTH:
            expected = kind(said(b"one\ntwo\n"))
            expected.feed(b"one\nto\n")
            assert expected.difference is not None
            self.assertEqual(expected.difference.reason, OTHER)
            self.assertIn("+to", expected.difference.diff("a", "b"))
            expected.feed(b"more")
            self.assertEqual(reason(expected), OTHER)

    def test_more_and_less(self) -> None:
        """Too much, and an early end."""
        for kind in BOTH:
            expected = kind(said(b"one\n"))
            expected.feed(b"one\nt")
            self.assertEqual(reason(expected), MORE)
            expected = kind(said(b"one\n"))
            expected.feed(b"on")
            expected.feed_end()
            self.assertEqual(reason(expected), LESS)
            expected = kind([])
            self.assertTrue(expected.complete)
            expected.feed(b"x")
            self.assertEqual(reason(expected), MORE)

    def test_secrets(self) -> None:
        """In the place of a secret anything may come, but not more than that."""
        for kind in BOTH:
            line = Chunk(0, "us", b"PASS ***\r\nQUIT\r\n", masked=(Mask(5, 3),))
            for password in (b"x", b"very long and with spaces"):
                expected = kind([line])
                for byte in b"PASS " + password + b"\r\nQUIT\r\n":
                    expected.feed(bytes([byte]))
                self.assertTrue(expected.complete)
            expected = kind([line])
            expected.feed(b"PASS x\r\nQUOT\r\n")
            self.assertEqual(reason(expected), OTHER)
            expected = kind([Chunk(0, "us", b"$3\r\n***\r\n", masked=(Mask(4, 3, "bytes"),))])
            expected.feed(b"$3\r\nabc\r\n")
            self.assertTrue(expected.complete)

    def test_secret_at_the_end(self) -> None:
        """A secret that nothing follows is complete when some of it has come."""
        for kind in BOTH:
            expected = kind([Chunk(0, "us", b"PASS ***", masked=(Mask(5, 3),))])
            expected.feed(b"PASS ab")
            expected.feed(b"cdef")
            self.assertTrue(expected.complete)


class BytesTests(TestCase):
    """Every byte."""

    def test_first_other_byte(self) -> None:
        """The difference is where the first byte differs, in whichever chunk that comes."""
        expected = ExpectedBytes(said(b"abcdef"))
        expected.feed(b"abc")
        expected.feed(b"dXf")
        assert expected.difference is not None
        self.assertEqual((expected.difference.offset, expected.difference.got), (4, b"Xf"))

    def test_line_ends_count(self) -> None:
        """LF is not CR LF."""
        expected = ExpectedBytes(said(b"one\r\n"))
        expected.feed(b"one\n")
        self.assertEqual(reason(expected), OTHER)


class LinesTests(TestCase):
    """Every line."""

    def test_line_ends_do_not_count(self) -> None:
        """LF is as good as CR LF."""
        expected = ExpectedLines(said(b"one\r\ntwo\n"))
        expected.feed(b"one\ntwo\r\n")
        self.assertTrue(expected.complete)

    def test_unfinished_line(self) -> None:
        """A last line without an end is judged as it comes."""
        expected = ExpectedLines(said(b"one\nPassword: "))
        expected.feed(b"one\nPass")
        self.assertEqual((reason(expected), expected.complete), ("", False))
        expected.feed(b"code: ")
        self.assertEqual(reason(expected), OTHER)
        expected = ExpectedLines(said(b"one\nPassword: "))
        expected.feed(b"one\nPassword: x")
        self.assertEqual(reason(expected), MORE)

    def test_line_without_end(self) -> None:
        """A line that is far longer than any that was recorded is not waited for."""
        expected = ExpectedLines(said(b"one\ntwo\n"))
        expected.feed(b"x" * (SLACK_BYTES + 100))
        self.assertEqual(reason(expected), OTHER)
