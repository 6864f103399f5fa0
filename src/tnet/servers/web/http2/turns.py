"""Whose turn it is to send: streams go round, each with a portion, while the client takes what they send."""

from __future__ import annotations

from collections.abc import Callable

from tnet.servers.web.http2.stream import Stream, Turn

TURNS = 16


class Turns:
    """The streams with something to send.

    `may_go` says whether anything can be sent at all; the streams that wait for it keep their order, and the one that
    took the last of it is behind them.
    """

    def __init__(self, may_go: Callable[[], bool]) -> None:
        self._may_go = may_go
        self._ready: dict[int, Stream] = {}
        self._blocked: dict[int, Stream] = {}

    def add(self, stream: Stream) -> None:
        """Let a stream take part."""
        if stream.id not in self._blocked:
            self._ready.setdefault(stream.id, stream)

    def remove(self, stream: Stream) -> None:
        """Let it go."""
        self._ready.pop(stream.id, None)
        self._blocked.pop(stream.id, None)

    def ease(self, id: int) -> None:
        """The client takes more on a stream, or (0) on all together."""
        for each in list(self._blocked) if not id else [id]:
            if (stream := self._blocked.pop(each, None)) is not None:
                self._ready[each] = stream

    def run(self) -> bool:
        """Send; whether there is more that could be sent, when others had their turn."""
        turns = TURNS
        while turns and self._ready and self._may_go():
            turns -= 1
            id = next(iter(self._ready))
            stream = self._ready.pop(id)
            match stream.take_turn():
                case Turn.MORE:
                    self._ready[id] = stream
                case Turn.BLOCKED:
                    self._blocked[id] = stream
        return not turns and bool(self._ready)

    def wait(self) -> None:
        """Nothing can be sent for now: let each mind how long that lasts."""
        for stream in self._ready.values():
            stream.wait()

    def blocked(self, *, all: bool) -> list[Stream]:
        """Those whose client takes no more of them; with `all`, everybody who has something to send."""
        return [*self._blocked.values(), *(self._ready.values() if all else ())]
