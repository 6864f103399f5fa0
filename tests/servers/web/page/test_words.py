"""Tests for tnet.servers.web.page.words."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.servers.web.page.words import exact_size, human_size, iso, minute, plural, shown


class WordsTests(TestCase):
    """Names, sizes and times."""

    def test_sizes(self) -> None:
        """Sizes are for people."""
        sizes = (0, 1023, 1024, 1536, 1048575, 1 << 20, 1 << 60)
        words = ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "1.0 MiB", "1024.0 PiB"]
        self.assertEqual([human_size(size) for size in sizes], words)
        self.assertEqual([exact_size(1), exact_size(1234567)], ["1 byte", "1,234,567 bytes"])
        self.assertEqual([plural(0, "file"), plural(1, "file")], ["0 files", "1 file"])

    def test_names(self) -> None:
        """What could mislead is made visible, what is no UTF-8 is replaced."""
        self.assertEqual(shown(b"a\n\xff\xe2\x80\xae"), "a\\x0a\ufffd\\u202e")

    def test_times(self) -> None:
        """Times are in UTC; what no calendar holds is the epoch."""
        self.assertEqual((iso(1e9), minute(1e9)), ("2001-09-09T01:46:40Z", "2001-09-09 01:46"))
        self.assertEqual({iso(1e18), iso(-1e18), iso(float("nan"))}, {"1970-01-01T00:00:00Z"})
