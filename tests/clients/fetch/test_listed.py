"""URLs that a file lists."""

from __future__ import annotations

import os

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.listed import FILE_BYTES, listed_urls
from tnet.errors import BadUsage, CannotRead


class ListedTests(SynchronousTestCase):
    """`listed_urls`, from a file."""

    def setUp(self) -> None:
        self.path = os.path.abspath(self.mktemp())

    def listed(self, data: bytes, path: str = "") -> Deferred[tuple[str, ...]]:
        """What a file with that content lists."""
        with open(self.path, "wb") as file:
            file.write(data)
        return Deferred.fromCoroutine(listed_urls(path or self.path, World().context))

    def test_a_line_each(self) -> None:
        """In their order, as URLs are written: with any line end, a scheme that is left out, white space around."""
        urls = self.successResultOf(self.listed(b"http://a/x\r\n  https://b/?q=1\t\n\n:8000/c\nd.example"))
        self.assertEqual(urls, ("http://a/x", "https://b/?q=1", "http://localhost:8000/c", "http://d.example/"))

    def test_comments(self) -> None:
        """A line of its own, or behind white space; what is stuck to a URL is its fragment."""
        urls = self.successResultOf(self.listed(b"# mirrors\n  # more\nhttp://a/x\t# the first\nhttp://b/y#frag #2\n"))
        self.assertEqual(urls, ("http://a/x", "http://b/y"))

    def test_a_line_that_is_no_url(self) -> None:
        """It is named, by its number in the file."""
        for bad in (
            b"ftp://c/",
            b"http://a b/",
            b"http://a/\x1b[2J",
            b"http://\xff/",
            b"http://a@b@c/",
            b"http://u:p@a/",
        ):
            error = self.failureResultOf(self.listed(b"http://a/\n\n" + bad), BadUsage).value
            self.assertEqual(error.field, "--input-file, line 3", bad)

    def test_none(self) -> None:
        """A file without a URL is a mistake; so is one that is not there."""
        for data in (b"", b"\n\n", b"# none\n"):
            error = self.failureResultOf(self.listed(data), BadUsage).value
            self.assertIn("names no URL", str(error))
        self.failureResultOf(self.listed(b"", self.path + "x"), CannotRead)

    def test_a_file_without_end(self) -> None:
        """It is read up to a bound."""
        error = self.failureResultOf(self.listed(b"", "/dev/zero"), BadUsage).value
        self.assertIn(f"is longer than {FILE_BYTES} bytes", str(error))
