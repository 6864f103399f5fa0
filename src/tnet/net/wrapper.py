"""A protocol around a protocol that is not in the way of the data."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import (
    IHalfCloseableProtocol,
    IHandshakeListener,
    ILoggingContext,
    IProtocol,
    ITransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IHandshakeListener)
class Wrapper(Protocol):
    """Sees how a connection begins and ends; what comes in between goes to `inner` without a call more.

    `inner` has the transport itself, so that writing is its own affair. Once it is connected, the transport calls
    its `dataReceived` directly, as it was then: a protocol that changes its behaviour must do so inside of it.
    """

    inner: Any

    def __init__(self, inner: IProtocol) -> None:
        self.inner = inner

    def makeConnection(self, transport: ITransport) -> None:
        self.transport = transport
        self.connected = 1
        self.inner.makeConnection(transport)
        self.dataReceived = self.inner.dataReceived  # type: ignore[method-assign]  # this is the way of the data

    def dataReceived(self, data: bytes) -> None:
        self.inner.dataReceived(data)

    def handshakeCompleted(self) -> None:
        if IHandshakeListener.providedBy(self.inner):
            self.inner.handshakeCompleted()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.connected = 0
        self.inner.connectionLost(reason)

    def logPrefix(self) -> str:
        return self.inner.logPrefix() if ILoggingContext.providedBy(self.inner) else type(self.inner).__name__


@implementer(IHalfCloseableProtocol)
class HalfCloseableWrapper(Wrapper):
    """A Wrapper for an `inner` that wants to hear of half-closing.

    A transport asks its protocol for the interface and behaves accordingly, so no other wrapper may have it.
    """

    def readConnectionLost(self) -> None:
        self.inner.readConnectionLost()

    def writeConnectionLost(self) -> None:
        self.inner.writeConnectionLost()


def innermost(protocol: Any) -> Any:
    """What is below every wrapper of ours and of Twisted's, of which TLS is one."""
    while isinstance(protocol, Wrapper | ProtocolWrapper):
        protocol = protocol.inner if isinstance(protocol, Wrapper) else protocol.wrappedProtocol
    return protocol


def is_half_closeable(protocol: IProtocol) -> bool:
    """Whether `protocol` goes on when its peer sends no more."""
    return IHalfCloseableProtocol.providedBy(protocol)
