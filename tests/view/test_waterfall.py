"""Tests for the waterfall."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE, Show, any_event, exchanged, opened, send
from tnet.events import kinds
from tnet.view.waterfall import expiry

PLAIN = {"TERM": "xterm", "NO_COLOR": "1"}


class WaterfallTests(SynchronousTestCase):
    """`Waterfall`, as part of a fetch's story."""

    def _fetch(self, show: Show) -> list[str]:
        for now, event in (
            (0.01, kinds.DnsAnswered(host="example.org", addresses=("a",), seconds=0.01)),
            (0.03, kinds.DialAttempted(peer_address="192.0.2.9", peer_port=443, outcome="ok", seconds=0.02)),
            (0.03, opened("192.0.2.9", 443, role="client")),
            (
                0.06,
                kinds.TlsHandshaken(
                    outcome="ok", seconds=0.03, tls_version="TLSv1.3", tls_alpn="h2", not_after="2027-01-25T08:00:00Z"
                ),
            ),
            (0.10, kinds.SpanEnded(span="wait", seconds=0.04, outcome="ok")),
            (0.10, exchanged(200, "https://example.org/", bytes_in=2048)),
        ):
            show.stage.now = now
            send(show.publisher, event, 1)
        show.story.stop()
        return [line for line in show.stderr.lines if line]

    def test_rows(self) -> None:
        """A caption, a row for each phase with its length and offset, and a summary; no more."""
        lines = self._fetch(Show("fetch", is_tty=True, environ=PLAIN))
        self.assertEqual(lines[0], "200 GET https://example.org/  192.0.2.9:443 · #1")
        self.assertEqual([line.split()[0] for line in lines[1:5]], ["dns", "connect", "tls", "wait"])
        self.assertTrue(lines[4].endswith("40 ms    +60 ms"))
        summary = " ".join(lines[5:])
        for part in ("total 100 ms", "status 200", "2.0 KiB received", "192.0.2.9:443", "TLSv1.3", "ALPN h2"):
            self.assertIn(part, summary)
        self.assertIn("certificate good for 10 days", summary)

    def test_scale(self) -> None:
        """The bars share one scale: each begins where the one before it ended."""
        lines = self._fetch(Show("fetch", is_tty=True, environ=PLAIN | {"COLUMNS": "60"}, ascii_only=True))
        ends = [(line.index("="), line.rindex("=") + 1) for line in lines[1:5]]
        for (_, end), (start, _) in pairwise(ends):
            self.assertLessEqual(abs(start - end), 1)

    def test_widths(self) -> None:
        """No line is wider than the terminal, and numbers are kept on a narrow one."""
        for columns in (40, 80, 200):
            lines = self._fetch(Show("fetch", is_tty=True, environ=PLAIN | {"COLUMNS": str(columns)}))
            self.assertTrue(all(cell_len(line) <= columns for line in lines))
            self.assertTrue(any("40 ms" in line for line in lines))

    def test_ascii(self) -> None:
        """With --ascii nothing but ASCII is drawn."""
        self.assertTrue("".join(self._fetch(Show("fetch", is_tty=True, environ=PLAIN, ascii_only=True))).isascii())

    def test_when(self) -> None:
        """It is drawn at a terminal, or wherever it was asked for; not with -q, not among JSON."""
        for drawn, show in (
            (True, Show("fetch", is_tty=True)),
            (True, Show("fetch", timings=True)),
            (True, Show("connect", timings=True)),
            (False, Show("fetch")),
            (False, Show("fetch", is_tty=True, verbosity=-1)),
            (False, Show("connect", is_tty=True)),
        ):
            self.assertIs("total 100 ms" in "\n".join(self._fetch(show)), drawn)
        self.assertNotIn("total", "\n".join(self._fetch(Show("fetch", timings=True, mode="json"))))

    def test_without_an_answer(self) -> None:
        """A fetch that got no answer is drawn only when its timings were asked for."""
        for show, drawn in ((Show("fetch", is_tty=True), False), (Show("fetch", timings=True), True)):
            send(show.publisher, kinds.DialAttempted(peer_address="::1", outcome="failed", seconds=0.1, error="no"), 1)
            show.story.stop()
            self.assertIs("total" in show.stderr.text, drawn)

    def test_every_attempt(self) -> None:
        """C19, C20: each address that was tried has a row that names it and says how it ended, whoever won."""
        attempts = (
            (
                0.1,
                kinds.DialAttempted(
                    peer_address="2001:db8::1", peer_port=443, outcome="failed", seconds=0.1, error="x"
                ),
            ),
            (0.5, kinds.DialAttempted(peer_address="192.0.2.1", peer_port=443, outcome="ok", seconds=0.25)),
            (0.5, kinds.DialAttempted(peer_address="192.0.2.2", peer_port=443, outcome="cancelled", seconds=0.1)),
        )
        for events, last in ((attempts, opened("192.0.2.1", 443, role="client")), (attempts[:1], None)):
            show = Show("connect", timings=True, environ={"COLUMNS": "120"})
            for now, event in events:
                show.stage.now = now
                send(show.publisher, event, 1)
            if last is not None:
                send(show.publisher, last, 1)
            show.story.stop()
            rows = [line.split("  ")[1:] for line in show.stderr.lines if line.startswith("  connect")]
            told = [row[0].removeprefix("connect ") for row in rows]
            self.assertEqual(told, ["✗ [2001:db8::1]:443 x", "192.0.2.1:443", "192.0.2.2:443 cancelled"][: len(events)])

    def _began(self, show: Show, request: int, **more: Any) -> None:
        """A request begins, and is answered a little later."""
        send(show.publisher, kinds.RequestBegan(method="GET", url=f"http://h/{request}", **more), None, request)
        show.stage.now += 0.01
        send(show.publisher, exchanged(200, f"http://h/{request}"), 1, request)

    def test_causes(self) -> None:
        """Each request says why it was made: a redirect, a login, an attempt with its number; and if it reused."""
        show = Show("fetch", timings=True)
        send(show.publisher, opened("192.0.2.9", 80, role="client"), 1, 1)
        self._began(show, 1, transfer=1)
        self._began(show, 2, transfer=1, cause="redirect")
        send(show.publisher, kinds.RetryPlanned(transfer=1, attempt=2, seconds=1, error="503"))
        self._began(show, 3, transfer=1, cause="retry")
        show.story.stop()
        captions = [line for line in show.stderr.lines if "GET" in line]
        self.assertEqual(
            captions,
            [
                "200 GET http://h/1  192.0.2.9:80 · #1",
                "200 GET http://h/2  redirect · 192.0.2.9:80 · #1 · reused",
                "200 GET http://h/3  attempt 2 · 192.0.2.9:80 · #1 · reused",
            ],
        )

    def test_unanswered(self) -> None:
        """A request that got no answer is still told of, with how far it came."""
        show = Show("fetch", timings=True)
        send(show.publisher, kinds.RequestBegan(method="GET", url="http://h/", transfer=1), None, 1)
        send(show.publisher, kinds.DnsAnswered(host="h", addresses=(), seconds=0.1, error="no such name"), 1, 1)
        show.story.stop()
        lines = [line for line in show.stderr.lines if line]
        self.assertEqual(lines[0], "GET http://h/  #1")
        self.assertTrue(lines[1].strip().startswith("dns"))
        self.assertIn("no such name", lines[1])

    def test_many(self) -> None:
        """Of very many requests only the last ones are drawn, unless the timings were asked for."""
        for show, drawn in ((Show("fetch", is_tty=True), 20), (Show("fetch", timings=True), 30)):
            for request in range(1, 31):
                self._began(show, request, transfer=request)
            show.story.stop()
            self.assertEqual(sum("GET" in line for line in show.stderr.lines), drawn)
            self.assertIs("10 requests before these" in show.stderr.text, drawn == 20)

    def test_certificate(self) -> None:
        """The end names the certificate, who issued it, and how long it is good."""
        show = Show("fetch", timings=True)
        handshake = kinds.TlsHandshaken(
            outcome="ok", seconds=0.03, tls_version="TLSv1.3", subject="example.org", issuer="R3", tls_cipher="AES"
        )
        send(show.publisher, handshake, 1)
        send(show.publisher, exchanged(), 1)
        show.story.stop()
        for part in ("certificate of example.org", "issued by R3", "AES"):
            self.assertIn(part, show.stderr.text)

    def test_once(self) -> None:
        """Stopping twice draws it once."""
        show = Show("fetch", timings=True)
        before = self._fetch(show)
        show.story.stop()
        self.assertEqual([line for line in show.stderr.lines if line], before)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(any_event(), max_size=10), st.sampled_from([20, 40, 80]))
    def test_anything(self, events: list[kinds.Event], columns: int) -> None:
        """Whatever happened, it is drawn harmlessly and fits."""
        show = Show("connect", timings=True, environ={"COLUMNS": str(columns)}, verbosity=-1)
        for event in events:
            if not isinstance(event, kinds.Logged):
                send(show.publisher, event, 1)
        show.story.stop()
        self.assertIsNone(HOSTILE.search(show.stderr.text))
        self.assertTrue(all(cell_len(line) <= columns for line in show.stderr.text.split("\n")))


class ExpiryTests(SynchronousTestCase):
    """`expiry`."""

    def test_days(self) -> None:
        """Days are counted both ways; a date that is none is shown as it came."""
        for not_after, text in (
            ("1970-01-11T00:00:00Z", "certificate good for 10 days"),
            ("1969-12-30T00:00:00+00:00", "certificate expired 2 days ago"),
            ("soon", "certificate until soon"),
            (None, ""),
        ):
            self.assertEqual(expiry(not_after, 0.0), text)
