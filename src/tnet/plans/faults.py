"""What goes wrong on purpose, in the words of Toxiproxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `latency` (with `jitter`), `bandwidth`, `slice`, `limit` (then `outcome`), or `refuse`.

    Units: `seconds` and `jitter_seconds` of latency; `amount` and `most` in bytes, bytes a second, or percent.
    """

    kind: Literal["latency", "bandwidth", "slice", "limit", "refuse"]
    seconds: float = 0
    jitter_seconds: float = 0
    amount: int = 0
    most: int = 0
    outcome: Literal["close", "reset", "stall"] = "close"
