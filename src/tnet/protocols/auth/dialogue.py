"""The words that every login dialect is spoken in: what can happen to it, and what it can want done.

A dialect decides; whoever carries it out (the adapter) owns the connection, the clock and the accounts. It gives
one input at a time to `advance` and performs the outputs in order. While a question about an account is open it
holds lines back: `hearing` is False until the answer came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

TOO_MANY_WAIT = "too many have not logged in"
"""Why a connection ends that is `Crowded` out."""

IDLED = "timed out: idle after the login"
"""Why a connection ends after `Idle`."""

# ── inputs ──


@dataclass(frozen=True, slots=True)
class Opened:
    """The connection stands."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """The connection stands in clear where others may read it, although there is TLS: no secret may be sent on it."""


@dataclass(frozen=True, slots=True)
class Line:
    """The peer sent a line; it may be a password."""

    line: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TooLong:
    """The peer sent a line that is too long to be kept."""


@dataclass(frozen=True, slots=True)
class Request:
    """The peer sent a request of several words, where it does not speak in lines; one may be a password."""

    words: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Malformed:
    """The peer sent what is no request; nothing more of it can be understood."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoMoreLines:
    """The peer sends no more, and every line or request of it was heard."""


@dataclass(frozen=True, slots=True)
class Recognized:
    """The answer to `Recognize`: whose name it is; None when a password has to be asked for."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to `Verify`: whose credentials they are; None when they are nobody's."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The answer to `Verify` when nobody can tell now."""


@dataclass(frozen=True, slots=True)
class Names:
    """The answer to `ListNames`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """The answer to `Count`."""

    connections: int
    logged_in: int


@dataclass(frozen=True, slots=True)
class Connected:
    """The answer to `Connect`: the backend waits for its first byte."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The answer to `Connect` when the backend does not come."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The time for the login is up."""


@dataclass(frozen=True, slots=True)
class Crowded:
    """Too many have not logged in, and of those the peer has waited longest."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Neither side has said anything for as long as one may say nothing; before a login that is no news."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """We are about to stop serving."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone."""


Input = (
    Opened
    | Exposed
    | Line
    | TooLong
    | Request
    | Malformed
    | NoMoreLines
    | Recognized
    | Verdict
    | Unavailable
    | Names
    | Counts
    | Connected
    | Unreachable
    | Deadline
    | Crowded
    | Idle
    | Leaving
    | Lost
)

# ── outputs ──


@dataclass(frozen=True, slots=True)
class Say:
    """Send this line, or these lines, to the peer, and a line end."""

    line: bytes


@dataclass(frozen=True, slots=True)
class Recognize:
    """Does this name alone open an account? Answer with Recognized; with None, too, when nobody can tell."""

    user: bytes


@dataclass(frozen=True, slots=True)
class Verify:
    """Check these credentials, and answer with a Verdict or Unavailable."""

    user: bytes
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Join:
    """From now on the peer is logged in as `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The peer is logged in no more."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Send this line to everybody who is logged in, the peer included."""

    line: bytes


@dataclass(frozen=True, slots=True)
class ListNames:
    """Who is logged in? Answer with Names."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many are there? Answer with Counts."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Connect to the backend in the name of `name`; answer with Connected or Unreachable."""

    name: str


@dataclass(frozen=True, slots=True)
class Couple:
    """Send what was said; from here on peer and backend talk with each other, and the dialogue hears no more."""


@dataclass(frozen=True, slots=True)
class Close:
    """Send what was said, and end the connection; `reason` says why if the peer did not ask for it."""

    reason: str = ""


Output = Say | Recognize | Verify | Join | Leave | Broadcast | ListNames | Count | Connect | Couple | Close


class Ear(Protocol):
    """Cuts the bytes that a peer sends into inputs, in bounded memory and at the dialogue's pace."""

    @property
    def pending_bytes(self) -> int:
        """How much was fed and not yet taken."""

    def feed(self, data: bytes) -> None:
        """More bytes came."""

    def feed_end(self) -> None:
        """No more bytes will come."""

    def take(self) -> Input | None:
        """The next input; None until more is fed."""

    def rest(self) -> bytes:
        """What was fed and not yet taken, for somebody else: nothing is left."""


class Dialect(Protocol):
    """One way to hold a login dialogue."""

    @property
    def name(self) -> str:
        """What events call it."""

    @property
    def phase(self) -> str:
        """What events call the state it is in."""

    @property
    def hearing(self) -> bool:
        """Whether it can be given the peer's next line now."""

    def ear(self) -> Ear:
        """What its peer is heard with."""

    def advance(self, got: Input) -> list[Output]:
        """Take one input; what to do about it, in order."""
