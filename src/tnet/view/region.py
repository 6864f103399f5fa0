"""A block of lines at the bottom of a terminal that is drawn again in place, while other lines scroll past above.

Between two frames the terminal is in its ordinary state: no alternate screen, cursor shown, below the block. So
there is nothing to restore, whichever signal ends or stops the process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_CLEAR_LINE, _CLEAR_BELOW = "\x1b[K", "\x1b[J"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A painted line and how many cells it takes."""

    text: str
    cells: int


class Region:
    """Draws through `write`, one write a frame."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._lines: Sequence[Drawn] = ()

    @property
    def is_drawn(self) -> bool:
        """Whether there is a block."""
        return bool(self._lines)

    def draw(self, lines: Sequence[Drawn], columns: int) -> None:
        """Show `lines` in place of what is shown now; each must fit into `columns`."""
        self._write(_HIDE + self._up(columns) + _body(lines) + _CLEAR_BELOW + _SHOW)
        self._lines = lines

    def above(self, text: str, columns: int) -> None:
        """Let whole lines of `text` scroll past above the block."""
        self._write(_HIDE + self._up(columns) + _CLEAR_BELOW + text + _body(self._lines) + _SHOW)

    def erase(self, columns: int) -> None:
        """Take the block away."""
        if self._lines:
            self._write(self._up(columns) + _CLEAR_BELOW)
        self._lines = ()

    def forget(self) -> None:
        """Leave the block where it is, as others have written below it, and begin a new one."""
        self._lines = ()

    def _up(self, columns: int) -> str:
        """To the block's first row: a terminal that became narrower has wrapped its lines."""
        rows = sum(max(1, -(-line.cells // columns)) for line in self._lines)
        return f"\r\x1b[{rows}A" if rows else "\r"


def _body(lines: Sequence[Drawn]) -> str:
    return "".join(f"{line.text}{_CLEAR_LINE}\n" for line in lines)
