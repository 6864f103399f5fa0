"""A connection to a proxy, which becomes the one to the target once the way there is open."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IDelayedCall, IProtocol, IProtocolFactory, IReactorTime, ITransport
from twisted.internet.protocol import ClientFactory, connectionDone
from twisted.python.failure import Failure

from tnet.errors import ProxyRefused, TnetError
from tnet.net.closing import closing
from tnet.net.wrapper import HalfCloseableWrapper, Wrapper, is_half_closeable
from tnet.plans.proxies import Proxy
from tnet.protocols.passage import Passage
from tnet.protocols.socks import Socks4a, Socks5
from tnet.protocols.tunnel import Tunnel

REASONS_SECONDS = 1.0


def passage_to(proxy: Proxy, host: str, port: int) -> Passage:
    """How `proxy` is asked for a connection to `host` (an ASCII name or an address) and `port`."""
    match proxy.scheme:
        case "http" | "https":
            return Tunnel(proxy, host, port)
        case "socks4a":
            return Socks4a(proxy, host, port)
        case "socks5" | "socks5h":
            return Socks5(proxy, host, port)


class ProxyConnection(Wrapper):
    """Carries a passage, and then everything for `inner`, which is connected when the way is open and not before."""

    transport: Any

    def __init__(self, inner: IProtocol, passage: Passage, clock: IReactorTime) -> None:
        super().__init__(inner)
        self._passage = passage
        self._clock = clock
        self._error: TnetError | None = None
        self._waiting: Deferred[None] | None = None
        self._patience: IDelayedCall | None = None

    def whenOpen(self) -> Deferred[None]:
        """Fires with: None once `inner` is connected; else ProxyRefused, or why TLS with the proxy failed.

        Who gets an error has still to end the connection. Cancelling only ends the waiting.
        """
        if self._error is not None:
            return fail(self._error)
        if self._passage.is_open:
            return succeed(None)
        self._waiting = Deferred()
        return self._waiting

    # ── what Twisted calls ──

    def makeConnection(self, transport: ITransport) -> None:
        self.transport = transport
        self.connected = 1
        try:
            self.transport.write(self._passage.begin())
        except ProxyRefused as error:
            self._fail(error)

    def handshakeCompleted(self) -> None:
        """TLS with the proxy stands, which is nothing to `inner`."""

    def dataReceived(self, data: bytes) -> None:
        if self._error is not None:
            return
        try:
            answer = self._passage.received(data)
        except ProxyRefused as error:
            self._fail(error)
            return
        if answer:
            self.transport.write(answer)
        if self._passage.is_open:
            self._open()
        elif self._passage.is_refused and self._patience is None:
            self._patience = self._clock.callLater(REASONS_SECONDS, self._give_up)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._passage.is_open and self._error is None:
            super().connectionLost(reason)
            return
        self.connected = 0
        if isinstance(reason.value, TnetError):
            self._fail(reason.value)
        elif reason.check(ConnectionDone):
            self._give_up()
        else:
            self._fail(self._passage.refusal(f"the connection to it broke ({closing(reason, self.transport).reason})"))

    # ── the outcome ──

    def _open(self) -> None:
        """From here on data goes to `inner` without a call more, beginning with what came too early."""
        super().makeConnection(self.transport)
        if self._waiting is not None:
            self._waiting.callback(None)
        if self._passage.surplus:
            self.dataReceived(self._passage.surplus)

    def _give_up(self) -> None:
        self._fail(self._passage.closed())

    def _fail(self, error: TnetError) -> None:
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        if self._error is None:
            self._error = error
            if self._waiting is not None:
                self._waiting.errback(error)


class _HalfCloseableProxyConnection(ProxyConnection, HalfCloseableWrapper):
    """The same for an `inner` that goes on when one side sends no more; a proxy that does so has given up."""

    def readConnectionLost(self) -> None:
        if self._passage.is_open:
            super().readConnectionLost()
        else:
            self._give_up()


class ProxyFactory(ClientFactory):
    """Wraps a protocol factory in the way through a proxy, for one connection; `made` is that."""

    noisy = False
    made: ProxyConnection

    def __init__(self, passage: Passage, factory: IProtocolFactory, clock: IReactorTime) -> None:
        self._passage = passage
        self._factory = factory
        self._clock = clock

    def buildProtocol(self, addr: IAddress | None) -> Any:
        inner: Any = self._factory.buildProtocol(cast(IAddress, addr))
        kind = _HalfCloseableProxyConnection if is_half_closeable(inner) else ProxyConnection
        self.made = kind(inner, self._passage, self._clock)
        return self.made
