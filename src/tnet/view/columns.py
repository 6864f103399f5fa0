"""The columns of a table, those of the connection table, and which of them a narrow terminal keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.cells import cell_len, set_cell_size

from tnet.view.board import Row
from tnet.view.measures import duration, size
from tnet.view.theme import Tone

GAP = 2

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column: the lower its `rank`, the longer it stays. Units: `width` in cells; 0 takes what is left."""

    title: str
    width: int
    rank: int
    cell: Callable[[R, float], str]
    right: bool = False
    tone: Tone = Tone.PLAIN

    def fit(self, text: str, width: int) -> str:
        """`text` in exactly `width` cells."""
        short = text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"
        padding = " " * (width - cell_len(short))
        return padding + short if self.right else short + padding


COLUMNS: tuple[Column[Row], ...] = (
    Column("id", 6, 0, lambda row, now: f"#{row.conn}", tone=Tone.QUIET),
    Column("peer", 21, 1, lambda row, now: row.peer, tone=Tone.NAME),
    Column("state", 11, 2, lambda row, now: row.state),
    Column("age", 9, 5, lambda row, now: duration(max(0.0, now - row.opened)), right=True),
    Column("in", 9, 3, lambda row, now: size(row.bytes_in), right=True),
    Column("out", 9, 4, lambda row, now: size(row.bytes_out), right=True),
    Column("last", 0, 6, lambda row, now: row.last),
)
_LEAST_REST = 12


def fitting(total: int, columns: Sequence[Column[R]]) -> list[tuple[Column[R], int]]:
    """The columns that fit into `total` cells, in their order, with their widths.

    The least important go first; nothing less important is kept in the place of one that does not fit.
    """
    kept: list[Column[R]] = []
    left = total
    for column in sorted(columns, key=lambda column: column.rank):
        needs = (column.width or _LEAST_REST) + (GAP if kept else 0)
        if needs > left:
            break
        kept.append(column)
        left -= needs
    return [
        (column, column.width or _LEAST_REST + left) for column in sorted(kept, key=lambda kept: columns.index(kept))
    ]
