"""A fetch as a whole, against servers in memory."""

import json
import os

from twisted.internet.defer import CancelledError

from tests.clients.fetch.whole import OK, URL, WholeFetch, answer, redirect
from tnet.errors import (
    BadUsage,
    BodyNotResendable,
    CannotWrite,
    HttpStatusRefused,
    OutputClosed,
    PartlyFailed,
    RedirectRefused,
)
from tnet.events.kinds import HttpExchanged
from tnet.plans.fetch import Body, Keeping, Login, Memory, Showing

A, B, C = ("http://127.0.0.1:81/a", "http://127.0.0.1:82/b", "http://127.0.0.1:83/c")


class OneUrl(WholeFetch):
    """The usual command."""

    def test_the_body_goes_to_stdout(self):
        """Exactly as it came, and nothing else."""
        self.start()
        heard, _ = self.answer(OK)
        self.ok()
        self.assertTrue(heard.startswith(b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:81\r\n"))
        self.assertEqual(self.printed, b"hello")

    def test_cautions_begin_the_story(self):
        """What the plan warns of is told first, as a warning."""
        self.start(cautions=("take care",))
        self.assertEqual(self.told("warning"), ["take care"])
        self.answer(OK)
        self.ok()

    def test_what_is_remembered_is_written_in_the_end(self):
        """A cookie of the last answer, also when the transfer failed."""
        jar = self.path("jar")
        for fail in (False, True):
            self.start(memory=Memory(cookie_jar=jar), fail=fail)
            self.answer(answer(404, set_cookie=f"a={fail}; Max-Age=100"))
            self.failureResultOf(self.running) if fail else self.ok()
            self.assertIn(f"\ta\t{fail}\n".encode(), self.content("jar"))

    def test_each_url_honours_who_wants_https(self):
        """Case 53: CVE-2023-23914: every URL of a batch is asked over https where its host has asked for that."""
        path = self.keep("hsts", b'.a.example "unlimited"\n')
        urls = ("http://a.example/x", "http://w.a.example:81/y", "http://b.example/z")
        self.start(*urls, dry="offline", memory=Memory(hsts=path))
        self.ok()
        self.assertEqual(self.told("debug"), [f"{url} is asked over https, as its host wants" for url in urls[:2]])
        self.start(*urls, dry="curl", memory=Memory(hsts=path))
        self.ok()
        for url in (b"https://a.example/x", b"https://w.a.example:81/y", b"http://b.example/z"):
            self.assertIn(url, self.printed)

    def test_the_archive(self):
        """`--har` has every hop, whatever it ended in; a place where it cannot be is an error."""
        self.start(showing=Showing(har=self.path("har")))
        _, peer = self.answer(redirect("/y"))
        self.answer(OK, peer)
        self.ok()
        entries = json.loads(self.content("har"))["log"]["entries"]
        self.assertEqual([entry["response"]["status"] for entry in entries], [302, 200])
        self.start(showing=Showing(har=self.path("late")))
        os.mkdir(self.path("late"))
        self.answer(OK)
        self.error(CannotWrite)

    def test_secrets_in_a_query(self):
        """Case 13: neither what is told nor a report has them, unless they are to be shown; the server has."""
        url = "http://127.0.0.1:81/x?token=s3cret&a=b"
        for shown in (False, True):
            self.start(
                url,
                showing=Showing(har=self.path("har"), report=True, show_secrets=shown),
                fail=True,
                method="POST",
                headers=(("Content-Type", "application/json"),),
                body=Body(data=b'{"password": "s3cret"}'),
            )
            heard, _ = self.answer(answer(404, location="/y#access_token=s3cret"))
            self.assertIn(b"POST /x?token=s3cret&a=b HTTP/1.1\r\n", heard)
            self.assertEqual("s3cret" in str(self.error(HttpStatusRefused)), False)
            archived = json.loads(self.content("har"))["log"]["entries"][0]["request"]
            self.assertEqual(archived["queryString"][1], {"name": "a", "value": "b"})
            for told in (repr(self.wire.world.recorder.records), self.content("har").decode(), self.printed.decode()):
                self.assertEqual("s3cret" in told, shown)

    def test_cancelling(self):
        """The first signal ends everything: the connection and the waiting."""
        self.start()
        peer = self.accept()
        peer.says(OK[:-2])
        self.running.cancel()
        self.error(CancelledError)
        self.assertEqual(peer.ended, "by an abort")


class DryRuns(WholeFetch):
    """Nothing is sent."""

    def test_the_request_is_printed(self):
        """Case 13: with secrets masked, for each URL."""
        self.start(A, B, dry="offline", login=Login(user="u", password="s3cret"))
        self.ok()
        self.assertEqual(self.printed.count(b"GET /"), 2)
        self.assertIn(b"Authorization: ***\r\n", self.printed)
        self.assertEqual(self.wire.dialled, [])

    def test_secrets_in_a_query_are_masked(self):
        """Case 13: unless they are to be shown."""
        for dry in ("offline", "curl"):
            for shown in (False, True):
                os.ftruncate(self.stdout, os.lseek(self.stdout, 0, os.SEEK_SET))
                self.start(A + "?token=s3cret&x=y", dry=dry, showing=Showing(show_secrets=shown))
                self.ok()
                self.assertEqual(b"/a?token=s3cret&x=y" in self.printed, shown)
                self.assertEqual(b"/a?token=***&x=y" in self.printed, not shown)

    def test_a_curl_command_is_printed(self):
        """One a line."""
        self.start(dry="curl")
        self.ok()
        self.assertTrue(self.printed.startswith(b"curl "))
        self.assertTrue(self.printed.endswith(b"\n"))


class SeveralUrls(WholeFetch):
    """Each is a transfer of its own."""

    def test_one_after_the_other(self):
        """In the order of the command line, unless more were asked for."""
        self.start(A, B)
        self.assertEqual(len(self.wire.dialled), 1)
        self.answer(answer(200, b"1"))
        self.assertEqual(self.wire.dialled, [("127.0.0.1", 81), ("127.0.0.1", 82)])
        self.answer(answer(200, b"2"))
        self.ok()
        self.assertEqual(self.printed, b"12")

    def test_in_parallel(self):
        """As many at once as the plan says; the next one begins when one is through."""
        self.start(A, B, C, parallel=2)
        self.assertEqual(len(self.wire.dialled), 2)
        first, second = self.accept(), self.accept()
        second.says(answer(200, b"2"))
        self.assertEqual(len(self.wire.dialled), 3)
        self.answer(answer(200, b"3"))
        first.says(answer(200, b"1"))
        self.ok()
        self.assertEqual(self.printed, b"231")

    def test_reports_are_lines(self):
        """One a line, where there are several; a single one is laid out."""
        for urls, lines in (((A, B), True), ((A,), False)):
            os.ftruncate(self.stdout, os.lseek(self.stdout, 0, os.SEEK_SET))
            self.start(*urls, showing=Showing(report=True))
            for _ in urls:
                self.answer(OK)
            self.ok()
            if not lines:
                self.assertGreater(self.printed.count(b"\n"), 20)
                self.assertEqual(json.loads(self.printed)["url"], A)
            else:
                self.assertEqual([json.loads(line)["url"] for line in self.printed.splitlines()], [A, B])

    def test_bodies_are_not_mixed(self):
        """Standard output takes one whole answer after the other, however their pieces come."""
        self.start(A, B, parallel=2)
        first, second = self.accept(), self.accept()
        first.says(OK[:-3])
        second.says(OK[:-4] + b"appy")
        first.says(b"llo")
        self.ok()
        self.assertEqual(self.printed, b"hellohappy")

    def test_one_of_them_fails(self):
        """The others are carried out; each failure is told, and their number is the error."""
        self.start(A, B, C, fail=True)
        self.answer(answer(404))
        self.answer(OK)
        self.answer(answer(500))
        error = self.error(PartlyFailed)
        self.assertEqual((str(error), error.exit_status), ("2 of 3 failed", 113))
        self.assertEqual(self.told("error"), [f"{A} answered 404 Why", f"{C} answered 500 Why"])
        self.assertEqual(self.printed, b"hello")

    def test_a_reader_that_leaves_ends_them_all(self):
        """None is failed: nobody wants any of them."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, writing)
        self.stdout, kept = writing, self.stdout
        self.start(A, B, C, parallel=2)
        self.stdout = kept
        first, second = self.accept(), self.accept()
        os.close(reading)
        first.says(OK)
        self.error(OutputClosed)
        self.assertEqual((second.ended, len(self.wire.dialled)), ("by an abort", 2))
        self.assertEqual(self.told("error"), [])

    def test_connections_are_kept(self):
        """URLs of one origin, one after the other, share one."""
        self.start(URL, URL + "y")
        _, peer = self.answer(OK)
        heard, _ = self.answer(OK, peer)
        self.ok()
        self.assertTrue(heard.startswith(b"GET /xy "))
        self.assertEqual((len(self.wire.dialled), peer.ended), (1, "in good order"))

    def test_mirrors_are_one_transfer(self):
        """`--race` asks each of them, and keeps what comes first."""
        self.start(A, B, race=True, keeping=Keeping(path=self.path("body")))
        self.assertEqual(len(self.wire.dialled), 2)
        first, second = self.accept(), self.accept()
        second.says(OK)
        self.ok()
        self.assertEqual((first.ended, self.content("body")), ("by an abort", b"hello"))

    def test_urls_from_a_file(self):
        """`--input-file` adds its URLs to those of the command line."""
        self.start(A, input_file=self.keep("list", B.encode()))
        self.answer(answer(200, b"1"))
        self.answer(answer(200, b"2"))
        self.ok()
        self.assertEqual(self.printed, b"12")

    def test_a_file_without_urls(self):
        """It is refused before anything is sent."""
        self.start(A, input_file=self.keep("list", b"# none\n"))
        self.error(BadUsage)
        self.assertEqual(self.wire.dialled, [])


class Redirects(WholeFetch):
    """The way from one origin to another, as the user sees it."""

    def test_each_hop_is_an_exchange_in_the_story(self):
        """A connection that is still good is used again; only the last body is written."""
        self.start("http://127.0.0.1:81/dir/x")
        _, peer = self.answer(answer(302, b"bye", location="../y"))
        heard, _ = self.answer(OK, peer)
        self.ok()
        self.assertTrue(heard.startswith(b"GET /y "))
        self.assertEqual(self.printed, b"hello")
        urls = [event.url for event in self.wire.world.recorder.of(HttpExchanged)]
        self.assertEqual(urls, ["http://127.0.0.1:81/dir/x", "http://127.0.0.1:81/y"])

    def test_a_long_redirect_body_is_not_waited_for(self):
        """The connection is cut instead."""
        self.start()
        peer = self.accept()
        peer.says(b"HTTP/1.1 301 x\r\nLocation: /y\r\nContent-Length: 1000000\r\n\r\nx")
        self.assertEqual(peer.ended, "by an abort")
        self.answer(OK)
        self.ok()

    def test_a_slow_redirect_body_is_not_waited_for(self):
        """A short one is, for a moment."""
        self.start()
        peer = self.accept()
        peer.says(b"HTTP/1.1 301 x\r\nLocation: /y\r\nContent-Length: 10\r\n\r\nx")
        self.assertEqual(len(self.wire.dialled), 1)
        self.advance(1)
        self.assertEqual(peer.ended, "by an abort")
        self.answer(OK)
        self.ok()

    def test_not_following(self):
        """The redirect is the answer then."""
        self.start(follow=False)
        self.answer(redirect("/y"))
        self.ok()
        self.assertEqual(len(self.wire.dialled), 1)

    def test_secrets_stay_at_home(self):
        """Cases 2 and 4: another port is another origin; what was left behind is told by name."""
        self.start(headers=(("X-Api-Key", "s3cret"), ("Accept", "a/b")))
        heard, _ = self.answer(redirect("http://127.0.0.1:82/"))
        self.assertIn(b"s3cret", heard)
        heard, _ = self.answer(OK)
        self.ok()
        self.assertNotIn(b"s3cret", heard)
        self.assertIn(b"Accept: a/b", heard)
        self.assertEqual(self.told("notice"), ["not sent on to 127.0.0.1:82: X-Api-Key"])
        self.assertNotIn("s3cret", str(self.wire.world.recorder.records))

    def test_a_login_stays_at_home(self):
        """Case 1: neither goes to another host, and it is told so; nor does it come back from there (case 6)."""
        self.start(login=Login(user="u", password="p"))
        heard, first = self.answer(redirect("http://127.0.0.2:81/"))
        self.assertIn(b"Authorization: Basic dTpw\r\n", heard)
        heard, _ = self.answer(redirect(URL))
        self.assertNotIn(b"Authorization", heard)
        self.assertEqual(self.told("notice"), ["not sent on to 127.0.0.2:81: Authorization"])
        heard, _ = self.answer(OK, first)
        self.ok()
        self.assertNotIn(b"Authorization", heard)

    def test_too_many(self):
        """The limit is the number of redirects, not of requests."""
        self.start(max_redirects=2)
        _, peer = self.answer(redirect("/y"))
        self.answer(redirect("/y"), peer)
        self.answer(redirect("/y"), peer)
        self.assertEqual(self.error(RedirectRefused).exit_status, 47)
        self.assertEqual(len(self.wire.world.recorder.of(HttpExchanged)), 3)

    def test_none_allowed(self):
        """The first one is one too many."""
        self.start(max_redirects=0)
        self.answer(redirect("/y"))
        self.error(RedirectRefused)

    def test_a_body_is_sent_again(self):
        """Case 12: from memory it can be."""
        self.start(method="POST", body=Body(data=b"abc"))
        _, peer = self.answer(redirect("/y", 307))
        heard, _ = self.answer(OK, peer)
        self.ok()
        self.assertTrue(heard.startswith(b"POST /y ") and heard.endswith(b"\r\n\r\nabc"))

    def test_a_stream_is_read_once(self):
        """Case 12: the error is told, and nothing is sent to the next place."""
        self.start(method="POST", body=Body(path="-"))
        self.answer(redirect("http://127.0.0.1:82/y", 308))
        self.error(BodyNotResendable)
        self.assertEqual(len(self.wire.dialled), 1)
