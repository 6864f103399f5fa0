"""What is worth telling at which verbosity.

A view subscribes to the kinds it may tell; an event nobody subscribed to is counted and never built.
"""

from __future__ import annotations

from dataclasses import dataclass

from tnet.events import kinds
from tnet.events.kinds import Event

QUIET, NORMAL, MORE, EVERYTHING = -1, 0, 1, 2

_SERVER: dict[type[Event], int] = {
    kinds.Listening: QUIET,
    kinds.Stopped: QUIET,
    kinds.Logged: QUIET,
    kinds.ConnectionOpened: NORMAL,
    kinds.ConnectionClosed: NORMAL,
    kinds.ConnectionRefused: NORMAL,
    kinds.AuthAttempted: NORMAL,
    kinds.HttpExchanged: NORMAL,
    kinds.SshChannelChanged: NORMAL,
    kinds.TlsHandshaken: NORMAL,
    kinds.Draining: NORMAL,
    kinds.SpanEnded: MORE,
    kinds.DnsAnswered: MORE,
    kinds.DialAttempted: MORE,
    kinds.HalfClosed: MORE,
    kinds.Paused: MORE,
    kinds.Resumed: MORE,
    kinds.StateEntered: MORE,
    kinds.FaultInjected: NORMAL,
}
_CLIENT: dict[type[Event], int] = {
    **dict.fromkeys(_SERVER, MORE),
    kinds.Logged: QUIET,
    kinds.RetryPlanned: NORMAL,
    kinds.StepEnded: NORMAL,
    kinds.DataMoved: MORE,
    kinds.ProbeAnswered: MORE,
    kinds.RequestBegan: MORE,
    kinds.HeadSent: MORE,
    kinds.HeadReceived: MORE,
    kinds.TrailersReceived: MORE,
    kinds.TransferStarted: MORE,
    kinds.TransferEnded: MORE,
    kinds.Stopped: EVERYTHING,
    kinds.StateEntered: EVERYTHING,
}
_LOG_LEVELS = {"error": QUIET, "warning": QUIET, "notice": NORMAL, "debug": EVERYTHING}


@dataclass(frozen=True, slots=True)
class Interest:
    """What a server's story (`serving`) or a client's is made of, at one verbosity.

    A `web` server tells of its requests; their connections are counted, and told of with -v.
    """

    serving: bool
    verbosity: int
    web: bool = False

    @property
    def quiet(self) -> bool:
        """Whether only the indispensable is told."""
        return self.verbosity < NORMAL

    @property
    def more(self) -> bool:
        """Whether the story is told, and not just what must not be missed."""
        return self.verbosity >= MORE

    @property
    def kinds(self) -> frozenset[type[Event]]:
        """The kinds of event that may be told."""
        return frozenset(kind for kind in kinds.ALL_KINDS if self._level(kind) <= self.verbosity)

    def tells(self, event: Event) -> bool:
        """Whether this one is told: finer than its kind, as a failure says more than a success."""
        match event:
            case kinds.Logged():
                return _LOG_LEVELS.get(event.level, NORMAL if self.serving else MORE) <= self.verbosity
            case kinds.TlsHandshaken(outcome="ok"):
                return self.more
            case kinds.ConnectionOpened() | kinds.ConnectionClosed() if self.web:
                return self.more
            case _:
                return self._level(type(event)) <= self.verbosity

    def _level(self, kind: type[Event]) -> int:
        return (_SERVER if self.serving else _CLIENT).get(kind, EVERYTHING)
