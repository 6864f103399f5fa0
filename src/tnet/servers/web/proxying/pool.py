"""The connections to one upstream: bounded, kept for a little while, and used again only when nothing is in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.interfaces import IDelayedCall

from tnet.errors import EmptyReply
from tnet.net.context import Context
from tnet.net.dial import dial, shown
from tnet.plans.addresses import TcpAddress
from tnet.plans.tls import TlsDialing
from tnet.plans.urls import Url
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.proxying.connection import UpstreamConnection

if TYPE_CHECKING:
    from tnet.net.tls.dialing import ClientTls

MOST_CONNECTIONS = 256
MOST_IDLE = 32
# uvicorn and Node.js close after 5 s: whoever waits as long as they do meets the end of the connection on its way.
IDLE_SECONDS = 4.0
CONNECT_SECONDS = 5.0


class Pool:
    """Connections to the origin of `url`."""

    def __init__(self, url: Url, context: Context, *, most: int = MOST_CONNECTIONS) -> None:
        self._target = TcpAddress(url.host, url.port)
        self._tls_plan = TlsDialing(server_name=url.host, alpn=("http/1.1",)) if url.scheme == "https" else None
        self._tls: ClientTls | None = None
        self._context = context
        self._most = most
        self._dialling = 0
        self._connections: set[UpstreamConnection] = set()
        self._idle: list[UpstreamConnection] = []
        self._sweeping: IDelayedCall | None = None

    async def take(self, *, fresh: bool = False) -> UpstreamConnection:
        """A connection that is free; with `fresh` one that nobody has used yet.

        Raises: Refusal when there are too many; what `dial` raises.
        """
        while self._idle and not fresh:
            connection = self._idle.pop()
            if self._context.clock() - connection.idle_since < IDLE_SECONDS:
                return connection
            connection.close()
        if len(self._connections) + self._dialling >= self._most:
            self._make_room()
        self._dialling += 1
        try:
            connection = await self._dial()
        finally:
            self._dialling -= 1
        if connection.gone:
            raise EmptyReply(shown(self._target), "it closed the connection before it was asked anything")
        self._connections.add(connection)
        return connection

    def give_back(self, connection: UpstreamConnection) -> None:
        """The connection is free again."""
        if len(self._idle) >= MOST_IDLE:
            connection.close()
            return
        connection.idle_since = self._context.clock()
        self._idle.append(connection)
        if self._sweeping is None:
            self._sweeping = self._context.reactor.callLater(IDLE_SECONDS, self._sweep)

    def close(self) -> None:
        """End all of them."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        for connection in tuple(self._connections):
            connection.cut()

    # ── inside ──

    async def _dial(self) -> UpstreamConnection:
        if self._tls_plan is not None and self._tls is None:
            from tnet.net.tls.dialing import ClientTls

            self._tls = await ClientTls.open(self._tls_plan, self._context)
        return await dial(
            self._target,
            lambda: UpstreamConnection(shown(self._target), self._lost),
            self._context,
            self._context.publisher.trace(),
            tls=self._tls,
            seconds=CONNECT_SECONDS,
        )

    def _make_room(self) -> None:
        """End an idle connection in favour of a new one.

        Raises: Refusal when there is none.
        """
        if not self._idle:
            raise Refusal(503, "too many requests are with the upstream", {b"Retry-After": b"1"})
        connection = self._idle.pop(0)
        self._connections.discard(connection)
        connection.close()

    def _sweep(self) -> None:
        """End those that were idle for long, which are the first ones."""
        self._sweeping = None
        now = self._context.clock()
        while self._idle and now - self._idle[0].idle_since >= IDLE_SECONDS:
            self._idle.pop(0).close()
        if self._idle:
            left = self._idle[0].idle_since + IDLE_SECONDS - now
            self._sweeping = self._context.reactor.callLater(left, self._sweep)

    def _lost(self, connection: UpstreamConnection) -> None:
        self._connections.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
