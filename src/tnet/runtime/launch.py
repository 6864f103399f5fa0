"""The process: a plan's job is run on the reactor until it ends, and how it ended becomes the exit status."""

from __future__ import annotations

import gc
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from tnet.errors import Ended, ExitStatus, Interrupted, OutputClosed, Terminated, TnetError
from tnet.events import Publisher
from tnet.events.kinds import Stopped
from tnet.net.context import Context
from tnet.plans import Plan
from tnet.runtime.dotted import load
from tnet.runtime.log import TwistedLog
from tnet.runtime.signals import Signals
from tnet.runtime.story import Story
from tnet.runtime.world import make_context

ABORT_SECONDS = 3.0
KEPT_BYTES = 1 << 24


def launch(plan: Plan, story: Story) -> int:
    """Run the plan's job; the exit status. The reactor of this process is used up afterwards."""
    from tnet.runtime.reactor import install

    return Launch(plan, story, install()).run()


class Launch:
    """One job and the process around it.

    The first INT or TERM cancels the job, which then ends in its own good time; a second one cancels that, too,
    and nothing outlives the second by `ABORT_SECONDS`.
    """

    def __init__(self, plan: Plan, story: Story, reactor: Any) -> None:
        self._plan = plan
        self._story = story
        self._reactor = reactor
        self._publisher = Publisher()
        self._signals = Signals(reactor)
        self._log = TwistedLog(self._publisher)
        self._asked_to_end: Ended | None = None
        self._status = ExitStatus.FAILED
        self._reason = ""
        self._job: Deferred[Any] | None = None

    def run(self) -> int:
        """Start the reactor, and come back when the job is over."""
        self._reactor.callWhenRunning(self._begin)
        self._reactor.run()
        self._signals.restore()
        return int(self._status)

    def _begin(self) -> None:
        self._log.begin()
        self._story.attach(self._publisher)
        self._story.on_output_closed = lambda: self._reactor.callLater(0, self._end, OutputClosed())
        self._signals.install(
            interrupt=lambda: self._end(Interrupted()),
            terminate=lambda: self._end(Terminated()),
            reopen=self._story.reopen,
            resume=self._story.resume,
        )
        self._story.start()
        self._tick()
        context = make_context(self._reactor, self._publisher, self._story, self._signals.on_hangup)
        self._job = Deferred.fromCoroutine(self._run_job(context))
        self._job.addCallbacks(self._finished, self._failed).addBoth(self._leave)

    async def _run_job(self, context: Context) -> ExitStatus:
        job = load(self._plan.job)
        _begin_collecting()
        _keep_pages()
        status: ExitStatus = await job(self._plan, context)
        return status

    def _tick(self) -> None:
        if self._story.tick_seconds is not None:
            ticking = LoopingCall(self._story.tick).start(self._story.tick_seconds, now=False)
            ticking.addErrback(lambda failure: self._internal_error(failure, "the display failed"))

    def _end(self, why: Ended) -> None:
        if self._asked_to_end is not None:
            self._reactor.callLater(ABORT_SECONDS, self._leave, None)
        self._asked_to_end = self._asked_to_end or why
        if self._job is not None:
            self._job.cancel()

    def _finished(self, status: ExitStatus) -> None:
        self._conclude(status, "done")

    def _failed(self, failure: Failure) -> None:
        error = failure.value
        if isinstance(error, Ended):
            self._conclude(error.exit_status, str(error))
        elif isinstance(error, TnetError):
            self._publisher.log("error", str(error), error.hint)
            self._conclude(error.exit_status, str(error))
        elif self._asked_to_end is None or not failure.check(CancelledError):
            self._internal_error(failure, "internal error")

    def _internal_error(self, failure: Failure, what: str) -> None:
        """Say that tnet is wrong, in one line; where it went wrong is for the debug log."""
        error = failure.value
        self._publisher.log("error", f"{what}: {type(error).__name__}: {error}", "-vv shows where; please report it")
        self._publisher.log("debug", failure.getTraceback())
        self._conclude(ExitStatus.FAILED, what)

    def _conclude(self, status: ExitStatus, reason: str) -> None:
        self._status, self._reason = status, reason

    def _leave(self, _: object) -> None:
        if not self._reactor.running:
            return
        if self._asked_to_end is not None:
            self._conclude(self._asked_to_end.exit_status, str(self._asked_to_end))
        self._look_at_story()
        self._publisher.emit(
            Stopped, exit_status=int(self._status), reason=self._reason, seconds=self._publisher.elapsed
        )
        self._log.end()
        self._story.stop()
        self._look_at_story()
        self._reactor.stop()

    def _look_at_story(self) -> None:
        """A job that went well has failed all the same where its story could not be written."""
        if self._status is ExitStatus.OK and self._story.failure is not None:
            self._conclude(self._story.failure.exit_status, str(self._story.failure))


def _begin_collecting() -> None:
    """Collect garbage from now on, if that was put off, but never among what has been imported: it stays."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _keep_pages() -> None:
    """Let the C library keep, for the pieces that come, the memory of those that are gone.

    Else it gives that back to the system piece by piece, and gets it again page by page, which takes as long as to read
    what goes into it. glibc goes by the largest block that was given back, of which it keeps twice as much.

    Source: mallopt(3), on M_MMAP_THRESHOLD.
    """
    bytes(KEPT_BYTES)
