"""Login dialogues that end at a backend: whoever is in talks with it, and no more with us."""

from __future__ import annotations

from enum import Enum

from tnet.protocols.auth.dialogue import (
    Connect,
    Connected,
    Couple,
    Dialect,
    Ear,
    Input,
    Join,
    Leaving,
    Lost,
    Output,
    Unreachable,
)


class State(Enum):
    """Where the dialogue stands."""

    LOGIN = "login"
    CONNECTING = "connecting"
    COUPLED = "coupled"
    CLOSED = "closed"


class Gateway:
    """Any dialect, up to its login; what it says to that is held back until the backend is there.

    Which state each input leads to; in LOGIN the dialect itself has its say, a dot changes nothing and says
    nothing::

                           LOGIN       CONNECTING  COUPLED     CLOSED
        a login            CONNECTING  .           .           .
        anything else      LOGIN       .           .           .
        Connected          .           COUPLED     .           .
        Unreachable        .           CLOSED      .           .
        Leaving            CLOSED      CLOSED      .           .
        Lost               CLOSED      CLOSED      CLOSED      .

    COUPLED, it stays out of what the two say to each other, whatever happens. Nothing is heard while CONNECTING, so
    that every byte behind the password is the backend's.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.state = State.LOGIN
        self._dialect = dialect
        self._held: list[Output] = []

    @property
    def name(self) -> str:
        """What events call it."""
        return self._dialect.name

    @property
    def phase(self) -> str:
        """What events call the state it is in."""
        return self._dialect.phase if self.state is State.LOGIN else self.state.value

    @property
    def hearing(self) -> bool:
        """Whether it can be given what the peer said next now."""
        return self.state is State.LOGIN and self._dialect.hearing

    def ear(self) -> Ear:
        """What its peer is heard with."""
        return self._dialect.ear()

    def advance(self, got: Input) -> list[Output]:
        """Take one input; what to do about it, in order."""
        self.state, outputs = self._turn(got)
        return outputs

    def _turn(self, got: Input) -> tuple[State, list[Output]]:
        match self.state, got:
            case State.LOGIN, _:
                return self._log_in(got)
            case State.CONNECTING, Connected():
                return State.COUPLED, [*self._held, Couple()]
            case (State.CONNECTING, Unreachable() | Leaving() | Lost()) | (State.COUPLED, Lost()):
                return State.CLOSED, self._dialect.advance(got)
            case state, _:
                return state, []

    def _log_in(self, got: Input) -> tuple[State, list[Output]]:
        outputs = self._dialect.advance(got)
        match outputs:
            case [Join(name) as joined, *held]:
                self._held = held
                return State.CONNECTING, [joined, Connect(name)]
            case _ if isinstance(got, Leaving | Lost):
                return State.CLOSED, outputs
            case _:
                return State.LOGIN, outputs
