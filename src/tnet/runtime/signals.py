"""Signals, as calls on the reactor's thread.

Twisted installs its own handlers while it starts: ours are set after that, and what was ignored (a shell starts
background jobs with INT ignored) stays ignored.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

Call = Callable[[], object]  # what it returns is nobody's business


class Signals:
    """INT, TERM, HUP, USR1 and CONT of this process.

    HUP is for whoever asked for it with `on_hangup`; when nobody did, or when it means that the terminal we were
    started from is gone, it ends the process as TERM does.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._hangups: list[Call] = []
        self._before: dict[signal.Signals, Any] = {}
        self._inherited_int = signal.getsignal(signal.SIGINT)
        self._terminals = [fd for fd in (0, 1, 2) if os.isatty(fd)]

    def on_hangup(self, callback: Call) -> None:
        """Call back at each HUP from now on."""
        self._hangups.append(callback)

    def install(self, *, interrupt: Call, terminate: Call, reopen: Call, resume: Call) -> None:
        """Take the signals over; the reactor must be running."""
        if self._inherited_int != signal.SIG_IGN:
            self._handle(signal.SIGINT, interrupt)
        self._handle(signal.SIGTERM, terminate)
        self._handle(signal.SIGUSR1, reopen)
        self._handle(signal.SIGCONT, resume)
        self._handle(signal.SIGHUP, lambda: self._hung_up(terminate))

    def restore(self) -> None:
        """Give the signals back to whoever had them."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _handle(self, number: signal.Signals, call: Call) -> None:
        self._before.setdefault(number, signal.getsignal(number) or signal.SIG_DFL)
        signal.signal(number, lambda *_: self._reactor.callFromThread(call))

    def _hung_up(self, terminate: Call) -> None:
        terminal_gone = not all(map(os.isatty, self._terminals))
        for callback in [terminate] if terminal_gone or not self._hangups else self._hangups:
            callback()
