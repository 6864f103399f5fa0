"""The story in plain lines: one event a line, with its time, its connection, a mark, a word and the rest.

It needs no Rich, so that a short command does not wait for it and an access log costs microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from tnet.events import Record, kinds
from tnet.view.card import Card
from tnet.view.interest import Interest
from tnet.view.story import StoryView
from tnet.view.theme import Brush, Piece, Tone
from tnet.view.totals import Totals
from tnet.view.words import WORD_CELLS, Said, joined, say

Stamp = Callable[[Record], str]


class Sink(Protocol):
    """Whatever lines can be written to."""

    def write(self, text: str) -> None: ...


def local_time(record: Record) -> str:
    """The time of day here, for somebody who watches."""
    return datetime.fromtimestamp(record.wall).strftime("%H:%M:%S.%f")[:-3]


def utc_time(record: Record) -> str:
    """The date and time in UTC, for a file that is read later."""
    ts: str = record.as_json()["ts"]
    return ts


def since_start(record: Record) -> str:
    """Milliseconds since the command began, for a client's story."""
    return f"{record.t * 1000:9.1f} ms"


class Teller:
    """Turns records into painted lines."""

    def __init__(self, brush: Brush, stamp: Stamp) -> None:
        self._brush = brush
        self._stamp = stamp

    def line(self, record: Record, said: Said | None = None) -> str:
        """The line of a record, in the event's own words or in those of the caller; heads and tracebacks take more."""
        said = said or say(record.event)
        more = "".join(f"    {self._brush.paint(Tone.QUIET, line)}\n" for line in said.more)
        return f"{self._brush.line(self.pieces(record, said))}\n{more}"

    def pieces(self, record: Record, said: Said | None = None) -> Iterator[Piece]:
        """What the line is made of, not yet harmless."""
        said = said or say(record.event)
        yield Tone.QUIET, self._lead(record)
        yield said.tone, f"{self._brush.mark(said.mark)} {said.word:<{WORD_CELLS}} "
        yield _text_tone(said.tone), said.text

    def complaint(self, record: Record, event: kinds.Logged, *, stamped: bool) -> str:
        """`tnet: error: …`, with its hint on a line of its own."""
        tone = Tone.BAD if event.level == "error" else Tone.WARNING
        paint = self._brush.paint
        lead = paint(Tone.QUIET, self._lead(record)) if stamped else ""
        hint = f"  {paint(Tone.QUIET, 'hint:')} {paint(Tone.PLAIN, event.hint)}\n" if event.hint else ""
        return f"{lead}tnet: {paint(tone, f'{event.level}:')} {paint(Tone.PLAIN, event.text)}\n{hint}"

    def notice(self, text: str) -> str:
        """A line by itself: a command that does one thing says that it is done."""
        return self._brush.paint(Tone.PLAIN, text) + "\n"

    def password(self, password: str) -> str:
        """A line that shows a password which stays, and which nobody can look up later."""
        brush = self._brush
        return (
            brush.line(((Tone.PLAIN, "password: "), (Tone.STRONG, password), (Tone.QUIET, "  shown only now"))) + "\n"
        )

    def _lead(self, record: Record) -> str:
        conn = f"#{record.conn}" if record.conn is not None else ""
        return f"{self._stamp(record)} {conn:>5} "


def _text_tone(tone: Tone) -> Tone:
    return tone if tone in (Tone.BAD, Tone.WARNING, Tone.QUIET) else Tone.PLAIN


class PlainView(StoryView):
    """Tells the story in lines.

    With a `card` a server's beginning is told on it, and with `watched` its end as well. A complaint is stamped
    once a server runs, or in a log (`stamped`); of one that never ran, the complaint is all there is to say.
    """

    def __init__(
        self,
        sink: Sink,
        teller: Teller,
        interest: Interest,
        *,
        card: Card | None = None,
        watched: bool = False,
        stamped: bool = False,
    ) -> None:
        self.only = interest.kinds
        self.totals = Totals()
        self._sink = sink
        self._teller = teller
        self._interest = interest
        self._card = card
        self._watched = watched
        self._stamped = stamped

    def __call__(self, record: Record) -> None:
        self.totals.see(record)
        if self.tells(record.event):
            self.tell(record)

    def tells(self, event: kinds.Event) -> bool:
        """Whether this event gets a line."""
        return self._interest.tells(event)

    def tell(self, record: Record) -> None:
        """Write the line of a record."""
        match record.event:
            case kinds.Logged(level="error" | "warning") as event:
                self._sink.write(self._teller.complaint(record, event, stamped=self._stamped))
            case kinds.RetryPlanned() as event if not self._stamped and not self._interest.more:
                warning = kinds.Logged(level="warning", text=say(event).text)
                self._sink.write(self._teller.complaint(record, warning, stamped=False))
            case kinds.Logged(level="notice", text=text) if not self._stamped:
                self._sink.write(self._teller.notice(text))
            case kinds.Listening() as event if self._card is not None:
                self._card.listening(event)
                self._stamped = True
            case kinds.Stopped() if self._interest.serving:
                if self._stamped:
                    self._part(record)
            case _:
                self._sink.write(self._teller.line(record))

    def note(self, text: str) -> None:
        """A line of the card, or a line by itself; not with `-q`, and not in a log."""
        if self._card is not None and not self._interest.quiet:
            self._card.note(text)

    def account(self, user: str, password: str, *, lasting: bool = False) -> None:
        """A line of the card, or by itself: shown even with `-q`, as nobody could log in without it; never in a log."""
        if self._card is None:
            return
        if lasting:
            self._sink.write(self._teller.password(password))
        else:
            self._card.account(user, password)

    def _part(self, record: Record) -> None:
        """Say how a server ended and what there was: on a card for somebody who watches, else on one line."""
        said = say(record.event)
        summary = self.totals.summary(self.publisher.unbuilt)
        if self._card is not None and self._watched:
            self._card.farewell(said, summary)
            return
        all_of_it = joined(said.text, *(f"{heading} {text}" for heading, text in summary))
        self._sink.write(self._teller.line(record, Said(said.word, all_of_it, said.mark, said.tone)))
