"""Which exchanges are looked at.

Shape: every word of `text` is somewhere in the row, whatever its case; `4xx` stands for each status of 400 and more.
`show` is one of `SHOW`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

SHOW = {
    "": "Everything",
    "open": "In progress",
    "wrong": "Refused or failed",
    "cut": "Cut off",
    "bins": "Bins",
}

_SEARCHED = ("method", "target", "host", "status", "phrase", "outcome", "peer", "user", "bin")
_CLASS = re.compile(r"[1-5]xx")


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants to see."""

    text: str = ""
    show: str = ""

    def takes(self, row: dict[str, Any]) -> bool:
        """Whether `row`, as the table has it, is wanted."""
        return self._shows(row) and all(_holds(row, word) for word in self.text.lower().split())

    def _shows(self, row: dict[str, Any]) -> bool:
        match self.show:
            case "open" | "cut":
                return bool(row["state"] == self.show)
            case "wrong":
                return row["state"] in ("refused", "failed", "cut")
            case "bins":
                return bool(row["bin"])
            case _:
                return True


def _holds(row: dict[str, Any], word: str) -> bool:
    if _CLASS.fullmatch(word):
        return str(row["status"])[:1] == word[0]
    return any(word in str(row[name] or "").lower() for name in _SEARCHED)
