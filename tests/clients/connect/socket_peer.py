"""A WebSocket server in memory: wsproto on the other end of a transport."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Ping, Request
from wsproto.frame_protocol import CloseReason

from tests.clients.connect.ends import Wire


class SocketPeer:
    """Reads what a client writes to `wire`, and says what the test wants to `client`, which is connected with it."""

    def __init__(self, client: Any, wire: Wire | None = None) -> None:
        self.wire = wire or Wire()
        self.client = client
        self._socket = WSConnection(ConnectionType.SERVER)

    def events(self) -> list[Event]:
        """What the client said since the last time it was asked."""
        data = self.wire.value()
        self.wire.clear()
        self._socket.receive_data(data)
        return list(self._socket.events())

    def answer(self) -> bytes:
        """What lets the client in, for the request that it has made; the Request is in `request`."""
        (self.request,) = self.events()
        assert isinstance(self.request, Request)
        return self._socket.send(AcceptConnection())

    def accept(self) -> None:
        """Let the client in."""
        self.client.dataReceived(self.answer())

    def frame(self, event: Event) -> bytes:
        """What `event` is on the wire."""
        return bytes(self._socket.send(event))

    def say(self, *events: Event) -> None:
        """Tell the client, in one piece."""
        self.client.dataReceived(b"".join(map(self.frame, events)))

    def close(self, code: int = CloseReason.NORMAL_CLOSURE, reason: str | None = None) -> None:
        """Close, or join in closing."""
        self.say(CloseConnection(code, reason))

    def ping(self, count: int = 1) -> None:
        """Ask whether the client is alive."""
        self.say(*(Ping(b"%d" % number) for number in range(count)))

    def lose(self, error: Exception | None = None) -> None:
        """End the connection, in good order unless there is an error."""
        self.client.connectionLost(Failure(error or ConnectionDone()))
