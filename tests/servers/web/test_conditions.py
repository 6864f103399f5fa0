"""Tests for tnet.servers.web.conditions."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.servers.web.conditions import Field, Unsatisfiable, Validators, precondition, wanted_range

STRONG = Validators(b'"abc"', 1_000_000_000)
WEAK = Validators(b'W/"abc"', 1_000_000_000)
AT = b"Sun, 09 Sep 2001 01:46:40 GMT"
BEFORE = b"Sun, 09 Sep 2001 01:46:39 GMT"
AFTER = b"Sun, 09 Sep 2001 01:46:41 GMT"


def fields(**lines: bytes) -> Field:
    """Request fields, written as keywords."""
    known = {name.replace("_", "-").encode(): value for name, value in lines.items()}
    return known.get


class ValidatorTests(TestCase):
    """What tells versions apart."""

    def status(self, **changes: int) -> os.stat_result:
        """A file's status."""
        values = {"st_mode": 0o100644, "st_ino": 7, "st_size": 3, "st_mtime": 1000, **changes}
        names = ("st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size", "st_atime", "st_mtime")
        times = (0, values["st_mtime"], 0, 0.0, float(values["st_mtime"]), 0.0)
        ns = (0, values.get("st_mtime_ns", values["st_mtime"] * 10**9), 0)
        return os.stat_result((*(values.get(name, 0) for name in names[:7]), *times, *ns))

    def test_every_change_shows(self) -> None:
        """Another size, time or inode is another ETag."""
        tags = {
            Validators.of(self.status(**change), 5000).etag
            for change in ({}, {"st_size": 4}, {"st_ino": 8}, {"st_mtime_ns": 1000 * 10**9 + 1})
        }
        self.assertEqual(len(tags), 4)

    def test_weak_while_young(self) -> None:
        """A file that was changed this very moment may change again without a trace: for seconds if they are all it tells."""
        for wall, weak in ((1000.01, True), (1001.9, True), (998.1, True), (1002, False), (5000, False)):
            self.assertEqual(Validators.of(self.status(), wall).etag.startswith(b'W/"'), weak, wall)
        fine = self.status(st_mtime_ns=1000 * 10**9 + 5 * 10**8)
        for wall, weak in ((1000.51, True), (1000.49, True), (1000.53, False), (1002, False)):
            self.assertEqual(Validators.of(fine, wall).etag.startswith(b'W/"'), weak, wall)


class PreconditionTests(TestCase):
    """304, 412 or go on."""

    def test_each(self) -> None:
        """The conditions of RFC 9110, alone and in their order."""
        for status, sent in (
            (None, {}),
            (304, {"if_none_match": b'"abc"'}),
            (304, {"if_none_match": b'"x", W/"abc" , "y"'}),
            (304, {"if_none_match": b"*"}),
            (None, {"if_none_match": b'"x"'}),
            (None, {"if_none_match": b'"abcd", "ab"'}),
            (None, {"if_none_match": b"abc"}),
            (304, {"if_modified_since": AT}),
            (304, {"if_modified_since": AFTER}),
            (None, {"if_modified_since": BEFORE}),
            (None, {"if_modified_since": b";x"}),
            (None, {"if_modified_since": b""}),
            (None, {"if_modified_since": b"\xff"}),
            (None, {"if_none_match": b'"x"', "if_modified_since": AFTER}),
            (None, {"if_match": b'"abc"'}),
            (None, {"if_match": b"*"}),
            (412, {"if_match": b'W/"abc"'}),
            (412, {"if_match": b'"x"'}),
            (412, {"if_unmodified_since": BEFORE}),
            (None, {"if_unmodified_since": AT}),
            (None, {"if_unmodified_since": b"soon"}),
            (None, {"if_match": b'"abc"', "if_unmodified_since": BEFORE}),
            (304, {"if_match": b'"abc"', "if_none_match": b'"abc"'}),
            (412, {"if_match": b'"x"', "if_none_match": b'"abc"'}),
        ):
            with self.subTest(sent=sent):
                self.assertEqual(precondition(b"GET", fields(**sent), STRONG), status)

    def test_weak_tags(self) -> None:
        """A weak tag answers If-None-Match, and never satisfies If-Match."""
        self.assertEqual(precondition(b"GET", fields(if_none_match=b'"abc"'), WEAK), 304)
        self.assertEqual(precondition(b"GET", fields(if_match=b'W/"abc"'), WEAK), 412)

    def test_other_methods(self) -> None:
        """Where nothing is read, a match of If-None-Match is 412, and If-Modified-Since means nothing."""
        self.assertEqual(precondition(b"PUT", fields(if_none_match=b"*"), STRONG), 412)
        self.assertIsNone(precondition(b"PUT", fields(if_modified_since=AFTER), STRONG))

    @given(st.binary(max_size=40), st.sampled_from(["if_match", "if_none_match", "if_modified_since", "if_range"]))
    def test_nothing_breaks_it(self, value: bytes, name: str) -> None:
        """Any bytes are judged, none raise."""
        self.assertIn(precondition(b"GET", fields(**{name: value}), STRONG), (None, 304, 412))
        wanted_range(fields(range=b"bytes=0-1", **{name: value}), STRONG, 10)


class RangeTests(TestCase):
    """Which part."""

    def test_of_ten_bytes(self) -> None:
        """The table of ranges of a file of ten bytes."""
        for header, part in (
            (b"bytes=0-4", (0, 4)),
            (b"bytes=5-", (5, 9)),
            (b"bytes=-3", (7, 9)),
            (b"bytes=9-9", (9, 9)),
            (b"bytes=0-100", (0, 9)),
            (b"bytes=-20", (0, 9)),
            (b"bytes=-99999999", (0, 9)),
            (b"BYTES=0-4", (0, 4)),
            (b"bytes=0-1,2-4", (0, 4)),
            (b"bytes=3-5, 0-3", (0, 5)),
            (b"bytes=0-1,20-30", (0, 1)),
            (b"bytes=0-1,5-6", None),
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
                self.assertEqual(wanted_range(fields(range=header), STRONG, 10), part)

    def test_unsatisfiable(self) -> None:
        """Ranges that begin after the end, and any of an empty file."""
        for header, size in ((b"bytes=-0", 10), (b"bytes=10-", 10), (b"bytes=10-,20-", 10), (b"bytes=0-", 0)):
            with self.subTest(header=header), self.assertRaises(Unsatisfiable):
                wanted_range(fields(range=header), STRONG, size)

    def test_if_range(self) -> None:
        """A range of another version than the client has is not wanted."""
        for value, part in (
            (b'"abc"', (0, 1)),
            (b'"x"', None),
            (b'W/"abc"', None),
            (AT, (0, 1)),
            (BEFORE, None),
            (AFTER, None),
            (b"junk", None),
        ):
            with self.subTest(value=value):
                self.assertEqual(wanted_range(fields(range=b"bytes=0-1", if_range=value), STRONG, 10), part)

    @given(st.binary(max_size=30), st.integers(0, 50))
    def test_a_part_is_a_part(self, value: bytes, size: int) -> None:
        """Whatever is asked for, the part lies within the file."""
        try:
            part = wanted_range(fields(range=b"bytes=" + value), STRONG, size)
        except Unsatisfiable:
            return
        if part is not None:
            self.assertTrue(0 <= part[0] <= part[1] < size)
