"""A connection that carries exchanges, whatever version of HTTP it speaks; and how that version is found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

from twisted.internet.interfaces import IHandshakeListener, INegotiated
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.clients.fetch.request import Request
from tnet.clients.fetch.wire.exchange import Exchange
from tnet.events import Trace, silent_trace

HTTP_2 = "h2"
HTTP_1 = "http/1.1"


class Connection(Protocol):
    """What the pool keeps.

    `room` is how many more exchanges can begin now; `idle`: none is under way; `closing`: no more will begin, as it
    ends, or is `gone`. `on_change` is called whenever one of them may have changed.
    """

    trace: Trace
    version: str
    on_change: Callable[[], object]
    gone: bool

    @property
    def room(self) -> int: ...

    @property
    def idle(self) -> bool: ...

    @property
    def closing(self) -> bool: ...

    def exchange(self, request: Request, trace: Trace) -> Exchange:
        """Begin one exchange; only where there is room."""
        ...

    def close(self) -> None:
        """End it in good order: nothing is under way."""
        ...

    def abort(self) -> None:
        """Cut it."""
        ...


@implementer(IHandshakeListener)
class Undecided(TwistedProtocol):
    """Becomes HTTP/1.1 or HTTP/2 as soon as it is known which: at once without TLS, else when ALPN has said it.

    `engines` makes the protocol for an ALPN name; `plain` is the name for a connection without TLS.
    """

    trace = silent_trace()

    def __init__(self, engines: Callable[[str], Any], plain: str) -> None:
        self._engines = engines
        self._plain = plain
        self._engine: Any = None

    @property
    def engine(self) -> Connection:
        """The connection, once it stands and is secured."""
        assert self._engine is not None, "the handshake has chosen an engine"
        return cast(Connection, self._engine)

    def connectionMade(self) -> None:
        if not INegotiated.providedBy(self.transport):
            self._choose(self._plain)

    def handshakeCompleted(self) -> None:
        if self._engine is None:
            agreed = cast(Any, self.transport).negotiatedProtocol or b""
            self._choose(HTTP_2 if agreed == HTTP_2.encode() else HTTP_1)

    def dataReceived(self, data: bytes) -> None:
        self._engine.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._engine is not None:
            self._engine.connectionLost(reason)

    def _choose(self, name: str) -> None:
        self._engine = self._engines(name)
        self._engine.trace = self.trace
        self._engine.makeConnection(self.transport)
