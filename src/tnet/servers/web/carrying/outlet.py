"""The write side of one connection: few large writes, backpressure passed on, a client that does not read noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from zope.interface import implementer

from tnet.servers.web.carrying.alarm import Alarm

HELD_BYTES = 64 * 1024

# How Twisted's transports keep what the system has not taken: a contract test says when that changes.
RELIES_ON = ("dataBuffer", "offset")


@implementer(IPushProducer)
class Pump:
    """Makes a push producer of a pull producer: one piece a turn of the reactor, while it is not paused."""

    def __init__(self, producer: Any, reactor: IReactorTime) -> None:
        self._producer = producer
        self._reactor = reactor
        self._call: IDelayedCall | None = None

    def resumeProducing(self) -> None:
        """Ask for a piece in the next turn, and so on."""
        if self._call is None:
            self._call = self._reactor.callLater(0, self._ask)

    def pauseProducing(self) -> None:
        """Stop asking."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def stopProducing(self) -> None:
        """Stop asking, for good."""
        self.pauseProducing()
        self._producer.stopProducing()

    def _ask(self) -> None:
        self._call = self._reactor.callLater(0, self._ask)
        self._producer.resumeProducing()


@implementer(IPushProducer)
class Outlet:
    """Writes to `transport` for one response after the other.

    `stalled` is called when the client has taken nothing for `stall_seconds`; `drained` when it has taken everything
    after a pause.
    """

    def __init__(
        self,
        transport: Any,
        reactor: IReactorTime,
        alarm: Alarm,
        stall_seconds: float,
        stalled: Callable[[], None],
        drained: Callable[[], None],
    ) -> None:
        self.paused = False
        self._transport = transport
        self._reactor = reactor
        self._alarm = alarm
        self._stall_seconds = stall_seconds
        self._stalled = stalled
        self._drained = drained
        self._producer: Any = None
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._holding = False
        self._flush_call: IDelayedCall | None = None
        self._taken: object = None
        transport.registerProducer(self, True)

    # ── writing ──

    def write(self, data: bytes) -> None:
        """Send `data` with what else is written in this turn."""
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes >= HELD_BYTES:
            self.flush()
        elif not self._holding and self._flush_call is None:
            self._flush_call = self._reactor.callLater(0, self._flush_later)

    def write_now(self, data: bytes) -> None:
        """Send `data` at once, behind what was kept back."""
        if self._held:
            self._held.append(data)
            self.flush()
        else:
            self._transport.write(data)

    def hold(self) -> None:
        """Keep small writes back until `release`."""
        self._holding = True

    def release(self) -> None:
        """Send what was kept back."""
        self._holding = False
        self.flush()

    def flush(self) -> None:
        """Send everything written so far."""
        if self._held:
            held, self._held, self._held_bytes = self._held, [], 0
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))

    def _flush_later(self) -> None:
        self._flush_call = None
        self.flush()

    # ── producers of a response ──

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let `producer` write the rest of the response at the client's pace."""
        if self._producer is not None:
            raise RuntimeError(f"{producer} cannot produce while {self._producer} does")
        if streaming:
            self._producer = producer
            if self.paused:
                producer.pauseProducing()
            return
        self._producer = Pump(producer, self._reactor)
        if not self.paused:
            self._producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """The producer is done."""
        producer, self._producer = self._producer, None
        if isinstance(producer, Pump):
            producer.pauseProducing()

    # ── what the transport says ──

    def pauseProducing(self) -> None:
        """The client reads slower than we write."""
        self.paused = True
        self.watch()
        if self._producer is not None:
            self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """The client has taken everything."""
        self.paused = False
        self._alarm.clear()
        if self._producer is not None:
            self._producer.resumeProducing()
        self._drained()

    def stopProducing(self) -> None:
        """The connection is gone."""
        if self._producer is not None:
            self._producer.stopProducing()

    # ── the end ──

    def finish(self) -> None:
        """Send the rest; nothing is written after it."""
        self.flush()
        self._transport.unregisterProducer()
        self.watch()

    def let_go(self) -> None:
        """Send the rest, and leave the transport to somebody else."""
        self.flush()
        self._transport.unregisterProducer()
        self.stop()

    def stop(self) -> None:
        """The connection is gone: leave nothing with the reactor."""
        self._alarm.stop()
        if self._flush_call is not None:
            self._flush_call.cancel()
            self._flush_call = None
        if isinstance(self._producer, Pump):
            self._producer.pauseProducing()

    def watch(self) -> None:
        """Begin to look whether the client takes anything."""
        self._taken = self._progress()
        self._alarm.set(self._stall_seconds, self._look)

    def stalled_since(self, bytes_per_second: float) -> float | None:
        """Since when the client has taken less than that of what waits for it; None while it takes more, or all."""
        if (since := self._alarm.since) is None:
            return None
        taken, before = self._progress(), self._taken
        if isinstance(taken, int) and isinstance(before, int):
            return since if taken - before < bytes_per_second * (self._alarm.now() - since) else None
        return since if taken == before else None

    def _look(self) -> None:
        if self._progress() == self._taken:
            self._stalled()
        else:
            self.watch()

    def _progress(self) -> object:
        """What changes whenever the system takes something: a count, or what a stock transport holds back."""
        below = getattr(self._transport, "transport", self._transport)  # TLS takes everything, and has sent nothing
        counted = getattr(below, "bytes_out", None)
        return counted if counted is not None else tuple(_held_by(below, name) for name in RELIES_ON)


def _held_by(transport: Any, name: str) -> int:
    held = getattr(transport, name, 0)
    return held if isinstance(held, int) else len(held)
