"""From what was asked to a process."""

from __future__ import annotations

import contextlib
import io

from twisted.trial.unittest import TestCase

from tnet.cli.asked import Asked
from tnet.cli.start import start
from tnet.plans import TcpAddress
from tnet.plans.output import OutputPlan
from tnet.plans.serve import EchoPlan


class StartTests(TestCase):
    """What goes wrong before anything runs."""

    def test_story_that_cannot_be_told(self) -> None:
        """An events file that cannot be opened is one error line and status 23, and nothing is started."""
        asked = Asked(EchoPlan(listen=(TcpAddress("localhost", 0),)), OutputPlan(events_file="/proc/x/y"), "serve echo")
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            self.assertEqual(start(asked), 23)
        self.assertRegex(said.getvalue(), r"^tnet: error: .*/proc/x/y.*\n$")
