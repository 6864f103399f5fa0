"""What the dialects have in common."""

from __future__ import annotations

from enum import Enum

from twisted.trial.unittest import TestCase

from tnet.protocols.auth.dialogue import Close, Deadline, Input, Leave, Lost, Opened, Output
from tnet.protocols.auth.machine import Machine


class State(Enum):
    """Outside or inside."""

    OUTSIDE = "outside"
    INSIDE = "inside"


class Door(Machine[State]):
    """Opened leads in, a deadline leads nowhere else, losing the connection leads out."""

    company = State.INSIDE

    def __init__(self) -> None:
        super().__init__(State.OUTSIDE)

    def _turn(self, got: Input) -> tuple[State, list[Output]]:
        match got:
            case Opened():
                return State.INSIDE, []
            case Lost():
                return State.OUTSIDE, [Close("")]
            case _:
                return self.state, []


class MachineTests(TestCase):
    """Inputs in, states and outputs out."""

    def test_the_state_is_the_turns(self) -> None:
        """The state that a turn leads to is the state, and events call it by its value."""
        door = Door()
        self.assertEqual(door.phase, "outside")
        self.assertEqual(door.advance(Opened()), [])
        self.assertEqual((door.state, door.phase), (State.INSIDE, "inside"))

    def test_company_is_left_once_and_first(self) -> None:
        """Who leaves the state of those who are logged in leaves their company, before anything else is done."""
        door = Door()
        door.advance(Opened())
        self.assertEqual(door.advance(Deadline()), [])
        self.assertEqual(door.advance(Lost()), [Leave(), Close("")])
        self.assertEqual(door.advance(Lost()), [Close("")])
