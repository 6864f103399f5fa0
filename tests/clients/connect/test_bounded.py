"""A search that may take only so long."""

from __future__ import annotations

import re
import signal
import time
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tnet.clients.connect.bounded import bounded_search, within

CATASTROPHE = re.compile(rb"(a+)+$")


class BoundedTests(SynchronousTestCase):
    """Searches, and what is left behind them."""

    def tearDown(self) -> None:
        """Whatever happened, signals are as they were."""
        self.assertEqual(signal.getitimer(signal.ITIMER_REAL), (0, 0))
        self.assertIs(signal.getsignal(signal.SIGALRM), signal.SIG_DFL)

    def test_match(self) -> None:
        """A search finds what it finds, from its start on."""
        found = bounded_search(re.compile(rb"a"), b"abca", 1)
        self.assertEqual(found and found.start(), 3)
        self.assertIsNone(bounded_search(re.compile(rb"x"), b"abca", 0))

    def test_too_long(self) -> None:
        """An expression that would take minutes is interrupted."""
        began = time.monotonic()
        self.assertRaises(TimeoutError, within, 0.05, lambda: CATASTROPHE.search(b"a" * 30 + b"!"))
        self.assertLess(time.monotonic() - began, 5)

    def test_error(self) -> None:
        """What is raised passes."""
        self.assertRaises(ZeroDivisionError, within, 1, lambda: 1 / 0)

    def test_late_alarm(self) -> None:
        """An alarm that comes when the work is done interrupts nothing."""
        alarms: list[Any] = []
        within(1, lambda: alarms.append(signal.getsignal(signal.SIGALRM)))
        alarms[0](signal.SIGALRM, None)

    def test_price(self) -> None:
        """To bound a search costs little: ten thousand within two seconds, on the slowest machine."""
        began = time.monotonic()
        for _ in range(10_000):
            bounded_search(CATASTROPHE, b"x", 0)
        self.assertLess(time.monotonic() - began, 2)
