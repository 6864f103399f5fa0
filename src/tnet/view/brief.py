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


class Brief(StoryView):
    """One line when the connection stands, one when TLS secures it, one when it is over."""

    only = frozenset({kinds.DialAttempted, kinds.ConnectionOpened, kinds.TlsHandshaken, kinds.ConnectionClosed})

    def __init__(self, outlet: Outlet, brush: Brush) -> None:
        self._outlet = outlet
        self._brush = brush
        self._dialled = 0.0

    def __call__(self, record: Record) -> None:
        match record.event:
            case kinds.DialAttempted(outcome="ok") as event:
                self._dialled = event.seconds
            case kinds.ConnectionOpened() as event:
                within = f" in {duration(self._dialled)}" if self._dialled else ""
                self._say("connected", f"to {address(event.peer_address, event.peer_port)}{within}")
            case kinds.TlsHandshaken(outcome="ok") as event:
                self._say("secured", _secured(event))
            case kinds.ConnectionClosed() as event:
                moved = f"sent {size(event.bytes_out)}, received {size(event.bytes_in)}"
                why = "" if event.clean else event.reason
                self._say("closed", joined(f"after {duration(event.seconds)}", moved, why))

    def _say(self, word: str, text: str) -> None:
        brush = self._brush
        self._outlet.write(f"tnet: {brush.paint(Tone.NAME, word)} {brush.paint(Tone.QUIET, text)}\n")


def _secured(event: kinds.TlsHandshaken) -> str:
    how = f"by {event.tls_version or 'TLS'} in {duration(event.seconds)}"
    until = f" until {event.not_after[:10]}" if event.not_after else ""
    return joined(how, f"certificate of {event.subject}{until}" if event.subject else "")
