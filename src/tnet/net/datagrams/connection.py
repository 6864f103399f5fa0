"""A UDP socket that is connected to one peer: only its datagrams are heard, and the system tells when it refuses them.

Source: udp(7): an ICMP error reaches a connected socket with the next call, which then neither sends nor receives.
epoll tells of it as a hang-up with nothing to read, which Twisted takes for the end of a connection: here it is where
the error is asked for.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable
from errno import EIO
from typing import Any

from twisted.internet.interfaces import IReactorFDSet, IReadWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.escape import excerpt
from tnet.events import Trace
from tnet.events.kinds import ConnectionClosed, ConnectionOpened, DataMoved

BUFFER_BYTES = 1 << 20
DATAGRAMS_AT_ONCE = 64
EXCERPT_BYTES = 64


@implementer(IReadWriteDescriptor)
class DatagramConnection:
    """Sends and receives datagrams on `made`, a UDP socket that is connected, and tells `trace` of it like of a stream.

    What the system does not take yet waits; `waiting` is how much, in datagrams, and whoever sends should stop
    meanwhile.
    """

    def __init__(self, made: socket.socket, reactor: IReactorFDSet, trace: Trace) -> None:
        made.setblocking(False)
        self.bytes_in = self.bytes_out = self.datagrams_in = self.datagrams_out = 0
        self._socket = made
        self._reactor = reactor
        self._trace = trace
        self._began = trace.publisher.clock()
        self._room = bytearray(1 << 16)
        self._queue: deque[bytes] = deque()
        self._received: Callable[[bytes], object] = _ignore
        self._failed: Callable[[OSError], object] = _ignore
        self._eased: Callable[[], object] = _nothing
        self._closed = False
        self._report_opened()

    @property
    def waiting(self) -> int:
        """How many datagrams the system has not taken yet."""
        return len(self._queue)

    def start(
        self,
        received: Callable[[bytes], object],
        failed: Callable[[OSError], object],
        eased: Callable[[], object],
    ) -> None:
        """Begin to receive. `failed` is called with what the system says, `eased` when nothing waits any more."""
        self._received, self._failed, self._eased = received, failed, eased
        self.resume()

    def send(self, data: bytes) -> None:
        """Send one datagram, after those that wait."""
        self._queue.append(data)
        if len(self._queue) == 1:
            self._push()

    def pause(self) -> None:
        """Receive nothing; what comes meanwhile waits with the system, which drops it when it has no room."""
        if not self._closed:
            self._reactor.removeReader(self)

    def resume(self) -> None:
        """Receive again."""
        if not self._closed:
            self._reactor.addReader(self)

    def close(self, reason: str, *, clean: bool) -> None:
        """Let go of the socket; what still waits is dropped, and the end is told with its `reason`."""
        if self._closed:
            return
        self._closed = True
        self._reactor.removeReader(self)
        self._reactor.removeWriter(self)
        self._queue.clear()
        self._socket.close()
        self._trace.emit(
            ConnectionClosed,
            reason=reason,
            clean=clean,
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            seconds=self._trace.publisher.clock() - self._began,
        )

    # ── what the reactor calls ──

    def fileno(self) -> int:
        """What the reactor waits on."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        return "udp"

    def doRead(self) -> None:
        for _ in range(DATAGRAMS_AT_ONCE):
            try:
                size = self._socket.recv_into(self._room)
            except BlockingIOError:
                return
            except OSError as error:
                self._failed(error)
                return
            self._take(bytes(memoryview(self._room)[:size]))
            if self._closed:
                return

    def doWrite(self) -> None:
        self._push()
        if not self._queue and not self._closed:
            self._reactor.removeWriter(self)
            self._eased()

    def connectionLost(self, reason: Failure) -> None:
        """The reactor saw an error on the socket."""
        if not self._closed:
            number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._failed(OSError(number or EIO, os.strerror(number or EIO)))

    # ── the rest ──

    def _take(self, data: bytes) -> None:
        self._report("peer", data, self.bytes_in)
        self.datagrams_in += 1
        self.bytes_in += len(data)
        self._received(data)

    def _push(self) -> None:
        while self._queue and not self._closed:
            data = self._queue[0]
            try:
                self._socket.send(data)
            except BlockingIOError:
                self._reactor.addWriter(self)
                return
            except OSError as error:
                self._queue.popleft()
                self._failed(error)
                return
            self._queue.popleft()
            self._report("us", data, self.bytes_out)
            self.datagrams_out += 1
            self.bytes_out += len(data)

    def _report(self, by: str, data: bytes, offset: int) -> None:
        if self._trace.wants(DataMoved):
            text = excerpt(data, EXCERPT_BYTES)
            self._trace.emit(DataMoved, by=by, bytes=len(data), offset=offset, text=text)

    def _report_opened(self) -> None:
        peer, local = self._socket.getpeername(), self._socket.getsockname()
        self._trace.emit(
            ConnectionOpened,
            role="client",
            transport="udp",
            peer_address=peer[0],
            peer_port=peer[1],
            local_address=local[0],
            local_port=local[1],
        )


def connected(host: str, port: int, source: tuple[str, int] | None = None) -> socket.socket:
    """A UDP socket whose peer is an IP literal and a port, from `source` if it matters.

    Raises: OSError.
    """
    family, kind, protocol, _, place = _place(host, port)
    made = socket.socket(family, kind, protocol)
    try:
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            made.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
        if source is not None:
            made.bind(_place(*source)[4])
        made.connect(place)
    except OSError:
        made.close()
        raise
    return made


def _place(host: str, port: int) -> tuple[Any, ...]:
    """What the system calls a literal and a port; with the zone of a link-local one."""
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=flags)[0]


def _ignore(_: object) -> None:
    """Nobody listens yet."""


def _nothing() -> None:
    """Nobody waits."""
