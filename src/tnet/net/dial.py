"""Dialling: from a target as people write it to a protocol that is connected, secured and observed.

The name is looked up, its addresses are raced, and the winner is secured; one deadline holds for all of it.
Every lookup, attempt and handshake is an event on the connection's trace.

Source: RFC 8305.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectBindError, ConnectError
from twisted.internet.error import TimeoutError as ConnectTimedOut
from twisted.internet.interfaces import IAddress, IConnector, IProtocol, IProtocolFactory
from twisted.internet.protocol import ClientFactory
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from tnet.errors import ConnectFailed, FailedAttempt, TimedOut
from tnet.events import Trace
from tnet.events.kinds import DialAttempted
from tnet.net.context import Context
from tnet.net.race import NobodyWon, race
from tnet.net.resolve import resolve
from tnet.net.source import agreed_family, parse_source
from tnet.net.tap import Tap
from tnet.net.tls.connection import TlsFactory, TlsTransport
from tnet.net.tls.dialing import ClientTls
from tnet.net.transport import connect_tcp, connect_unix
from tnet.plans import Target, TcpAddress
from tnet.plans.tls import TlsDialing

RESOLVING = "name lookup"
CONNECTING = "connecting"
SECURING = "TLS handshake"

P = TypeVar("P", bound=IProtocol)


async def dial(
    target: Target,
    build: Callable[[], P],
    context: Context,
    trace: Trace,
    *,
    tls: TlsDialing | ClientTls | None = None,
    family: int | None = None,
    source: str | None = None,
    seconds: float = 30.0,
) -> P:
    """The protocol that `build` makes, connected to `target`, and with TLS after its handshake.

    `build` is called once there is a connection; when the handshake fails then, that protocol is told so by
    `connectionLost` as ever, besides the error raised here. Who dials with the same TLS plan often passes a
    `ClientTls`, which has read the files. Cancelling ends everything that was begun.

    Units: `seconds` for name, connection and TLS together; 0 is no limit.
    Raises: NameNotResolved, ConnectFailed, TimedOut (with the phase), TlsFailed, CertificateRejected,
    CaFileUnusable, OwnCertificateUnusable, BadUsage.
    """
    if tls is None and target.tls:
        tls = TlsDialing()
    secure = await ClientTls.open(tls, context) if isinstance(tls, TlsDialing) else tls
    own = parse_source(source) if source is not None else None
    call = _Call(target, build, context, trace, secure, agreed_family(family, own), own)
    return await call.within(seconds)


class _Call(Generic[P]):
    """One call of `dial`: where it stands, and what it has begun."""

    def __init__(
        self,
        target: Target,
        build: Callable[[], P],
        context: Context,
        trace: Trace,
        tls: ClientTls | None,
        family: int | None,
        source: tuple[str, int] | None,
    ) -> None:
        self._target = target
        self._context = context
        self._trace = trace
        self._family = family
        self._source = source
        self._is_secure = tls is not None
        self._application = _Application(build)
        self._factory = self._wrapped(tls)
        self._phase = RESOLVING
        self._late: TimedOut | None = None

    async def within(self, seconds: float) -> P:
        """What `_run` gives; TimedOut when that takes too long."""
        work = Deferred.fromCoroutine(self._run())

        def expire() -> None:
            self._late = TimedOut(self._phase, seconds)
            work.cancel()

        timer = self._context.reactor.callLater(seconds, expire) if seconds else None
        try:
            return await work
        except CancelledError:
            if self._late is not None:
                raise self._late
            raise
        finally:
            if timer is not None and timer.active():
                timer.cancel()

    async def _run(self) -> P:
        addresses = await self._addresses()
        self._phase = CONNECTING
        outer = await self._first(addresses)
        try:
            # The transport has asked for its protocol, and connects it as soon as it has got it.
            await deferLater(self._context.reactor, 0)
            if self._is_secure:
                self._phase = SECURING
                await cast(TlsTransport, outer).whenSecured()
        except CancelledError:
            outer.transport.ended_because = str(self._late or "cancelled")
            outer.transport.abortConnection()
            # The protocol hears of it in the next turn; whoever cancelled us finds everything over.
            await deferLater(self._context.reactor, 0)
            raise
        assert self._application.made is not None, "a connection has a protocol"
        return self._application.made

    async def _addresses(self) -> Sequence[Target]:
        if not isinstance(self._target, TcpAddress):
            return [self._target]
        host, port = self._target.host, self._target.port
        return await resolve(host, port, self._context, self._trace, family=self._family)

    async def _first(self, addresses: Sequence[Target]) -> Any:
        def attempt(address: Target) -> Deferred[Any]:
            return Deferred.fromCoroutine(self._attempt(address))

        try:
            return await race(addresses, attempt, self._context.reactor)
        except NobodyWon as all_failed:
            raise ConnectFailed(shown(self._target), tuple(map(_attempt_of, all_failed.reasons)))

    async def _attempt(self, address: Target) -> Any:
        began = self._context.clock()
        outcome, error = "ok", None
        try:
            return await _Attempt(self._factory, self._connect, address).outcome
        except ConnectError as failed:
            outcome, error = "failed", self._in_words(failed)
            raise _AttemptFailed(FailedAttempt(shown(address), error, self._context.clock() - began)) from failed
        except CancelledError:
            outcome, error = ("failed", "timed out") if self._late else ("cancelled", None)
            raise
        finally:
            self._report(address, outcome, self._context.clock() - began, error)

    def _connect(self, address: Target, factory: ClientFactory) -> IConnector:
        if isinstance(address, TcpAddress):
            return connect_tcp(self._context.reactor, address.host, address.port, factory, None, self._source)
        return connect_unix(self._context.reactor, address.path, factory, None)

    def _report(self, address: Target, outcome: str, seconds: float, error: str | None) -> None:
        host, port = (address.host, address.port) if isinstance(address, TcpAddress) else (address.path, None)
        self._trace.emit(
            DialAttempted, peer_address=host, peer_port=port, outcome=outcome, seconds=seconds, error=error
        )

    def _in_words(self, error: ConnectError) -> str:
        if isinstance(error, ConnectTimedOut):
            return "timed out"
        words = os.strerror(error.osError) if error.osError else str(error).rstrip(".")
        words = words[:1].lower() + words[1:]
        ours = isinstance(error, ConnectBindError) and self._source is not None
        return f"the source address cannot be used: {words}" if ours else words

    def _wrapped(self, tls: ClientTls | None) -> IProtocolFactory:
        tapped = Tap(self._application, self._context.publisher, role="client", trace=self._trace)
        if tls is None:
            return tapped
        host = self._target.host if isinstance(self._target, TcpAddress) else None
        creator = tls.towards(host, shown(self._target))
        return cast(IProtocolFactory, TlsFactory(creator, tapped, self._context.reactor, is_client=True))


class _Application(ClientFactory, Generic[P]):
    """Builds the caller's protocol, and remembers it."""

    noisy = False

    def __init__(self, build: Callable[[], P]) -> None:
        self._build = build
        self.made: P | None = None

    def buildProtocol(self, addr: IAddress | None) -> Any:
        self.made = self._build()
        return self.made


class _Attempt(ClientFactory):
    """One attempt. `outcome` fires with the outermost protocol while the transport asks for it.

    So the race is decided before a second connection can have built one.
    """

    noisy = False

    def __init__(
        self, factory: IProtocolFactory, connect: Callable[[Target, ClientFactory], IConnector], address: Target
    ) -> None:
        self.outcome = Deferred[Any](self._give_up)
        self._factory = factory
        self._connector = connect(address, self)

    def buildProtocol(self, addr: IAddress | None) -> Any:
        protocol = self._factory.buildProtocol(cast(IAddress, addr))
        self.outcome.callback(protocol)
        return protocol

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        if not self.outcome.called:
            self.outcome.errback(reason)

    def _give_up(self, outcome: Deferred[Any]) -> None:
        outcome.errback(CancelledError())
        self._connector.stopConnecting()


class _AttemptFailed(Exception):
    def __init__(self, attempt: FailedAttempt) -> None:
        super().__init__(str(attempt))
        self.attempt = attempt


def shown(address: Target) -> str:
    """An address as an error names it: `host:port`, or `unix:path`."""
    return str(address).rpartition("//")[2] if isinstance(address, TcpAddress) else str(address)


def _attempt_of(reason: BaseException) -> FailedAttempt:
    if not isinstance(reason, _AttemptFailed):
        raise reason
    return reason.attempt
