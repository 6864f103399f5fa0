"""Bars of eighths of a cell."""

from __future__ import annotations

_LEFT_EIGHTHS = " ▏▎▍▌▋▊▉█"
_RIGHT_HALF = "▐"


def bar(start: float, end: float, cells: int, *, unicode: bool = True) -> str:
    """A bar from `start` to `end`, as parts of the whole width (0 to 1), `cells` wide; it is never invisible."""
    first = min(max(0, round(start * cells * 8)), cells * 8 - 1)
    last = max(first + 1, min(round(end * cells * 8), cells * 8))
    if not unicode:
        return _ascii(first, last, cells)
    return "".join(_cell(first - 8 * cell, last - 8 * cell) for cell in range(cells))


def _cell(first: int, last: int) -> str:
    """One cell, of which the eighths from `first` to `last` are covered."""
    if first >= 8 or last <= 0:
        return " "
    if first <= 0:
        return _LEFT_EIGHTHS[min(last, 8)]
    if last >= 8:
        return _RIGHT_HALF if first >= 3 else _LEFT_EIGHTHS[8]
    return _LEFT_EIGHTHS[last] if first < 4 else _RIGHT_HALF


def _ascii(first: int, last: int, cells: int) -> str:
    begin = first // 8
    return (" " * begin + "=" * max(1, -(-last // 8) - begin)).ljust(cells)
