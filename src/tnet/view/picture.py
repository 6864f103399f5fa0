"""A dashboard's board drawn as lines of text for a terminal of some size."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from tnet.view.board import Board, Row
from tnet.view.columns import COLUMNS, GAP, fitting
from tnet.view.console import flowed
from tnet.view.measures import duration, plural, size
from tnet.view.plain import Teller
from tnet.view.theme import Brush, Piece, Tone

MOST_TAIL_ROWS = 8
LEAST_TAIL_ROWS = 3
SEPARATOR = "   "


class Picture:
    """Draws a board. Only the rows that are seen are made."""

    def __init__(self, title: str, brush: Brush, teller: Teller) -> None:
        self._title = title
        self._brush = brush
        self._teller = teller

    def lines(self, board: Board, now: float, columns: int, rows: int) -> list[Text]:
        """At most `rows` lines of at most `columns` cells."""
        header = list(self._header(board, now, columns))
        left = rows - len(header) - 3
        tail = min(len(board.tail), MOST_TAIL_ROWS, max(LEAST_TAIL_ROWS, left - len(board.rows)))
        shown = board.recent(max(1, left - tail))
        lines = [*header, self._rule(self._caption(board, len(shown)), columns)]
        if shown:
            lines += [self._titles(columns), *(self._row(row, now, columns) for row in shown)]
        if tail:
            lines += [self._rule("events", columns), *self._tail(board, tail)]
        return lines[:rows]

    def _header(self, board: Board, now: float, columns: int) -> Iterable[Text]:
        pieces = [
            (Tone.STRONG, f"tnet {self._title}"),
            *((Tone.NAME, endpoint) for endpoint in board.endpoints),
            *self._figures(board, now),
        ]
        return flowed((self._text(tone, text) for tone, text in pieces), columns, SEPARATOR)

    def _figures(self, board: Board, now: float) -> Iterable[Piece]:
        totals = board.totals
        bytes_in, bytes_out = board.traffic
        rate_in, rate_out = board.rates(now)
        if board.draining:
            yield Tone.WARNING, "draining"
        yield Tone.PLAIN, f"up {_age(now - (now if board.began is None else board.began))}"
        yield Tone.PLAIN, f"{totals.open_now} open, {totals.peak} at peak, {totals.opened} in all"
        yield Tone.PLAIN, f"in {size(bytes_in)}, {size(rate_in)}/s"
        yield Tone.PLAIN, f"out {size(bytes_out)}, {size(rate_out)}/s"
        if totals.requests:
            yield Tone.PLAIN, plural(totals.requests, "request")
        if totals.refused:
            yield Tone.WARNING, f"{totals.refused} refused"
        yield (Tone.BAD if totals.errors else Tone.QUIET), plural(totals.errors, "error")
        if board.worst_lag:
            yield Tone.WARNING, f"lag up to {duration(board.worst_lag)}"

    def _caption(self, board: Board, shown: int) -> str:
        hidden = len(board.rows) - shown
        if not board.rows:
            return "no connection"
        return f"connections, {hidden} more" if hidden else "connections"

    def _rule(self, caption: str, columns: int) -> Text:
        return self._text(Tone.QUIET, f"── {caption} ".ljust(columns, "─")[:columns])

    def _titles(self, columns: int) -> Text:
        cells = (column.fit(column.title, width) for column, width in fitting(columns, COLUMNS))
        return self._text(Tone.QUIET, (" " * GAP).join(cells))

    def _row(self, row: Row, now: float, columns: int) -> Text:
        cells = (
            self._text(column.tone, column.fit(self._brush.clean(column.cell(row, now)), width))
            for column, width in fitting(columns, COLUMNS)
        )
        return Text(" " * GAP).join(cells)

    def _tail(self, board: Board, count: int) -> Iterable[Text]:
        for record in list(board.tail)[-count:]:
            yield Text().join(self._text(tone, text) for tone, text in self._teller.pieces(record))

    def _text(self, tone: Tone, text: str) -> Text:
        return Text(self._brush.clean(text), style=tone.value)


def _age(seconds: float) -> str:
    """A duration that grows by whole seconds."""
    return "0 s" if seconds < 1 else duration(int(seconds))
