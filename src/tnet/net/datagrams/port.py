"""A UDP socket that anybody may write to: hands each datagram to a protocol, which answers through it.

An answer leaves from the address that was written to, also where the socket listens on all of them: the peer's own
socket would not take it from another one. What the system does not take at once waits, and meanwhile nothing is read.

Source: ip(7), IP_PKTINFO; RFC 3542 section 6.1, IPV6_PKTINFO.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress, IListeningPort, IReadWriteDescriptor, IUDPTransport
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.net.context import Context
from tnet.net.datagrams.connection import BUFFER_BYTES, DATAGRAMS_AT_ONCE
from tnet.net.datagrams.peers import EVERYWHERE, Address, Peers
from tnet.plans import Limits

IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)
ORIGIN_BYTES = socket.CMSG_SPACE(20)
ROOM_BYTES = 1 << 16

Origin = list[tuple[int, int, bytes]]

_MULTICAST = 0xFF
_log = Logger()


@dataclass(frozen=True, slots=True)
class DatagramService:
    """What is listened with: `build` makes the protocol of one socket, which has its own table of peers."""

    build: Callable[[], DatagramProtocol]
    limits: Limits
    context: Context

    def serve(self, bound: socket.socket) -> DatagramPort:
        """Serve what comes to `bound`, a UDP socket that belongs to the port from now on."""
        port = DatagramPort(bound, self.build(), self.limits, self.context)
        port.startListening()
        return port


@implementer(IListeningPort, IReadWriteDescriptor)
class DatagramPort:
    """One socket, and the transport of `protocol`; an error of one datagram is the end of that one alone."""

    def __init__(self, bound: socket.socket, protocol: DatagramProtocol, limits: Limits, context: Context) -> None:
        bound.setblocking(False)
        self.peers = Peers(bound.getsockname(), limits, context)
        self.protocol = protocol
        self._socket = bound
        self._reactor = context.reactor
        self._queue: deque[tuple[bytes, Address, Origin]] = deque()
        self._origin_bytes = ORIGIN_BYTES if bound.getsockname()[0] in EVERYWHERE else 0
        self._listening = False

    def startListening(self) -> None:
        """Begin to receive."""
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
        if self._origin_bytes:
            _tell_origin(self._socket)
        self._listening = True
        self.protocol.makeConnection(cast(IUDPTransport, self))
        self._reactor.addReader(self)

    def stopListening(self) -> Deferred[None]:
        """Receive no more, and close the socket.

        Fires with: None, at once.
        """
        if self._listening:
            self._listening = False
            self._reactor.removeReader(self)
            self._reactor.removeWriter(self)
            self._queue.clear()
            self.protocol.doStop()
            self._socket.close()
            self.peers.close()
        return succeed(None)

    def getHost(self) -> IAddress:
        """The address that we listen on."""
        kind = IPv6Address if self._socket.family == socket.AF_INET6 else IPv4Address
        return kind("UDP", *self._socket.getsockname())

    def write(self, data: bytes, address: Address) -> None:
        """Send a datagram to who is at `address`, which is what the protocol was told of the sender."""
        peer = self.peers.find(address)
        self._queue.append((data, address, peer.origin if peer is not None else []))
        if len(self._queue) == 1:
            self._push()

    # ── what the reactor calls ──

    def fileno(self) -> int:
        """What the reactor waits on."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        return "udp"

    def doRead(self) -> None:
        for _ in range(DATAGRAMS_AT_ONCE):
            try:
                data, told, _, sender = self._socket.recvmsg(ROOM_BYTES, self._origin_bytes)
            except OSError:  # nothing is left; or an error that belongs to nobody here
                return
            self._take(data, sender, told)
            if self._queue or not self._listening:
                return

    def doWrite(self) -> None:
        self._push()
        if not self._queue and self._listening:
            self._reactor.removeWriter(self)
            self._reactor.addReader(self)

    def connectionLost(self, reason: Failure) -> None:
        """The reactor saw an error on the socket, which is told when it is used; it listens on."""
        if self._listening:
            self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._reactor.addReader(self)

    # ── the rest ──

    def _take(self, data: bytes, sender: Any, told: Origin) -> None:
        peer = self.peers.heard(sender, data)
        if peer is None:
            return
        peer.origin = [back for each in told if (back := _way_back(*each)) is not None]
        try:
            self.protocol.datagramReceived(data, sender)
        except Exception:  # noqa: BLE001 (what one datagram does must not end the others)
            _log.failure("a datagram could not be handled")

    def _push(self) -> None:
        while self._queue:
            data, address, origin = self._queue[0]
            try:
                self._socket.sendmsg([data], origin, 0, address)
            except BlockingIOError:
                self._reactor.removeReader(self)
                self._reactor.addWriter(self)
                return
            except OSError:  # this one cannot be sent, as UDP allows
                self._queue.popleft()
                continue
            self._queue.popleft()
            self.peers.said(address, data)


def _tell_origin(bound: socket.socket) -> None:
    """Have the system tell, with each datagram, which address it was sent to."""
    if bound.family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        bound.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)


def _way_back(level: int, kind: int, told: bytes) -> tuple[int, int, bytes] | None:
    """What makes an answer leave from the address that the system `told` of; whichever way leads to the peer.

    Shape: struct in_pktinfo is the interface, our address, and the one in the header; struct in6_pktinfo the address
    that was written to and the interface, which a link-local address needs.
    """
    if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
        return level, kind, bytes(4) + told[4:8] + bytes(4)
    if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO) and told[0] != _MULTICAST:
        link_local = told[0] == 0xFE and told[1] & 0xC0 == 0x80
        return level, kind, told if link_local else told[:16] + bytes(4)
    return None
