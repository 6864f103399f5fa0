"""Tests for what a stream is found able to show."""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import Stream
from tnet.plans.output import OutputPlan
from tnet.view.terminal import look_at


class LookAtTests(SynchronousTestCase):
    """`look_at`."""

    def test_animation(self) -> None:
        """Only a real terminal that is neither dumb nor watched by a build service is drawn on."""
        for is_tty, environ, animated in (
            (True, {"TERM": "xterm"}, True),
            (False, {"TERM": "xterm", "FORCE_COLOR": "1"}, False),
            (True, {"TERM": "dumb"}, False),
            (True, {}, False),
            (True, {"TERM": "xterm", "CI": "true"}, False),
        ):
            found = look_at(Stream(is_tty=is_tty), OutputPlan(), environ)
            self.assertIs(found.animated, animated, (is_tty, environ))

    def test_unicode(self) -> None:
        """A stream that is not UTF-8 gets ASCII, and so does whoever asked for it."""
        self.assertTrue(look_at(Stream(), OutputPlan(), {}).unicode)
        self.assertFalse(look_at(Stream(encoding="latin-1"), OutputPlan(), {}).unicode)
        self.assertFalse(look_at(Stream(encoding="no-such"), OutputPlan(), {}).unicode)
        self.assertFalse(look_at(Stream(), OutputPlan(ascii_only=True), {}).unicode)

    def test_width_of_pipe(self) -> None:
        """A pipe is as wide as COLUMNS says, and 80 columns when it says nothing sensible."""
        for columns, width in (("132", 132), ("", 80), ("0", 80), ("wide", 80), ("-3", 80)):
            self.assertEqual(look_at(Stream(), OutputPlan(), {"COLUMNS": columns}).size.columns, width)

    def test_size_of_terminal(self) -> None:
        """A terminal that does not know its size is 80 by 24."""
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        with os.fdopen(slave, "w") as stream:
            self.assertEqual(look_at(stream, OutputPlan(), {"COLUMNS": "10"}).size, (80, 24))
