"""A stream over one end of a socket pair, turned by hand, and the bare other end for the test to play the peer."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol, INegotiated
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.net.transport import Stream, TcpServer


class Keeper(Protocol):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.lost: Failure | None = None

    def dataReceived(self, data: bytes) -> None:
        self.chunks.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost = reason


@implementer(IHalfCloseableProtocol)
class HalfCloseableKeeper(Keeper):
    """Keeps what it is told, of half-closing too."""

    def __init__(self) -> None:
        super().__init__()
        self.halves: list[str] = []

    def readConnectionLost(self) -> None:
        self.halves.append("read")

    def writeConnectionLost(self) -> None:
        self.halves.append("write")


class Wire:
    """`stream` carries `protocol`; `peer` is the other end's socket, and `reactor` only takes notes."""

    def __init__(self, protocol: Any = None, kind: type[Stream] = TcpServer) -> None:
        ours, self.peer = socket.socketpair()
        self.peer.settimeout(5)
        self.reactor = MemoryReactorClock()
        self.protocol = protocol or Keeper()
        self.stream: Any = kind(ours, self.protocol, ("192.0.2.1", 1), None, 0, self.reactor)  # type: ignore[call-arg]
        self.protocol.makeConnection(self.stream)

    @property
    def waits_to_write(self) -> bool:
        """Whether the stream asked to be called when it can write."""
        return self.stream in self.reactor.getWriters()

    def fill(self) -> bytes:
        """Write until the system takes no more: all that was written."""
        written = b""
        while not self.waits_to_write:
            written += (chunk := b"%d," % len(written) * 10_000)
            self.stream.write(chunk)
        return written

    def drain(self, expected: int) -> bytes:
        """Let the peer read `expected` bytes, the stream writing whenever it wants to."""
        got = b""
        while len(got) < expected:
            if self.waits_to_write:
                self.stream.doWrite()
            got += self.peer.recv(expected - len(got))
        return got

    def turn(self) -> None:
        """One turn of a reactor: read, write and lose, as the stream wishes."""
        why, reading = None, self.stream in self.reactor.getReaders()
        if reading:
            why = self.stream.doRead()
        if why is None and self.waits_to_write:
            why, reading = self.stream.doWrite(), False
        if why is None:
            return
        self.reactor.removeReader(self.stream)
        if reading and isinstance(why, ConnectionDone):
            self.stream.readConnectionLost(Failure(why))
        else:
            self.stream.connectionLost(Failure(why))

    def close(self) -> None:
        """Release both sockets."""
        self.peer.close()
        if hasattr(self.stream, "socket"):
            self.stream.socket.close()


class CountingTransport(StringTransport):
    """A transport in memory that counts, can be watched, and carries what a secured one would tell."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bytes_in = self.bytes_out = 0
        self.ended_because = ""
        self.watcher: Any = None

    def watch(self, watcher: Any) -> None:
        self.watcher = watcher


@implementer(INegotiated)
class SecuredTransport(CountingTransport):
    """One that looks like TLS, with a session that tells nothing but what it was made with."""

    negotiatedProtocol = None

    def __init__(self, session: Any = None) -> None:
        super().__init__()
        self._session = session

    def getHandle(self) -> Any:
        return self._session
