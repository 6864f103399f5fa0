"""Connections that are kept for the next exchange with the same origin, over the same route.

A connection is shared when its version allows it, kept while it is good, and never used for a route that differs in
anything: see `Route`. Everything is bounded: how many there are for a route, and how long the end of all may take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from twisted.internet.defer import CancelledError, Deferred, DeferredLock, TimeoutError
from twisted.internet.task import deferLater

from tnet.clients.fetch.bell import Bell
from tnet.clients.fetch.request import Request
from tnet.clients.fetch.wire.connection import HTTP_2, Connection, Undecided
from tnet.clients.fetch.wire.exchange import Exchange
from tnet.clients.fetch.wire.http1 import Http1
from tnet.clients.fetch.wire.route import Route
from tnet.errors import EmptyReply, MalformedReply
from tnet.events import Trace
from tnet.net.context import Context
from tnet.net.dial import dial
from tnet.plans.fetch import Patience
from tnet.plans.tls import TlsDialing

if TYPE_CHECKING:
    from tnet.net.tls.dialing import ClientTls

CLOSE_SECONDS = 1.0
MOST_IDLE = 32
MOST_ROUTES = 256

Engines = Callable[[str], Any]


@dataclass(eq=False)
class _Shelf:
    """The connections of one route; `dialling` are not there yet, and each of `waiting` wants a place."""

    connections: list[Connection] = field(default_factory=list)
    dialling: int = 0
    multiplexes: bool | None = None
    waiting: list[Bell] = field(default_factory=list)

    @property
    def ready(self) -> Connection | None:
        """A connection that can carry one more exchange."""
        return next((each for each in self.connections if each.room), None)

    @property
    def live(self) -> int:
        """How many connections carry exchanges, or will."""
        return sum(not each.closing for each in self.connections) + self.dialling

    @property
    def empty(self) -> bool:
        """Whether there is nothing on it, and nobody before it."""
        return not (self.connections or self.dialling or self.waiting)

    def ring(self) -> None:
        """Let those who wait look again."""
        for bell in tuple(self.waiting):
            bell.ring()


class Pool:
    """Begins exchanges, on at most `most` connections for a route; `engines` has what speaks on those of a route."""

    def __init__(
        self, context: Context, patience: Patience, *, most: int = 1, engines: Callable[[Route], Engines] | None = None
    ) -> None:
        self._context = context
        self._patience = patience
        self._most = most
        self._engines = engines or _engines
        self._shelves: dict[Route, _Shelf] = {}
        self._tls: dict[TlsDialing, ClientTls] = {}
        self._reading = DeferredLock()

    async def prepare(self, route: Route) -> None:
        """Import and read what a connection over `route` takes, so that none of it counts as the request's time.

        Raises: CaFileUnusable, OwnCertificateUnusable, CannotRead.
        """
        for module in _modules(route):
            import_module(module)
        await self._secured(route.tls)
        await self._secured(route.tunnel_tls)

    async def begin(self, request: Request, route: Route, number: int, *, fresh: bool = False) -> tuple[Exchange, bool]:
        """An exchange for `request` on a connection over `route`, and whether that had been in use before.

        `number` is the request's, for its events. With `fresh` no connection is used that was there before.

        Raises: what `dial` raises; EmptyReply when the connection is gone again at once, and MalformedReply when it
        takes no request.
        """
        shelf = self._shelf(route)
        if not fresh and not self._open(route, shelf):
            await self._queue(route, shelf, number)
        ready = None if fresh else shelf.ready
        if ready is not None:
            return ready.exchange(request, ready.trace.about(number)), True
        try:
            connection = await self._dial(route, shelf, number)
            return connection.exchange(request, connection.trace.about(number)), False
        finally:
            shelf.ring()

    async def close(self) -> None:
        """End every connection, in good order where it can be; wait a moment, so that nobody misses their ends."""
        everything = [each for shelf in self._shelves.values() for each in shelf.connections]
        for each in everything:
            if each.idle:
                each.close()
            else:
                each.abort()
        gone = Deferred.fromCoroutine(self._all_gone(everything)).addTimeout(CLOSE_SECONDS, self._context.reactor)
        await gone.addErrback(lambda failure: failure.trap(TimeoutError, CancelledError) and None)
        for each in everything:
            each.abort()
        await deferLater(self._context.reactor, 0)

    # ── inside ──

    def _shelf(self, route: Route) -> _Shelf:
        """The one for `route`; of very many, the empty ones are forgotten."""
        if route not in self._shelves and len(self._shelves) >= MOST_ROUTES:
            self._shelves = {known: shelf for known, shelf in self._shelves.items() if not shelf.empty}
        return self._shelves.setdefault(route, _Shelf())

    def _open(self, route: Route, shelf: _Shelf) -> bool:
        """Whether an exchange can begin: there is a connection for it, or one may be dialled.

        One connection is enough where it is shared, and until that is known.
        """
        shared = route.may_multiplex and shelf.multiplexes is not False
        return shelf.ready is not None or shelf.live < (1 if shared else self._most)

    async def _queue(self, route: Route, shelf: _Shelf, number: int) -> None:
        bell = Bell()
        shelf.waiting.append(bell)
        try:
            with Trace(self._context.publisher, None, number).span("queue"):
                while not self._open(route, shelf):
                    await bell.rung()
        finally:
            shelf.waiting.remove(bell)

    async def _dial(self, route: Route, shelf: _Shelf, number: int) -> Connection:
        shelf.dialling += 1
        try:
            connection = await self._connected(route, self._context.publisher.trace().about(number))
        finally:
            shelf.dialling -= 1
        if connection.gone:
            raise EmptyReply(route.called, "it closed the connection before it was asked anything")
        if not connection.room:
            connection.abort()
            raise MalformedReply(route.called, _UNASKED[connection.version])
        shelf.multiplexes = connection.version == "2"
        shelf.connections.append(connection)
        connection.on_change = lambda: self._changed(shelf, connection)
        return connection

    async def _connected(self, route: Route, trace: Trace) -> Connection:
        made = await dial(
            route.target,
            lambda: Undecided(self._engines(route), route.plain),
            self._context,
            trace,
            tls=await self._secured(route.tls),
            family=route.family,
            source=route.source,
            seconds=self._patience.connect_seconds,
            via=route.tunnel,
            proxy_tls=await self._secured(route.tunnel_tls),
            addresses=route.addresses,
            to_proxy=route.forward is not None,
            dns_seconds=self._patience.dns_seconds,
            tls_seconds=self._patience.tls_seconds,
        )
        return made.engine

    async def _secured(self, plan: TlsDialing | None) -> ClientTls | None:
        """The plan's TLS, with its files read once for all servers."""
        if plan is None:
            return None
        from tnet.net.tls.dialing import ClientTls

        shared = replace(plan, server_name=None)
        async with self._reading:
            if shared not in self._tls:
                self._tls[shared] = await ClientTls.open(shared, self._context)
        return self._tls[shared].named(plan.server_name)

    def _changed(self, shelf: _Shelf, connection: Connection) -> None:
        if connection.gone and connection in shelf.connections:
            shelf.connections.remove(connection)
        shelf.ring()
        self._trim()

    def _trim(self) -> None:
        """Of what nobody uses, keep a bounded number."""
        idle = [each for shelf in self._shelves.values() for each in shelf.connections if each.idle and not each.gone]
        for each in idle[: max(0, len(idle) - MOST_IDLE)]:
            each.close()

    async def _all_gone(self, connections: Iterable[Connection]) -> None:
        bell = Bell()
        for each in connections:
            each.on_change = bell.ring
        while not all(each.gone for each in connections):
            await bell.rung()


def _modules(route: Route) -> Iterator[str]:
    """Those that only such connections need."""
    if route.tls is not None or route.tunnel_tls is not None:
        yield "tnet.net.tls.connection"
    if route.may_multiplex:
        yield "tnet.clients.fetch.wire.http2"
    if route.tunnel is not None:
        yield "tnet.net.way"
        yield "tnet.net.proxies.chain"


_UNASKED = {"1.1": "it spoke before it was asked anything", "2": "it takes on no requests"}


def _engines(route: Route) -> Engines:
    peer = route.called

    def engine(name: str) -> Connection:
        if name == HTTP_2:
            from tnet.clients.fetch.wire.http2 import Http2

            return cast(Connection, Http2(peer))
        return cast(Connection, Http1(peer, absolute=route.forward is not None))

    return engine
