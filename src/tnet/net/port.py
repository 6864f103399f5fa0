"""Accepts connections on a listening socket, whatever its family, and outlives what goes wrong in one of them.

Unlike Twisted's ports it takes a socket that is already bound (so that every way to get one ends here), gives it
the streams of `tnet.net.transport`, and says once a minute, not once a socket, that descriptors have run out.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from itertools import count
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IListeningPort, IProtocolFactory
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.events import Publisher
from tnet.net.transport import Stream, TcpServer, UnixServer

# Twisted's own, and not promised: its server transport names its port in its repr with this.
RELIES_ON = ("_realPortNumber",)

ACCEPTS_PER_TURN = 16
UNSENT_BYTES = 256 * 1024
PAUSE_SECONDS = 1.0
WARNING_SECONDS = 60.0

_SHORTAGES = (EMFILE, ENFILE, ENOBUFS, ENOMEM)
_log = Logger()


@implementer(IListeningPort)
class StreamPort(FileDescriptor):
    """Serves what connects to `listener`, a bound and listening stream socket, with the protocols of `factory`.

    The socket belongs to this port from now on.
    """

    def __init__(self, listener: socket.socket, factory: IProtocolFactory, reactor: Any, publisher: Publisher) -> None:
        super().__init__(reactor)
        listener.setblocking(False)
        self.socket = listener
        self.fileno = listener.fileno  # type: ignore[method-assign]  # Twisted's own way to name the descriptor
        self.factory = factory
        self._publisher = publisher
        self._clock = reactor
        self._warned_at = float("-inf")
        self._spare: int | None = None
        self._sessions = count()
        self._stream: Callable[..., Stream] = UnixServer if listener.family == socket.AF_UNIX else TcpServer
        if listener.family != socket.AF_UNIX:
            _prepare(listener)
        name = listener.getsockname()
        self._realPortNumber = name[1] if isinstance(name, tuple) else name

    def startListening(self) -> None:
        """Begin to accept."""
        self._spare = _spare()
        self.factory.doStart()
        self.connected = 1
        self.startReading()

    def stopListening(self) -> Deferred[None]:
        """Accept no more, and close the socket; what was accepted lives on.

        Fires with: None, at once.
        """
        if self.connected:
            self.connectionLost(Failure(ConnectionDone()))
        return succeed(None)

    def connectionLost(self, reason: Failure) -> None:
        """Release everything."""
        super().connectionLost(reason)
        self.socket.close()
        self._release_spare()
        self.factory.doStop()

    def getHost(self) -> IAddress:
        """The address that we listen on."""
        return _address(self.socket.family, _exact(self.socket.getsockname()))

    # ── accepting ──

    def doRead(self) -> None:
        """Accept who waits, at most a turn's worth."""
        for _ in range(ACCEPTS_PER_TURN):
            try:
                accepted, peer = self.socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _SHORTAGES:
                    self._turn_away(error)
                    return
                continue  # that peer is gone already: accept(2) tells its error here
            self._serve(accepted, _exact(peer))
            if not self.connected:
                return

    def _serve(self, accepted: socket.socket, peer: Any) -> None:
        transport = None
        try:
            protocol = self.factory.buildProtocol(_address(accepted.family, peer))
            if protocol is None:
                accepted.close()
                return
            transport = self._stream(accepted, protocol, peer, self, next(self._sessions), self.reactor)
            protocol.makeConnection(transport)
        except Exception:  # noqa: BLE001 (a broken protocol must not take the port down)
            _log.failure("a connection could not be set up")
            accepted.close() if transport is None else transport.abortConnection()

    # ── out of descriptors ──

    def _turn_away(self, shortage: OSError) -> None:
        """Close who waits, by means of a spare descriptor; where that is of no use, look again a little later.

        A factory may have a method `make_room`, which tells whether it has ended a connection for the next one.
        """
        make_room = getattr(self.factory, "make_room", None)
        if make_room is not None and make_room():
            return
        turned_away = self._close_waiting() if shortage.errno == EMFILE else 0
        if not turned_away:
            self.stopReading()
            self._clock.callLater(PAUSE_SECONDS, self.resumeProducing)
        self._warn(shortage, turned_away)

    def _close_waiting(self) -> int:
        self._release_spare()
        closed = 0
        with suppress(OSError):
            while closed < ACCEPTS_PER_TURN:
                self.socket.accept()[0].close()
                closed += 1
        self._spare = _spare()
        return closed

    def _release_spare(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def _warn(self, shortage: OSError, turned_away: int) -> None:
        now = self._publisher.clock()
        if now - self._warned_at < WARNING_SECONDS:
            return
        self._warned_at = now
        fate = f"{turned_away} were turned away" if turned_away else "they wait"
        self._publisher.log(
            "warning",
            f"cannot accept more connections ({shortage.strerror}): {fate}",
            "raise the limit of open files (ulimit -n), or lower --max-connections",
        )


def _prepare(listener: socket.socket) -> None:
    """Set what accepted sockets inherit: no delay, and a bound on what the system takes for a peer that reads nothing.

    Source: without that bound Linux takes 1.7 MB from us for a peer whose window is closed from the beginning.
    """
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


def _spare() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _exact(name: Any) -> Any:
    """A socket's name with the zone of a link-local address, which Python leaves out."""
    if isinstance(name, tuple) and len(name) == 4 and name[3]:
        return (socket.getnameinfo(name, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0], *name[1:])
    return name


def _address(family: int, name: Any) -> IAddress:
    if family == socket.AF_UNIX:
        return UNIXAddress(name or None)
    return (IPv6Address if family == socket.AF_INET6 else IPv4Address)("TCP", *name)
