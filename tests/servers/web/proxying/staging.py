"""What the proxy's tests share: a client's wire on one side, the upstream's ends of connections on the other."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionLost, ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from tests.servers.web.wire import Reply, Socket, Wire
from tests.support import World
from tnet.plans.web import parse_proxy
from tnet.servers.web.mounts import Mounts
from tnet.servers.web.proxying.resource import ReverseProxy
from tnet.servers.web.site import WebFactory


class Upstream:
    """The upstream's end of one connection."""

    def __init__(self, protocol: Any, reactor: MemoryReactorClock) -> None:
        self.protocol = protocol
        self.reactor = reactor
        self.socket = Socket()
        protocol.makeConnection(self.socket)
        reactor.advance(0)

    @property
    def asked(self) -> bytes:
        """What it was sent and has not taken yet."""
        return self.socket.value()

    def take(self) -> tuple[bytes, dict[bytes, list[bytes]], bytes]:
        """Request line, fields and what follows of what it was sent."""
        head, _, rest = self.asked.partition(b"\r\n\r\n")
        self.socket.clear()
        line, *lines = head.split(b"\r\n")
        fields: dict[bytes, list[bytes]] = {}
        for name, _, value in (each.partition(b": ") for each in lines):
            fields.setdefault(name.lower(), []).append(value)
        return line, fields, rest

    def say(self, *pieces: bytes) -> None:
        """Send."""
        for piece in pieces:
            self.protocol.dataReceived(piece)
        self.reactor.advance(0)

    def end(self) -> None:
        """Send no more, in good order."""
        self.protocol.readConnectionLost()
        self.lose(ConnectionDone())

    def lose(self, reason: Exception | None = None) -> None:
        """The connection is gone, or was `aborted` by us."""
        self.protocol.connectionLost(Failure(reason or ConnectionLost()))
        self.reactor.advance(0)


class ProxyTestCase(SynchronousTestCase):
    """Has a proxy at /api, and a client's `wire` to it."""

    url = "http://127.0.0.1:9000"

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.world = World(self.reactor)
        self.proxy = ReverseProxy(parse_proxy(f"/api={self.url}"), self.world.context)
        self.addCleanup(self.proxy.close)
        mounts = Mounts(Resource())
        mounts.mount(b"/api", self.proxy)
        self.site = WebFactory(mounts, reactor=self.reactor, now=self.reactor.seconds)
        self.wire = self.connect()

    def connect(self) -> Wire:
        """One more client."""
        wire = Wire(site=self.site)
        wire.clock = self.reactor
        return wire

    def accept(self) -> Upstream:
        """The upstream accepts the connection that is waited for longest."""
        self.reactor.advance(0)
        factory = self.reactor.tcpClients.pop(0)[2]
        self.last = Upstream(factory.buildProtocol(None), self.reactor)
        return self.last

    def asked(self) -> Upstream:
        """Where the request has gone: a new connection if one is waited for, else the last one."""
        return self.accept() if self.dialled else self.last

    def refuse(self) -> None:
        """The upstream's machine says that nobody listens."""
        self.reactor.advance(0)
        self.reactor.tcpClients.pop(0)[2].clientConnectionFailed(None, Failure(ConnectionRefusedError()))
        self.reactor.advance(0)

    @property
    def dialled(self) -> int:
        """How many connections wait to be accepted."""
        self.reactor.advance(0)
        return len(self.reactor.tcpClients)

    def through(self, reply: bytes, method: str = "GET", path: str = "/api/x", **options: Any) -> Reply:
        """What the client gets when the upstream says `reply` to a request."""
        self.wire.ask(method, path, **options)
        self.asked().say(reply)
        return self.wire.reply(bodiless=method == "HEAD")
