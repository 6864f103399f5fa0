"""Transfers drawn as lines of text for a terminal of some size: a bar, a rate and a remaining time each."""

from __future__ import annotations

import math

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tnet.view.bars import bar
from tnet.view.columns import GAP, Column, fitting
from tnet.view.measures import duration, plural, size
from tnet.view.theme import Brush, Tone
from tnet.view.transfers import Moving, Transfers

SHARE = 2
_SEPARATOR = "   "


def _percent(moving: Moving, now: float) -> str:
    """How much of it there is, rounded down: what is not complete has not 100 %."""
    return "" if moving.fraction is None else f"{math.floor(moving.fraction * 100)}%"


def _left(moving: Moving, now: float) -> str:
    left = moving.left(now)
    return "" if left is None else f"{duration(left)} left"


_BAR: Column[Moving] = Column("bar", 0, 6, lambda moving, now: "", tone=Tone.GOOD)
COLUMNS: tuple[Column[Moving], ...] = (
    Column("name", 22, 0, lambda moving, now: moving.name, tone=Tone.NAME),
    Column("part", 4, 1, _percent, right=True, tone=Tone.STRONG),
    _BAR,
    Column("done", 8, 3, lambda moving, now: size(moving.done_bytes), right=True),
    Column("rate", 10, 2, lambda moving, now: f"{size(moving.rate(now))}/s", right=True),
    Column("left", 13, 4, _left, right=True, tone=Tone.QUIET),
    Column("segments", 11, 7, lambda moving, now: plural(moving.segments, "segment") if moving.segments > 1 else ""),
)


def gauges(transfers: Transfers, now: float, brush: Brush, columns: int, rows: int) -> list[Text]:
    """A line for each transfer, and one for all where there are several, in at most a part of the terminal's `rows`.

    Units: `now` on the records' clock; `columns` in cells.
    """
    several = transfers.begun > 1
    most = max(1, rows // SHARE - several)
    moving = list(transfers.moving.values())
    layout = fitting(columns, COLUMNS)
    lines = [_gauge(each, now, brush, layout) for each in moving[:most]]
    return [*lines, _summary(transfers, now, brush, len(moving) - most)] if several else lines


def _gauge(moving: Moving, now: float, brush: Brush, layout: list[tuple[Column[Moving], int]]) -> Text:
    return Text(" " * GAP).join(
        Text(
            _bar(moving, width, brush) if column is _BAR else _cell(column, moving, now, width, brush),
            column.tone.value,
        )
        for column, width in layout
    )


def _cell(column: Column[Moving], moving: Moving, now: float, width: int, brush: Brush) -> str:
    text = brush.clean(column.cell(moving, now))
    return column.fit(text if brush.unicode else set_cell_size(text, min(width, cell_len(text))), width)


def _bar(moving: Moving, cells: int, brush: Brush) -> str:
    return " " * cells if not moving.fraction else bar(0, moving.fraction, cells, unicode=brush.unicode)


def _summary(transfers: Transfers, now: float, brush: Brush, hidden: int) -> Text:
    parts = (
        (Tone.STRONG, f"{transfers.completed} of {transfers.begun} done"),
        (Tone.BAD, f"{transfers.failed} failed" if transfers.failed else ""),
        (Tone.QUIET, f"{hidden} more under way" if hidden > 0 else ""),
        (Tone.PLAIN, size(transfers.received_bytes)),
        (Tone.PLAIN, f"{size(transfers.rate(now))}/s"),
    )
    return Text(_SEPARATOR).join(Text(brush.clean(text), tone.value) for tone, text in parts if text)
