"""The TLS transport: Twisted's, with its bytes counted, its end bounded and its errors in words."""

from __future__ import annotations

from typing import Any

from OpenSSL.SSL import TLS1_3_VERSION, Error
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import (
    IDelayedCall,
    IHalfCloseableProtocol,
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IReactorTime,
)
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOFactory
from twisted.python.failure import Failure

from tnet.net.tls.explain import explain

# Twisted's own, not promised by it: a contract test says when one of them goes.
RELIES_ON = ("_checkHandshakeStatus", "_shutdownTLS", "_write", "_aggregator", "_aborted", "_reason")

CLOSE_SECONDS = 5.0


class TlsTransport(BufferingTLSTransport):
    """A secured connection, as the protocol above it sees it.

    `bytes_in` and `bytes_out` count plaintext. A connection that ends because of TLS is lost with a `TlsFailed`
    as the reason; one that ends without the peer's close_notify with `ConnectionLost`, as it may be cut short. What
    becomes of TCP after that close_notify changes nothing.

    From TLS 1.3 on close_notify ends one direction, as FIN does, and a half-closeable protocol is told; before,
    whoever gets it must drop what it still had to say, and close.

    Source: RFC 8446 section 6.1; twisted#5341 for half-closing; twisted#7926 for the unbounded close.
    """

    bytes_in = 0
    bytes_out = 0
    handshaken = False

    transport: Any
    wrappedProtocol: Any
    factory: TlsFactory

    _reading_paused = False
    _feeds_itself = False
    _write_ended = False
    _sent_before_its_end: int | None = None
    _closing: IDelayedCall | None = None
    _outcome: Failure | None = None
    _waiting: tuple[Deferred[None], ...] = ()

    def whenSecured(self) -> Deferred[None]:
        """Fires with: None once the handshake is complete; else the reason why the connection was lost before.

        Cancelling it only ends the waiting.
        """
        if self.handshaken:
            return succeed(None)
        if self._outcome is not None:
            return fail(self._outcome)
        waiting = Deferred[None]()
        self._waiting += (waiting,)
        return waiting

    # ── the handshake ──

    def _checkHandshakeStatus(self) -> None:
        super()._checkHandshakeStatus()
        if self.handshaken:
            if self._reading_paused:
                self.transport.pauseProducing()
            self._tell(None)

    def pauseProducing(self) -> None:
        """Read no more, but not before the handshake is complete: it needs to read.

        A protocol that is its transport's consumer as well would otherwise wait for itself with its first write.
        """
        self._reading_paused = True
        if self.handshaken:
            self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Read on."""
        self._reading_paused = False
        if self.handshaken:
            self.transport.resumeProducing()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Pause `producer` while the peer is slower; a transport may produce for itself."""
        self._feeds_itself = producer is self
        super().registerProducer(producer, streaming)

    # ── the end ──

    def loseConnection(self) -> None:
        """Send what waits and close_notify, wait for the peer's; one that does nothing for `CLOSE_SECONDS` is cut.

        A producer may go on until it is unregistered. A transport that produces for itself has nothing to go on
        with, and reads again if it was paused: the peer's close_notify has to be heard.
        """
        if self._feeds_itself:
            self.unregisterProducer()
            self.resumeProducing()
        super().loseConnection()
        if self.connected and self._closing is None:
            self._await_progress()

    def abortConnection(self) -> None:
        """Cut it now, and say nothing: Twisted's own sends close_notify first, which the peer takes for a good end."""
        self._aborted = self.disconnecting = True
        self.transport.abortConnection()

    def stopProducing(self) -> None:
        """Close: whoever consumed what is received wants no more; once the connection is lost it is too late."""
        if not self.transport.disconnected:
            self.loseConnection()

    def loseWriteConnection(self) -> None:
        """Send what waits and close_notify, and read on; where TLS cannot end one direction alone, do nothing.

        There is no FIN: below TLS it would cut what is still to be encrypted, and peers take it for an attack.
        """
        if self.disconnecting or self._write_ended or not self._half_closes():
            return
        self._shutdownTLS()
        self._write_ended = True
        self.wrappedProtocol.writeConnectionLost()

    def peer_ended(self) -> bool:
        """Whether the connection goes on although the peer said close_notify."""
        known = self._sent_before_its_end is not None
        if not known:
            self._sent_before_its_end = self.bytes_out
        if known or self.disconnecting or not self._half_closes():
            return False
        self.wrappedProtocol.readConnectionLost()
        return True

    def _half_closes(self) -> bool:
        """Whether one direction can end alone."""
        session = self.getHandle()
        modern = session is not None and session.get_protocol_version() >= TLS1_3_VERSION
        return self.handshaken and modern and IHalfCloseableProtocol.providedBy(self.wrappedProtocol)

    def _write(self, data: bytes) -> None:
        """Encrypt; nothing may follow our close_notify."""
        if not self._write_ended:
            super()._write(data)

    def _shutdownTLS(self) -> None:
        """Say close_notify, ours or the answer to the peer's, but only after what was written before it."""
        if self.handshaken and not self._aborted:
            self._aggregator.flush()
        super()._shutdownTLS()

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]  # Twisted gives it a default
        """Tell the protocol, with a reason in words when it was TLS that failed."""
        if self._closing is not None and self._closing.active():
            self._closing.cancel()
        found = self._reason or reason
        if self._is_of_tls(found):
            self._reason = Failure(explain(found.value, self.getHandle(), _named(self.getPeer())))
        elif found.check(ConnectionAborted):
            # Twisted would ask OpenSSL, and hear that the peer's close_notify is missing.
            self._reason = found
        elif self._peer_said_all():
            # A peer that closes at once resets the connection when our own close_notify reaches it.
            self._reason = Failure(ConnectionDone())
        self._outcome = self._reason or reason
        super().connectionLost(reason)
        self._tell(self._outcome)

    def _is_of_tls(self, reason: Failure) -> bool:
        """Whether the connection ended by an error of TLS, or in the middle of the handshake and not by us."""
        return bool(reason.check(Error)) or not (self.handshaken or reason.check(ConnectionAborted))

    def _peer_said_all(self) -> bool:
        """Whether it said close_notify, and we nothing after that which could be lost."""
        return self._sent_before_its_end == self.bytes_out

    def _await_progress(self) -> None:
        self._closing = self.factory.clock.callLater(CLOSE_SECONDS, self._close_overdue, self._moved())

    def _close_overdue(self, moved: int) -> None:
        if self._moved() == moved:
            told = getattr(self, "ended_because", "")
            self.ended_because = told or f"closed by us, and the peer did not answer within {CLOSE_SECONDS:g} s"
            self.abortConnection()
        else:
            self._await_progress()

    def _moved(self) -> int:
        """While this grows, the peer is alive: it reads, or, to a client, it still answers what came before the end.

        A server does not let a peer hold its connection by talking on.
        """
        taken: int = getattr(self.transport, "bytes_out", 0)
        given: int = 0 if self.getHandle().is_server else getattr(self.transport, "bytes_in", 0)
        return taken + given

    def _tell(self, outcome: Failure | None) -> None:
        waiting, self._waiting = self._waiting, ()
        for each in waiting:
            each.callback(None) if outcome is None else each.errback(outcome)


class TlsFactory(TLSMemoryBIOFactory):
    """Wraps a protocol factory in TLS; `creator` is of Twisted's client or server kind, and makes TlsSessions."""

    protocol = TlsTransport

    def __init__(
        self,
        creator: IOpenSSLClientConnectionCreator | IOpenSSLServerConnectionCreator,
        factory: IProtocolFactory,
        clock: IReactorTime,
        *,
        is_client: bool,
    ) -> None:
        super().__init__(creator, is_client, factory, clock)
        self.clock = clock


def _named(address: Any) -> str:
    """`host:port`, or whatever else an address has for a name."""
    host, port = getattr(address, "host", None), getattr(address, "port", None)
    if host is None:
        return str(getattr(address, "name", None) or "the peer")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
