"""What a server's engine tells: requests as they come, piece by piece, those that are none, and room."""

from __future__ import annotations

from dataclasses import dataclass

from tnet.protocols.http1.heads import RequestHead


@dataclass(frozen=True, slots=True)
class Asked:
    """A request begins on a stream; `ended`: that is all of it, else its `Ended` follows."""

    stream: int
    head: RequestHead
    ended: bool


@dataclass(frozen=True, slots=True)
class Denied:
    """What came is answered with `status`; `head` is what could be understood of it; `ended` as above."""

    stream: int
    status: int
    reason: str
    head: RequestHead
    ended: bool


@dataclass(frozen=True, slots=True)
class Poured:
    """Some of a body, to be acknowledged with `consumed`."""

    stream: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """A request with a body is complete."""

    stream: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A stream is over before its end; `head` only where no `Asked` came before, as the message is no request."""

    stream: int
    reason: str
    head: RequestHead | None = None


@dataclass(frozen=True, slots=True)
class Eased:
    """The client takes more of what is sent on a stream, or (0) of everything."""

    stream: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """The client begins nothing more."""

    reason: str


Arrival = Asked | Denied | Poured | Ended | Cut | Eased | Leaving
