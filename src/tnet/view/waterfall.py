"""The phases of a fetch or a connection as a waterfall, drawn once at the end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tnet.events import Record, kinds
from tnet.view.bars import bar
from tnet.view.measures import duration, size
from tnet.view.phases import KINDS, Hop, Lane, Phases
from tnet.view.story import StoryView
from tnet.view.theme import Brush, Tone
from tnet.view.words import joined, tone_of_status

if TYPE_CHECKING:
    from rich.text import Text

    from tnet.view.outlet import Outlet
    from tnet.view.terminal import Terminal

_TONES = {"dns": Tone.NAME, "connect": Tone.GOOD, "tls": Tone.WARNING, "wait": Tone.STRONG}
_LEAST_BAR = 8
_NAME, _TIME = 8, 9
_NARROW = 72
_WIDEST = 120


class Waterfall(StoryView):
    """Collects phases, and draws them when the story ends.

    With `always` it is drawn even when there was no answer; with `apart` an empty line comes first, as the body
    before it may not have ended its line.
    """

    only = KINDS

    def __init__(self, outlet: Outlet, terminal: Terminal, *, always: bool, apart: bool = False) -> None:
        self._outlet = outlet
        self._terminal = terminal
        self._brush = Brush(color=terminal.color, unicode=terminal.unicode)
        self._always = always
        self._apart = apart
        self._phases = Phases()
        self._wall = 0.0

    def __call__(self, record: Record) -> None:
        self._phases.see(record)
        self._wall = record.wall

    def stop(self) -> None:
        """Draw what was collected."""
        hops, self._phases = self._phases, Phases()
        answered = any(hop.exchange for hop in hops.hops)
        if answered or (self._always and hops.hops):
            self._write(hops)

    def _write(self, phases: Phases) -> None:
        from tnet.view.console import make_console, painted

        console, columns = make_console(self._terminal), min(self._terminal.size.columns, _WIDEST)
        lines = [painted(console, line, columns).rstrip() for line in self._lines(phases, columns)]
        self._outlet.write("\n" * self._apart + "".join(f"{line}\n" for line in lines))

    def _lines(self, phases: Phases, columns: int) -> Iterable[Text]:
        for hop in phases.hops:
            yield self._caption(hop)
            for lane in hop.lanes:
                yield self._lane(lane, phases, columns)
        yield from self._summary(phases, columns)

    def _caption(self, hop: Hop) -> Text:
        number = f"#{hop.conn}" if hop.conn is not None else ""
        where = joined(hop.peer, number, "reused" if hop.reused else "")
        if hop.exchange is None:
            return self._line((Tone.STRONG, where))
        exchange = hop.exchange
        status = (tone_of_status(exchange.status), f"{exchange.status} ")
        return self._line(status, (Tone.STRONG, f"{exchange.method} {exchange.url}"), (Tone.QUIET, f"  {where}"))

    def _lane(self, lane: Lane, phases: Phases, columns: int) -> Text:
        scale = phases.end - phases.start or 1.0
        first, last = (lane.start - phases.start) / scale, (lane.end - phases.start) / scale
        detail = self._detail(phases, columns)
        cells = max(_LEAST_BAR, columns - _NAME - detail - 2 * _TIME - 6)
        drawn = bar(first, last, cells, unicode=self._terminal.unicode)
        lost = lane.outcome != "ok"
        tone = (Tone.BAD if lane.outcome == "failed" else Tone.QUIET) if lost else _TONES.get(lane.name, Tone.PLAIN)
        return self._line(
            (Tone.PLAIN, f"  {self._cut(lane.name, _NAME)}"),
            (tone if lost else Tone.QUIET, self._cut(lane.detail, detail)),
            (tone, f" {drawn} "),
            (Tone.STRONG, f"{duration(lane.seconds):>{_TIME}}"),
            (Tone.QUIET, f"{'+' + duration(lane.start - phases.start):>{_TIME + 1}}"),
        )

    def _detail(self, phases: Phases, columns: int) -> int:
        """How many cells the details get: what they need, but no more than a third; none on a narrow terminal."""
        longest = max((len(lane.detail) for hop in phases.hops for lane in hop.lanes), default=0)
        return min(longest + 1, columns // 3) if columns >= _NARROW else 0

    def _summary(self, phases: Phases, columns: int) -> Iterable[Text]:
        last = phases.hops[-1]
        parts = [f"total {duration(phases.end - phases.start)}"]
        if last.exchange is not None:
            parts += [f"status {last.exchange.status}", f"{size(last.exchange.bytes_in)} received"]
        if last.peer:
            parts.append(last.peer)
        if last.handshake is not None:
            parts += self._security(last.handshake)
        from tnet.view.console import flowed

        return flowed((self._line((Tone.STRONG, part)) for part in parts if part), columns, "   ")

    def _security(self, handshake: kinds.TlsHandshaken) -> list[str]:
        alpn = f"ALPN {handshake.tls_alpn}" if handshake.tls_alpn else ""
        return [handshake.tls_version or "", alpn, expiry(handshake.not_after, self._wall)]

    def _cut(self, text: str, cells: int) -> str:
        from rich.cells import cell_len, set_cell_size

        text = self._brush.clean(text)
        return set_cell_size(text, cells) if cell_len(text) < cells else set_cell_size(text, max(0, cells - 1)) + " "

    def _line(self, *pieces: tuple[Tone, str]) -> Text:
        from rich.text import Text

        return Text.assemble(*((self._brush.clean(text), tone.value) for tone, text in pieces))


def expiry(not_after: str | None, wall: float) -> str:
    """How long a certificate is still good; empty when nobody said.

    Units: `wall` in seconds since the epoch.
    """
    if not not_after:
        return ""
    try:
        ends = datetime.fromisoformat(not_after)
    except ValueError:
        return f"certificate until {not_after}"
    days = (ends.replace(tzinfo=ends.tzinfo or UTC).timestamp() - wall) / 86400
    return f"certificate good for {days:.0f} days" if days >= 0 else f"certificate expired {-days:.0f} days ago"
