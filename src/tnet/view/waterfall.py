"""The phases of a fetch or a connection as a waterfall, drawn once at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tnet.events import Record, kinds
from tnet.events.phases import KINDS, Hop, Phase, PhaseEvent, Phases
from tnet.view.bars import bar
from tnet.view.measures import address, duration, plural, size
from tnet.view.story import StoryView
from tnet.view.theme import Brush, Tone
from tnet.view.words import joined, reason, tone_of_status

if TYPE_CHECKING:
    from rich.text import Text

    from tnet.view.outlet import Outlet
    from tnet.view.terminal import Terminal

_TONES = {
    "queue": Tone.QUIET,
    "dns": Tone.NAME,
    "connect": Tone.GOOD,
    "proxy": Tone.NAME,
    "tls": Tone.WARNING,
    "wait": Tone.STRONG,
}
_LEAST_BAR = 8
_NAME, _TIME = 8, 9
_NARROW = 72
_WIDEST = 120
_FEW_HOPS = 20


class Waterfall(StoryView):
    """Collects phases, and draws them when the story ends.

    With `always` it is drawn whole, and even when there was no answer; else of many requests only the last ones are.
    With `apart` an empty line comes first, as the body before it may not have ended its line.
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
        hops = list(phases.hops) if self._always else list(phases.hops)[-_FEW_HOPS:]
        if hidden := phases.dropped + len(phases.hops) - len(hops):
            yield self._line((Tone.QUIET, f"{plural(hidden, 'request')} before these"))
        scale = _Scale(min(hop.start for hop in hops), max(hop.end for hop in hops), self._detail(hops, columns))
        for hop in hops:
            yield self._caption(hop)
            for phase in hop.phases:
                yield self._lane(phase, scale, columns)
        yield from self._summary(phases, columns)

    def _caption(self, hop: Hop) -> Text:
        number = f"#{hop.conn}" if hop.conn is not None else ""
        where = (Tone.QUIET, f"  {joined(_cause(hop), _peer(hop), number, 'reused' if hop.reused else '')}")
        if hop.exchange is not None:
            status = (tone_of_status(hop.exchange.status), f"{hop.exchange.status} ")
            return self._line(status, (Tone.STRONG, f"{hop.exchange.method} {hop.exchange.url}"), where)
        if hop.asked is not None:
            return self._line((Tone.STRONG, f"{hop.asked.method} {hop.asked.url}"), where)
        return self._line((Tone.STRONG, where[1].strip()))

    def _lane(self, phase: Phase, scale: _Scale, columns: int) -> Text:
        first, last = scale.part(phase.start), scale.part(phase.end)
        cells = max(_LEAST_BAR, columns - _NAME - scale.detail - 2 * _TIME - 6)
        drawn = bar(first, last, cells, unicode=self._terminal.unicode)
        lost = phase.outcome != "ok"
        tone = (Tone.BAD if phase.outcome == "failed" else Tone.QUIET) if lost else _TONES.get(phase.name, Tone.PLAIN)
        return self._line(
            (Tone.PLAIN, f"  {self._cut(phase.name, _NAME)}"),
            (tone if lost else Tone.QUIET, self._cut(_told(phase.event), scale.detail)),
            (tone, f" {drawn} "),
            (Tone.STRONG, f"{duration(phase.seconds):>{_TIME}}"),
            (Tone.QUIET, f"{'+' + duration(phase.start - scale.start):>{_TIME + 1}}"),
        )

    def _detail(self, hops: Iterable[Hop], columns: int) -> int:
        """How many cells the details get: what they need, but no more than a third; none on a narrow terminal."""
        longest = max((len(_told(phase.event)) for hop in hops for phase in hop.phases), default=0)
        return min(longest + 1, columns // 3) if columns >= _NARROW else 0

    def _summary(self, phases: Phases, columns: int) -> Iterable[Text]:
        last = phases.hops[-1]
        parts = [f"total {duration(phases.end - phases.start)}"]
        if last.exchange is not None:
            parts += [f"status {last.exchange.status}", f"{size(last.exchange.bytes_in)} received"]
        parts.append(_peer(last))
        if last.handshake is not None:
            parts += _security(last.handshake, self._wall)
        from tnet.view.console import flowed

        return flowed((self._line((Tone.STRONG, part)) for part in parts if part), columns, "   ")

    def _cut(self, text: str, cells: int) -> str:
        from rich.cells import cell_len, set_cell_size

        text = self._brush.clean(text)
        return set_cell_size(text, cells) if cell_len(text) < cells else set_cell_size(text, max(0, cells - 1)) + " "

    def _line(self, *pieces: tuple[Tone, str]) -> Text:
        from rich.text import Text

        return Text.assemble(*((self._brush.clean(text), tone.value) for tone, text in pieces))


@dataclass(frozen=True, slots=True)
class _Scale:
    """What all lanes share. Units: `start` and `end` in seconds on the records' clock, `detail` in cells."""

    start: float
    end: float
    detail: int

    def part(self, t: float) -> float:
        """Where a moment is between start (0) and end (1)."""
        return (t - self.start) / (self.end - self.start or 1.0)


def _cause(hop: Hop) -> str:
    """Why a request was made, when it is not the first."""
    if hop.asked is None or hop.asked.cause == "first":
        return ""
    return f"attempt {hop.attempt}" if hop.attempt else hop.asked.cause


def _peer(hop: Hop) -> str:
    return address(hop.opened.peer_address, hop.opened.peer_port) if hop.opened is not None else ""


def _told(event: PhaseEvent) -> str:
    """What is worth saying beside a phase."""
    match event:
        case kinds.DnsAnswered():
            return event.error or " → ".join(filter(None, (event.host, ", ".join(event.addresses))))
        case kinds.DialAttempted():
            return _attempt(event)
        case kinds.TlsHandshaken():
            return event.error or event.tls_version or ""
        case kinds.SpanEnded():
            return reason(event.outcome, event.error)


def _attempt(event: kinds.DialAttempted) -> str:
    """Which address was tried, so that no two attempts look alike; and how it ended, if it did not end well."""
    cross = "✗" if event.outcome == "failed" else ""
    ended = "" if event.outcome == "ok" else event.error or event.outcome
    return " ".join(filter(None, (cross, address(event.peer_address, event.peer_port), ended)))


def _security(handshake: kinds.TlsHandshaken, wall: float) -> list[str]:
    """What is known of a connection's TLS and its peer's certificate."""
    alpn = f"ALPN {handshake.tls_alpn}" if handshake.tls_alpn else ""
    subject = f"certificate of {handshake.subject}" if handshake.subject else ""
    issuer = f"issued by {handshake.issuer}" if handshake.issuer else ""
    return [
        handshake.tls_version or "",
        handshake.tls_cipher or "",
        alpn,
        subject,
        issuer,
        expiry(handshake.not_after, wall),
    ]


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
