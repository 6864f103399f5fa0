"""What `connect` says at a terminal when it was asked for no more: how it got there, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tnet.events import Record, kinds
from tnet.view.measures import address, duration, size
from tnet.view.story import StoryView
from tnet.view.theme import Brush, Tone
from tnet.view.words import joined

if TYPE_CHECKING:
    from tnet.view.outlet import Outlet

_WAIT = "wait"


class Brief(StoryView):
    """One line when the connection stands, one when TLS secures it, and two when it is over: why, and what passed."""

    only = frozenset(
        {
            kinds.DialAttempted,
            kinds.ConnectionOpened,
            kinds.TlsHandshaken,
            kinds.SpanEnded,
            kinds.HalfClosed,
            kinds.ConnectionClosed,
        }
    )

    def __init__(self, outlet: Outlet, brush: Brush) -> None:
        self._outlet = outlet
        self._brush = brush
        self._dialled = self._opened_at = 0.0
        self._answered = ""
        self._ended: tuple[str, str] | None = None

    def __call__(self, record: Record) -> None:
        match record.event:
            case kinds.DialAttempted(outcome="ok") as event:
                self._dialled = event.seconds
            case kinds.ConnectionOpened() as event:
                self._opened_at = record.t
                self._answered, self._ended = "", None
                within = f" in {duration(self._dialled)}" if self._dialled else ""
                self._say("connected", f"to {address(event.peer_address, event.peer_port)}{within}")
            case kinds.TlsHandshaken(outcome="ok") as event:
                self._say("secured", _secured(event))
            case kinds.SpanEnded(span=span, seconds=seconds) if span == _WAIT:
                self._answered = f"first answer after {duration(seconds)}"
            case kinds.HalfClosed(by=by) if self._ended is None:
                self._ended = by, duration(record.t - self._opened_at)
            case kinds.ConnectionClosed() as event:
                self._over(event)

    def _over(self, event: kinds.ConnectionClosed) -> None:
        after = f"after {duration(event.seconds)}"
        if event.clean:
            self._say("closed", joined(f"{event.reason.removeprefix('closed ')} {after}", self._who_ended(event)))
        else:
            self._say("closed", joined(after, event.reason, self._who_ended(event)))
        sent, received = (_amount(count, event.seconds) for count in (event.bytes_out, event.bytes_in))
        self._say("sent", joined(f"{sent}, received {received}", self._answered))

    def _who_ended(self, event: kinds.ConnectionClosed) -> str:
        """Who ended first, and when, unless the end of it all says the same."""
        if self._ended is None:
            return ""
        by, when = self._ended
        whole = "closed by us" if by == "us" else "closed by peer"
        if event.reason == whole and when == duration(event.seconds):
            return ""
        return f"{'we' if by == 'us' else 'the peer'} ended first, after {when}"

    def _say(self, word: str, text: str) -> None:
        brush = self._brush
        self._outlet.write(f"tnet: {brush.paint(Tone.NAME, word)} {brush.paint(Tone.QUIET, text)}\n")


def _amount(count: int, seconds: float) -> str:
    return f"{size(count)} at {size(count / seconds)}/s" if count and seconds else size(count)


def _secured(event: kinds.TlsHandshaken) -> str:
    how = f"by {event.tls_version or 'TLS'} in {duration(event.seconds)}"
    until = f" until {event.not_after[:10]}" if event.not_after else ""
    return joined(how, f"certificate of {event.subject}{until}" if event.subject else "")
