"""How faults are read."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans.faults import Fault, parse_fault


class FaultTests(SynchronousTestCase):
    """One fault."""

    def test_each_kind(self) -> None:
        """Every fault is read, with its units and what may be left out."""
        for text, expected in (
            ("latency=200ms", Fault("latency", seconds=0.2)),
            ("latency=200ms±50ms", Fault("latency", seconds=0.2, jitter_seconds=0.05)),
            ("latency=1+-1", Fault("latency", seconds=1, jitter_seconds=1)),
            ("latency=1s +/- 10ms", Fault("latency", seconds=1, jitter_seconds=0.01)),
            ("bandwidth=100KiB", Fault("bandwidth", amount=102_400)),
            ("bandwidth=1M/s", Fault("bandwidth", amount=1_000_000)),
            ("slice=1-64", Fault("slice", amount=1, most=64)),
            ("slice=16", Fault("slice", amount=16, most=16)),
            ("limit=1MiB", Fault("limit", amount=1 << 20)),
            ("limit=0:stall", Fault("limit", outcome="stall")),
            ("limit=7:reset", Fault("limit", amount=7, outcome="reset")),
            ("refuse=10%", Fault("refuse", amount=10)),
        ):
            self.assertEqual(parse_fault(text), expected)

    def test_what_is_wrong(self) -> None:
        """Anything else is bad usage that names the option and what is wrong with it."""
        for text, reason in (
            ("", "'' is none of latency, bandwidth, slice, limit and refuse"),
            ("lag=1s", "'lag' is none of latency, bandwidth, slice, limit and refuse"),
            ("latency", "latency= is not like latency=200ms or 200ms±50ms"),
            ("latency=1s±", "latency=1s± is not like latency=200ms or 200ms±50ms"),
            ("latency=1s±2s", "latency=1s±2s: the jitter is more than the latency, and nothing can come earlier"),
            ("latency=2h", "latency=2h is more than an hour"),
            ("bandwidth=0", "bandwidth=0 is not like bandwidth=100KiB, the bytes of a second, at least 1"),
            ("slice=0-4", "slice=0-4 is not like slice=1-64 or 16, the bytes of a piece, at least 1"),
            ("slice=5-4", "slice=5-4 is not like slice=1-64 or 16, the bytes of a piece, at least 1"),
            ("limit=1k:explode", "limit=1k:explode is not like limit=1MiB:close, 0:stall or 4000:reset"),
            ("limit=1k:", "limit=1k: is not like limit=1MiB:close, 0:stall or 4000:reset"),
            ("refuse=101%", "refuse=101% is not like refuse=10%, from 0% to 100%"),
            ("refuse=10", "refuse=10 is not like refuse=10%, from 0% to 100%"),
        ):
            with self.assertRaises(BadUsage) as caught:
                parse_fault(text)
            self.assertEqual((caught.exception.field, caught.exception.reason), ("--fault", reason))

    def test_another_field(self) -> None:
        """The message names where the fault was written."""
        with self.assertRaises(BadUsage) as caught:
            parse_fault("lag=1s", field="faults")
        self.assertEqual(caught.exception.field, "faults")

    def test_says_what_it_is(self) -> None:
        """A fault is written as it is read, in its own best units."""
        for text, shown in (
            ("latency=0.2s+-50ms", "latency=200ms±50ms"),
            ("latency=60", "latency=60s"),
            ("bandwidth=102400", "bandwidth=100KiB"),
            ("slice=16", "slice=16-16"),
            ("limit=1GiB", "limit=1GiB:close"),
            ("limit=0:stall", "limit=0:stall"),
            ("refuse=10%", "refuse=10%"),
        ):
            self.assertEqual(str(parse_fault(text)), shown)
            self.assertEqual(str(parse_fault(shown)), shown)

    @given(
        st.text() | st.from_regex(r"(latency|bandwidth|slice|limit|refuse)=[0-9a-zA-Z%:.±+ -]{0,12}", fullmatch=True)
    )
    def test_never_anything_but_bad_usage(self, text: str) -> None:
        """Whatever is written, it is a fault or bad usage."""
        try:
            self.assertIsInstance(parse_fault(text), Fault)
        except BadUsage as bad:
            self.assertEqual(bad.field, "--fault")
