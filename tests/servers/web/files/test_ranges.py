"""Tests for tnet.servers.web.files.ranges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.servers.web.files.conditions import Field, Validators
from tnet.servers.web.files.ranges import (
    MAX_RANGES,
    Range,
    Unsatisfiable,
    content_range,
    multipart,
    wanted_range,
    wanted_ranges,
)

STRONG = Validators(b'"abc"', 1_000_000_000)


def fields(**lines: bytes) -> Field:
    """Request fields, written as keywords."""
    known = {name.replace("_", "-").encode(): value for name, value in lines.items()}
    return known.get


class RangeTests(TestCase):
    """Which part."""

    def test_of_ten_bytes(self) -> None:
        """The table of ranges of a file of ten bytes."""
        for header, parts in (
            (b"bytes=0-4", [(0, 4)]),
            (b"bytes=5-", [(5, 9)]),
            (b"bytes=-3", [(7, 9)]),
            (b"bytes=9-9", [(9, 9)]),
            (b"bytes=0-100", [(0, 9)]),
            (b"bytes=-20", [(0, 9)]),
            (b"bytes=-99999999", [(0, 9)]),
            (b"BYTES=0-4", [(0, 4)]),
            (b"bytes=0-1,2-4", [(0, 4)]),
            (b"bytes=3-5, 0-3", [(0, 5)]),
            (b"bytes=0-1,20-30", [(0, 1)]),
            (b"bytes=0-1,5-6", [(0, 1), (5, 6)]),
            (b"bytes=8-9,4-6,5-5,0-1", [(0, 1), (4, 6), (8, 9)]),
            (b"bytes=-1,0-0", [(0, 0), (9, 9)]),
            (b"bytes=" + b",".join([b"0-"] * MAX_RANGES), [(0, 9)]),
            (b"bytes=" + b",".join([b"0-"] * (MAX_RANGES + 1)), None),
            (b"bytes=5-2", None),
            (b"bytes=a-b", None),
            (b"items=0-4", None),
            (b"bytes=", None),
            (b"bytes=-", None),
            (b"bytes=\xff", None),
            (b"bytes=+0-+4", None),
            (b"bytes=1_0-", None),
            (b"bytes=0-4,", None),
            (b"bytes=" + b"9" * 30 + b"-", None),
            (b"bytes=" + b",".join([b"0-"] * 1000), None),
        ):
            with self.subTest(header=header[:30]):
                found = wanted_ranges(fields(range=header), STRONG, 10)
                self.assertEqual(None if found is None else list(found), parts)

    def test_unsatisfiable(self) -> None:
        """Ranges that begin after the end, and any of an empty file."""
        for header, size in ((b"bytes=-0", 10), (b"bytes=10-", 10), (b"bytes=10-,20-", 10), (b"bytes=0-", 0)):
            with self.subTest(header=header), self.assertRaises(Unsatisfiable):
                wanted_ranges(fields(range=header), STRONG, size)

    def test_another_version(self) -> None:
        """A part of another version than the client has is not wanted, nor is it without a Range."""
        self.assertIsNone(wanted_ranges(fields(range=b"bytes=0-1", if_range=b'"x"'), STRONG, 10))
        self.assertIsNone(wanted_ranges(fields(range=b"bytes=20-", if_range=b'"x"'), STRONG, 10))
        self.assertIsNone(wanted_ranges(fields(if_range=b'"abc"'), STRONG, 10))
        self.assertEqual(wanted_ranges(fields(range=b"bytes=0-1", if_range=b'"abc"'), STRONG, 10), ((0, 1),))

    def test_one_part(self) -> None:
        """Who sends one part only sends the whole instead of several."""
        for header, part in (
            (b"bytes=1-2", (1, 2)),
            (b"bytes=1-2,3-4", (1, 4)),
            (b"bytes=1-2,5-6", None),
            (b"x", None),
        ):
            self.assertEqual(wanted_range(fields(range=header), STRONG, 10), part)

    @given(st.text("0123456789-, ").map(str.encode), st.integers(0, 50))
    def test_parts_are_parts(self, value: bytes, size: int) -> None:
        """Whatever is asked for, the parts lie within the file, in order, apart, and together are no more than it."""
        try:
            parts = wanted_ranges(fields(range=b"bytes=" + value), STRONG, size)
        except Unsatisfiable:
            return
        if parts is None:
            return
        edges = [edge for part in parts for edge in (part.first, part.last + 1)]
        self.assertEqual(edges, sorted(set(edges)))
        self.assertTrue(edges[0] >= 0 and edges[-1] <= size)
        self.assertLessEqual(sum(part.length for part in parts), size)


class MultipartTests(TestCase):
    """Several parts in one body."""

    def test_a_body(self) -> None:
        """Each part stands between boundaries, with its type and its place."""
        parts = [Range(0, 1), Range(5, 5)]
        body = multipart(parts, 10, b"text/plain", b"BOUND")
        self.assertEqual(
            b"".join(b"<%d>" % part.length if isinstance(part, Range) else part for part in body),
            b"\r\n--BOUND\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n<2>"
            b"\r\n--BOUND\r\nContent-Type: text/plain\r\nContent-Range: bytes 5-5/10\r\n\r\n<1>"
            b"\r\n--BOUND--\r\n",
        )

    def test_a_place(self) -> None:
        """A part's place names its first and last byte, and the size of the whole."""
        self.assertEqual(content_range(Range(2, 4), 10), b"bytes 2-4/10")
