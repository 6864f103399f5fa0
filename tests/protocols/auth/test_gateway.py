"""Dialogues that end at a backend."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import TestCase

from tests.protocols.auth.transcripts import documented, table
from tnet.protocols.auth.dialects import DIALECTS
from tnet.protocols.auth.dialogue import (
    Close,
    Connect,
    Connected,
    Couple,
    Input,
    Join,
    Leave,
    Leaving,
    Line,
    Lost,
    Opened,
    Recognized,
    Say,
    Unreachable,
    Verdict,
)
from tnet.protocols.auth.gateway import Gateway, State
from tnet.protocols.auth.line import LineDialect

LOGIN: tuple[Input, ...] = (Opened(), Line(b"alice"), Recognized(None), Line(b"pw"))
RIGHT = Verdict("alice")


def _after(*inputs: Input) -> Gateway:
    gateway = Gateway(LineDialect())
    for got in inputs:
        gateway.advance(got)
    return gateway


class GatewayTests(TestCase):
    """From a login to a backend."""

    def test_welcome_waits(self) -> None:
        """What a login is answered with is said once the backend is there, and is the last that is said."""
        gateway = _after(*LOGIN)
        self.assertEqual(gateway.advance(RIGHT), [Join("alice"), Connect("alice")])
        self.assertEqual((gateway.hearing, gateway.phase), (False, "connecting"))
        self.assertEqual(gateway.advance(Connected()), [Say(b"Welcome, alice!"), Couple()])
        self.assertEqual((gateway.hearing, gateway.phase, gateway.name), (False, "coupled", "auth"))

    def test_unreachable(self) -> None:
        """Without a backend the peer is told so instead of the welcome, in every dialect's own words."""
        outputs = _after(*LOGIN, RIGHT).advance(Unreachable())
        self.assertEqual([type(output) for output in outputs], [Leave, Say, Say, Close])
        self.assertEqual(outputs[1], Say(b"The backend cannot be reached now."))

    def test_stopping(self) -> None:
        """Before the backend is there a server that stops says goodbye; afterwards it is for the two to end."""
        self.assertIn(Say(b"The server is stopping."), _after(*LOGIN).advance(Leaving()))
        self.assertIn(Say(b"The server is stopping."), _after(*LOGIN, RIGHT).advance(Leaving()))
        self.assertEqual(_after(*LOGIN, RIGHT, Connected()).advance(Leaving()), [])

    def test_lost(self) -> None:
        """A peer that is gone is logged in no more."""
        for inputs in ((*LOGIN, RIGHT), (*LOGIN, RIGHT, Connected())):
            self.assertEqual(_after(*inputs).advance(Lost()), [Leave()])

    def test_every_dialect_has_words_for_it(self) -> None:
        """Each dialect speaks until the login as it does by itself."""
        for name, build in DIALECTS.items():
            alone, gateway = build(3), Gateway(build(3))
            self.assertEqual(gateway.advance(Opened()), alone.advance(Opened()), name)
            self.assertEqual((gateway.name, gateway.phase, gateway.hearing), (alone.name, alone.phase, alone.hearing))
            self.assertIs(type(gateway.ear()), type(alone.ear()))


REACH: dict[State, tuple[Input, ...]] = {
    State.LOGIN: LOGIN,
    State.CONNECTING: (*LOGIN, RIGHT),
    State.COUPLED: (*LOGIN, RIGHT, Connected()),
    State.CLOSED: (Lost(),),
}


def _at(state: State) -> Gateway:
    return _after(*REACH[state])


INPUTS: dict[str, tuple[Input, Callable[[State], Gateway]]] = {
    "a login": (RIGHT, _at),
    "anything else": (Verdict(None), _at),
    "Connected": (Connected(), _at),
    "Unreachable": (Unreachable(), _at),
    "Leaving": (Leaving(), _at),
    "Lost": (Lost(), _at),
}


class TableTests(TestCase):
    """Every state."""

    maxDiff = None

    def test_docstring(self) -> None:
        """The table in the docstring is what the machine does."""
        self.assertEqual(documented(Gateway), table(State, INPUTS, 12))
