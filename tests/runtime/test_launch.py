"""A job on a reactor, and how it ends."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from typing import Any, ClassVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import TestCase

from tests.support import Recorder
from tnet.errors import BadUsage, CannotWrite, ExitStatus, OutputClosed
from tnet.events import Publisher
from tnet.events.kinds import Logged, Stopped
from tnet.net.context import Context
from tnet.plans import Plan
from tnet.runtime.launch import ABORT_SECONDS, Launch

Behaviour = Callable[[Context], Any]


class ScriptedPlan(Plan):
    """A plan whose job does what the test says."""

    job: ClassVar[str] = "tests.runtime.test_launch:job"
    behaviour: ClassVar[Behaviour]


async def job(plan: ScriptedPlan, context: Context) -> Any:
    """The job of a ScriptedPlan."""
    result = type(plan).behaviour(context)
    return await result if isinstance(result, Deferred) else result


class Core(MemoryReactorClock):
    """A reactor that runs what a test says in the place of its loop."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def run(self, installSignalHandlers: bool = True) -> None:
        """Run the hooks, then the test's own part."""
        self.running = True
        for hook, args, kwargs in self.whenRunningHooks:
            hook(*args, **kwargs)
        self.meanwhile()

    def callFromThread(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call at once: the test is the reactor's thread."""
        function(*args, **kwargs)


class Told:
    """A story that only remembers."""

    tick_seconds: float | None = None

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.calls: list[str] = []
        self.on_output_closed: Callable[[], None] = lambda: None
        self.failure: CannotWrite | None = None
        self.last_failure: CannotWrite | None = None

    def attach(self, publisher: Publisher) -> None:
        """Record every event."""
        publisher.subscribe(self.recorder)

    def stop(self) -> None:
        """Remember that, and that what was still to be written could not be."""
        self.calls.append("stop")
        self.failure = self.failure or self.last_failure

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: self.calls.append(name)


class LaunchTests(TestCase):
    """Jobs that return, raise, wait, and are asked to end."""

    breaks_at_the_end = False

    def launch(self, behaviour: Behaviour, meanwhile: Callable[[], None] = lambda: None) -> int:
        """The exit status of a job with this behaviour, while `meanwhile` happens to the process."""
        self.core, self.story = Core(), Told()
        self.story.last_failure = CannotWrite("/dev/full", "full") if self.breaks_at_the_end else None
        self.core.meanwhile = meanwhile
        plan = type("P", (ScriptedPlan,), {"behaviour": staticmethod(behaviour)})()
        return Launch(plan, self.story, self.core).run()

    def said(self, level: str) -> list[Logged]:
        """The log events of a level."""
        return [event for event in self.story.recorder.of(Logged) if event.level == level]

    def test_status_is_the_jobs(self) -> None:
        """What the job returns is the exit status; the last event says so, and the reactor is stopped."""
        self.assertEqual(self.launch(lambda _: ExitStatus.HTTP_STATUS), 22)
        self.assertEqual(self.story.recorder.of(Stopped)[-1].exit_status, 22)
        self.assertEqual((self.story.calls, self.core.hasStopped), (["start", "stop"], True))

    def test_garbage_is_collected_again(self) -> None:
        """Where collecting was put off for the start, it goes on when the job begins, past all that was there."""
        frozen: list[bool] = []
        gc.disable()
        self.addCleanup(gc.unfreeze)
        self.addCleanup(gc.enable)
        self.launch(lambda _: frozen.append(gc.isenabled() and gc.get_freeze_count() > 0) or ExitStatus.OK)
        self.assertEqual(frozen, [True])

    def test_our_errors_are_one_line(self) -> None:
        """A TnetError becomes one error line with its hint, and its own exit status."""

        def fail(_: Context) -> None:
            raise BadUsage("--x", "is wrong", "mend it")

        self.assertEqual(self.launch(fail), 2)
        self.assertEqual([(event.text, event.hint) for event in self.said("error")], [("--x: is wrong", "mend it")])

    def test_our_bugs_are_one_line_too(self) -> None:
        """Any other exception is one error line and status 1; the traceback is for the debug log."""
        self.assertEqual(self.launch(lambda _: {}["nothing"]), 1)
        (line,) = self.said("error")
        self.assertIn("KeyError", line.text)
        self.assertNotIn("\n", line.text)
        self.assertIn("Traceback", self.said("debug")[0].text)

    def test_a_file_of_the_story_that_failed(self) -> None:
        """A job that went well has failed, however late that is noticed; another end stays as it is."""

        def broken(status: ExitStatus) -> Behaviour:
            def behave(_: Context) -> ExitStatus:
                self.story.failure = CannotWrite("/dev/full", "No space left on device")
                return status

            return behave

        self.assertEqual(self.launch(broken(ExitStatus.OK)), 23)
        self.assertEqual(self.story.recorder.of(Stopped)[-1].exit_status, 23)
        self.assertEqual(self.launch(broken(ExitStatus.HTTP_STATUS)), 22)
        self.breaks_at_the_end = True
        self.assertEqual(self.launch(lambda _: ExitStatus.OK), 23)

    def test_output_closed_is_no_error(self) -> None:
        """A job that ends because nobody reads says nothing, and ends with 141."""

        def closed(_: Context) -> None:
            raise OutputClosed

        self.assertEqual((self.launch(closed), self.said("error")), (141, []))

    def test_first_signal_cancels(self) -> None:
        """TERM cancels the job, which may finish what it is doing; the status is 143 whatever it returns."""
        kept: list[str] = []

        def wait(_: Context) -> Deferred[Any]:
            return Deferred(lambda d: d.callback(ExitStatus.OK) if kept.append("cancelled") is None else None)

        self.assertEqual(self.launch(wait, lambda: os.kill(os.getpid(), signal.SIGTERM)), 143)
        self.assertEqual((kept, self.said("error")), (["cancelled"], []))

    def test_interrupt_is_130(self) -> None:
        """INT ends a job that does not care with 130 and without a word of error."""
        self.assertEqual(self.launch(lambda _: Deferred(), lambda: os.kill(os.getpid(), signal.SIGINT)), 130)
        self.assertEqual(self.said("error"), [])

    def test_second_signal_is_the_last(self) -> None:
        """A job that ignores both cancellations is left behind after a bounded time."""

        async def never(_: Context) -> None:
            while True:
                try:
                    await Deferred[None]()
                except CancelledError:
                    continue

        def meanwhile() -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            self.assertFalse(self.core.hasStopped)
            os.kill(os.getpid(), signal.SIGTERM)
            self.core.advance(ABORT_SECONDS)

        self.assertEqual(self.launch(lambda c: Deferred.fromCoroutine(never(c)), meanwhile), 143)
        self.assertTrue(self.core.hasStopped)

    def test_hangup_without_a_reload_ends(self) -> None:
        """HUP ends a job that has nothing to read anew; one that has is called back and goes on."""
        self.assertEqual(self.launch(lambda _: Deferred(), lambda: os.kill(os.getpid(), signal.SIGHUP)), 143)
        heard: list[int] = []

        def listen(context: Context) -> Deferred[Any]:
            context.on_hangup(lambda: heard.append(1))
            return Deferred()

        self.launch(listen, lambda: os.kill(os.getpid(), signal.SIGHUP))
        self.assertEqual((heard, self.core.hasStopped), ([1], False))

    def test_usr1_reopens_the_log(self) -> None:
        """USR1 tells the story to open its files anew."""
        self.launch(lambda _: Deferred(), lambda: os.kill(os.getpid(), signal.SIGUSR1))
        self.assertIn("reopen", self.story.calls)

    def test_reader_of_events_gone(self) -> None:
        """When nobody reads the events on stdout any more, the job ends with 141, even if it was just beginning."""

        def meanwhile() -> None:
            self.story.on_output_closed()
            self.core.advance(0)

        self.assertEqual(self.launch(lambda _: Deferred(), meanwhile), 141)

        def beginning(_: Context) -> Deferred[Any]:
            self.story.on_output_closed()
            return Deferred()

        self.assertEqual(self.launch(beginning, lambda: self.core.advance(0)), 141)
