"""Tests for one connection's reporter."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Recorder
from tnet.events import Publisher, silent_trace
from tnet.events.kinds import HalfClosed, SpanEnded
from tnet.net.dial import DialCancelled


class TraceTests(SynchronousTestCase):
    """`Trace`."""

    def setUp(self) -> None:
        self.now = 0.0
        self.publisher = Publisher(lambda: self.now, lambda: 0.0)
        self.recorder = Recorder()
        self.publisher.subscribe(self.recorder)
        self.trace = self.publisher.trace()

    def _ended(self) -> tuple[str, float, str, str | None]:
        (event,) = self.recorder.of(SpanEnded)
        self.assertEqual(self.recorder.names, ["span.start", "span.end"])
        return event.span, event.seconds, event.outcome, event.error

    def test_emit(self) -> None:
        """What it emits carries its connection's id."""
        self.trace.emit(HalfClosed, by="peer", bytes_in=1, bytes_out=2)
        self.assertEqual([record.conn for record in self.recorder.records], [self.trace.conn])

    def test_deferred_that_succeeds(self) -> None:
        """The same Deferred comes back, its result untouched, its time told."""
        deferred: Deferred[str] = Deferred()
        self.assertIs(self.trace.time("login", deferred), deferred)
        self.now = 1.5
        deferred.callback("result")
        self.assertEqual(self.successResultOf(deferred), "result")
        self.assertEqual(self._ended(), ("login", 1.5, "ok", None))

    def test_deferred_that_fails(self) -> None:
        """A failure stays a failure, and its type is told."""
        deferred: Deferred[str] = Deferred()
        self.trace.time("login", deferred).errback(ValueError("no"))
        self.failureResultOf(deferred, ValueError)
        self.assertEqual(self._ended(), ("login", 0.0, "failed", "ValueError"))

    def test_deferred_that_is_cancelled(self) -> None:
        """Cancellation is an outcome of its own."""
        deferred: Deferred[str] = Deferred()
        self.trace.time("login", deferred).cancel()
        self.failureResultOf(deferred, CancelledError)
        self.assertEqual(self._ended(), ("login", 0.0, "cancelled", "CancelledError"))

    def test_cancelled_with_more_to_tell(self) -> None:
        """A cancellation that says in which phase it came is one all the same."""
        with self.assertRaises(DialCancelled), self.trace.span("login"):
            raise DialCancelled("connecting")
        self.assertEqual(self._ended(), ("login", 0.0, "cancelled", "DialCancelled"))

    def test_span(self) -> None:
        """The body of a `with` statement is timed."""
        with self.trace.span("work"):
            self.now = 2.0
        self.assertEqual(self._ended(), ("work", 2.0, "ok", None))

    def test_span_that_raises(self) -> None:
        """An exception passes through, and is told."""
        with self.assertRaises(KeyError), self.trace.span("work"):
            raise KeyError
        self.assertEqual(self._ended(), ("work", 0.0, "failed", "KeyError"))

    def test_span_left_behind(self) -> None:
        """A coroutine that is thrown away inside a span counts as cancelled."""
        waiting: Deferred[None] = Deferred()

        async def work() -> None:
            with self.trace.span("work"):
                await waiting

        coroutine = work()
        coroutine.send(None)
        coroutine.close()
        self.assertEqual(self._ended(), ("work", 0.0, "cancelled", "GeneratorExit"))

    def test_wants(self) -> None:
        """It knows whether anybody listens."""
        self.assertTrue(self.trace.wants(SpanEnded))
        self.assertFalse(silent_trace().wants(SpanEnded))

    def test_silence(self) -> None:
        """The silent trace takes everything and tells nobody; it belongs to no connection."""
        silent_trace().emit(HalfClosed, by="us", bytes_in=0, bytes_out=0)
        with silent_trace().span("work"):
            pass
        self.assertEqual((self.recorder.records, silent_trace().conn), ([], None))
