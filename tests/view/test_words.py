"""Tests for events in words."""

from __future__ import annotations

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import LISTENING, any_event, closed, exchanged, opened
from tnet.events import kinds
from tnet.view.theme import Mark, Tone
from tnet.view.words import joined, reason, say, tone_of_status


class Unheard(kinds.Event):
    """A kind that nobody knows."""

    name = "unheard"


class SayTests(SynchronousTestCase):
    """`say`."""

    @given(any_event())
    def test_every_kind(self, event: kinds.Event) -> None:
        """Every kind of event has a word that fits its column, and a text."""
        said = say(event)
        self.assertTrue(isinstance(event, kinds.Logged) or 0 < len(said.word) <= 10)
        self.assertIsInstance(said.text, str)

    def test_unknown_kind(self) -> None:
        """A kind without words is refused by name, rather than told badly."""
        self.assertIn("unheard", str(self.assertRaises(TypeError, say, Unheard())))

    def test_texts(self) -> None:
        """Each event says what is worth knowing of it."""
        for event, text in (
            (LISTENING, "tcp://127.0.0.1:8000"),
            (opened("::1", 9), "[::1]:9"),
            (opened("::1", 9, role="client"), "to [::1]:9"),
            (closed(), "done · 10 B in, 20 B out · 1.5 s"),
            (exchanged(), "/ · 1 B in · 2 B · 3.0 ms"),
            (
                exchanged(bytes_in=0, user="alice", peer_address="192.0.2.7", user_agent="curl/8.5.0"),
                "/ · 2 B · 3.0 ms · alice · 192.0.2.7 · curl/8.5.0",
            ),
            (exchanged(401, bytes_in=0, bytes_out=0, reason="log in"), "/ · log in · 3.0 ms"),
            (
                exchanged(408, method="-", url="-", bytes_in=0, bytes_out=0, reason="too slow"),
                "no request · too slow · 3.0 ms",
            ),
            (kinds.HalfClosed(by="us", bytes_in=0, bytes_out=1), "we send no more · 0 B in, 1 B out"),
            (kinds.AuthAttempted(user="", result="denied", means="password"), "denied by password as (no name)"),
            (
                kinds.AuthAttempted(user="a from b", result="denied", means="password", peer_address="::1"),
                "denied from ::1 by password as a from b",
            ),
            (kinds.DnsAnswered(host="h", addresses=("a", "b"), seconds=0.001), "h → a, b · 1.0 ms"),
            (
                kinds.DnsAnswered(host="h", addresses=(), seconds=0.001, error="no such name"),
                "h: no such name · 1.0 ms",
            ),
            (kinds.RequestBegan(method="GET", url="http://h/", transfer=1), "GET http://h/"),
            (
                kinds.RequestBegan(method="GET", url="http://h/", transfer=1, cause="redirect"),
                "GET http://h/ · redirect",
            ),
            (kinds.HeadReceived(status=404, reason="", version="2", fields=()), "HTTP/2 404"),
            (kinds.TrailersReceived(fields=("A: 1", "B: 2")), "2 fields"),
            (
                kinds.TransferStarted(
                    transfer=1, url="http://h/f", path="f", total_bytes=2048, offset_bytes=1024, segments=4
                ),
                "http://h/f → f · 2.0 KiB · 1.0 KiB are there · 4 segments",
            ),
            (kinds.TransferProgressed(transfer=1, done_bytes=5), "5 B"),
            (kinds.TransferProgressed(transfer=1, done_bytes=5, total_bytes=7), "5 B of 7 B"),
            (
                kinds.TransferEnded(
                    transfer=1, path="f", done_bytes=5, seconds=0.5, outcome="ok", checksum="sha256:aa"
                ),
                "f · 5 B · 500 ms · sha256:aa",
            ),
            (
                kinds.TransferEnded(
                    transfer=1, path="f", done_bytes=5, seconds=0.5, outcome="failed", error="TlsFailed"
                ),
                "f · tls failed · 5 B · 500 ms",
            ),
            (
                kinds.TransferEnded(
                    transfer=1, path="f", done_bytes=5, seconds=0.5, outcome="cancelled", error="CancelledError"
                ),
                "f · cancelled · 5 B · 500 ms",
            ),
            (
                kinds.TransferEnded(transfer=1, path="f", done_bytes=5, seconds=0.5, outcome="unchanged"),
                "f · unchanged · 5 B · 500 ms",
            ),
            (kinds.Draining(connections=0, seconds=9, reason="why"), "why · no connection is open"),
            (
                kinds.Draining(connections=1, seconds=9, reason="why"),
                "why · 1 connection, 9 s at most · once more to stop now",
            ),
            (
                kinds.SpanEnded(span="login", seconds=0.5, outcome="failed", error="Overloaded"),
                "login · overloaded · 500 ms",
            ),
            (
                kinds.SpanEnded(span="receive", seconds=0.5, outcome="failed", error="BodyCutShort"),
                "receive · body cut short · 500 ms",
            ),
        ):
            self.assertEqual(say(event).text, text)

    def test_reasons(self) -> None:
        """Names of classes are taken apart, sentences are left alone, and who cancelled is nobody's business."""
        for outcome, error, text in (
            ("ok", None, ""),
            ("unchanged", None, "unchanged"),
            ("failed", None, "failed"),
            ("failed", "BodyCutShort", "body cut short"),
            ("failed", "OSError", "os error"),
            ("failed", "Connection refused", "Connection refused"),
            ("cancelled", "DialCancelled", "cancelled"),
        ):
            self.assertEqual(reason(outcome, error), text)

    def test_marks(self) -> None:
        """What went well and what did not differ by more than their colour."""
        for well, ill in (
            (exchanged(200), exchanged(500)),
            (exchanged(304), exchanged(0)),
            (
                kinds.AuthAttempted(user="u", result="accepted", means="password"),
                kinds.AuthAttempted(user="u", result="denied", means="password"),
            ),
            (
                kinds.TlsHandshaken(outcome="ok", seconds=1),
                kinds.TlsHandshaken(outcome="failed", seconds=1, error="no"),
            ),
            (
                kinds.DialAttempted(peer_address="a", outcome="ok", seconds=1),
                kinds.DialAttempted(peer_address="a", outcome="failed", seconds=1),
            ),
        ):
            self.assertEqual((say(well).mark, say(ill).mark), (Mark.GOOD, Mark.BAD))

    def test_exchange(self) -> None:
        """The status names the line; a good one is no success when the response was cut off."""
        for event, word, mark in (
            (exchanged(200), "200 GET", Mark.GOOD),
            (exchanged(404, reason="no such file"), "404 GET", Mark.BAD),
            (exchanged(0, reason="closed by peer"), "--- GET", Mark.BAD),
            (exchanged(206, reason="reset by peer"), "206 GET", Mark.WARNING),
            (exchanged(204, method="OPTIONS"), "204", Mark.GOOD),
            (exchanged(408, method="-", url="-"), "408", Mark.BAD),
            (exchanged(101, reason="closed by peer"), "101 GET", Mark.GOOD),
        ):
            said = say(event)
            self.assertEqual((said.word, said.mark), (word, mark))
            self.assertEqual(said.tone is Tone.GOOD, mark is Mark.GOOD)
        self.assertIn("cut off: reset by peer", say(exchanged(200, reason="reset by peer")).text)
        self.assertNotIn("cut off", say(exchanged(500, reason="reset by peer")).text)

    def test_chain(self) -> None:
        """A handshake has further lines, one for each certificate, also when it failed."""
        for outcome, error in (("ok", None), ("failed", "no")):
            told = say(kinds.TlsHandshaken(outcome=outcome, seconds=1, error=error, chain=("CN=a", "CN=b")))
            self.assertEqual(told.more, ("0 CN=a", "1 CN=b"))
        well = kinds.TlsHandshaken(outcome="ok", seconds=1, tls_version="TLSv1.3", group="X25519", sni="a.example")
        self.assertEqual(say(well).text, "TLSv1.3 · X25519 · SNI a.example · 1.0 s")

    def test_interim(self) -> None:
        """An interim head is not taken for the answer."""
        early = kinds.HeadReceived(status=103, reason="Early Hints", version="1.1", fields=("Link: l",), interim=True)
        self.assertEqual((say(early).word, say(early).more), ("interim", ("< Link: l",)))

    def _chunk(self, text: str, *, by: str = "peer", count: int = 99) -> tuple[str, ...]:
        """What is said of a chunk: its word, its line and further lines."""
        said = say(kinds.DataMoved(by=by, bytes=count, offset=0, text=text))
        self.assertIs(said.mark, Mark.SENT if by == "us" else Mark.RECEIVED)
        return said.word, said.text, *said.more

    def test_chunk(self) -> None:
        """A chunk is shown as its lines, without what ends them."""
        self.assertEqual(self._chunk("EHLO x\\x0d\\x0a", by="us"), ("sent", "EHLO x"))
        self.assertEqual(self._chunk("250-a\\x0d\\x0a250 b\\x0d\\x0a"), ("received", "250-a", "< 250 b"))
        self.assertEqual(self._chunk("GET /\\x0a\\x0a", by="us"), ("sent", "GET /", ">"))
        self.assertEqual(self._chunk("name: "), ("received", "name: "))

    def test_chunk_in_part(self) -> None:
        """Where the text is not all of it, or nothing to be seen, its size is told."""
        self.assertEqual(self._chunk("abc…", count=2048), ("received", "abc… 2.0 KiB"))
        self.assertEqual(self._chunk("\\x0a", by="us", count=1), ("sent", "1 B"))
        self.assertEqual(self._chunk("", count=7), ("received", "7 B"))

    def test_asked_to_stop(self) -> None:
        """A server that stopped because it was told to did nothing wrong."""
        tones = [say(kinds.Stopped(exit_status=status, reason="r", seconds=1)).tone for status in (0, 143, 1)]
        self.assertEqual(tones, [Tone.STRONG, Tone.STRONG, Tone.BAD])

    def test_status_tones(self) -> None:
        """The peer's mistakes are warnings, no response at all too; the server's mistakes are errors."""
        self.assertEqual(
            [tone_of_status(s) for s in (200, 404, 503, 0)], [Tone.GOOD, Tone.WARNING, Tone.BAD, Tone.WARNING]
        )

    def test_joined(self) -> None:
        """Empty parts leave no dot behind."""
        self.assertEqual(joined("a", "", "b"), "a · b")
