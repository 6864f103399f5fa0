"""Durations and sizes as people write them."""

from twisted.trial.unittest import SynchronousTestCase

from tnet.plans.units import duration, size


class UnitTests(SynchronousTestCase):
    """Both kinds."""

    def test_durations(self) -> None:
        """A number is seconds, unless a unit is behind it."""
        written = ("0", "10", "250ms", "1.5 s", " 2m", "1h")
        self.assertEqual([duration(text) for text in written], [0, 10, 0.25, 1.5, 120, 3600])

    def test_sizes(self) -> None:
        """A number is bytes; the units are powers of 1000, or with an i of 1024, in any case."""
        written = ("0", "500", "1k", "64KiB", "2 MB", "1g", "1GiB")
        self.assertEqual([size(text) for text in written], [0, 500, 1000, 65536, 2_000_000, 10**9, 1 << 30])

    def test_anything_else(self) -> None:
        """What has another shape is nothing: signs, other units, other digits, endless numbers."""
        for text in ("", "ms", "-1", "+1", "1e3", "nan", "inf", "1d", "1 2", "٣", "9" * 16, "1.2.3"):
            self.assertIsNone(duration(text), text)
        for text in ("", "B", "-1", "1.5k", "1t", "0x10", "٣", "9" * 16, "kib"):
            self.assertIsNone(size(text), text)
