"""Dialling: from a target as people write it to a protocol that is connected, secured and observed.

The name is looked up, its addresses are raced, proxies are asked for the way if there are any, and the winner is
secured; one deadline holds for all of it. Every lookup, attempt, way and handshake is an event on the trace.

Source: RFC 8305.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IProtocol, IProtocolFactory
from twisted.internet.protocol import ClientFactory
from twisted.internet.task import deferLater

from tnet.errors import BadUsage, NameFailure, NameNotResolved, ProxyRefused, TimedOut, TnetError
from tnet.events import Trace
from tnet.net.attempts import Attempts, shown
from tnet.net.context import Context
from tnet.net.resolve import ascii_name, literal_family, resolve
from tnet.net.source import agreed_family, parse_source
from tnet.net.tap import Tap
from tnet.net.wrapper import Wrapper
from tnet.plans import StreamTarget, Target, TcpAddress, UnixAddress
from tnet.plans.addresses import as_stream
from tnet.plans.proxies import Proxy
from tnet.plans.tls import TlsDialing

if TYPE_CHECKING:
    from tnet.net.proxies.chain import Leg
    from tnet.net.proxies.greeting import Version
    from tnet.net.tls.connection import TlsTransport
    from tnet.net.tls.dialing import ClientTls
    from tnet.net.way import WayFactory

__all__ = ["DialCancelled", "dial", "shown"]

RESOLVING = "name lookup"
CONNECTING = "connecting"
PASSING = "opening the way through the proxy"
ASKING = "asking for TLS"
SECURING = "TLS handshake"

P = TypeVar("P", bound=IProtocol)


class DialCancelled(CancelledError):
    """Somebody cancelled a call of `dial`, which was in `phase`."""

    def __init__(self, phase: str) -> None:
        super().__init__(phase)
        self.phase = phase


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
    via: Sequence[Proxy] | Proxy | None = None,
    proxy_tls: TlsDialing | ClientTls | None = None,
    addresses: tuple[str, ...] = (),
    dns_seconds: float = 0,
    tls_seconds: float = 0,
    proxy_protocol: Version | None = None,
    starttls: str | None = None,
    to_proxy: bool = False,
) -> P:
    """The protocol that `build` makes, connected to `target`, and with TLS after its handshake.

    `build` is called once there is a connection; when the handshake fails then, that protocol is told so by
    `connectionLost` as ever, besides the error raised here. Who dials with the same TLS plan often passes a
    `ClientTls`, which has read the files. Cancelling ends everything that was begun, and raises DialCancelled.

    `via` connects for us, several of them one through the other: `family` and `source` are for the connection to the
    first, and the protocol built is not connected before the way is open. `proxy_tls` secures the connection to each
    https proxy; None checks it in full, whatever `tls` says. `addresses` are the target's, instead of a lookup; a
    proxy that looks names up itself gets the name. `proxy_protocol` tells the target our address, before TLS.
    `starttls` names the protocol in whose words TLS is asked for. `to_proxy`: the target is one, and errors say so.

    Units: `seconds` for name, connection, proxy and TLS together; `dns_seconds` and `tls_seconds` for each lookup
    and the target's handshake alone. 0 is no limit.
    Raises: NameNotResolved, ConnectFailed, ProxyRefused, TimedOut (with the phase), StartTlsRefused, TlsFailed,
    CertificateRejected, PinMismatch, ClientCertificateWanted, CaFileUnusable, OwnCertificateUnusable, CannotRead,
    BadUsage: also for a target that is no stream.
    """
    proxies = (via,) if isinstance(via, Proxy) else tuple(via or ())
    if proxies and isinstance(target, UnixAddress):
        raise BadUsage("--proxy", "a UNIX socket is not reached through a proxy")
    if tls is None and (target.tls or starttls):
        tls = TlsDialing()
    if proxy_tls is None and any(proxy.scheme == "https" for proxy in proxies):
        proxy_tls = TlsDialing()
    own = parse_source(source) if source is not None else None
    way = _Way(
        target=as_stream(target),
        to_proxy=to_proxy,
        via=proxies,
        proxy_protocol=proxy_protocol,
        starttls=starttls,
        tls=await _opened(tls, context),
        proxy_tls=await _opened(proxy_tls, context),
        family=agreed_family(family, own),
        source=own,
        addresses=addresses,
        dns_seconds=dns_seconds,
        tls_seconds=tls_seconds,
    )
    return await _Call(way, build, context, trace).within(seconds)


async def _opened(tls: TlsDialing | ClientTls | None, context: Context) -> ClientTls | None:
    if not isinstance(tls, TlsDialing):
        return tls
    from tnet.net.tls.dialing import ClientTls

    return await ClientTls.open(tls, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What a call of `dial` was asked for, with its files read."""

    target: StreamTarget
    to_proxy: bool
    via: tuple[Proxy, ...]
    proxy_protocol: Version | None
    starttls: str | None
    tls: ClientTls | None
    proxy_tls: ClientTls | None
    family: int | None
    source: tuple[str, int] | None
    addresses: tuple[str, ...]
    dns_seconds: float
    tls_seconds: float

    @property
    def called(self) -> str:
        """The target, as errors call it."""
        return f"proxy {shown(self.target)}" if self.to_proxy else shown(self.target)


class _Call(Generic[P]):
    """One call of `dial`: where it stands, and what it has begun."""

    def __init__(self, way: _Way, build: Callable[[], P], context: Context, trace: Trace) -> None:
        self._way = way
        self._context = context
        self._trace = trace
        self._attempts = Attempts(context, trace, way.source)
        self._application = _Application(build)
        self._asking: WayFactory | None = None
        self._factory = self._wrapped()
        self._outer: Any = None
        self._phase = RESOLVING
        self._late: TimedOut | None = None
        self._work: Deferred[P] | None = None

    async def within(self, seconds: float) -> P:
        """What `_run` gives; TimedOut when that takes too long, DialCancelled when somebody else has cancelled it."""
        with self._limit(seconds):
            self._work = Deferred.fromCoroutine(self._run())
            try:
                return await self._work
            except CancelledError:
                raise self._late or DialCancelled(self._phase) from None

    async def _run(self) -> P:
        try:
            made = await (self._through(self._way.via) if self._way.via else self._straight())
            if self._asking is not None:
                await self._agreed(self._asking)
            if self._way.tls is not None:
                await self._secure(self._way.tls, _tls_of(made))
        except CancelledError:
            await self._cut(str(self._late or "cancelled"))
            raise
        assert self._application.made is not None, "a connection has a protocol"
        return self._application.made

    async def _agreed(self, asking: WayFactory) -> None:
        """Wait until the target goes over to TLS; one that does not hears nothing more."""
        with self._during(ASKING), self._trace.span("starttls"):
            try:
                await asking.made.whenOpen()
            except TnetError as error:
                await self._cut(str(error))
                raise

    async def _secure(self, tls: ClientTls, made: TlsTransport) -> None:
        with self._during(SECURING, self._way.tls_seconds):
            await made.whenSecured()
        try:
            await tls.remember(made.getHandle(), self._context)
        except TnetError as error:
            await self._cut(str(error))
            raise

    # ── the ways ──

    async def _straight(self) -> Any:
        """The outermost protocol of a connection to the target."""
        target = self._way.target
        found = await self._places() if isinstance(target, TcpAddress) else [target]
        return await self._connected(found, self._factory, self._way.called)

    async def _through(self, proxies: Sequence[Proxy]) -> Any:
        """The same through `proxies`, each asked for one address after the other where we look its name up."""
        from tnet.net.proxies.chain import refusing

        known = await self._looked_up(proxies[0].host, proxies[0].port, is_proxy=True)
        beyond: list[Proxy | TcpAddress] = [*proxies[1:], cast(TcpAddress, self._way.target)]
        legs = [await self._leg(proxy, place) for proxy, place in zip(proxies, beyond, strict=True)]
        while True:
            try:
                return await self._passed(known, legs)
            except ProxyRefused as error:
                await self._cut(str(error))
                if not refusing(legs).refused():
                    raise

    async def _leg(self, proxy: Proxy, to: Proxy | TcpAddress) -> Leg:
        from tnet.net.proxies.chain import Leg

        if proxy.scheme != "socks5":
            return Leg(proxy, [to.host if literal_family(to.host) else ascii_name(to.host)], to.port)
        is_proxy = isinstance(to, Proxy)
        found = await (self._looked_up(to.host, to.port, is_proxy=True) if is_proxy else self._places())
        return Leg(proxy, [place.host for place in found], to.port)

    async def _passed(self, known: Sequence[TcpAddress], legs: Sequence[Leg]) -> Any:
        from tnet.net.way import WayFactory

        ways: list[WayFactory] = []
        factory: Any = self._factory
        for leg in reversed(legs):
            factory = made = WayFactory(leg.begin(), factory, self._context.reactor)
            ways.insert(0, made)
            if self._way.proxy_tls is not None and leg.proxy.scheme == "https":
                factory = self._secured(made, self._way.proxy_tls, leg.proxy.host, leg.called)
        await self._connected(known, factory, legs[0].called)
        for way in ways:
            with self._during(PASSING), self._trace.span("proxy"):
                await way.made.whenOpen()
        return ways[-1].made.inner

    async def _connected(self, places: Sequence[StreamTarget], factory: IProtocolFactory, called: str) -> Any:
        with self._during(CONNECTING):
            self._outer = await self._attempts.first(places, factory, called)
            # The transport has asked for its protocol, and connects it as soon as it has got it.
            await deferLater(self._context.reactor, 0)
        return self._outer

    async def _places(self) -> list[TcpAddress]:
        """The addresses of the target."""
        target, family = cast(TcpAddress, self._way.target), self._way.family
        if not self._way.addresses:
            return await self._looked_up(target.host, target.port, is_proxy=self._way.to_proxy)
        fitting = [each for each in self._way.addresses if family in (None, literal_family(each))]
        if not fitting:
            raise NameNotResolved(target.host, NameFailure.NO_ADDRESS)
        return [TcpAddress(each, target.port) for each in fitting]

    async def _looked_up(self, host: str, port: int, *, is_proxy: bool) -> list[TcpAddress]:
        with self._during(RESOLVING, self._way.dns_seconds):
            try:
                return await resolve(host, port, self._context, self._trace, family=self._way.family)
            except NameNotResolved as error:
                raise NameNotResolved(f"proxy {host}", error.failure) if is_proxy else error from error.__cause__

    async def _cut(self, reason: str) -> None:
        """End the connection that there is, if any."""
        if self._outer is not None:
            self._outer.transport.ended_because = reason
            self._outer.transport.abortConnection()
            # The protocol hears of it in the next turn; whoever waits for us finds everything over.
            await deferLater(self._context.reactor, 0)

    # ── the deadlines ──

    @contextmanager
    def _during(self, phase: str, seconds: float = 0) -> Iterator[None]:
        """A part of the work, with a deadline of its own besides the one for all."""
        self._phase = phase
        with self._limit(seconds):
            yield

    @contextmanager
    def _limit(self, seconds: float) -> Iterator[None]:
        timer: IDelayedCall | None = None
        if seconds:
            timer = self._context.reactor.callLater(seconds, self._expire, seconds)
        try:
            yield
        finally:
            if timer is not None and timer.active():
                timer.cancel()

    def _expire(self, seconds: float) -> None:
        self._late = TimedOut(self._phase, seconds)
        self._attempts.late = True
        if self._work is not None:
            self._work.cancel()

    def _wrapped(self) -> IProtocolFactory:
        """What carries on once there is a way to the target."""
        way = self._way
        factory: IProtocolFactory = Tap(self._application, self._context.publisher, role="client", trace=self._trace)
        if way.tls is not None:
            host = way.target.host if isinstance(way.target, TcpAddress) else None
            factory = self._secured(factory, way.tls, host, way.called)
            if way.starttls is not None:
                factory = self._asking = self._asked(factory, way.starttls, way.tls.name_of(host))
        if way.proxy_protocol is not None:
            from tnet.net.proxies.greeting import GreetingFactory

            factory = cast(IProtocolFactory, GreetingFactory(factory, way.proxy_protocol, relayed=bool(way.via)))
        return factory

    def _asked(self, factory: IProtocolFactory, dialect: str, host: str | None) -> WayFactory:
        from tnet.net.way import WayFactory
        from tnet.protocols.starttls.dialects import upgrade_of

        upgrade = upgrade_of(dialect, self._way.called, host or "")
        return WayFactory(upgrade, factory, self._context.reactor)

    def _secured(self, factory: IProtocolFactory, tls: ClientTls, host: str | None, called: str) -> IProtocolFactory:
        from tnet.net.tls.connection import TlsFactory

        creator = tls.towards(host, called, was_asked=self._way.starttls is not None)
        made = TlsFactory(creator, factory, self._context.reactor, is_client=True)
        return cast(IProtocolFactory, made)


def _tls_of(protocol: Any) -> TlsTransport:
    """What secures a connection, below all that was done on it in clear."""
    while isinstance(protocol, Wrapper):
        protocol = protocol.inner
    return cast("TlsTransport", protocol)


class _Application(ClientFactory, Generic[P]):
    """Builds the caller's protocol, and remembers it."""

    noisy = False

    def __init__(self, build: Callable[[], P]) -> None:
        self._build = build
        self.made: P | None = None

    def buildProtocol(self, addr: IAddress | None) -> Any:
        self.made = self._build()
        return self.made
