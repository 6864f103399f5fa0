"""Tests for tnet.servers.web.files.conditions."""

from __future__ import annotations

import os
import time

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.servers.web.files.conditions import Field, Validators, precondition

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
        """A file that was changed this very moment may change again without a trace, for seconds if need be."""
        for wall, weak in ((1000.01, True), (1001.9, True), (998.1, True), (1002, False), (5000, False)):
            self.assertEqual(Validators.of(self.status(), wall).etag.startswith(b'W/"'), weak, wall)
        fine = self.status(st_mtime_ns=1000 * 10**9 + 5 * 10**8)
        for wall, weak in ((1000.51, True), (1000.49, True), (1000.53, False), (1002, False)):
            self.assertEqual(Validators.of(fine, wall).etag.startswith(b'W/"'), weak, wall)

    def test_variants(self) -> None:
        """Each coding has an ETag of its own, as strong as what it was made of; so has each file that holds it."""
        file, beside = Validators(b'"a-1-2"', 5), Validators(b'W/"b-3-4"', 9)
        self.assertEqual(file.variant(b"br"), Validators(b'"a-1-2-br"', 5))
        self.assertEqual(file.variant(b"br", beside), Validators(b'W/"a-1-2-b-3-4-br"', 5))
        self.assertEqual(beside.variant(b"gzip", file).etag, b'W/"b-3-4-a-1-2-gzip"')
        self.assertEqual(beside.variant(b"gzip", beside).etag, b'W/"b-3-4-b-3-4-gzip"')

    def test_now(self) -> None:
        """A file whose stamp is this second's is weak."""
        now = int(time.time())
        self.assertTrue(Validators.now(self.status(st_mtime=now)).etag.startswith(b"W/"))
        self.assertFalse(Validators.now(self.status(st_mtime=now - 60)).etag.startswith(b"W/"))


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

    def test_variants(self) -> None:
        """To read, each coding is a version of its own; to change, they are all the same file, and no other is."""
        for variant in (STRONG.variant(b"br"), STRONG.variant(b"gzip", Validators(b'"1-2"', 0))):
            self.assertEqual(precondition(b"GET", fields(if_none_match=variant.etag), variant), 304)
            self.assertIsNone(precondition(b"GET", fields(if_none_match=variant.etag), STRONG))
            self.assertIsNone(precondition(b"GET", fields(if_none_match=STRONG.etag), variant))
            self.assertEqual(precondition(b"GET", fields(if_match=variant.etag), STRONG), 412)
            self.assertIsNone(precondition(b"PUT", fields(if_match=variant.etag), STRONG))
            self.assertEqual(precondition(b"PUT", fields(if_none_match=variant.etag), STRONG), 412)
        self.assertEqual(precondition(b"PUT", fields(if_match=b'"abcd"'), STRONG), 412)

    def test_what_goes_with_a_part(self) -> None:
        """If-Range wants this very version: by its strong ETag, or its exact time."""
        for value, fits in (
            (None, True),
            (b'"abc"', True),
            (b'"x"', False),
            (b'W/"abc"', False),
            (AT, True),
            (BEFORE, False),
            (AFTER, False),
            (b"junk", False),
        ):
            self.assertEqual(STRONG.fit(value), fits, value)
        self.assertFalse(WEAK.fit(b'"abc"'))

    @given(st.binary(max_size=40), st.sampled_from(["if_match", "if_none_match", "if_modified_since"]))
    def test_nothing_breaks_it(self, value: bytes, name: str) -> None:
        """Any bytes are judged, none raise."""
        self.assertIn(precondition(b"GET", fields(**{name: value}), STRONG), (None, 304, 412))
        self.assertIn(STRONG.fit(value), (True, False))
