"""A fetch as a whole, against a server in memory."""

import os

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.wire import Wire
from tnet.clients.fetch import fetch
from tnet.errors import (
    BodyCutShort,
    BodyNotResendable,
    ExitStatus,
    HttpStatusRefused,
    RedirectRefused,
    TimedOut,
    TooLarge,
)
from tnet.events.kinds import HttpExchanged, Logged, SpanEnded
from tnet.plans.fetch import Body, FetchPlan

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
A = "http://127.0.0.1:81/x"


def redirect(to, status=302):
    return b"HTTP/1.1 %d x\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % (status, to)


class Case(SynchronousTestCase):
    def setUp(self):
        self.wire = Wire()
        self.folder = self.mktemp()
        os.mkdir(self.folder)
        self.stdout = os.open(os.path.join(self.folder, "stdout"), os.O_RDWR | os.O_CREAT)
        self.addCleanup(os.close, self.stdout)

    def start(self, **plan):
        plan = FetchPlan(**{"method": "GET", "url": A} | plan)
        self.running = Deferred.fromCoroutine(fetch(plan, self.wire.context, stdout=self.stdout))

    def answer(self, data):
        """Take the next connection, answer its request; what that was."""
        peer = self.wire.accept()
        heard = peer.heard
        peer.says(data)
        return heard

    @property
    def printed(self):
        return os.pread(self.stdout, 1 << 20, 0)

    def ok(self):
        self.assertEqual(self.successResultOf(self.running), ExitStatus.OK)

    def error(self, kind):
        return self.failureResultOf(self.running, kind).value


class Bodies(Case):
    def test_the_body_goes_to_stdout(self):
        """Exactly as it came, and nothing else."""
        self.start()
        self.answer(OK)
        self.ok()
        self.assertEqual(self.printed, b"hello")
        spans = [event.span for event in self.wire.world.recorder.of(SpanEnded)]
        self.assertEqual(spans, ["send", "wait", "receive"])

    def test_cautions_begin_the_story(self):
        """What the plan warns of is told first, as a warning."""
        self.start(cautions=("take care",))
        self.answer(OK)
        self.ok()
        (caution, *_) = self.wire.world.recorder.of(Logged)
        self.assertEqual((caution.level, caution.text), ("warning", "take care"))

    def test_an_encoded_body_is_passed_through(self):
        """Nothing was asked for, so nothing is undone."""
        self.start()
        heard = self.answer(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b")
        self.ok()
        self.assertNotIn(b"Accept-Encoding", heard)
        self.assertEqual(self.printed, b"\x1f\x8b")

    def test_a_body_into_a_file(self):
        """stdout stays empty, and the head, if wanted, does not end up in the file."""
        path = os.path.join(self.folder, "body")
        self.start(output=path, include=True)
        self.answer(OK)
        self.ok()
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"hello")
        self.assertEqual(self.printed, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")

    def test_no_file_for_a_body_cut_short(self):
        """What is incomplete does not look complete."""
        self.start(output=os.path.join(self.folder, "body"))
        peer = self.wire.accept()
        peer.says(OK[:-2])
        peer.hangs_up()
        self.error(BodyCutShort)
        self.assertEqual(os.listdir(self.folder), ["stdout"])

    def test_the_head_first(self):
        """`include` prints it before the body."""
        self.start(include=True)
        self.answer(b"HTTP/1.1 100 x\r\n\r\n" + OK)
        self.ok()
        self.assertEqual(self.printed, OK)

    def test_the_head_alone(self):
        """HEAD is sent, its answer's length is that of no body, and no file is made for it."""
        self.start(head_only=True, output=os.path.join(self.folder, "body"), max_bytes=1)
        heard = self.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        self.ok()
        self.assertTrue(heard.startswith(b"HEAD /x "))
        self.assertEqual(self.printed, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        self.assertEqual(os.listdir(self.folder), ["stdout"])

    def test_a_request_with_a_body(self):
        """It is sent with its length."""
        self.start(method="POST", body=Body(data=b"a=1"))
        heard = self.answer(OK)
        self.ok()
        self.assertTrue(heard.endswith(b"\r\nContent-Length: 3\r\n\r\na=1"))

    def test_a_body_that_is_too_large(self):
        """By its announced length, before a byte is written; without one, when it is."""
        self.start(max_bytes=4)
        self.answer(OK)
        self.assertEqual(self.error(TooLarge).limit, 4)
        self.assertEqual(self.printed, b"")
        self.start(max_bytes=4)
        self.answer(b"HTTP/1.1 200 OK\r\n\r\nhello")
        self.error(TooLarge)
        self.start(max_bytes=5)
        self.answer(OK)
        self.ok()


class Statuses(Case):
    def test_an_error_status_is_an_answer(self):
        """Its body is as good as any."""
        self.start()
        self.answer(b"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone")
        self.ok()
        self.assertEqual(self.printed, b"gone")

    def test_fail_makes_it_an_error(self):
        """The body is not written."""
        self.start(fail=True)
        self.answer(b"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone")
        self.assertEqual(str(self.error(HttpStatusRefused)), f"{A} answered 404 No")
        self.assertEqual(self.printed, b"")


class Redirects(Case):
    def test_each_hop_is_a_connection_of_its_own(self):
        """And an exchange in the story; only the last body is written."""
        self.start(url="http://127.0.0.1:81/dir/x")
        first = self.answer(redirect(b"../y").replace(b"Content-Length: 0\r\n\r\n", b"Content-Length: 3\r\n\r\nbye"))
        second = self.answer(OK)
        self.ok()
        self.assertTrue(first.startswith(b"GET /dir/x ") and second.startswith(b"GET /y "))
        self.assertEqual(self.printed, b"hello")
        urls = [event.url for event in self.wire.world.recorder.of(HttpExchanged)]
        self.assertEqual(urls, ["http://127.0.0.1:81/dir/x", "http://127.0.0.1:81/y"])

    def test_a_long_redirect_body_is_not_waited_for(self):
        """The connection is cut instead."""
        self.start()
        peer = self.wire.accept()
        peer.says(b"HTTP/1.1 301 x\r\nLocation: /y\r\nContent-Length: 1000000\r\n\r\nx")
        self.assertEqual(peer.ended, "by an abort")
        self.answer(OK)
        self.ok()

    def test_not_following(self):
        """The redirect is the answer then."""
        self.start(follow=False)
        self.answer(redirect(b"/y"))
        self.ok()
        self.assertEqual(len(self.wire.dialled), 1)

    def test_secrets_stay_at_home(self):
        """Another port is another origin; what was left behind is told by name."""
        self.start(headers=(("X-Api-Key", "s3cret"), ("Accept", "a/b")))
        self.assertIn(b"s3cret", self.answer(redirect(b"http://127.0.0.1:82/")))
        heard = self.answer(OK)
        self.ok()
        self.assertNotIn(b"s3cret", heard)
        self.assertIn(b"Accept: a/b", heard)
        texts = [event.text for event in self.wire.world.recorder.of(Logged) if event.level == "notice"]
        self.assertEqual(texts, ["not sent on to 127.0.0.1:82: X-Api-Key"])
        self.assertNotIn("s3cret", str(self.wire.world.recorder.records))

    def test_too_many(self):
        """The limit is the number of redirects, not of requests."""
        self.start(max_redirects=2)
        for _ in range(3):
            self.answer(redirect(b"/y"))
        self.assertEqual(self.error(RedirectRefused).exit_status, 47)
        self.assertEqual(len(self.wire.dialled), 3)

    def test_none_allowed(self):
        """The first one is one too many."""
        self.start(max_redirects=0)
        self.answer(redirect(b"/y"))
        self.error(RedirectRefused)

    def test_a_body_is_sent_again_or_it_is_an_error(self):
        """From memory it can be; from a stream it cannot."""
        self.start(method="POST", body=Body(data=b"abc"))
        self.answer(redirect(b"/y", 307))
        heard = self.answer(OK)
        self.ok()
        self.assertTrue(heard.startswith(b"POST /y ") and heard.endswith(b"\r\n\r\nabc"))

    def test_a_stream_is_read_once(self):
        """The error is told, and nothing is sent to the next place."""
        self.start(method="POST", body=Body(path="-"))
        self.answer(redirect(b"/y", 308))
        self.error(BodyNotResendable)
        self.assertEqual(len(self.wire.dialled), 1)


class Time(Case):
    def advance(self, seconds):
        self.wire.world.reactor.advance(seconds)
        self.wire.world.reactor.advance(0)

    def test_the_phase_is_named(self):
        """Where the whole time went, when it is up."""
        self.start(max_seconds=5)
        self.advance(5)
        self.assertEqual(self.error(TimedOut).phase, "connecting")
        for said, phase in ((b"", "wait"), (b"HTTP/1.1 200 OK\r\n\r\nx", "receive")):
            self.start(max_seconds=5)
            self.wire.accepted = len(self.wire.dialled) - 1
            peer = self.wire.accept()
            peer.says(said)
            self.advance(5)
            error = self.error(TimedOut)
            self.assertEqual((error.phase, error.seconds, peer.ended), (phase, 5, "by an abort"))

    def test_one_deadline_for_all_hops(self):
        """A redirect does not start the clock again."""
        self.start(max_seconds=5)
        self.advance(3)
        self.answer(redirect(b"/y"))
        self.advance(1)
        peer = self.wire.accept()
        self.advance(1)
        self.assertEqual(self.error(TimedOut).phase, "wait")
        self.assertEqual(peer.ended, "by an abort")

    def test_a_deadline_after_the_last_byte_is_none(self):
        """The peer may take its time to close: the body is complete."""
        self.start(max_seconds=0.5)
        peer = self.wire.accept()
        peer.loseConnection = lambda: None
        peer.says(OK)
        self.advance(0.5)
        self.ok()
        self.assertEqual((self.printed, peer.ended), (b"hello", "by an abort"))

    def test_connecting_has_its_own_limit(self):
        """It is told as such."""
        self.start(connect_seconds=2, max_seconds=5)
        self.advance(2)
        error = self.error(TimedOut)
        self.assertEqual((error.phase, error.seconds), ("connecting", 2))

    def test_cancelling(self):
        """The first signal ends everything: the connection and the unfinished file."""
        self.start(output=os.path.join(self.folder, "body"), max_seconds=5)
        peer = self.wire.accept()
        peer.says(OK[:-2])
        self.assertEqual(len(os.listdir(self.folder)), 2)
        self.running.cancel()
        self.advance(0)
        self.error(CancelledError)
        self.assertEqual(os.listdir(self.folder), ["stdout"])
        self.assertEqual(self.wire.world.reactor.getDelayedCalls(), [])
