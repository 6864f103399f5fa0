"""Tests for a stamped event's JSON form."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.events import Record
from tnet.events.kinds import DnsAnswered, SpanEnded


class RecordTests(SynchronousTestCase):
    """`Record.as_json`."""

    def test_stamp(self) -> None:
        """The stamp comes first: numbers rounded to the microsecond, the time in UTC with all six digits."""
        record = Record(3, 1.23456789, 1_700_000_000.5, None, SpanEnded(span="s", seconds=0.1, outcome="ok"))
        self.assertEqual(
            list(record.as_json().items())[:6],
            [
                ("schema", "tnet.event/1"),
                ("seq", 3),
                ("t", 1.234568),
                ("ts", "2023-11-14T22:13:20.500000Z"),
                ("event", "span.end"),
                ("conn", None),
            ],
        )

    def test_attributes(self) -> None:
        """Attributes follow under OpenTelemetry's names; unknown ones are left out, tuples are lists."""
        event = DnsAnswered(host="h", addresses=("a", "b"), seconds=0.0000004)
        shown = Record(1, 0, 0, 7, event).as_json()
        self.assertEqual((shown["conn"], shown["addresses"], shown["seconds"]), (7, ["a", "b"], 0.0))
        self.assertNotIn("error.type", shown)
        failed = Record(1, 0, 0, 7, DnsAnswered(host="h", addresses=(), seconds=0, error="no such name")).as_json()
        self.assertEqual(failed["error.type"], "no such name")

    def test_whole_second(self) -> None:
        """A whole second has its six digits as well."""
        self.assertEqual(
            Record(1, 0, 0, None, SpanEnded(span="", seconds=0, outcome="ok")).as_json()["ts"],
            "1970-01-01T00:00:00.000000Z",
        )
