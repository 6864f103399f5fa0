"""What whoever asks may do, and where."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Flag, auto

from tnet.servers.web.bodies import Refusal

Place = Sequence[bytes]
"""The names that lead from the root to a file or a directory."""


class Right(Flag):
    """A thing that may be done to a place: see what is there, read it, make something new, change what there is."""

    NONE = 0
    LIST = auto()
    READ = auto()
    WRITE = auto()
    MODIFY = auto()
    ALL = LIST | READ | WRITE | MODIFY


class Permissions:
    """The same rights everywhere."""

    def __init__(self, granted: Right = Right.ALL) -> None:
        self._granted = granted

    def at(self, place: Place) -> Right:
        """The rights at one place."""
        return self._granted

    def allows(self, right: Right, *places: Place) -> bool:
        """Whether all of `right` is granted at each of `places`."""
        return all(right in self.at(place) for place in places)

    def demand(self, right: Right, *places: Place) -> None:
        """Go on only with `right` at each of `places`: where a link leads is another place than the link.

        Raises: Refusal.
        """
        if not self.allows(right, *places):
            raise self.refusal()

    def refusal(self) -> Refusal:
        """How whoever asked is told that this is not for them."""
        return Refusal(403, "this is not for everybody")
