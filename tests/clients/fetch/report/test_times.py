"""Tests for how long everything took."""

from __future__ import annotations

from dataclasses import astuple, fields
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.report.staging import Command, redirected_once
from tnet.clients.fetch.report.times import PHASES, Marks, marks_of, phases_of, times_of
from tnet.events import kinds
from tnet.events.phases import Hop, Phase

_LENGTHS = st.tuples(*[st.tuples(st.integers(0, 9), st.integers(0, 30))] * 8)
_WAYS = [PHASES, ("dns", "connect", "send", "wait", "receive"), ("connect", "tls", "send", "wait"), ("send", "wait")]


def _ms(marks: Marks) -> dict[str, float]:
    return {field.name: round(getattr(marks, field.name) * 1000, 3) for field in fields(marks)}


def _rounded(phases: dict[str, float | None]) -> dict[str, float]:
    return {name: round(seconds * 1000, 3) for name, seconds in phases.items() if seconds is not None}


class HopTests(SynchronousTestCase):
    """`marks_of` and `phases_of`."""

    def test_one_request(self) -> None:
        """Marks grow from phase to phase; phases are the lengths between them."""
        command = Command()
        command.fetched(1, 5, "https://h/")
        (entry,) = command.ledger.entries()
        self.assertEqual(
            _ms(marks_of(entry.hop)),
            {
                "queue": 0,
                "namelookup": 10,
                "connect": 30,
                "appconnect": 60,
                "pretransfer": 60,
                "posttransfer": 61,
                "starttransfer": 101,
            },
        )
        found = {"dns": 10, "connect": 20, "tls": 30, "send": 1, "wait": 40, "receive": 5}
        self.assertEqual(_rounded(phases_of(entry.hop)), found)

    def test_reused(self) -> None:
        """On a connection that was there, nothing was looked up, connected or secured."""
        command = Command()
        over = command.fetched(1, 0, "https://h/")
        command.fetched(2, over, "https://h/", reused=True, conn=1)
        hop = command.ledger.entries()[1].hop
        self.assertEqual(astuple(marks_of(hop))[:5], (0.0, 0.0, 0.0, 0.0, 0.0))
        self.assertEqual(_rounded(phases_of(hop)), {"send": 1, "wait": 40, "receive": 5})

    def test_address_instead_of_a_name(self) -> None:
        """Without a lookup the name was known when connecting began."""
        hop = Hop(1, 0.0, 0.0)
        attempt = kinds.DialAttempted(peer_address="::1", outcome="ok", seconds=0.02)
        hop.phases.append(Phase("connect", 0.001, 0.021, attempt))
        self.assertEqual((marks_of(hop).namelookup, marks_of(hop).connect), (0.001, 0.021))

    def test_early_answer(self) -> None:
        """What was answered before it was sent does not disturb the order."""
        command = Command()
        command.begin(1, 0, "http://h/")
        ready = command.way(1, 0, 1)
        command.span("wait", ready + 2, ready + 4, 1, 1)
        command.span("send", ready, ready + 9, 1, 1, "cancelled")
        marks = marks_of(command.ledger.entries()[0].hop)
        self.assertEqual((_ms(marks)["posttransfer"], _ms(marks)["starttransfer"]), (34, 34))


class ChainTests(SynchronousTestCase):
    """`times_of`."""

    def test_redirect(self) -> None:
        """Marks and phases of a chain are added up, and stay in order even where one request had no TLS."""
        times = redirected_once().account().times
        self.assertEqual(
            _ms(times.marks),
            {
                "queue": 0,
                "namelookup": 20,
                "connect": 60,
                "appconnect": 90,
                "pretransfer": 90,
                "posttransfer": 92,
                "starttransfer": 172,
            },
        )
        self.assertEqual((round(times.redirect, 3), round(times.total, 3)), (0.076, 0.182))
        self.assertEqual(
            _rounded(times.phases), {"dns": 20, "connect": 40, "tls": 30, "send": 2, "wait": 80, "receive": 5}
        )
        self.assertEqual(times.of("ttfb"), times.marks.starttransfer)
        self.assertIsNone(times.of("proxy"))

    def test_nothing(self) -> None:
        """Of no request at all there are no times."""
        self.assertEqual(times_of([]).of("total"), 0.0)
        self.assertIsNone(times_of([]).of("ttfb"))

    def test_failure(self) -> None:
        """What the last request did not reach is 0, though an earlier one did."""
        command = redirected_once()
        command.begin(3, 200, "http://h/", cause="redirect")
        command.tell(210, kinds.DnsAnswered(host="h", addresses=("a",), seconds=0.01), 3, 3)
        refused = kinds.DialAttempted(peer_address="a", outcome="failed", seconds=0.02, error="refused")
        command.tell(230, refused, 3, 3)
        hops = [entry.hop for entry in command.ledger.entries()]
        times = times_of(hops)
        self.assertEqual(_ms(times.marks)["namelookup"], 30)
        self.assertEqual(astuple(times.marks)[2:], (0.0,) * 5)
        self.assertEqual(round(times.total, 3), 0.23)

    @given(st.lists(st.tuples(_LENGTHS, st.sampled_from(_WAYS))), st.integers(0, 8))
    def test_identity(self, hops: list[tuple[tuple[tuple[int, int], ...], tuple[str, ...]]], reached: int) -> None:
        """Wherever the last request failed, marks that were reached are in order, and none is after the end."""
        chain, at = [], 0.0
        for lengths, names in hops:
            hop = Hop(1, at, at, reused="connect" not in names)
            for name, (gap, length) in zip(names, lengths, strict=False):
                start, at = at + gap, at + gap + length
                event = kinds.SpanEnded(span=name, seconds=length, outcome="ok")
                hop.phases.append(Phase(name, start, at, event))
            hop.ended = at
            chain.append(hop)
        if chain:
            del chain[-1].phases[reached:]
        times = times_of(chain)
        marks = [mark for mark in astuple(times.marks)[1:] if mark] + [times.total]
        self.assertTrue(all(first <= second for first, second in pairwise(marks)), marks)
