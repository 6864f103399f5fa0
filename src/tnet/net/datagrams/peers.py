"""Who sent datagrams lately: to the story each of them is a connection, from its first datagram until it falls silent.

The table is bounded, and forging senders fills it with the forged: whoever was silent for the longest gives way.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from twisted.internet.interfaces import IDelayedCall

from tnet.escape import excerpt
from tnet.events import Trace
from tnet.events.kinds import ConnectionClosed, ConnectionOpened, ConnectionRefused, DataMoved
from tnet.net.context import Context
from tnet.plans import Limits

SILENT_SECONDS = 60.0
MOST_PEERS = 65_536
EXCERPT_BYTES = 64
EVERYWHERE = ("0.0.0.0", "::")

ANSWERING_PORTS = frozenset({7, 13, 17, 19, 37, 53, 69, 123})
"""Who sends from there answers whatever comes, even an answer, so that two of them never end (CVE-2024-2169)."""

Address = tuple[Any, ...]


class Peer:
    """One sender; `origin` is what the system needs to answer from the address that was written to."""

    __slots__ = ("began", "bytes_in", "bytes_out", "heard_at", "origin", "refused", "trace")

    def __init__(self, trace: Trace | None, now: float, *, refused: bool) -> None:
        self.trace = trace
        self.began = self.heard_at = now
        self.bytes_in = self.bytes_out = 0
        self.origin: list[tuple[int, int, bytes]] = []
        self.refused = refused


class Peers:
    """The senders that a socket at `local` hears of, within `limits`: `max_connections` of them, and their silence."""

    def __init__(self, local: Address, limits: Limits, context: Context) -> None:
        self._local = local
        self._most = min(limits.max_connections or MOST_PEERS, MOST_PEERS)
        self._silent_seconds = limits.idle_seconds or SILENT_SECONDS
        self._context = context
        self._known: OrderedDict[Address, Peer] = OrderedDict()
        self._sweep: IDelayedCall | None = None

    def __len__(self) -> int:
        return len(self._known)

    def heard(self, address: Address, data: bytes) -> Peer | None:
        """The sender of `data`; None for one who gets no answer, which is told once."""
        peer = self._known.get(address) or self._new(address)
        peer.heard_at = self._context.clock()
        self._known.move_to_end(address)
        if peer.refused:
            return None
        _report(peer, "peer", data, peer.bytes_in)
        peer.bytes_in += len(data)
        return peer

    def said(self, address: Address, data: bytes) -> None:
        """`data` was sent to a peer."""
        peer = self._known.get(address)
        if peer is not None:
            _report(peer, "us", data, peer.bytes_out)
            peer.bytes_out += len(data)

    def find(self, address: Address) -> Peer | None:
        """Who is known at `address`."""
        return self._known.get(address)

    def close(self) -> None:
        """Tell the end of all."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        while self._known:
            self._forget("closed by us")

    # ── coming and going ──

    def _new(self, address: Address) -> Peer:
        while len(self._known) >= self._most:
            self._forget(f"{self._most} others have sent something since")
        refusal = self._refusal(address)
        trace = None if refusal else self._context.publisher.trace()
        peer = self._known[address] = Peer(trace, self._context.clock(), refused=bool(refusal))
        if trace is not None:
            self._report_opened(trace, address)
        else:
            self._context.publisher.emit(
                ConnectionRefused, peer_address=address[0], peer_port=address[1], reason=refusal
            )
        if self._sweep is None:
            self._sweep = self._context.reactor.callLater(self._silent_seconds, self._look)
        return peer

    def _refusal(self, address: Address) -> str:
        if address[1] in ANSWERING_PORTS or not address[1]:
            return f"it comes from port {address[1]}, where an answer would be answered for ever"
        everywhere = self._local[0] in EVERYWHERE and address[0].startswith(("127.", "::1"))
        if address[1] == self._local[1] and (everywhere or address[0] == self._local[0]):
            return "it seems to come from ourselves"
        return ""

    def _look(self) -> None:
        self._sweep = None
        long_ago = self._context.clock() - self._silent_seconds
        while self._known and next(iter(self._known.values())).heard_at <= long_ago:
            self._forget(f"silent for {self._silent_seconds:g} s")
        if self._known:
            oldest = next(iter(self._known.values()))
            self._sweep = self._context.reactor.callLater(oldest.heard_at - long_ago, self._look)

    def _forget(self, reason: str) -> None:
        """Leave out who was silent for the longest."""
        _, peer = self._known.popitem(last=False)
        if peer.trace is not None:
            peer.trace.emit(
                ConnectionClosed,
                reason=reason,
                clean=True,
                bytes_in=peer.bytes_in,
                bytes_out=peer.bytes_out,
                seconds=self._context.clock() - peer.began,
            )

    def _report_opened(self, trace: Trace, address: Address) -> None:
        trace.emit(
            ConnectionOpened,
            role="server",
            transport="udp",
            peer_address=address[0],
            peer_port=address[1],
            local_address=self._local[0],
            local_port=self._local[1],
        )


def _report(peer: Peer, by: str, data: bytes, offset: int) -> None:
    if peer.trace is not None and peer.trace.wants(DataMoved):
        peer.trace.emit(DataMoved, by=by, bytes=len(data), offset=offset, text=excerpt(data, EXCERPT_BYTES))
