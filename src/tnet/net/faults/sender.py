"""Passes on what a flow lets through, when it lets it through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.interfaces import IDelayedCall, INegotiated, IPushProducer
from zope.interface import implementer

from tnet.events import Trace, silent_trace
from tnet.events.kinds import FaultInjected
from tnet.net.backlog import unacknowledged
from tnet.net.context import Context
from tnet.plans.faults import Fault
from tnet.protocols.impairment import Ending

LINGER_SECONDS = 5.0
DELIVERY_SECONDS = 1.0
LOOK_SECONDS = 0.01
SILENCE_SECONDS = 600.0


class Flow(Protocol):
    """What decides when something leaves: an `Impairment`, or a pace."""

    @property
    def apart(self) -> bool: ...
    @property
    def full(self) -> bool: ...
    @property
    def eased(self) -> bool: ...
    def put(self, data: bytes, now: float) -> None: ...
    def end(self, now: float) -> None: ...
    def wait(self, now: float) -> float | None: ...
    def take(self, now: float) -> bytes | Ending | None: ...


@implementer(IPushProducer)
class Sender:
    """Between a protocol, which may be a producer, and the real transport, for which this is one.

    It is registered there only while it has something to send, so that who closes an idle connection need not wait.
    """

    def __init__(self, faults: tuple[Fault, ...], flow: Flow, context: Context) -> None:
        self._faults = faults
        self._flow = flow
        self._reactor = context.reactor
        self._clock = context.clock
        self._trace = silent_trace()
        self._beneath: Any = None
        self._producer: Any = None
        self._timer: IDelayedCall | None = None
        self._then: Callable[[], object] | None = None
        self._ending: Ending | None = None
        self._sent = 0
        self._registered = self._paused = self._producer_waits = self._told = self._stopped = False

    def start(self, beneath: Any, trace: Trace) -> None:
        """Begin to send through `beneath`, and to tell `trace` of it."""
        self._beneath, self._trace = beneath, trace

    # ── for the protocol above ──

    def write(self, data: bytes) -> None:
        """Say `data`."""
        if data and not self._told:
            self._told = True
            self._tell("latency", "bandwidth", "slice")
        self._flow.put(data, self._clock())
        self.go_on()
        if self._producer is not None and not self._producer_waits and self._flow.full:
            self._producer_waits = True
            self._producer.pauseProducing()

    def feed_from(self, producer: Any) -> None:
        """Pause `producer` while too much waits here; None for nobody."""
        self._producer, self._producer_waits = producer, False

    def finish(self, then: Callable[[], object]) -> None:
        """Do `then` once all that was said is out; but a silence at a limit lasts, though not for ever."""
        if self._stopped:
            return
        if self._ending is Ending.STALL:
            self._later(SILENCE_SECONDS, self.end_silence)
        elif self._ending is not None:
            then()
        else:
            if self._then is None:
                self._flow.end(self._clock())
            self._then = then
            self.go_on()

    def end_silence(self) -> None:
        """Close, if a limit has made the connection silent."""
        if self._ending is Ending.STALL and not self._stopped:
            self._beneath.ended_because = "silent on purpose, then closed"
            self._beneath.loseConnection()

    def stop(self) -> None:
        """The connection is over, or will be now."""
        self._stopped = True
        self._cancel()
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.stopProducing()

    def go_on(self) -> None:
        """Pass on what is due, unless it is known when to."""
        if self._timer is None and not self._paused and not self._stopped and self._ending is None:
            self._pass_on()

    # ── for the transport beneath ──

    def pauseProducing(self) -> None:
        """Send no more for now."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Send on."""
        self._paused = False
        self.go_on()

    def stopProducing(self) -> None:
        """The connection is over."""
        self.stop()

    # ── the rest ──

    def _pass_on(self) -> None:
        self._timer = None
        while not self._paused and (piece := self._flow.take(self._clock())) is not None:
            if isinstance(piece, Ending):
                self._end(piece)
                return
            self._register()
            self._sent += len(piece)
            self._beneath.write(piece)
            if self._flow.apart:
                break
        self._ease()
        self._come_back()

    def _come_back(self) -> None:
        if self._paused or self._timer is not None or self._stopped or self._ending is not None:
            return
        wait = self._flow.wait(self._clock())
        if wait is None:
            self._unregister()
        else:
            self._later(wait, self._pass_on)

    def _ease(self) -> None:
        """Let who waits for room go on."""
        if self._producer_waits and self._flow.eased and self._producer is not None:
            self._producer_waits = False
            self._producer.resumeProducing()

    def _register(self) -> None:
        if not self._registered:
            self._registered = True
            self._beneath.registerProducer(self, True)

    def _unregister(self) -> None:
        if self._registered:
            self._registered = self._paused = False
            self._beneath.unregisterProducer()

    def _later(self, seconds: float, act: Callable[[], object]) -> None:
        self._cancel()
        self._timer = self._reactor.callLater(seconds, act)

    def _cancel(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    # ── how it ends ──

    def _end(self, ending: Ending) -> None:
        self._ending = ending
        self._unregister()
        if ending is Ending.SAID:
            assert self._then is not None, "somebody said that it ends"
            self._then()
            return
        self._tell("limit")
        if ending is Ending.CLOSE:
            self._close()
        elif ending is Ending.RESET:
            self._reset_by(self._clock() + DELIVERY_SECONDS)
        elif self._then is not None:
            self.finish(self._then)
        self._ease()

    def _close(self) -> None:
        """Say that no more comes, and read on for a while: who closes over unread bytes takes back what was sent."""
        if self._then is not None:
            self._then()
        elif INegotiated.providedBy(self._beneath):
            self._beneath.loseConnection()
        else:
            self._beneath.loseWriteConnection()
            self._later(LINGER_SECONDS, self._beneath.loseConnection)

    def _reset_by(self, deadline: float) -> None:
        """Reset as soon as the peer has what was sent: an RST takes with it what is still on its way."""
        on_its_way = self._sent > getattr(self._beneath, "bytes_out", 0) or unacknowledged(self._beneath)
        if on_its_way and self._clock() < deadline:
            self._later(LOOK_SECONDS, lambda: self._reset_by(deadline))
        else:
            self._beneath.ended_because = "reset on purpose"
            self._beneath.abortConnection()

    def _tell(self, *kinds: str) -> None:
        for fault in self._faults:
            if fault.kind in kinds:
                self._trace.emit(FaultInjected, fault=fault.kind, detail=fault.detail)
