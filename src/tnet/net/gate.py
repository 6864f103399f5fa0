"""Lets peers in, or does not: a server's limits, outside TLS and before it costs anything.

One timer sweeps over all connections and compares byte counters; nothing is called for a chunk of data, and no
connection has a timer of its own.

A secured connection tells by its attribute `handshaken` whether its handshake is complete; a protocol without one
has no handshake. Its transport counts in `bytes_in` and `bytes_out`; one that does not is never called idle.

The innermost protocol may have a method `idled`, which is called at every sweep that finds the connection idle. When
it is true, the end is the protocol's affair, which may have something to say first; otherwise we close.

It may also have a method `waiting_since`: since when, by the monotonic clock, it has been waiting for its peer and
could be done without; None when it could not. Where a limit is reached, the connection that has waited longest makes
room for the next one, unless it came just now: whoever opens many and says little does not keep others out.
"""

from __future__ import annotations

import ipaddress
import resource
import sys
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocol,
    IProtocolFactory,
    ITransport,
)
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.events.kinds import ConnectionRefused
from tnet.net.context import Context
from tnet.net.tap import place
from tnet.net.waiting import Waiting
from tnet.net.wrapper import HalfCloseableWrapper, Wrapper, innermost, is_half_closeable
from tnet.plans import Limits

CLOSING_SECONDS = 10.0
SWEEP_SECONDS = 1.0
SPARE_DESCRIPTORS = 32
MADE_ROOM = "made room for another connection"


@implementer(IProtocolFactory)
class Gate:
    """Admits to `factory` whom the limits allow, and ends the connections that outstay them.

    `served` is how many were let in so far. A connection may need `descriptors`, its own and those of what it is given.
    """

    def __init__(self, factory: IProtocolFactory, limits: Limits, context: Context, *, descriptors: int = 1) -> None:
        self.served = 0
        self._factory = factory
        self._limits = limits
        self._context = context
        self._most = _affordable(limits.max_connections, descriptors)
        self._period = _period(limits)
        self._inside: set[_Admitted] = set()
        self._of_peer: dict[str, set[_Admitted]] = {}
        self._waiting: Waiting[_Admitted] = Waiting(context.clock)
        self._empty: list[Deferred[None]] = []
        self._sweep: IDelayedCall | None = None

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._inside)

    def around(self, factory: IProtocolFactory) -> IProtocolFactory:
        """Another factory behind this gate: its connections count towards the same limits."""
        return _Door(self, factory)

    # ── the factory that ports call ──

    def buildProtocol(self, address: IAddress) -> IProtocol | None:
        return self.admit(self._factory, address)

    def doStart(self) -> None:
        self._factory.doStart()

    def doStop(self) -> None:
        self._factory.doStop()

    def admit(self, factory: IProtocolFactory, address: IAddress) -> IProtocol | None:
        """A protocol of `factory` for the peer at `address`; None, and the refusal reported, if a limit is reached."""
        peer = network_of(address)
        refusal = self._refusal(peer)
        if refusal and not self._makes_room(peer):
            host, port = place(address)
            self._context.publisher.emit(ConnectionRefused, peer_address=host, peer_port=port, reason=refusal)
            return None
        inner = factory.buildProtocol(address)
        if inner is None:
            return None
        return (_HalfCloseableAdmitted if is_half_closeable(inner) else _Admitted)(inner, self, peer)

    def _refusal(self, peer: str) -> str:
        if len(self._inside) >= self._most:
            return f"{self._most} connections are open, and that is the limit"
        most = self._limits.max_per_peer
        if most and peer and len(self._of_peer.get(peer, ())) >= most:
            return f"{most} connections from {peer} are open, and that is the limit for one peer"
        return ""

    def _makes_room(self, peer: str) -> bool:
        most = self._limits.max_per_peer
        own = self._of_peer.get(peer, set())
        return self.make_room(peer if most and peer and len(own) >= most else None)

    def make_room(self, peer: str | None = None) -> bool:
        """Whether one connection could be ended: one of `peer`, or else anybody's."""
        one = self._waiting.longest(peer, self._inside if peer is None else self._of_peer[peer])
        if one is None:
            return False
        self.left(one)
        one.make_room()
        return True

    # ── the way out ──

    def lose_all(self) -> None:
        """Close every connection once what waits was sent; who does not let us is cut off after a while."""
        for one in tuple(self._inside):
            one.control.loseConnection()

    def abort_all(self) -> None:
        """Cut every connection now."""
        for one in tuple(self._inside):
            one.control.abortConnection()

    def when_empty(self) -> Deferred[None]:
        """Fires with: None, as soon as no connection is open."""
        if not self._inside:
            return succeed(None)
        waiting: Deferred[None] = Deferred(self._empty.remove)
        self._empty.append(waiting)
        return waiting

    # ── what an admitted connection calls ──

    def entered(self, one: _Admitted) -> None:
        """Count a connection in."""
        self.served += 1
        self._inside.add(one)
        self._of_peer.setdefault(one.peer, set()).add(one)
        if self._sweep is None:
            self._sweep = self._context.reactor.callLater(self._period, self._look_around)

    def left(self, one: _Admitted) -> None:
        """Count a connection out, if it is not out already."""
        if one not in self._inside:
            return
        self._inside.discard(one)
        self._of_peer[one.peer].discard(one)
        if not self._of_peer[one.peer]:
            del self._of_peer[one.peer]
        if self._inside:
            return
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        waiting, self._empty = self._empty, []
        for each in waiting:
            each.callback(None)

    def _look_around(self) -> None:
        self._sweep = self._context.reactor.callLater(self._period, self._look_around)
        now = self._context.clock()
        for one in tuple(self._inside):
            one.check(now, self._limits)

    def clock(self) -> float:
        """Monotonic seconds."""
        return self._context.clock()


@implementer(IProtocolFactory)
class _Door:
    """Another way in."""

    def __init__(self, gate: Gate, factory: IProtocolFactory) -> None:
        self._gate = gate
        self._factory = factory

    def buildProtocol(self, address: IAddress) -> IProtocol | None:
        return self._gate.admit(self._factory, address)

    def make_room(self) -> bool:
        return self._gate.make_room()

    def doStart(self) -> None:
        self._factory.doStart()

    def doStop(self) -> None:
        self._factory.doStop()


class _Admitted(Wrapper):
    """A connection that was let in.

    `control` is what closes it: TLS where there is TLS, else the transport.
    """

    control: Any

    def __init__(self, inner: IProtocol, gate: Gate, peer: str) -> None:
        super().__init__(inner)
        self.peer = peer
        self._gate = gate
        self._moved: int | None = 0
        self._leaving = False

    def makeConnection(self, transport: ITransport) -> None:
        self.control = self.inner if ITransport.providedBy(self.inner) else transport
        self._entered_at = self._quiet_since = self._gate.clock()
        self._gate.entered(self)
        super().makeConnection(transport)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        try:
            super().connectionLost(reason)
        finally:
            self._gate.left(self)

    def check(self, now: float, limits: Limits) -> None:
        """End this connection if a time is up."""
        self._observe(now)
        quiet = now - self._quiet_since
        if not getattr(self.inner, "handshaken", True):
            if limits.handshake_seconds and now - self._entered_at >= limits.handshake_seconds:
                self._cut(f"timed out: TLS handshake took longer than {limits.handshake_seconds:g} s")
        elif self._leaving:
            if quiet >= CLOSING_SECONDS:
                self._cut(f"timed out: the peer took nothing for {CLOSING_SECONDS:g} s after we closed")
        elif limits.idle_seconds and quiet >= limits.idle_seconds:
            self._end_idle(f"timed out: idle for {limits.idle_seconds:g} s")

    def waiting_since(self) -> float | None:
        """Since when it has been waiting for its peer, if it could be done without."""
        if not getattr(self.inner, "handshaken", True):
            return self._entered_at
        since = getattr(innermost(self.inner), "waiting_since", None)
        return None if since is None else since()

    def make_room(self) -> None:
        """End now, for another."""
        self._cut(MADE_ROOM)

    def _observe(self, now: float) -> None:
        """Note when something last happened."""
        stream = self._transport
        moved = stream.bytes_in + stream.bytes_out if hasattr(stream, "bytes_in") else None
        leaving = bool(stream.disconnecting or getattr(self.inner, "disconnecting", False))
        if moved != self._moved or moved is None or leaving != self._leaving:
            self._moved, self._leaving, self._quiet_since = moved, leaving, now

    def _end_idle(self, reason: str) -> None:
        idled = getattr(innermost(self.inner), "idled", None)
        if idled is None or not idled():
            self._transport.ended_because = reason
            self.control.loseConnection()

    def _cut(self, reason: str) -> None:
        self._transport.ended_because = self._transport.ended_because or reason
        self.control.abortConnection()

    @property
    def _transport(self) -> Any:
        return self.transport


class _HalfCloseableAdmitted(_Admitted, HalfCloseableWrapper):
    """A connection that was let in, of a protocol that goes on when its peer sends no more."""


def network_of(address: Any) -> str:
    """Who counts as one peer: an IPv4 address, or the /64 network of an IPv6 one; nobody in particular on UNIX.

    Source: RFC 4291 section 2.5.4: one host may use every address of its /64.
    """
    host = getattr(address, "host", None)
    if host is None or ":" not in host:
        return host or ""
    parsed = ipaddress.IPv6Address(host.partition("%")[0])
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))


def _affordable(wanted: int, descriptors: int) -> int:
    """`wanted` connections (0: any number), but so few that some of the descriptors that we may open are left."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = sys.maxsize if allowed == resource.RLIM_INFINITY else max(1, (allowed - SPARE_DESCRIPTORS) // descriptors)
    return min(wanted or most, most)


def _period(limits: Limits) -> float:
    """How often to look, so that the shortest limit is kept to a quarter of itself."""
    times = [seconds for seconds in (limits.idle_seconds, limits.handshake_seconds) if seconds]
    return min([SWEEP_SECONDS, *(seconds / 4 for seconds in times)])
