"""Tests for what is told at which verbosity."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import LISTENING, closed, exchanged, opened, saving
from tnet.events import kinds
from tnet.view.interest import Interest


def _log(level: str) -> kinds.Logged:
    return kinds.Logged(level=level, text="t")


class InterestTests(SynchronousTestCase):
    """`Interest`."""

    def test_quiet_server(self) -> None:
        """With -q a server's view asks for three kinds, so that the others are never built."""
        self.assertEqual(Interest(True, -1).kinds, {kinds.Listening, kinds.Stopped, kinds.Logged})

    def test_more_is_more(self) -> None:
        """Each step of verbosity keeps what the step below told, and the last one tells all."""
        for serving in (True, False):
            told = [Interest(serving, verbosity).kinds for verbosity in (-1, 0, 1, 2)]
            self.assertTrue(told[0] <= told[1] <= told[2] <= told[3])
            self.assertEqual(told[3], set(kinds.ALL_KINDS))

    def test_client(self) -> None:
        """A client only complains and says when it tries again, until -v asks for its connection's story."""
        self.assertEqual(Interest(False, -1).kinds, {kinds.Logged})
        self.assertEqual(Interest(False, 0).kinds, {kinds.Logged, kinds.RetryPlanned, kinds.StepEnded})
        self.assertFalse(Interest(False, 0).tells(_log("info")))
        self.assertTrue(Interest(False, 0).tells(_log("warning")))
        for event in (opened(), saving(), kinds.HeadSent(method="GET", target="/", version="1.1", fields=())):
            self.assertTrue(Interest(False, 1).tells(event))

    def test_handshakes(self) -> None:
        """A failed handshake is told at once, one that went well with -v."""
        well = kinds.TlsHandshaken(outcome="ok", seconds=0)
        ill = kinds.TlsHandshaken(outcome="failed", seconds=0)
        self.assertEqual([Interest(True, v).tells(well) for v in (0, 1)], [False, True])
        self.assertTrue(Interest(True, 0).tells(ill))

    def test_web(self) -> None:
        """A web server tells of requests, and of connections with -v; it counts those all the same."""
        for verbosity, told in ((0, False), (1, True)):
            interest = Interest(True, verbosity, web=True)
            self.assertTrue(interest.tells(exchanged()))
            self.assertEqual([interest.tells(event) for event in (opened(), closed())], [told, told])
            self.assertIn(kinds.ConnectionClosed, interest.kinds)

    def test_logs(self) -> None:
        """Warnings and errors are always told, notices unless it is to be quiet, debug lines last."""
        levels = ("error", "warning", "notice", "info", "debug")
        for serving, verbosity, told in (
            (True, -1, 2),
            (True, 0, 4),
            (True, 2, 5),
            (False, -1, 2),
            (False, 0, 3),
            (False, 1, 4),
            (False, 2, 5),
        ):
            interest = Interest(serving, verbosity)
            self.assertEqual([interest.tells(_log(level)) for level in levels], [True] * told + [False] * (5 - told))

    def test_only_kinds_are_told(self) -> None:
        """What is told is always of a kind that was asked for."""
        for serving in (True, False):
            for verbosity in (-1, 0, 1, 2):
                interest = Interest(serving, verbosity)
                for event in (LISTENING, opened(), _log("error"), kinds.ReactorLagged(seconds=1)):
                    if interest.tells(event):
                        self.assertIn(type(event), interest.kinds)
