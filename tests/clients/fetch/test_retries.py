"""What is worth another attempt, and when it is made."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.request import Request
from tnet.clients.fetch.retries import STATUSES, Attempt, passes, persist, refusal, retry_after
from tnet.errors import (
    BadUsage,
    BodyCutShort,
    CannotWrite,
    CertificateRejected,
    ConnectFailed,
    EmptyReply,
    HttpStatusRefused,
    MalformedReply,
    NameFailure,
    NameNotResolved,
    OutputClosed,
    ReceiveFailed,
    SendFailed,
    TimedOut,
    TooLarge,
)
from tnet.events.kinds import RetryPlanned
from tnet.plans.fetch import Body, Retrying
from tnet.plans.urls import parse_url
from tnet.protocols.http1.responses import ResponseHead

REFUSED = ConnectFailed("h:1", ())
RESET = ReceiveFailed("h", "reset")
NEW_YEAR = 1767225600
ASKED = Request("GET", parse_url("http://h/x"))


def request(method="GET", body=None):
    return Request(method, parse_url("http://h/x"), body=body)


def answer(status, **fields):
    """A head, with `fields` by their names in Python."""
    pairs = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in fields.items())
    return ResponseHead("1.1", status, b"Why", pairs)


def later(seconds):
    """An answer that wants to be asked for again after so many seconds."""
    return answer(503, retry_after=str(seconds))


class Persisting(SynchronousTestCase):
    def setUp(self):
        self.world = World()
        self.numbers = []

    def persist(self, *outcomes, request=None, **plan):
        """Make attempts that end as `outcomes` say, one after the other."""
        ends = iter(outcomes)

        async def attempt(this):
            self.numbers.append(this.number)
            outcome = next(ends)
            if isinstance(outcome, ResponseHead):
                raise this.again(ASKED, outcome) or HttpStatusRefused("http://h/x", outcome.status)
            if isinstance(outcome, Deferred):
                return await outcome
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return Deferred.fromCoroutine(persist(attempt, Retrying(**plan), self.world.context, 7, request))

    def waits(self):
        """The seconds between attempts, as they were told."""
        return [event.seconds for event in self.world.recorder.of(RetryPlanned)]

    def test_the_first_may_be_good(self):
        """Then there is no other one, and nothing is told."""
        self.assertEqual(self.successResultOf(self.persist("done", times=3)), "done")
        self.assertEqual((self.numbers, self.waits()), ([1], []))

    def test_until_one_is_good(self):
        """What may pass is tried again, a second later, then two; each attempt is told before it is waited for."""
        held = self.persist(REFUSED, RESET, "done", times=3)
        self.assertEqual(
            self.world.recorder.of(RetryPlanned),
            [RetryPlanned(transfer=7, attempt=2, seconds=1.0, error="cannot connect to h:1: ")],
        )
        self.world.reactor.advance(1)
        self.assertEqual(self.numbers, [1, 2])
        self.world.reactor.advance(1.9)
        self.assertNoResult(held)
        self.world.reactor.advance(0.1)
        self.assertEqual(self.successResultOf(held), "done")
        self.assertEqual((self.numbers, self.waits()), ([1, 2, 3], [1, 2]))

    def test_no_more_than_the_plan_allows(self):
        """The last error is the one that counts."""
        held = self.persist(REFUSED, REFUSED, RESET, times=2)
        self.world.reactor.pump([1, 2])
        self.assertIs(self.failureResultOf(held).value, RESET)
        self.assertEqual(self.numbers, [1, 2, 3])

    def test_none_at_all(self):
        """Nobody tries again who was not asked to."""
        self.assertIs(self.failureResultOf(self.persist(REFUSED)).value, REFUSED)
        self.assertEqual(self.waits(), [])

    def test_doubling_ends(self):
        """No wait is longer than ten minutes."""
        self.persist(*[REFUSED] * 20, times=12)
        self.world.reactor.pump([600] * 12)
        self.assertEqual(self.waits(), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600])

    def test_the_server_says_when(self):
        """Its seconds count; none at all are not taken at its word."""
        self.persist(later(7), later(600), later(0), answer(503), times=4)
        self.world.reactor.pump([7, 600, 4])
        self.assertEqual(self.waits(), [7, 600, 4, 8])

    def test_the_server_wants_longer_than_we_wait(self):
        """There is no other attempt, rather than one that comes too early."""
        for seconds, plan in ((601, {}), ("9" * 400, {}), (7, {"total_seconds": 6}), (9, {"longest_wait_seconds": 8})):
            held = self.persist(later(seconds), times=4, **plan)
            self.assertEqual(self.failureResultOf(held, HttpStatusRefused).value.code, 503)
        self.assertEqual(self.waits(), [])

    def test_the_time_for_all_attempts(self):
        """A wait that would end later is not begun."""
        held = self.persist(REFUSED, REFUSED, REFUSED, RESET, times=9, total_seconds=6)
        self.world.reactor.pump([1, 2])
        self.assertIs(self.failureResultOf(held).value, REFUSED)
        self.assertEqual((self.waits(), self.world.reactor.getDelayedCalls()), ([1, 2], []))

    def test_long_attempts_count(self):
        """The time that an attempt took is part of it."""
        slow = Deferred()
        held = self.persist(slow, "done", times=9, total_seconds=7)
        self.world.reactor.advance(6.5)
        slow.errback(RESET)
        self.assertIs(self.failureResultOf(held).value, RESET)

    def test_the_last_poor_answer(self):
        """It may be taken: when no attempt is left, none is asked for, and the one before it is told of."""
        held = self.persist(later(1), later(1), times=1)
        self.world.reactor.advance(1)
        self.failureResultOf(held, HttpStatusRefused)
        self.assertEqual(self.world.recorder.of(RetryPlanned)[0].error, "http://h/x answered 503 Why")

    def test_what_was_decided_holds(self):
        """It is not too late for a next attempt because throwing the answer away took its time."""
        slow = Deferred()
        held = self.persist(slow, "done", times=1, total_seconds=7)
        again = Attempt(1, Retrying(times=1, total_seconds=7), self.world.context, 0).again(request(), later(6))
        self.world.reactor.advance(2)
        slow.errback(again)
        self.world.reactor.advance(6)
        self.assertEqual(self.successResultOf(held), "done")

    def test_what_does_not_pass(self):
        """It is raised at once, and so is what is no error of ours."""
        for error in (CannotWrite("f", "full"), OutputClosed(), ZeroDivisionError()):
            self.assertIs(self.failureResultOf(self.persist(error, times=3)).value, error)

    def test_a_request_that_may_not_be_repeated(self):
        """A POST is sent again when nothing of it was sent, and not when the connection broke."""
        held = self.persist(REFUSED, RESET, times=3, request=request("POST"))
        self.world.reactor.advance(1)
        self.assertIs(self.failureResultOf(held).value, RESET)

    def test_cancelling(self):
        """Who gives up while it waits leaves no timer."""
        held = self.persist(REFUSED, times=3)
        held.cancel()
        self.failureResultOf(held, CancelledError)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_errors_from_peers_are_harmless(self):
        """What a server said is told without its escapes."""
        self.persist(ReceiveFailed("h", "\x1b[2J"), times=1)
        self.assertNotIn("\x1b", self.world.recorder.of(RetryPlanned)[0].error)


class Passing(SynchronousTestCase):
    BEFORE = (
        REFUSED,
        NameNotResolved("h", NameFailure.TEMPORARY),
        TimedOut("connecting", 1),
        TimedOut("TLS handshake", 1),
    )
    LATER = (SendFailed("h", "x"), RESET, EmptyReply("h", "x"), BodyCutShort(1), TimedOut("a silence", 1))
    NEVER = (
        NameNotResolved("h", NameFailure.NOT_FOUND),
        CertificateRejected("h", "expired"),
        MalformedReply("h", "x"),
        HttpStatusRefused("http://h/", 500),
        TooLarge("the body", 1),
        BadUsage("URL", "x"),
        CannotWrite("f", "full"),
    )

    def test_errors(self):
        """The network may get better; certificates, servers that make no sense, and users do not by themselves."""
        self.assertTrue(all(passes(error, request()) and passes(error) for error in self.BEFORE + self.LATER))
        self.assertFalse(any(passes(error, request()) or passes(error) for error in self.NEVER))

    def test_requests_that_may_not_be_repeated(self):
        """For those whose method is not idempotent, and those whose body is gone, only what came before sending."""
        for once in (request("POST"), request("PATCH"), request("PUT", Body(path="-"))):
            self.assertTrue(all(passes(error, once) for error in self.BEFORE))
            self.assertFalse(any(passes(error, once) for error in self.LATER + self.NEVER))

    def test_bodies_that_are_still_there(self):
        """A PUT out of a file may be repeated."""
        self.assertTrue(all(passes(error, request("PUT", Body(path="f"))) for error in self.LATER))


class Refusals(SynchronousTestCase):
    def test_statuses(self):
        """Those that curl retries are worth it, with the error that says so; others are answers."""
        for status in STATUSES:
            again = refusal(request(), answer(status), 0)
            self.assertEqual((again.seconds, str(again.error)), (None, f"http://h/x answered {status} Why"))
        for status in (200, 204, 301, 400, 401, 404, 501):
            self.assertIsNone(refusal(request(), answer(status, retry_after="1"), 0))

    def test_requests_that_may_not_be_repeated(self):
        """For a POST the server has to say that it did not take it up, and when to come back."""
        for status in STATUSES:
            self.assertIsNone(refusal(request("POST"), answer(status), 0))
            again = refusal(request("POST"), answer(status, retry_after="3"), 0)
            self.assertEqual(again.seconds if again else None, 3 if status in (429, 503) else None)

    def test_seconds(self):
        """Whole ones, of any length but never endless; what is neither that nor a date says nothing."""
        self.assertEqual(retry_after(answer(503, retry_after="120"), 0), 120)
        for text in ("1000000001", "9" * 5000):
            self.assertEqual(retry_after(answer(503, retry_after=text), 0), 1e9)
        self.assertIsNone(retry_after(answer(503), 0))
        for text in ("", "-1", "1.5", "soon", "Mon, 99 Foo 2026 00:00:00 GMT"):
            self.assertIsNone(retry_after(answer(503, retry_after=text), 0), text[:20])

    @given(st.text(max_size=40).filter(lambda text: "\n" not in text))
    def test_anything(self, text):
        """Whatever a server says, it is a wait or none."""
        seconds = refusal(request(), ResponseHead("1.1", 503, b"", ((b"Retry-After", text.encode()),)), 0).seconds
        self.assertTrue(seconds is None or seconds >= 0)

    def test_dates(self):
        """In all three forms, from the server's own date or else from ours, and never in the past."""
        for text in ("Thu, 01 Jan 2026 00:00:30 GMT", "Thursday, 01-Jan-26 00:00:30 GMT", "Thu Jan  1 00:00:30 2026"):
            self.assertEqual(retry_after(answer(503, retry_after=text, date="Thu, 01 Jan 2026 00:00:00 GMT"), 5), 30)
        self.assertEqual(retry_after(answer(503, retry_after="Thu, 01 Jan 2026 00:00:30 GMT"), NEW_YEAR), 30)
        self.assertEqual(retry_after(answer(503, retry_after="Thu, 01 Jan 2026 00:00:30 GMT"), NEW_YEAR + 60), 0)
