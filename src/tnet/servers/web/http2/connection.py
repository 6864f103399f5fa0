"""HTTP/2 on a connection that began as a `Channel`: streams side by side, and everybody's time.

What a client may do is bounded by the engine; what it leaves undone has a deadline here.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from twisted.internet.error import ConnectionAborted
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from tnet.protocols.http1.heads import RequestHead
from tnet.protocols.http2.arrivals import Arrival, Asked, Cut, Denied, Eased, Ended, Leaving, Poured
from tnet.protocols.http2.reasons import ENHANCE_YOUR_CALM, Fault
from tnet.protocols.http2.requests import VERSION
from tnet.protocols.http2.serving import ServingEngine
from tnet.servers.web.carrying.alarm import Alarm
from tnet.servers.web.carrying.farewell import Farewell
from tnet.servers.web.carrying.inlet import Inlet
from tnet.servers.web.carrying.outlet import Outlet
from tnet.servers.web.http2.fields import encoded_fields
from tnet.servers.web.http2.stream import Stream
from tnet.servers.web.http2.turns import Turns

if TYPE_CHECKING:
    from tnet.servers.web.carrying.channel import Channel

AHEAD_BYTES = 64 * 1024
WAITING_BYTES = 16 << 20
OUT_OF_ROOM = "the client sends no more, and takes no more"

NOTHING = RequestHead(b"-", b"-", VERSION, [], keep_alive=False)


class Phase(Enum):
    """What the connection waits for."""

    FRESH = auto()
    IDLE = auto()
    HEAD = auto()
    STREAMS = auto()
    CLOSING = auto()


class Connection:
    """Takes the place of `channel`, which gives it what it hears from the transport.

    `waiting_bytes` of responses are held in memory because the client does not take them.
    """

    def __init__(self, channel: Channel) -> None:
        site, transport = channel.site, channel.transport
        self.site, self.trace, self.transport = site, channel.trace, transport
        self.peer, self.host, self.secure = channel.peer, channel.host, channel.secure
        self.engine = ServingEngine(site.limits)
        self.waiting_bytes = 0
        self._streams: dict[int, Stream] = {}
        self._turns = Turns(self._may_send)
        self._served = 0
        self._phase: tuple[Phase, int] = (Phase.FRESH, 0)
        self._alarm = Alarm(site.reactor, site.now)
        self._inlet = Inlet(transport)
        self._farewell = Farewell(transport, self._alarm, site.deadlines.linger_seconds)
        stall = Alarm(site.reactor, site.now)
        self._outlet = Outlet(
            transport, site.reactor, stall, site.deadlines.stall_seconds, self._stalled, self._drained
        )
        self._call: IDelayedCall | None = None
        self._busy = False
        self._ahead = 0

    # ── what the channel calls ──

    def begin(self, early: bytes) -> None:
        """Take over; `early` is what has come behind the preface."""
        self._alarm.set(self.site.deadlines.head_seconds, self._close)
        self.receive(early)

    def receive(self, data: bytes) -> None:
        """Some bytes came."""
        if self._phase[0] is Phase.CLOSING:
            self._farewell.discard(data)
            return
        self._busy = True
        try:
            for arrival in self.engine.feed(data, self.site.now()):
                self._take(arrival)
        except Fault as fault:
            self._fail(fault.reason)
        finally:
            self._busy = False
            self._turn()

    def half_closed(self) -> None:
        """The client sends no more, and may still be listening: what it asked for is answered."""
        self._inlet.ended = True
        if self._phase[0] is Phase.CLOSING:
            self.transport.loseConnection()
            return
        for stream in tuple(self._streams.values()):
            stream.break_off()
        self._turn()

    def write_ended(self) -> None:
        """Our own half-close is done."""

    def lost(self, why: Failure) -> None:
        """The connection is gone."""
        self._phase = (Phase.CLOSING, 0)
        self._stop()
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.lost(why)

    def leave(self) -> None:
        """Begin nothing more, and close when what has begun is complete."""
        self.engine.goodbye()
        self._turn()

    def waiting_since(self) -> float | None:
        """Since when it has been waiting for the client, on every stream there is; None when it has not."""
        stalled = self._outlet.stalled_since(self.site.deadlines.body_bytes_per_second)
        if stalled is not None or self._phase[0] is Phase.CLOSING:
            return stalled
        if not self._streams:
            return self._alarm.since
        waits = [stream.waiting_since() for stream in self._streams.values()]
        return None if None in waits else max(since for since in waits if since is not None)

    # ── what arrives ──

    def _take(self, arrival: Arrival) -> None:
        match arrival:
            case Asked(id, head, ended):
                self._begin(id, head, ended)
            case Poured(id, data) if id in self._streams:
                self._streams[id].pour(data)
            case Ended(id) if id in self._streams:
                self._streams[id].end()
            case Eased(id):
                self._turns.ease(id)
            case Cut(id, reason, head):
                self._cut(id, reason, head)
            case Denied():
                self._deny(arrival)
            case Leaving(reason) if reason:
                self._report(NOTHING, 0, reason)

    def _begin(self, id: int, head: RequestHead, ended: bool) -> None:
        if self.waiting_bytes > WAITING_BYTES:
            self.engine.refuse(id)
            self._report(head, 0, "too much waits to be taken by the client already")
            return
        self._served += 1
        if head.plain and self._answer_at_once(id, head):
            return
        stream = self._streams[id] = Stream(self, self._served, id)
        stream.begin(head, ended=ended)

    def _answer_at_once(self, id: int, head: RequestHead) -> bool:
        """Answer from memory, if that is possible and needs no waiting."""
        if self.site.shortcut is None or self.waiting_bytes or self._outlet.paused:
            return False
        stored = self.site.shortcut.look_up(head.method, head.target, head.accept_encoding)
        if stored is None or len(stored.body) > min(self.engine.window, self.engine.room(id)):
            return False
        preamble = ((b"server", b"tnet"), (b"date", self.site.date()))
        self.engine.respond(id, 200, preamble + encoded_fields(stored.fields), end=not stored.body)
        if stored.body:
            self.engine.send(id, memoryview(stored.body), end=True)
        Stream(self, self._served, id).exchange.answered(head, 200, len(stored.body))
        return True

    def _cut(self, id: int, reason: str, head: RequestHead | None) -> None:
        if head is not None:
            self._report(head, 0, reason)
        elif (stream := self._streams.get(id)) is not None:
            self.drop(stream)
            stream.lost(Failure(StreamReset(reason)), reason)

    def _deny(self, denied: Denied) -> None:
        self._served += 1
        stream = self._streams[denied.stream] = Stream(self, self._served, denied.stream)
        stream.deny(denied)

    def _report(self, head: RequestHead, status: int, reason: str) -> None:
        """Report what never became an exchange."""
        self._served += 1
        exchange = Stream(self, self._served).exchange
        exchange.head = head
        exchange.reject(status, reason)

    # ── what streams call ──

    def wake(self, stream: Stream) -> None:
        """A stream has something to send, or something was said for it."""
        if stream.has_waiting:
            self._turns.add(stream)
        if self._busy or self._phase[0] is Phase.CLOSING:
            return
        if stream.eager:
            self._turn()
        elif self._call is None:
            self._call = self.site.reactor.callLater(0, self._turn_later)

    def drop(self, stream: Stream) -> None:
        """Let go of a stream that is over."""
        self._streams.pop(stream.id, None)
        self._turns.remove(stream)
        stream.close()

    # ── sending ──

    def _may_send(self) -> bool:
        return self.engine.window > 0 and not self._outlet.paused

    def _turn(self) -> None:
        """Send what can be sent, and see what the connection waits for now."""
        if self._busy or self._phase[0] is Phase.CLOSING:
            return
        self._busy = True
        try:
            more = self._turns.run()
            if not self.engine.window:
                self._turns.wait()
            if self._inlet.ended:
                self._cut_blocked()
        finally:
            self._busy = False
        self._flush()
        if more and self._call is None:
            self._call = self.site.reactor.callLater(0, self._turn_later)
        self._mind()

    def _cut_blocked(self) -> None:
        """A client that sends no more makes no room: nothing can come of the streams that wait for some."""
        for stream in self._turns.blocked(all=not self.engine.window):
            stream.give_up(OUT_OF_ROOM)

    def _turn_later(self) -> None:
        self._call = None
        self._turn()

    def _flush(self) -> None:
        if said := self.engine.to_send():
            self._ahead = self._ahead + len(said) if self._outlet.paused else 0
            self._outlet.write(said)
            self._outlet.flush()
            self._inlet.read(self._ahead < AHEAD_BYTES)

    def _drained(self) -> None:
        self._ahead = 0
        self._inlet.read(True)
        self._turn()

    # ── time ──

    def _mind(self) -> None:
        """Set the deadline of the phase that the connection is in now; close when nothing is left to do."""
        if self._phase[0] is Phase.CLOSING:
            return
        if not self._streams and (self.engine.closing or self._inlet.ended):
            self._close()
            return
        phase = self._current_phase()
        if phase != self._phase:
            self._phase = phase
            self._set_alarm(phase[0])

    def _current_phase(self) -> tuple[Phase, int]:
        if midway := self.engine.midway:
            return Phase.HEAD, midway
        if self._streams:
            return Phase.STREAMS, 0
        return (Phase.IDLE if self._served else Phase.FRESH), self._served

    def _set_alarm(self, phase: Phase) -> None:
        match phase:
            case Phase.HEAD:
                self._alarm.set(self.site.deadlines.head_seconds, self._head_late)
            case Phase.FRESH:
                self._alarm.set(self.site.deadlines.head_seconds, self._close)
            case Phase.IDLE:
                self._alarm.set(self.site.deadlines.idle_seconds, self._close)
            case Phase.STREAMS:
                self._alarm.clear()

    def _head_late(self) -> None:
        self.engine.give_up(ENHANCE_YOUR_CALM, "the request took too long")
        self._fail("the request took too long")

    def _stalled(self) -> None:
        self._because("the client took nothing for too long")
        self._end()
        self.transport.abortConnection()

    # ── ends ──

    def _fail(self, reason: str) -> None:
        """The client has done what no connection survives, and was told so."""
        self._report(NOTHING, 0, reason)
        self._because(reason)
        for stream in tuple(self._streams.values()):
            self.drop(stream)
            stream.lost(Failure(ConnectionAborted()), reason)
        self._close()

    def _because(self, reason: str) -> None:
        if hasattr(self.transport, "ended_because"):
            self.transport.ended_because = reason

    def _close(self) -> None:
        """Say goodbye and end; the client gets time to read it. TLS waits for the client by itself."""
        self.engine.goodbye()
        self._end()
        self._outlet.write(self.engine.to_send())
        self._outlet.finish()
        self._inlet.read(True)
        if self._inlet.ended or self.secure:
            self.transport.loseConnection()
        else:
            self._farewell.begin(half_close=True)

    def _end(self) -> None:
        """Take nothing more; what has not ended yet hears of it when the connection is gone."""
        self._phase = (Phase.CLOSING, 0)
        self._alarm.clear()

    def _stop(self) -> None:
        """Leave nothing with the reactor."""
        self._alarm.stop()
        self._outlet.stop()
        if self._call is not None:
            self._call.cancel()
            self._call = None


class StreamReset(Exception):
    """The client has reset a stream, or was not fit to keep it."""
