"""Where what came departs from what was recorded, as a unified diff.

Text is compared line by line, each line made harmless; what is not text is shown in rows of hexadecimal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tnet.escape import safe, safe_line
from tnet.protocols.hexdump import ROW_BYTES, hex_rows

CONTEXT_LINES = 3
MOST_LINES = 24
MOST_BYTES = 8192
SHOWN_CHARACTERS = 400

_NUMBERS = re.compile(r"(?<=[-+])\d+")


@dataclass(frozen=True, slots=True)
class Difference:
    """At `offset` of `expected`, all that was to come, came `got` instead; `reason` says it in words."""

    reason: str
    offset: int
    expected: bytes = field(repr=False)
    got: bytes = field(repr=False)

    @property
    def place(self) -> str:
        """Where that is."""
        return f"byte {self.offset} (line {self.expected.count(10, 0, self.offset) + 1})"

    def diff(self, recorded: str, came: str) -> list[str]:
        """The lines of the diff; `recorded` and `came` are what it calls the two."""
        from difflib import unified_diff

        first, old, new = self._as_text() or self._as_rows()
        lines = list(unified_diff(old, new, recorded, came, lineterm="", n=CONTEXT_LINES))
        return [_NUMBERS.sub(lambda at: str(int(at[0]) + first), each) if each[:2] == "@@" else each for each in lines]

    def _as_text(self) -> tuple[int, list[str], list[str]] | None:
        """How many lines come before, and what each of the two says from there; None when it is not all text."""
        start = self.offset
        for _ in range(CONTEXT_LINES + 1):
            start = self.expected.rfind(b"\n", 0, max(start, 0)) if start > 0 else -1
        start += 1
        old = self.expected[start : self.offset + MOST_BYTES]
        new = self.expected[start : self.offset] + self.got[:MOST_BYTES]
        if not (_is_text(old) and _is_text(new)):
            return None
        return self.expected.count(b"\n", 0, start), *self._trimmed(_lines(old), _lines(new))

    def _as_rows(self) -> tuple[int, list[str], list[str]]:
        before = max(self.offset // ROW_BYTES - CONTEXT_LINES, 0)
        start = before * ROW_BYTES
        old = hex_rows(self.expected[start : self.offset + MOST_BYTES], start)
        new = hex_rows(self.expected[start : self.offset] + self.got[:MOST_BYTES], start)
        return before, *self._trimmed(old, new)

    def _trimmed(self, old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
        """As much as a person wants to see: where something else came, only what could have come by then."""
        new = new[:MOST_LINES]
        return old[: len(new) + (0 if self.got else CONTEXT_LINES + 1)], new


def _is_text(data: bytes) -> bool:
    """Whether `data` is UTF-8, which may be cut at its end, with nothing in it that moves a terminal."""
    text = data.decode("utf-8", "replace").rstrip("\ufffd").replace("\r\n", "\n")
    return "\ufffd" not in text and safe(text) == text


def _lines(data: bytes) -> list[str]:
    """Each line on its own, its CR visible, and its missing end, too."""
    lines = data.decode("utf-8", "replace").split("\n")
    last = lines.pop()
    shown = [_cut(safe_line(line)) for line in lines]
    return [*shown, f"{_cut(safe_line(last))} (no line end)"] if last else shown


def _cut(line: str) -> str:
    return line if len(line) <= SHOWN_CHARACTERS else line[:SHOWN_CHARACTERS] + "…"
