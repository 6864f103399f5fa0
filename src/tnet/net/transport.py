"""Sockets that count, and that waste no turn: Twisted's stream transports with three habits changed.

`write` tries `send` at once when nothing waits (stock: one turn of the reactor later, with two calls of epoll_ctl);
reads have a size that follows the traffic; bytes are counted where they pass, in plain attributes, so that nobody
needs a wrapper around each chunk.

On a reactor that is not one of Twisted's POSIX reactors, such as a test's `MemoryReactorClock`, the reactor's own
`connectTCP` and `connectUNIX` serve.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from errno import ENOBUFS
from typing import Any, Protocol, cast

from twisted.internet import tcp, unix
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IConnector
from twisted.internet.main import CONNECTION_DONE, CONNECTION_LOST
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import ClientFactory
from twisted.python.failure import Failure

# Twisted's own, and not promised: a contract test says when one of them is gone or means something else.
RELIES_ON = (
    "dataBuffer",
    "_tempDataLen",
    "_writeDisconnecting",
    "_writeDisconnected",
    "_aborting",
    "_maybePauseProducer",
    "_sendmsgQueue",
    "_makeTransport",
)

SMALLEST_READ = 16 * 1024
LARGEST_READ = 256 * 1024


class Watcher(Protocol):
    """Who wants to know that a peer reads slower than we write."""

    def paused(self) -> None:
        """Whoever produces for this transport was told to wait."""

    def resumed(self) -> None:
        """Everything that had waited was sent."""


class Stream(tcp.Connection):
    """The three habits; the classes below give them to each of Twisted's stream transports.

    `bytes_in` were received, `bytes_out` were taken by the system. `os_error` is the first error that the system
    reported, which Twisted's `ConnectionLost` forgets. `ended_because` is for whoever ends the connection and can
    say why in plain words; nothing here reads it.
    """

    bytes_in: int
    bytes_out: int
    os_error: OSError | None = None
    ended_because = ""

    _read_size: int
    _largest_read: int
    _watcher: Watcher | None = None
    _told_paused = False
    _sendmsgQueue: Any

    def __init__(self, *args: Any) -> None:
        # Instances share one table of attribute names, with room for few that the first of them lack; whoever finds it
        # full has a dictionary of 832 bytes to itself. And what an instance has is found faster than what a class has.
        # So whatever is looked at for each chunk, or comes with the first byte, is there from the start.
        self.bytes_in = self.bytes_out = 0
        self.producer, self.streamingProducer = None, False
        self._read_size, self._largest_read, self._sendmsgQueue = SMALLEST_READ, LARGEST_READ, ()
        self.TLS = self._aborting = self._writeDisconnected = False
        super().__init__(*args)

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` from now on when the write side pauses and resumes its producer."""
        self._watcher = watcher

    def read_for(self, capacity: int) -> None:
        """Hand on no larger chunks than somebody takes at once who has room for `capacity` bytes."""
        self._largest_read = min(max(capacity, SMALLEST_READ), LARGEST_READ)

    def doRead(self) -> Any:
        """Hand on one chunk. The next may be four times as large if this one came full, a quarter if it came small."""
        size = self._read_size
        try:
            data = self.socket.recv(size)
        except BlockingIOError:
            return None
        except OSError as error:
            return self._broken(error)
        got = len(data)
        if not got:
            return CONNECTION_DONE if self.os_error is None else CONNECTION_LOST
        self.bytes_in += got
        if got == size:
            self._read_size = min(size * 4, self._largest_read)
        elif got * 4 < size and size > SMALLEST_READ:
            self._read_size = size // 4
        self.protocol.dataReceived(data)
        return None

    def write(self, data: bytes) -> None:
        """Send `data` now if nothing waits before it; what the system does not take waits its turn."""
        if (
            data.__class__ is not bytes
            or not data
            or self._tempDataLen
            or self.dataBuffer
            or not self.connected
            or self.TLS
            or self._writeDisconnected
            or self._aborting
            or self._sendmsgQueue
        ):
            super().write(data)
            return
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            # The system tells an error once; Twisted's own path meets its consequence and ends the connection.
            self._broken(error)
            sent = 0
        self.bytes_out += sent
        if sent < len(data):
            super().write(data[sent:])

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send several pieces as one."""
        self.write(b"".join(iovec))

    def writeSomeData(self, data: bytes) -> Any:
        """Send of what waited as much as the system takes."""
        try:
            sent = super().writeSomeData(data) if self._sendmsgQueue else self._send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            return 0 if error.errno == ENOBUFS else self._broken(error)
        if isinstance(sent, int):
            self.bytes_out += sent
        return sent

    def _send(self, data: bytes) -> int:
        return self.socket.send(memoryview(data)[: self.SEND_LIMIT])

    def doWrite(self) -> Any:
        """Send what waits; once all of it is sent, tell the watcher, and see that a closing connection closes.

        Source: twisted#6461: a flush that ends with resuming a producer forgets that it was to close.
        """
        was_paused = self.producerPaused
        outcome = super().doWrite()
        if self.dataBuffer or self._tempDataLen:
            return outcome
        if self._told_paused:
            self._told_paused = False
            if self._watcher is not None:
                self._watcher.resumed()
        if was_paused and not self.producerPaused and (self.disconnecting or self._writeDisconnecting):
            self.startWriting()
        return outcome

    def _maybePauseProducer(self) -> None:
        super()._maybePauseProducer()
        if self.producerPaused and not self._told_paused:
            self._told_paused = True
            if self._watcher is not None:
                self._watcher.paused()

    def connectionLost(self, reason: Failure) -> None:
        """Take what came, and ask the system for its reason, while there is a socket to ask.

        A hang-up without an error, when we were closing and all was sent, is no loss: UNIX sockets end like that.
        """
        try:
            if reason.type is ConnectionLost and hasattr(self, "socket"):
                self._ask_why()
                if self.os_error is None and self._said_all():
                    reason = Failure(CONNECTION_DONE)
                self._read_the_rest()
        finally:
            super().connectionLost(reason)

    def _read_the_rest(self) -> None:
        """A hang-up is noticed even while reading is paused; what had come before it is not lost with it.

        Shape: at most what the system holds for one socket.
        """
        if self.disconnecting:
            return
        with suppress(OSError):
            while data := self.socket.recv(LARGEST_READ):
                self.bytes_in += len(data)
                self.protocol.dataReceived(data)

    def _said_all(self) -> bool:
        """Whether we have nothing to send any more, and nothing of it waits."""
        ending = self.disconnecting or self._writeDisconnecting or self._writeDisconnected
        return bool(ending) and not self.dataBuffer and not self._tempDataLen

    def _ask_why(self) -> None:
        number = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number and self.os_error is None:
            self.os_error = OSError(number, os.strerror(number))

    def _broken(self, error: OSError) -> Exception:
        if self.os_error is None:
            self.os_error = error
        return CONNECTION_LOST


class TcpServer(Stream, tcp.Server):
    """The server's end of an accepted TCP connection."""


class UnixServer(Stream, unix.Server):
    """The server's end of an accepted UNIX connection; descriptors that a peer passes are not taken."""


class TcpClient(Stream, tcp.Client):
    """The client's end of a TCP connection, without Nagle's delay."""

    def createInternetSocket(self) -> socket.socket:
        made: socket.socket = super().createInternetSocket()
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


class UnixClient(Stream, unix.Client):
    """The client's end of a UNIX connection; descriptors that a peer passes are not taken."""


class TcpConnector(tcp.Connector):
    """Connects a `TcpClient`."""

    def _makeTransport(self) -> TcpClient:
        return TcpClient(self.host, self.port, self.bindAddress, self, self.reactor)


class UnixConnector(unix.Connector):
    """Connects a `UnixClient`."""

    def _makeTransport(self) -> Any:
        return UnixClient(self.address, self, self.reactor)


def has_own_streams(reactor: Any) -> bool:
    """Whether `reactor` can carry these transports."""
    return isinstance(reactor, PosixReactorBase)


def connect_tcp(
    reactor: Any,
    host: str,
    port: int,
    factory: ClientFactory,
    timeout: float | None = 30,
    bind_address: tuple[str, int] | None = None,
) -> IConnector:
    """Start to connect to an IP literal; the outcome reaches `factory`.

    Units: `timeout` in seconds; None is no limit.
    """
    if not has_own_streams(reactor):
        return cast("IConnector", reactor.connectTCP(host, port, factory, timeout, bind_address))
    connector = TcpConnector(host, port, factory, cast("float", timeout), bind_address, reactor)
    connector.connect()
    return connector


def connect_unix(reactor: Any, path: str, factory: ClientFactory, timeout: float | None = 30) -> IConnector:
    """Start to connect to a UNIX socket; a path that begins with `@` is abstract. The outcome reaches `factory`.

    Units: `timeout` in seconds; None is no limit.
    """
    name = unix_name(path)
    if not has_own_streams(reactor):
        return cast("IConnector", reactor.connectUNIX(name, factory, timeout))
    connector = UnixConnector(name, factory, timeout, reactor, 0)
    connector.connect()
    return connector


def unix_name(path: str) -> str:
    """The system's name of a UNIX socket: `@` becomes the NUL byte of the abstract namespace."""
    return "\0" + path[1:] if path.startswith("@") else path
