"""What is done with input and output however a conversation ended."""

from __future__ import annotations

import errno
import os

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import Paper, Typed
from tests.support import World
from tnet.clients.connect.ends import LAST_WORDS_SECONDS, between
from tnet.errors import ExitStatus, OutputClosed, ReceiveFailed, TnetError


class BetweenTests(SynchronousTestCase):
    """`between`."""

    def setUp(self) -> None:
        self.world = World()
        self.input, self.output = Typed(), Paper()
        self.over: Deferred[None] = Deferred()
        self.job = Deferred.fromCoroutine(between(self.input, self.output, self.world.context, self.over))

    def assert_released(self) -> None:
        """Input and output are let go of."""
        self.assertTrue(self.input.over)
        self.assertIsInstance(self.output.error, OutputClosed)

    def test_good_end(self) -> None:
        """It is OK once all is written."""
        self.output.slow = True
        self.output.write(b"answer")
        self.over.callback(None)
        self.assertNoResult(self.job)
        self.output.catch_up()
        self.assertIs(self.successResultOf(self.job), ExitStatus.OK)
        self.assertEqual(self.output.written, b"answer")
        self.assert_released()

    def test_bad_end(self) -> None:
        """An error comes after what came before it."""
        self.output.slow = True
        self.output.write(b"half")
        self.over.errback(ReceiveFailed("peer", "reset"))
        self.assertNoResult(self.job)
        self.output.catch_up()
        self.failureResultOf(self.job, ReceiveFailed)
        self.assert_released()

    def test_last_line_on_a_terminal(self) -> None:
        """It is ended, however the conversation was: what is said next is no part of it."""
        for text, error in ((b"half", None), (b"half\n", None), (b"half", ReceiveFailed("peer", "reset"))):
            output, over = Paper(is_terminal=True), Deferred[None]()
            job = Deferred.fromCoroutine(between(Typed(), output, self.world.context, over))
            output.write(text)
            over.errback(error) if error else over.callback(None)
            job.addErrback(lambda failure: failure.trap(ReceiveFailed))
            self.successResultOf(job)
            self.assertEqual(output.written, b"half\n")

    def test_output_that_broke(self) -> None:
        """An output whose reader has gone is what is told in the end."""
        self.output.fail(OSError(errno.EPIPE, os.strerror(errno.EPIPE)))
        self.over.callback(None)
        self.failureResultOf(self.job, OutputClosed)
        self.assert_released()

    def test_cancelled(self) -> None:
        """Whoever cancels waits a moment for the output, not for ever."""
        self.output.slow = True
        self.output.write(b"answer")
        self.job.cancel()
        self.assertNoResult(self.job)
        self.world.reactor.advance(LAST_WORDS_SECONDS)
        self.failureResultOf(self.job, CancelledError)
        self.assert_released()

    def test_other_errors(self) -> None:
        """What is no error of ours is passed on, with both ends released."""
        self.over.errback(ZeroDivisionError())
        self.assertFalse(issubclass(ZeroDivisionError, TnetError))
        self.failureResultOf(self.job, ZeroDivisionError)
        self.assert_released()
