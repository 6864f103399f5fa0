"""Tests for numbers as people read them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.view.measures import address, duration, plural, size


class MeasuresTests(SynchronousTestCase):
    """Durations, sizes, counts and addresses."""

    def test_durations(self) -> None:
        """The unit fits the length, and no unit overflows into a fourth digit."""
        for seconds, text in (
            (0, "0.0 ms"),
            (0.00094, "0.9 ms"),
            (0.00996, "10 ms"),
            (0.9994, "999 ms"),
            (0.9996, "1.0 s"),
            (9.96, "10 s"),
            (59.4, "59 s"),
            (59.6, "1 m 00 s"),
            (187, "3 m 07 s"),
            (7500, "2 h 05 m"),
            (273600, "3 d 04 h"),
        ):
            self.assertEqual(duration(seconds), text)

    def test_sizes(self) -> None:
        """Bytes are exact below a thousand, then in binary units."""
        for count, text in (
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 KiB"),
            (1024, "1.0 KiB"),
            (10240, "10 KiB"),
            (1023 * 1024, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
            (3 << 60, "3072 PiB"),
        ):
            self.assertEqual(size(count), text)

    @given(st.floats(0, 1e15), st.floats(0, 1e7))
    def test_short(self, count: float, seconds: float) -> None:
        """A size or a duration fits into a column of nine."""
        self.assertLessEqual(len(size(count)), 9)
        self.assertLessEqual(len(duration(seconds)), 10)

    def test_plural(self) -> None:
        """Only one is singular."""
        self.assertEqual([plural(n, "line") for n in (0, 1, 2)], ["0 lines", "1 line", "2 lines"])

    def test_address(self) -> None:
        """An IPv6 address with a port has brackets; a UNIX peer without a name is called so."""
        self.assertEqual(address("127.0.0.1", 80), "127.0.0.1:80")
        self.assertEqual(address("::1", 80), "[::1]:80")
        self.assertEqual(address("/run/x", None), "/run/x")
        self.assertEqual(address("", None), "unix")
