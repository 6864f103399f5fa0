"""The body of one request on its way to its sink: bounded, and held back while the sink is busy."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tnet.servers.web.bodies import IBodySink


class Intake:
    """Feeds `sink`; `ready` is called when it can take more after it was busy, `failed` when it will take no more."""

    def __init__(self, sink: IBodySink, ready: Callable[[], None], failed: Callable[[Failure], None]) -> None:
        self.busy = False
        self._sink: IBodySink | None = sink
        self._ready = ready
        self._failed = failed

    def receive(self, data: bytes) -> None:
        """Hand on a piece, unless nobody wants it any more."""
        if self._sink is None:
            return
        try:
            taken = self._sink.bodyReceived(data)
        except Exception:  # noqa: BLE001 (a sink is anybody's code)
            self._failed(Failure())
            return
        if isinstance(taken, Deferred):
            self.busy = True
            taken.addCallback(self._taken).addErrback(self._refused)

    def end(self) -> None:
        """The body is complete."""
        sink, self._sink = self._sink, None
        if sink is None:
            return
        try:
            sink.bodyEnded()
        except Exception:  # noqa: BLE001 (a sink is anybody's code)
            self._failed(Failure())

    def lose(self, reason: Failure) -> None:
        """The body will not be completed, or nobody waits for its rest; after its end this is nothing new."""
        sink, self._sink = self._sink, None
        self.busy = False
        if sink is not None:
            sink.bodyLost(reason)

    def _taken(self, _: object) -> None:
        self.busy = False
        if self._sink is not None:
            self._ready()

    def _refused(self, failure: Failure) -> None:
        self.busy = False
        if self._sink is not None:
            self._failed(failure)
