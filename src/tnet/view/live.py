"""The dashboard of a server: what is going on in place, what must not be missed above it.

It is drawn on the reactor's thread, at most four times a second and for at most a twentieth of the time, not at
all when nothing changed or when the terminal is slow to read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tnet.events import Record, kinds
from tnet.view.board import KINDS, Board
from tnet.view.card import Card
from tnet.view.console import make_console, painted
from tnet.view.interest import QUIET, Interest
from tnet.view.picture import Picture
from tnet.view.plain import PlainView, Teller
from tnet.view.region import Drawn, Region
from tnet.view.story import StoryView
from tnet.view.theme import Brush

if TYPE_CHECKING:
    from tnet.view.outlet import Outlet
    from tnet.view.terminal import Terminal

SHARE = 20
LEAST_ROWS = 4


class LiveView(StoryView):
    """Draws a Board; listening addresses, complaints and the summary scroll past above it as plain lines.

    Units: `clock` in seconds, to measure what drawing costs.
    """

    tick_seconds = 0.25

    def __init__(
        self,
        outlet: Outlet,
        terminal: Terminal,
        teller: Teller,
        command: str,
        interest: Interest,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.only = KINDS | interest.kinds
        self.board = Board()
        self._outlet = outlet
        self._terminal = terminal
        self._interest = interest
        self._clock = clock
        brush = Brush(color=terminal.color, unicode=terminal.unicode)
        self._console = make_console(terminal)
        self._picture = Picture(command, brush, teller)
        self._region = Region(outlet.write)
        self._card = Card(command, brush, self.write)
        self._lines = PlainView(self, teller, Interest(serving=True, verbosity=QUIET), card=self._card, watched=True)
        self._lines.totals = self.board.totals
        self._drawn: object = None
        self._not_before = 0.0
        self._over = False

    def start(self) -> None:
        """Nothing is drawn before a server listens."""
        self._lines.publisher = self.publisher

    def __call__(self, record: Record) -> None:
        self.board.see(record)
        if isinstance(record.event, kinds.Stopped):
            self.stop()
        if self._lines.tells(record.event):
            self._lines.tell(record)
        elif self._interest.tells(record.event):
            self.board.tail.append(record)

    def write(self, text: str) -> None:
        """Let lines scroll past above the dashboard."""
        self._region.above(text, self._terminal.size.columns)

    def note(self, text: str) -> None:
        """A line of the start card."""
        self._card.note(text)

    def account(self, user: str, password: str, *, lasting: bool = False) -> None:
        """A line of the start card."""
        self._card.account(user, password)

    def tick(self) -> None:
        """Draw, if there is something new to see and time for it."""
        began = self._clock()
        if self._over or self.board.began is None or began < self._not_before or self._outlet.is_behind:
            return
        size = self._terminal.size
        now = self.publisher.elapsed
        state = (self.board.changes, int(now), size)
        if state == self._drawn:
            return
        self._drawn = state
        self._draw(now, size.columns, size.lines)
        ended = self._clock()
        self._not_before = ended + (ended - began) * (SHARE - 1)

    def resume(self) -> None:
        """Draw anew, below whatever the shell has written."""
        self._region.forget()
        self._drawn = None

    def stop(self) -> None:
        """Take the dashboard away; what scrolled past stays."""
        if not self._over:
            self._over = True
            self._region.erase(self._terminal.size.columns)

    def _draw(self, now: float, columns: int, rows: int) -> None:
        card = min(self._card.rows, rows // 3)
        texts = self._picture.lines(self.board, now, columns, max(LEAST_ROWS, rows - 1 - card))
        self._region.draw(
            [Drawn(painted(self._console, text, columns), min(text.cell_len, columns)) for text in texts], columns
        )
