"""Signals as calls on the reactor's thread."""

from __future__ import annotations

import os
import signal
from typing import Any

from twisted.trial.unittest import TestCase

from tnet.runtime.signals import Signals


class Thread:
    """The reactor's thread: this one."""

    def callFromThread(self, function: Any) -> None:
        """Call at once."""
        function()


class SignalsTests(TestCase):
    """What a process does when it is told something."""

    def setUp(self) -> None:
        self.calls: list[str] = []
        self.signals = Signals(Thread())
        self.addCleanup(self.signals.restore)

    def install(self, signals: Signals | None = None) -> None:
        """Take the signals over, remembering each call."""
        (signals or self.signals).install(
            interrupt=lambda: self.calls.append("interrupt"),
            terminate=lambda: self.calls.append("terminate"),
            reopen=lambda: self.calls.append("reopen"),
            resume=lambda: self.calls.append("resume"),
        )

    def test_each_signal_is_its_call(self) -> None:
        """INT interrupts, TERM terminates, USR1 reopens, CONT resumes; HUP terminates when nothing can be read anew."""
        self.install()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGCONT, signal.SIGHUP):
            os.kill(os.getpid(), number)
        self.assertEqual(self.calls, ["interrupt", "terminate", "reopen", "resume", "terminate"])

    def test_hangup_is_for_whoever_asked(self) -> None:
        """HUP calls back those who asked, and then ends nothing."""
        self.install()
        self.signals.on_hangup(lambda: self.calls.append("reload"))
        os.kill(os.getpid(), signal.SIGHUP)
        self.assertEqual(self.calls, ["reload"])

    def test_hangup_of_the_terminal_ends(self) -> None:
        """HUP because the terminal is gone terminates, even when there is something to read anew."""
        self.signals._terminals = [os.open(os.devnull, os.O_RDONLY)]
        self.addCleanup(os.close, self.signals._terminals[0])
        self.install()
        self.signals.on_hangup(lambda: self.calls.append("reload"))
        os.kill(os.getpid(), signal.SIGHUP)
        self.assertEqual(self.calls, ["terminate"])

    def test_handlers_are_given_back(self) -> None:
        """After restore every signal is handled as before."""
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        self.install()
        self.signals.restore()
        self.assertEqual(before, [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)])

    def test_ignored_interrupt_stays_ignored(self) -> None:
        """A process that was started with INT ignored, as a shell's background job, keeps ignoring it."""
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGINT, previous)
        signals = Signals(Thread())
        self.addCleanup(signals.restore)
        self.install(signals)
        os.kill(os.getpid(), signal.SIGINT)
        self.assertEqual(self.calls, [])
