"""What a protocol on a bad network takes for its transport."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.interfaces import IAddress, IConsumer, INegotiated, IPushProducer, ITransport
from zope.interface import alsoProvides, implementer

from tnet.net.faults.sender import Sender


@implementer(ITransport, IConsumer, IPushProducer)
class FaultyTransport:
    """Reads from the real transport `beneath`, and writes to `sender`."""

    disconnecting = False

    _reading_paused = False

    def __init__(self, beneath: Any, sender: Sender) -> None:
        self._beneath = beneath
        self._sender = sender

    # ── writing ──

    def write(self, data: bytes) -> None:
        """Say `data`."""
        if not self.disconnecting:
            self._sender.write(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Say several pieces as one."""
        self.write(b"".join(iovec))

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Pause `producer` while too much waits; one that does not stream cannot be paused."""
        if not streaming:
            raise ValueError("only a streaming producer can be paused")
        self._sender.feed_from(producer)

    def unregisterProducer(self) -> None:
        """Pause nobody any more."""
        self._sender.feed_from(None)

    # ── reading ──

    def pauseProducing(self) -> None:
        """Read no more."""
        self._reading_paused = True
        self._beneath.pauseProducing()

    def resumeProducing(self) -> None:
        """Read on."""
        self._reading_paused = False
        self._beneath.resumeProducing()

    def stopProducing(self) -> None:
        """Close: whoever consumed what is received wants no more."""
        self.loseConnection()

    # ── the end ──

    def loseWriteConnection(self) -> None:
        """Say that no more comes, behind what was said."""
        if not self.disconnecting:
            self._sender.finish(self._beneath.loseWriteConnection)

    def loseConnection(self) -> None:
        """Close, behind what was said."""
        if not self.disconnecting:
            self.disconnecting = True
            self._sender.finish(self._lose)

    def abortConnection(self) -> None:
        """Cut it now."""
        self._sender.stop()
        self._beneath.abortConnection()

    def _lose(self) -> None:
        """Close, and hear the peer's end, which TLS waits for."""
        if self._reading_paused:
            self.resumeProducing()
        self._beneath.loseConnection()

    # ── who is there ──

    @property
    def bytes_in(self) -> int:
        """How much was received."""
        return int(self._beneath.bytes_in)

    @property
    def bytes_out(self) -> int:
        """How much is out, without what is held back."""
        return int(self._beneath.bytes_out)

    @property
    def os_error(self) -> OSError | None:
        """The first error that the system reported."""
        error: OSError | None = getattr(self._beneath, "os_error", None)
        return error

    @property
    def ended_because(self) -> str:
        """Why it was ended, in plain words."""
        return str(getattr(self._beneath, "ended_because", ""))

    @ended_because.setter
    def ended_because(self, reason: str) -> None:
        """Say why."""
        self._beneath.ended_because = reason

    def getPeer(self) -> IAddress:
        """Whose end the other one is."""
        return self._beneath.getPeer()  # type: ignore[no-any-return]  # a transport

    def getHost(self) -> IAddress:
        """Where ours is."""
        return self._beneath.getHost()  # type: ignore[no-any-return]  # a transport


class SecuredFaultyTransport(FaultyTransport):
    """The same on TLS."""

    @property
    def negotiatedProtocol(self) -> bytes | None:
        """What ALPN agreed on."""
        return self._beneath.negotiatedProtocol  # type: ignore[no-any-return]  # a transport

    def getHandle(self) -> Any:
        """The session."""
        return self._beneath.getHandle()


def faulty_transport(beneath: ITransport, sender: Sender) -> FaultyTransport:
    """A transport over `beneath`, secured if that is."""
    if not INegotiated.providedBy(beneath):
        return FaultyTransport(beneath, sender)
    made = SecuredFaultyTransport(beneath, sender)
    alsoProvides(made, INegotiated)  # what tells TLS; the class itself has not all that this means to Twisted
    return made
