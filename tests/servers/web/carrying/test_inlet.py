"""Tests for tnet.servers.web.carrying.inlet."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.servers.web.carrying.inlet import Inlet


class Tap:
    """A transport that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")


class InletTests(TestCase):
    """What the transport hears."""

    def test_only_changes(self) -> None:
        """It is told what is new to it; at first it reads."""
        tap = Tap()
        inlet = Inlet(tap)
        for wanted in (True, False, False, True, True):
            inlet.read(wanted)
        self.assertEqual(tap.told, ["pause", "resume"])

    def test_after_the_end(self) -> None:
        """When nothing can come any more, there is nothing to say."""
        tap = Tap()
        inlet = Inlet(tap)
        inlet.ended = True
        inlet.read(False)
        self.assertEqual(tap.told, [])
