"""What a machine that talks by a plan gets and gives, whatever the plan is: a script, or a recording."""

from __future__ import annotations

from dataclasses import dataclass

# ── inputs ──


@dataclass(frozen=True, slots=True)
class Begin:
    """The connection stands."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The other side said something."""

    data: bytes


@dataclass(frozen=True, slots=True)
class HeardEnd:
    """The other side says no more."""


@dataclass(frozen=True, slots=True)
class Due:
    """The time that was waited for has come."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone."""

    reason: str


# ── outputs ──


@dataclass(frozen=True, slots=True)
class Say:
    """Say this."""

    data: bytes


@dataclass(frozen=True, slots=True)
class EndOurs:
    """Say that nothing more comes."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The plan was carried out to its end."""
