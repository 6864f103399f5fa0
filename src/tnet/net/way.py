"""A connection that is not the target's before its way is open: through a proxy, or after STARTTLS."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IDelayedCall, IProtocol, IProtocolFactory, IReactorTime, ITransport
from twisted.internet.protocol import ClientFactory, connectionDone
from twisted.python.failure import Failure

from tnet.errors import TnetError
from tnet.net.closing import closing
from tnet.net.wrapper import HalfCloseableWrapper, Wrapper, is_half_closeable
from tnet.protocols.way import Way

REASONS_SECONDS = 1.0


class WayConnection(Wrapper):
    """Carries a way, and then everything for `inner`, which is connected when the way is open and not before."""

    transport: Any

    def __init__(self, inner: IProtocol, way: Way, clock: IReactorTime) -> None:
        super().__init__(inner)
        self._way = way
        self._clock = clock
        self._error: TnetError | None = None
        self._waiting: Deferred[None] | None = None
        self._patience: IDelayedCall | None = None

    def whenOpen(self) -> Deferred[None]:
        """Fires with: None once `inner` is connected; else the way's refusal, or why TLS with a proxy failed.

        Who gets an error has still to end the connection. Cancelling only ends the waiting.
        """
        if self._error is not None:
            return fail(self._error)
        if self._way.is_open:
            return succeed(None)
        self._waiting = Deferred()
        return self._waiting

    # ── what Twisted calls ──

    def makeConnection(self, transport: ITransport) -> None:
        self.transport = transport
        self.connected = 1
        try:
            first = self._way.begin()
        except TnetError as error:
            self._fail(error)
            return
        if first:
            self.transport.write(first)

    def handshakeCompleted(self) -> None:
        """TLS with the proxy stands, which is nothing to `inner`."""

    def dataReceived(self, data: bytes) -> None:
        if self._way.is_open:
            # A way around this one took this method for ours for good, when its own opened.
            self.inner.dataReceived(data)
            return
        if self._error is not None:
            return
        try:
            answer = self._way.received(data)
        except TnetError as error:
            self._fail(error)
            return
        if answer:
            self.transport.write(answer)
        if self._way.is_open:
            self._open()
        elif self._way.is_refused and self._patience is None:
            self._patience = self._clock.callLater(REASONS_SECONDS, self._give_up)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._way.is_open and self._error is None:
            super().connectionLost(reason)
            return
        self.connected = 0
        if isinstance(reason.value, TnetError):
            self._fail(reason.value)
        elif reason.check(ConnectionDone):
            self._give_up()
        else:
            self._fail(self._way.refusal(f"the connection to it broke ({closing(reason, self.transport).reason})"))

    # ── the outcome ──

    def _open(self) -> None:
        """From here on data goes to `inner` without a call more, beginning with what came too early."""
        super().makeConnection(self.transport)
        if self._waiting is not None:
            self._waiting.callback(None)
        if self._way.surplus:
            self.dataReceived(self._way.surplus)

    def _give_up(self) -> None:
        self._fail(self._way.closed())

    def _fail(self, error: TnetError) -> None:
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        if self._error is None:
            self._error = error
            if self._waiting is not None:
                self._waiting.errback(error)


class _HalfCloseableWayConnection(WayConnection, HalfCloseableWrapper):
    """The same for an `inner` that goes on when one side sends no more; a peer that does so before has given up."""

    def readConnectionLost(self) -> None:
        if self._way.is_open:
            super().readConnectionLost()
        else:
            self._give_up()


class WayFactory(ClientFactory):
    """Wraps a protocol factory in a way, for one connection; `made` is that."""

    noisy = False
    made: WayConnection

    def __init__(self, way: Way, factory: IProtocolFactory, clock: IReactorTime) -> None:
        self._way = way
        self._factory = factory
        self._clock = clock

    def buildProtocol(self, addr: IAddress | None) -> Any:
        inner: Any = self._factory.buildProtocol(cast(IAddress, addr))
        kind = _HalfCloseableWayConnection if is_half_closeable(inner) else WayConnection
        self.made = kind(inner, self._way, self._clock)
        return self.made
