"""Tests for what machines that talk by a plan get and give."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols import replaying, script_machine
from tnet.protocols.talk import Begin, Due, EndOurs, Finish, Heard, HeardEnd, Lost, Say


class TalkTests(SynchronousTestCase):
    """The values themselves."""

    def test_values(self) -> None:
        """They are compared by what they hold, and cannot be changed."""
        self.assertEqual((Heard(b"a"), Say(b"a"), Lost("why")), (Heard(b"a"), Say(b"a"), Lost("why")))
        self.assertNotEqual(Heard(b"a"), Say(b"a"))
        self.assertRaises(FrozenInstanceError, setattr, Heard(b"a"), "data", b"b")

    def test_both_machines_speak_it(self) -> None:
        """A script and a replay can be driven by the same adapter as far as they are alike."""
        for machine in (replaying, script_machine):
            for kind in (Begin, Heard, HeardEnd, Due, Lost, Say, EndOurs, Finish):
                self.assertIs(vars(machine)[kind.__name__], kind)
