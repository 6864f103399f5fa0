"""How far downloads are: drawn in place at a terminal, or told in a line now and then.

What ends is told by a line that stays. Nothing is drawn before the first transfer starts, so that whoever downloads
nothing does not wait for what draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tnet.events import Record, kinds
from tnet.view.interest import Interest
from tnet.view.measures import duration, size
from tnet.view.plain import Sink, Teller
from tnet.view.region import Drawn, Region
from tnet.view.story import StoryView
from tnet.view.theme import Brush
from tnet.view.transfers import KINDS, Moving, Transfers
from tnet.view.words import Said, joined

if TYPE_CHECKING:
    from tnet.view.outlet import Outlet
    from tnet.view.terminal import Terminal

LINE_SECONDS = 10.0


class ProgressLines(StoryView):
    """One line when a transfer starts, one when it ends, and one every `LINE_SECONDS` in between.

    What `interest` tells anyhow is left to it.
    """

    only = KINDS

    def __init__(self, sink: Sink, teller: Teller, interest: Interest) -> None:
        self._sink = sink
        self._teller = teller
        self._interest = interest
        self._transfers = Transfers()
        self._told: dict[int, float] = {}

    def __call__(self, record: Record) -> None:
        self._transfers.see(record)
        match record.event:
            case kinds.TransferStarted(transfer=transfer):
                self._told[transfer] = record.t
            case kinds.TransferEnded(transfer=transfer):
                self._told.pop(transfer, None)
            case kinds.TransferProgressed(transfer=transfer):
                if record.t - self._told.get(transfer, record.t) >= LINE_SECONDS:
                    self._told[transfer] = record.t
                    said = Said("progress", how_far(self._transfers.moving[transfer], record.t))
                    self._sink.write(self._teller.line(record, said))
                return
        if not self._interest.tells(record.event):
            self._sink.write(self._teller.line(record))


class Progress(StoryView):
    """Draws a line for each transfer, and one for all of them; what is written to it scrolls past above."""

    only = KINDS
    tick_seconds = 0.25

    def __init__(self, outlet: Outlet, terminal: Terminal, teller: Teller, interest: Interest) -> None:
        self._outlet = outlet
        self._terminal = terminal
        self._teller = teller
        self._interest = interest
        self._brush = Brush(color=terminal.color, unicode=terminal.unicode)
        self._transfers = Transfers()
        self._region = Region(outlet.write)

    def __call__(self, record: Record) -> None:
        self._transfers.see(record)
        if isinstance(record.event, kinds.TransferEnded):
            if not self._transfers.moving:
                self.stop()
            if not self._interest.tells(record.event):
                self.write(self._teller.line(record))

    def write(self, text: str) -> None:
        """Let lines scroll past above what is drawn."""
        if self._region.is_drawn:
            self._region.above(text, self._terminal.size.columns)
        else:
            self._outlet.write(text)

    def tick(self) -> None:
        """Draw how far it is, unless the terminal has not read the last frame."""
        if self._transfers.moving and not self._outlet.is_behind:
            self._draw()

    def resume(self) -> None:
        """Draw anew, below whatever the shell has written."""
        self._region.forget()

    def stop(self) -> None:
        """Take away what is drawn."""
        self._region.erase(self._terminal.size.columns)

    def _draw(self) -> None:
        from tnet.view.console import make_console, painted
        from tnet.view.gauges import gauges

        shown = self._terminal.size
        texts = gauges(self._transfers, self.publisher.elapsed, self._brush, shown.columns, shown.lines)
        console = make_console(self._terminal)
        lines = [Drawn(painted(console, text, shown.columns), min(text.cell_len, shown.columns)) for text in texts]
        self._region.draw(lines, shown.columns)


def how_far(moving: Moving, now: float) -> str:
    """A transfer in words: its name, how much of it there is, how fast it comes, and how long it will take."""
    fraction, left = moving.fraction, moving.left(now)
    of = f" of {size(moving.total_bytes)}" if moving.total_bytes is not None else ""
    return joined(
        moving.name,
        f"{fraction:.0%}" if fraction is not None else "",
        f"{size(moving.done_bytes)}{of}",
        f"{size(moving.rate(now))}/s",
        f"{duration(left)} left" if left is not None else "",
    )
