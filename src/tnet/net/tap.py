"""Reports every connection, whatever speaks on it: the one place where connection events come from.

`connection.open`, `tls.handshake`, `connection.half_close`, `connection.paused`, `connection.resumed` and
`connection.close`, each where it happens, and not one call more for a chunk of data.
"""

from __future__ import annotations

from typing import Any, Literal

from twisted.internet.address import UNIXAddress
from twisted.internet.interfaces import IAddress, INegotiated, IProtocol, IProtocolFactory, ITransport
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.escape import safe_line
from tnet.events import Publisher, Trace
from tnet.events.kinds import ConnectionClosed, ConnectionOpened, HalfClosed, Paused, Resumed, TlsHandshaken
from tnet.net.closing import closing, tls_words
from tnet.net.wrapper import HalfCloseableWrapper, Wrapper, is_half_closeable

Role = Literal["server", "client"]


@implementer(IProtocolFactory)
class Tap:
    """Wraps `factory` so that each of its connections is reported; it stands inside TLS, and so counts plaintext.

    With `trace` that one connection is reported there, else each gets a trace of its own. A protocol that has an
    attribute `trace` is given it before it is connected.
    """

    def __init__(
        self, factory: IProtocolFactory, publisher: Publisher, *, role: Role, trace: Trace | None = None
    ) -> None:
        self.factory = factory
        self._publisher = publisher
        self._role: Role = role
        self._trace = trace

    def buildProtocol(self, address: IAddress) -> IProtocol | None:
        inner: Any = self.factory.buildProtocol(address)
        if inner is None:
            return None
        trace = self._trace or self._publisher.trace()
        if hasattr(inner, "trace"):
            inner.trace = trace
        return (_HalfCloseableTapped if is_half_closeable(inner) else _Tapped)(inner, trace, self._role)

    def doStart(self) -> None:
        self.factory.doStart()

    def doStop(self) -> None:
        self.factory.doStop()


class _Tapped(Wrapper):
    """One observed connection: also the Watcher of its stream."""

    def __init__(self, inner: IProtocol, trace: Trace, role: Role) -> None:
        super().__init__(inner)
        self._trace = trace
        self._role: Role = role
        self._clock = trace.publisher.clock
        self._began = self._paused_at = 0.0
        self._securing = False
        self._ended_first: Literal["us", "peer"] | None = None

    # ── the beginning ──

    def makeConnection(self, transport: ITransport) -> None:
        self._began = self._clock()
        # Through a proxy that TLS leads to, its handshake is over before the way opens.
        self._securing = INegotiated.providedBy(transport) and not getattr(transport, "handshaken", False)
        if self._trace.wants(ConnectionOpened):
            self._report_opened(transport)
        else:
            self._trace.publisher.unbuilt[ConnectionOpened.name] += 1
        watch = getattr(transport, "watch", None)
        if watch is not None:
            watch(self)
        super().makeConnection(transport)

    def handshakeCompleted(self) -> None:
        if self._securing:
            self._securing = False
            self._report_handshake("ok")
        super().handshakeCompleted()

    def _report_opened(self, transport: Any) -> None:
        peer, host = transport.getPeer(), transport.getHost()
        peer_address, peer_port = place(peer)
        local_address, local_port = place(host)
        self._trace.emit(
            ConnectionOpened,
            role=self._role,
            transport="unix" if isinstance(host, UNIXAddress) else "tcp",
            peer_address=peer_address,
            peer_port=peer_port,
            local_address=local_address,
            local_port=local_port,
        )

    def _report_handshake(self, outcome: Literal["ok", "failed"], error: str | None = None) -> None:
        if not self._trace.wants(TlsHandshaken):
            return
        from tnet.net.tls.facts import TlsFacts, certificate_facts

        session = self._of_transport("getHandle", lambda: None)()
        facts = TlsFacts() if session is None else certificate_facts(session)
        self._trace.emit(
            TlsHandshaken,
            outcome=outcome,
            seconds=self._clock() - self._began,
            tls_version=facts.version,
            tls_cipher=facts.cipher,
            tls_alpn=_safe(facts.alpn),
            subject=_safe(facts.subject),
            issuer=_safe(facts.issuer),
            not_before=facts.not_before,
            not_after=facts.not_after,
            serial=facts.serial,
            names=tuple(map(safe_line, facts.names)),
            pin=facts.pin,
            group=facts.group,
            sni=_safe(facts.sni),
            chain=tuple(map(safe_line, facts.chain)),
            error=error,
        )

    # ── in between ──

    def paused(self) -> None:
        """The stream told its producer to wait."""
        self._paused_at = self._clock()
        self._trace.emit(Paused, bytes_in=self._bytes_in, bytes_out=self._bytes_out)

    def resumed(self) -> None:
        """The stream has sent all that had waited."""
        self._trace.emit(Resumed, seconds=self._clock() - self._paused_at)

    def half_closed(self, by: Literal["us", "peer"]) -> None:
        """One side sends no more."""
        self._ended_first = self._ended_first or by
        self._trace.emit(HalfClosed, by=by, bytes_in=self._bytes_in, bytes_out=self._bytes_out)

    # ── the end ──

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._securing:
            self._report_handshake("failed", self._of_transport("ended_because", "") or tls_words(reason.value))
        try:
            super().connectionLost(reason)
        finally:
            self._report_closed(reason)

    def _report_closed(self, reason: Failure) -> None:
        end = closing(reason, self.transport, self._ended_first)
        self._trace.emit(
            ConnectionClosed,
            reason=end.reason,
            clean=end.clean,
            bytes_in=self._bytes_in,
            bytes_out=self._bytes_out,
            seconds=self._clock() - self._began,
        )

    @property
    def _bytes_in(self) -> int:
        return int(self._of_transport("bytes_in", 0))

    @property
    def _bytes_out(self) -> int:
        return int(self._of_transport("bytes_out", 0))

    def _of_transport(self, name: str, default: Any) -> Any:
        return getattr(self.transport, name, default)


class _HalfCloseableTapped(_Tapped, HalfCloseableWrapper):
    """One observed connection of a protocol that goes on when one side sends no more."""

    def readConnectionLost(self) -> None:
        self.half_closed("peer")
        super().readConnectionLost()

    def writeConnectionLost(self) -> None:
        self.half_closed("us")
        super().writeConnectionLost()


def place(address: Any) -> tuple[str, int | None]:
    """The host and port of an address, or the path of a UNIX socket; the system's word for one without is unnamed."""
    if isinstance(address, UNIXAddress):
        return safe_line((address.name or b"unnamed").replace(b"\0", b"@", 1).decode("utf-8", "backslashreplace")), None
    return str(getattr(address, "host", "unknown")), getattr(address, "port", None)


def _safe(text: str | None) -> str | None:
    return None if text is None else safe_line(text)
