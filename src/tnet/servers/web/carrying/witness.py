"""Whoever looks on at what a site exchanges, and what there is to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from tnet.servers.web.carrying.exchange import Exchange


class Phases(NamedTuple):
    """When each part of an exchange was reached, None where it was not.

    Units: seconds of the site's clock.
    """

    began: float
    head: float | None
    admitted: float | None
    body: float | None
    first_byte: float | None
    last_byte: float | None


class Witness(Protocol):
    """Somebody who looks at every exchange of a site, and keeps of it what it wants."""

    def begun(self, exchange: Exchange) -> None:
        """The head of a request is complete."""

    def ended(self, exchange: Exchange) -> None:
        """The exchange is over, well or not; one whose head was refused was never begun.

        Its head is then `NOTHING`, but for what came, as `raw`.
        """
