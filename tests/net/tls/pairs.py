"""Two ends of a TLS connection in memory, and whatever is needed to make them."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.test import iosim
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.certificates import Pems, make_authority, write_pair
from tests.support import World
from tnet.net.tls.connection import TlsFactory, TlsTransport
from tnet.net.tls.dialing import ClientTls
from tnet.net.tls.serving import ServerTls
from tnet.plans.tls import TlsDialing, TlsServing


@implementer(IHandshakeListener)
class Witness(Protocol):
    """Keeps what happens to it; sends `greeting` as soon as it is connected."""

    transport: Any

    def __init__(self, greeting: bytes = b"") -> None:
        self.greeting = greeting
        self.data = b""
        self.handshakes = 0
        self.reason: BaseException | None = None

    def connectionMade(self) -> None:
        if self.greeting:
            self.transport.write(self.greeting)

    def handshakeCompleted(self) -> None:
        self.handshakes += 1

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.reason = reason.value


class Pair:
    """A client and a server over one simulated wire, with a clock that both go by."""

    def __init__(
        self, client_creator: Any, server_creator: Any, client: Protocol | None = None, server: Protocol | None = None
    ) -> None:
        self.clock = Clock()
        self.client: Any = client or Witness()
        self.server: Any = server or Witness()
        self.client_tls = self._tls(client_creator, self.client, is_client=True)
        self.server_tls = self._tls(server_creator, self.server, is_client=False)
        self.client_wire = iosim.FakeTransport(self.client_tls, isServer=False)
        self.server_wire = iosim.FakeTransport(self.server_tls, isServer=True)
        self._pump = iosim.connect(
            self.server_tls, self.server_wire, self.client_tls, self.client_wire, greet=False, clock=self.clock
        )

    def settle(self, seconds: float = 0) -> Pair:
        """Let time pass, and everything that is on its way arrive."""
        self.clock.advance(seconds)
        for _ in range(20):
            self._pump.flush()
            self.clock.advance(0)
        return self

    def _tls(self, creator: Any, protocol: Protocol, *, is_client: bool) -> TlsTransport:
        factory = TlsFactory(creator, _Once(protocol), self.clock, is_client=is_client)  # type: ignore[arg-type]
        made: Any = factory.buildProtocol(None)  # type: ignore[arg-type]  # an address that nobody looks at
        return made  # type: ignore[no-any-return]


class _Once(Factory):
    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: Any) -> Protocol:
        return self._protocol


class TlsTestCase(SynchronousTestCase):
    """A test with an authority, and a quick way to both ends."""

    def setUp(self) -> None:
        self.authority = make_authority()
        self.world = World()

    def folder(self) -> str:
        """The path of a folder that does not exist yet."""
        return self.mktemp()

    def file(self, data: bytes) -> str:
        """The path of a new file with `data`."""
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(data)
        return path

    def environment(self, **variables: str) -> None:
        """Set environment variables for this test; OpenSSL reads them itself, so they must be real."""
        for name, value in variables.items():
            before = os.environ.get(name)
            put_back = (os.environ.pop, name) if before is None else (os.environ.__setitem__, name, before)
            self.addCleanup(*put_back)
            os.environ[name] = value

    def serving(self, pems: Pems | None = None, *, alpn: tuple[bytes, ...] = (), **plan: Any) -> ServerTls:
        """A server with a certificate, by default a good one for `server.example`."""
        certificate, key = write_pair(self.folder(), pems or self.authority.leaf(["server.example"]))
        asked = TlsServing(certificate_file=certificate, key_file=key, **plan)
        made = ServerTls(asked, self.world.context, alpn=alpn)
        self.successResultOf(Deferred.fromCoroutine(made.reload()))
        return made

    def dialing(self, name: str | None = "server.example", **plan: Any) -> Any:
        """A client that believes our authority, unless told otherwise."""
        asked = TlsDialing(**({"ca_file": self.file(self.authority.pem)} | plan))
        opened = self.successResultOf(Deferred.fromCoroutine(ClientTls.open(asked, self.world.context)))
        return opened.towards(name, "server.example:443")
