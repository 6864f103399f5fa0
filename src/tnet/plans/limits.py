"""The bounds of a server, each with its default."""

from __future__ import annotations

from dataclasses import dataclass, fields

from tnet.errors import BadUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a server allows; 0 is no limit, except for `drain_seconds`, where it is no patience.

    Units: `…_seconds` in seconds, the others are counts.
    """

    max_connections: int = 4096
    max_per_peer: int = 256
    idle_seconds: float = 0
    handshake_seconds: float = 10
    drain_seconds: float = 10

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                raise BadUsage(field.name, "must not be negative")
