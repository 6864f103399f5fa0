"""How the story is told: what the options that every command shares were set to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPlan:
    """Where events go and how they look.

    `mode` None is live on a terminal and plain elsewhere. `events_file` gets every event as JSON Lines; `-` is
    stdout. `verbosity` is -1 with `-q`, else the number of `-v`. `timings` shows the phases at the end.
    """

    mode: Literal["live", "plain", "json"] | None = None
    events_file: str | None = None
    log_file: str | None = None
    verbosity: int = 0
    color: Literal["auto", "always", "never"] = "auto"
    ascii_only: bool = False
    privacy: bool = False
    timings: bool = False
