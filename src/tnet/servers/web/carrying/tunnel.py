"""A connection that HTTP has left: its bytes belong to another protocol, to the end of both."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.python.failure import Failure

from tnet.servers.web.carrying.exchange import Exchange


class Tunnel:
    """Gives `transport` to `protocol`, and counts for `exchange`, which began it, what passes."""

    def __init__(self, exchange: Exchange, protocol: Any, transport: Any) -> None:
        self._exchange = exchange
        self._protocol = protocol
        self._transport = transport
        self._sent_before = self._sent()

    def begin(self, early: bytes) -> None:
        """Connect the protocol; `early` is what the client has sent for it already."""
        self._protocol.makeConnection(self._transport)
        if early:
            self.receive(early)

    def receive(self, data: bytes) -> None:
        """Some bytes came."""
        self._exchange.bytes_in += len(data)
        self._protocol.dataReceived(data)

    def half_closed(self) -> None:
        """The client sends no more."""
        if IHalfCloseableProtocol.providedBy(self._protocol):
            self._protocol.readConnectionLost()
        else:
            self._transport.loseConnection()

    def write_ended(self) -> None:
        """The client has heard that the protocol says no more."""
        if IHalfCloseableProtocol.providedBy(self._protocol):
            self._protocol.writeConnectionLost()

    def leave(self) -> None:
        """We go, and there is no better moment than now."""
        self._transport.loseConnection()

    def waiting_since(self) -> None:
        """Never: what it waits for is the protocol's affair."""

    def lost(self, reason: Failure) -> None:
        """The connection is gone."""
        self._exchange.bytes_out = max(self._sent() - self._sent_before, 0)
        self._protocol.connectionLost(reason)

    def _sent(self) -> int:
        return int(getattr(self._transport, "bytes_out", 0))
