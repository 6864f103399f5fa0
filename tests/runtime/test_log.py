"""Twisted's log as events."""

from __future__ import annotations

from typing import Any

from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.support import Recorder
from tnet.events import Publisher
from tnet.events.kinds import Logged
from tnet.runtime.log import TwistedLog


class TwistedLogTests(TestCase):
    """Log calls in, `log` events out."""

    def setUp(self) -> None:
        publisher = Publisher()
        self.recorder = Recorder()
        publisher.subscribe(self.recorder)
        self.log = Logger(namespace="tests", observer=TwistedLog(publisher))  # type: ignore[arg-type]  # zope's own check

    def said(self) -> list[Any]:
        """Level and text of each event."""
        return [(event.level, event.text) for event in self.recorder.of(Logged)]

    def test_levels(self) -> None:
        """Warnings and errors keep their level; what Twisted calls info is for the debug log."""
        self.log.info("a {b}", b=1)
        self.log.warn("c")
        self.log.error("d")
        self.log.critical("e")
        self.assertEqual(self.said(), [("debug", "a 1"), ("warning", "c"), ("error", "d"), ("error", "e")])

    def test_failures(self) -> None:
        """A failure is one line that names it; the traceback comes apart, for the debug log."""
        try:
            raise ValueError("of x")
        except ValueError:
            self.log.failure("it broke", Failure())
        (line, traceback) = self.said()
        self.assertEqual(line, ("error", "it broke: ValueError: of x"))
        self.assertEqual((traceback[0], "Traceback" in traceback[1]), ("debug", True))
