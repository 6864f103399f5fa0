"""What the dialects have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import ClassVar, Generic, TypeVar

from tnet.protocols.auth.dialogue import Input, Leave, Output

S = TypeVar("S", bound=Enum)


class Machine(ABC, Generic[S]):
    """A dialogue with states of the kind `S`: the state is assigned here, and nowhere else.

    `company` is the state of those who are logged in; who ends up elsewhere leaves their company first.
    """

    company: ClassVar[Enum]

    def __init__(self, first: S) -> None:
        self.state = first

    @property
    def phase(self) -> str:
        """What events call the state it is in."""
        return str(self.state.value)

    def advance(self, got: Input) -> list[Output]:
        """Take one input; what to do about it, in order."""
        before = self.state
        self.state, outputs = self._turn(got)
        left: list[Output] = [Leave()] if before is self.company is not self.state else []
        return [*left, *outputs]

    @abstractmethod
    def _turn(self, got: Input) -> tuple[S, list[Output]]:
        """The state that `got` leads to, and what to do on the way."""
