"""What becomes of an answer: shown, kept, judged, asked for again, told of."""

import gzip
import json
import os

from twisted.internet.defer import CancelledError

from tests.clients.fetch.whole import OK, URL, WholeFetch, answer, redirect
from tnet.errors import (
    BodyCutShort,
    ClientErrorReported,
    ConnectFailed,
    EncodingUnreadable,
    HttpStatusRefused,
    RedirectReported,
    ServerErrorReported,
    SloMissed,
    TimedOut,
    TooLarge,
)
from tnet.events.kinds import RequestBegan, RetryPlanned, SpanEnded
from tnet.plans.fetch import Body, Keeping, Login, Patience, Retrying, Showing

MIRRORS = ("http://127.0.0.1:81/", "http://127.0.0.1:82/", "http://127.0.0.1:83/")
EMPTY_GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"
EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


class Bodies(WholeFetch):
    """On standard output."""

    def test_phases(self):
        """The exchange has its spans, all of one request."""
        self.start()
        self.answer(OK)
        self.ok()
        recorder = self.wire.world.recorder
        spans = [event.span for event in recorder.of(SpanEnded)]
        self.assertEqual(spans, ["send", "wait", "receive"])
        self.assertEqual({record.request for record in recorder.records if record.event.name == "span.end"}, {1})

    def test_an_encoded_body_is_passed_through(self):
        """Nothing was asked for, so nothing is undone."""
        self.start()
        heard, _ = self.answer(answer(200, b"\x1f\x8b", content_encoding="gzip"))
        self.ok()
        self.assertNotIn(b"Accept-Encoding", heard)
        self.assertEqual(self.printed, b"\x1f\x8b")

    def test_an_encoding_is_undone_where_that_was_asked_for(self):
        """The header says what we can undo; what cannot be undone is an error (case 32)."""
        self.start(compressed=True)
        heard, _ = self.answer(answer(200, EMPTY_GZIP, content_encoding="gzip"))
        self.ok()
        self.assertIn(b"Accept-Encoding: gzip, deflate, br, zstd\r\n", heard)
        self.assertEqual(self.printed, b"")
        self.start(compressed=True)
        self.answer(answer(200, b"x", content_encoding="compress"))
        self.assertEqual(self.error(EncodingUnreadable).exit_status, 61)

    def test_more_than_two_hundred_times(self):
        """Case 31: what grows so much is refused, unless `--max-size` allows it."""
        data = gzip.compress(bytes(3_000_000))
        for most, given in ((0, 1 << 20), (3_000_000, 3_000_000)):
            self.start(compressed=True, keeping=Keeping(most_bytes=most))
            self.answer(answer(200, data, content_encoding="gzip"))
            for _ in range(100):
                self.advance()
            if most:
                self.ok()
            else:
                self.assertIn("more than 200 times", str(self.error(TooLarge)))
            self.assertEqual(os.fstat(self.stdout).st_size, given)
            os.ftruncate(self.stdout, os.lseek(self.stdout, 0, os.SEEK_SET))

    def test_the_head_first(self):
        """`-i` prints it before the body; what the server said before its answer is no part of it."""
        self.start(showing=Showing(parts="hb"))
        self.answer(b"HTTP/1.1 100 x\r\n\r\n" + OK)
        self.ok()
        self.assertEqual(self.printed, OK)

    def test_the_request_too(self):
        """`--print HBhbm` shows everything, with secrets masked (case 13), and what is known about it."""
        self.start(
            method="POST",
            body=Body(data=b"a=1"),
            headers=(("Authorization", "Bearer s3cret"),),
            showing=Showing(parts="HBhbm"),
        )
        self.answer(OK)
        self.ok()
        request, _, rest = self.printed.partition(b"\r\n\r\n")
        self.assertTrue(request.startswith(b"POST /x HTTP/1.1\r\nHost: 127.0.0.1:81\r\n"))
        self.assertIn(b"\r\nAuthorization: ***\r\n", request)
        self.assertTrue(rest.startswith(b"a=1\n\nHTTP/1.1 200 OK\r\n"), rest)
        self.assertIn(b"hello\n\nURL: http://127.0.0.1:81/x\nHTTP version: 1.1\n", rest)

    def test_secrets_where_they_were_asked_for(self):
        """Case 13: `--show-secrets` masks nothing."""
        self.start(login=Login(user="u", password="p"), showing=Showing(parts="H", show_secrets=True))
        self.answer(OK)
        self.ok()
        self.assertIn(b"Authorization: Basic dTpw\r\n", self.printed)

    def test_a_body_is_read_again_to_be_shown(self):
        """From its file, and without the framing of its chunks."""
        path = self.keep("data", b"abc")
        for plan, shown in ((Body(path=path), b"\r\n\r\nabc"), (Body(path=path, chunked=True), b"\r\n\r\nabc")):
            self.start(method="POST", body=plan, showing=Showing(parts="HB"))
            self.answer(OK)
            self.ok()
            self.assertTrue(self.printed.endswith(shown), self.printed)

    def test_the_head_alone(self):
        """HEAD is sent, its answer's length is that of no body, and no file is made for it."""
        self.start(method="HEAD", showing=Showing(parts="h"), keeping=Keeping(path=self.path("body"), most_bytes=1))
        heard, _ = self.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        self.ok()
        self.assertTrue(heard.startswith(b"HEAD /x "))
        self.assertEqual(self.printed, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        self.assertEqual(self.files, [])

    def test_a_request_with_a_body(self):
        """It is sent with its length."""
        self.start(method="POST", body=Body(data=b"a=1"))
        heard, _ = self.answer(OK)
        self.ok()
        self.assertTrue(heard.endswith(b"\r\nContent-Length: 3\r\n\r\na=1"))

    def test_a_body_that_is_too_large(self):
        """By its announced length, before a byte is written; without one, when it is."""
        self.start(keeping=Keeping(most_bytes=4))
        self.answer(OK)
        self.assertEqual(self.error(TooLarge).limit, 4)
        self.assertEqual(self.printed, b"")
        self.start(keeping=Keeping(most_bytes=4))
        self.answer(b"HTTP/1.1 200 OK\r\n\r\nhello")
        self.error(TooLarge)
        self.start(keeping=Keeping(most_bytes=5))
        self.answer(OK)
        self.ok()

    def test_decoded_bytes_count(self):
        """Case 36: what came over the wire was shorter."""
        import gzip

        self.start(compressed=True, keeping=Keeping(most_bytes=1000))
        self.answer(answer(200, gzip.compress(b"x" * 1001), content_encoding="gzip"))
        self.assertEqual(self.error(TooLarge).limit, 1000)


class Files(WholeFetch):
    """On disk."""

    def test_a_body_into_a_file(self):
        """Case 26: stdout stays empty, and the head, if wanted, does not end up in the file."""
        self.start(keeping=Keeping(path=self.path("body")), showing=Showing(parts="hb"))
        self.answer(OK)
        self.ok()
        self.assertEqual(self.content("body"), b"hello")
        self.assertEqual(self.printed, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")

    def test_no_file_for_a_body_cut_short(self):
        """What is incomplete does not look complete."""
        self.start(keeping=Keeping(path=self.path("body")))
        peer = self.accept()
        peer.says(OK[:-2])
        peer.hangs_up()
        self.error(BodyCutShort)
        self.assertEqual(self.files, [])

    def test_no_file_when_cancelled(self):
        """The first signal ends the unfinished file as well."""
        self.start(keeping=Keeping(path=self.path("body")))
        self.accept().says(OK[:-2])
        self.assertEqual(len(self.files), 1)
        self.running.cancel()
        self.error(CancelledError)
        self.assertEqual(self.files, [])


class Statuses(WholeFetch):
    """What a status means for the exit status."""

    def test_an_error_status_is_an_answer(self):
        """Its body is as good as any."""
        self.start()
        self.answer(answer(404, b"gone"))
        self.ok()
        self.assertEqual(self.printed, b"gone")

    def test_fail_makes_it_an_error(self):
        """The body is not written."""
        self.start(fail=True)
        self.answer(answer(404, b"gone"))
        self.assertEqual(str(self.error(HttpStatusRefused)), f"{URL} answered 404 Why")
        self.assertEqual(self.printed, b"")

    def test_a_status_is_checked_after_the_body(self):
        """`--check-status` delivers it all the same, and ends as HTTPie does."""
        for status, kind in ((304, RedirectReported), (404, ClientErrorReported), (503, ServerErrorReported)):
            self.start(check_status=True, follow=False)
            self.answer(answer(status, b"" if status == 304 else b"body"))
            self.assertEqual(self.error(kind).exit_status, status // 100)
        self.assertEqual(self.printed, b"bodybody")
        self.start(check_status=True)
        _, peer = self.answer(redirect("/y"))
        self.answer(OK, peer)
        self.ok()


class Attempts(WholeFetch):
    """`--retry`."""

    def test_a_poor_answer_is_asked_for_again(self):
        """After the time that the server wants; only the last body is written."""
        self.start(retrying=Retrying(times=2))
        _, peer = self.answer(answer(503, b"later", retry_after=7))
        (planned,) = self.wire.world.recorder.of(RetryPlanned)
        self.assertEqual((planned.attempt, planned.seconds), (2, 7))
        self.advance(7)
        self.answer(OK, peer)
        self.ok()
        self.assertEqual(self.printed, b"hello")
        causes = [event.cause for event in self.wire.world.recorder.of(RequestBegan)]
        self.assertEqual(causes, ["first", "retry"])

    def test_the_last_poor_answer_is_an_answer(self):
        """When no attempt is left, its body is written after all."""
        self.start(retrying=Retrying(times=1))
        _, peer = self.answer(answer(503, b"1"))
        self.advance(1)
        self.answer(answer(503, b"2"), peer)
        self.ok()
        self.assertEqual(self.printed, b"2")

    def test_a_file_that_never_was(self):
        """`-w` knows what it was to be called."""
        self.start(
            keeping=Keeping(folder=self.folder, remote_name=True),
            fail=True,
            showing=Showing(write_out="%{filename_effective}"),
        )
        self.answer(answer(404))
        self.error(HttpStatusRefused)
        self.assertEqual(self.printed.decode(), self.path("x"))

    def test_the_last_answer_in_time_is_an_answer(self):
        """When no attempt fits into the time, or none as late as the server wants, its body is written after all."""
        for retrying in (
            Retrying(times=3, total_seconds=0.5),
            Retrying(times=3, total_seconds=2),
            Retrying(times=3, longest_wait_seconds=6),
        ):
            os.ftruncate(self.stdout, os.lseek(self.stdout, 0, os.SEEK_SET))
            self.start(retrying=retrying)
            self.answer(answer(503, b"later", retry_after=7))
            self.ok()
            self.assertEqual(self.printed, b"later")

    def test_nothing_is_written_twice(self):
        """A body that broke when some of it was out is no reason for another attempt."""
        self.start(retrying=Retrying(times=3))
        peer = self.accept()
        peer.says(OK[:-2])
        peer.hangs_up()
        self.error(BodyCutShort)
        self.assertEqual(self.printed, b"hel")
        self.assertEqual(self.wire.world.recorder.of(RetryPlanned), [])

    def test_nobody_there(self):
        """Connecting is tried again; in the end every attempt of the last time is told."""
        self.start(retrying=Retrying(times=1))
        for wait in (1, 0):
            self.refuse()
            self.advance(wait)
        self.assertEqual(len(self.error(ConnectFailed).attempts), 1)
        self.assertEqual(len(self.wire.dialled), 2)

    def refuse(self):
        """The next connection is refused."""
        from twisted.internet.error import ConnectionRefusedError
        from twisted.python.failure import Failure

        factory = self.wire.world.reactor.tcpClients[self.wire.accepted][2]
        self.wire.accepted += 1
        factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))


class Mirrors(WholeFetch):
    """`--race`, to standard output."""

    def test_the_first_good_answer(self):
        """What the others say, or would have said, is nothing to anybody."""
        self.start(*MIRRORS, race=True)
        bad, slow, good = self.accept(), self.accept(), self.accept()
        bad.says(answer(404, b"not here"))
        good.says(OK)
        self.ok()
        self.assertEqual((self.printed, slow.ended), (b"hello", "by an abort"))

    def test_none_is_good(self):
        """Then the first of them is the error, even where statuses are not."""
        self.start(*MIRRORS, race=True)
        for status in (500, 404, 404):
            self.answer(answer(status))
        self.assertEqual(self.error(HttpStatusRefused).code, 500)

    def test_all_over_again(self):
        """What may pass is tried again, at all of them."""
        self.start(*MIRRORS, race=True, retrying=Retrying(times=1))
        peers = [self.accept() for _ in MIRRORS]
        for status, peer in zip((503, 404, 404), peers, strict=True):
            peer.says(answer(status))
        self.advance(1)
        for status, peer in zip((503, 404, 200), peers, strict=True):
            self.answer(answer(status, b"hello"), peer)
        self.ok()
        self.assertEqual(self.printed, b"hello")


class Streams(WholeFetch):
    """`--stream`."""

    def test_events_become_lines(self):
        """Each is written when it has come; `-i` shows the head before them; a clean refusal ends it."""
        self.start(showing=Showing(stream=True, parts="hb"))
        peer = self.accept()
        peer.says(EVENTS + b"id: 1\ndata: a\n\n")
        head, _, line = self.printed.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 OK"))
        self.assertEqual(json.loads(line), {"id": "1", "event": "message", "data": "a", "retry": None})
        peer.hangs_up()
        self.advance(3)
        heard, _ = self.answer(b"HTTP/1.1 204 No\r\n\r\n")
        self.assertIn(b"Last-Event-ID: 1\r\n", heard)
        self.ok()

    def test_a_refused_stream(self):
        """`--fail` holds for it too."""
        self.start(showing=Showing(stream=True), fail=True)
        self.answer(answer(404, b"no"))
        self.error(HttpStatusRefused)
        self.assertEqual(self.printed, b"")


class Afterwards(WholeFetch):
    """What is told of a transfer when it is over."""

    def test_write_out(self):
        """It comes after the body, on failure too, and does not change how it ended."""
        showing = Showing(write_out="%{http_code} %{exitcode}\\n")
        self.start(showing=showing)
        self.answer(OK)
        self.ok()
        self.assertEqual(self.printed, b"hello200 0\n")
        self.start(showing=showing, fail=True)
        self.answer(answer(404))
        self.error(HttpStatusRefused)
        self.assertEqual(self.printed, b"hello200 0\n404 22\n")

    def test_a_report_instead_of_the_body(self):
        """`--report json` reads the body and prints one object, on failure too."""
        self.start(showing=Showing(report=True))
        self.answer(OK)
        self.ok()
        told = json.loads(self.printed)
        self.assertEqual((told["status"], told["body_bytes"], len(told["requests"])), (200, 5, 1))
        self.assertNotIn("hello", self.printed.decode())

    def test_a_report_of_what_was_kept(self):
        """A file gets its body all the same."""
        self.start(showing=Showing(report=True), keeping=Keeping(path=self.path("body")))
        self.answer(OK)
        self.ok()
        self.assertEqual(self.content("body"), b"hello")
        json.loads(self.printed)

    def test_slower_than_agreed(self):
        """`--slo` ends a complete transfer with 110; what was not late is named by nobody."""
        self.start(showing=Showing(slo=(("ttfb", 1.0), ("total", 9.0))))
        peer = self.accept()
        self.advance(2)
        peer.says(OK)
        error = self.error(SloMissed)
        self.assertEqual(error.exit_status, 110)
        self.assertIn("ttfb", str(error))
        self.assertNotIn("total", str(error))
        self.assertEqual(self.printed, b"hello")
        self.start(showing=Showing(slo=(("ttfb", 1.0),)))
        self.answer(OK)
        self.ok()


class Time(WholeFetch):
    """Deadlines."""

    def test_the_phase_is_named(self):
        """Where the whole time went, when it is up."""
        self.start(patience=Patience(total_seconds=5))
        self.advance(5)
        self.assertEqual(self.error(TimedOut).phase, "connecting")
        for said, phase in ((b"", "waiting for the answer"), (b"HTTP/1.1 200 OK\r\n\r\nx", "receiving the answer")):
            self.start(patience=Patience(total_seconds=5))
            self.wire.accepted = len(self.wire.dialled) - 1
            peer = self.accept()
            peer.says(said)
            self.advance(5)
            error = self.error(TimedOut)
            self.assertEqual((error.phase, error.seconds, peer.ended), (phase, 5, "by an abort"))

    def test_one_deadline_for_all_hops(self):
        """A redirect does not start the clock again."""
        self.start(patience=Patience(total_seconds=5))
        self.advance(3)
        _, peer = self.answer(redirect("/y"))
        self.advance(2)
        self.assertEqual(self.error(TimedOut).phase, "waiting for the answer")
        self.assertEqual(peer.ended, "by an abort")

    def test_one_for_each_url(self):
        """Several URLs have a deadline each."""
        self.start(URL, URL + "y", patience=Patience(total_seconds=5))
        self.advance(3)
        _, peer = self.answer(OK)
        self.advance(3)
        self.answer(OK, peer)
        self.ok()

    def test_a_deadline_after_the_last_byte_is_none(self):
        """The peer may take its time to close: the body is complete."""
        self.start(patience=Patience(total_seconds=0.5))
        peer = self.accept()
        peer.loseConnection = lambda: None
        peer.says(OK)
        self.advance(0.5)
        self.advance(0.5)
        self.ok()
        self.assertEqual((self.printed, peer.ended), (b"hello", "by an abort"))

    def test_connecting_has_its_own_limit(self):
        """It is told as such."""
        self.start(patience=Patience(connect_seconds=2, total_seconds=5))
        self.advance(2)
        error = self.error(TimedOut)
        self.assertEqual((error.phase, error.seconds), ("connecting", 2))

    def test_silence_has_its_own_limit(self):
        """Case 37: a byte now and then is enough for it, but not for the whole."""
        patience = Patience(idle_seconds=2, total_seconds=7)
        self.start(patience=patience)
        self.accept().says(OK[:-3])
        self.advance(2)
        self.advance(2)
        self.assertEqual(self.error(TimedOut).seconds, 2)
        self.start(patience=patience)
        peer = self.accept()
        peer.says(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(6):
            self.advance(1)
            peer.says(b"x")
        self.advance(1)
        self.assertEqual(self.error(TimedOut).seconds, 7)
