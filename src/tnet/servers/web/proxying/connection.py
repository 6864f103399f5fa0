"""One connection to an upstream: a request at a time, and perhaps a tunnel at the end.

Source: RFC 9112 sections 6.3 and 9 for when it may be used again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.errors import ReceiveFailed, TnetError
from tnet.events import silent_trace
from tnet.net.closing import closing
from tnet.net.relay import End
from tnet.protocols.http1.fields import tokens
from tnet.protocols.http1.responses import ResponseEnd, ResponseHead, ResponseParser, ResponsePart


class Receiver(Protocol):
    """Whoever asked, and gets the reply."""

    def writable(self) -> None:
        """The upstream takes more of the body."""

    def reply_head(self, head: ResponseHead) -> None:
        """A head has come, interim or not."""

    def reply_data(self, data: bytes) -> None:
        """Some of the reply's body has come."""

    def reply_ended(self) -> None:
        """The reply is complete."""

    def reply_failed(self, error: TnetError, untouched: bool) -> None:
        """There will be no more; `untouched`: nothing of a reply had come."""


@implementer(IPushProducer, IHalfCloseableProtocol)
class UpstreamConnection(TwistedProtocol):
    """A connection to `called`; `on_lost` hears of its end.

    `asked` counts its requests, `choked` is whether it takes no more of a body now, `gone` whether it has ended or
    is about to.
    """

    trace = silent_trace()
    transport: Any

    def __init__(self, called: str, on_lost: Callable[[UpstreamConnection], object]) -> None:
        self.asked = 0
        self.choked = False
        self.gone = False
        self.idle_since = 0.0
        self._called = called
        self._on_lost = on_lost
        self._receiver: Receiver | None = None
        self._parser = ResponseParser(b"GET", called)
        self._head: ResponseHead | None = None
        self._touched = self._held = False
        self._tunnel: End | None = None

    # ── what whoever asks calls ──

    def ask(self, head: bytes, method: bytes, receiver: Receiver, *, may_switch: bool = False) -> None:
        """Send the head of a request; `receiver` gets the reply to it."""
        assert self._receiver is None, "one request at a time"
        self.asked += 1
        self._receiver, self._head = receiver, None
        self._touched = False
        self._parser = ResponseParser(method, self._called, may_switch=may_switch)
        self.transport.registerProducer(self, True)
        self.transport.write(head)

    def send(self, data: bytes) -> None:
        """Send some of the body."""
        self.transport.write(data)

    def hold(self) -> None:
        """Read no more for now."""
        self._held = True
        self.transport.pauseProducing()

    def go_on(self) -> None:
        """Read again."""
        self._held = False
        if not self.gone:
            self.transport.resumeProducing()

    def release(self) -> bool:
        """The exchange is over, both ways; whether there may be another one. Otherwise the connection ends."""
        self._receiver = None
        if self.gone:
            return False
        self.transport.unregisterProducer()
        self.choked = False
        if self._held:
            self.go_on()
        if self._keeps_alive():
            return True
        self.close()
        return False

    def cut(self) -> None:
        """End it, whatever is on its way."""
        self._receiver = None
        self._leave()
        self.transport.abortConnection()

    def close(self) -> None:
        """End it: nothing is on its way."""
        self._leave()
        self.transport.loseConnection()

    def tunnel(self, end: End) -> bytes:
        """Leave HTTP: from now on everything goes to `end`; what has come of it already."""
        self._receiver, self._tunnel = None, end
        self.transport.unregisterProducer()
        return self._parser.rest

    # ── what Twisted calls ──

    def dataReceived(self, data: bytes) -> None:
        if self._tunnel is not None:
            self._tunnel.received(data)
        elif self._receiver is not None:
            self._touched = True
            self._take(self._parser.feed, data)
        else:
            self.cut()  # nobody asked: whatever it answers, it is not ours

    def readConnectionLost(self) -> None:
        if self._tunnel is not None:
            self._tunnel.ended()
            return
        self._take(self._parser.close)
        self.cut()

    def writeConnectionLost(self) -> None:
        if self._tunnel is not None:
            self._tunnel.half_closed()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._leave()
        if self._tunnel is not None:
            self._tunnel.lost(reason)
        elif self._receiver is not None:
            if reason.check(ConnectionDone):
                self._take(self._parser.close)
            else:
                self._fail(self._broken(reason))

    def pauseProducing(self) -> None:
        self.choked = True

    def resumeProducing(self) -> None:
        self.choked = False
        if self._receiver is not None:
            self._receiver.writable()

    def stopProducing(self) -> None:
        """Nothing: `connectionLost`, which says why, comes next."""

    # ── inside ──

    def _leave(self) -> None:
        if not self.gone:
            self.gone = True
            self._on_lost(self)

    def _take(self, read: Callable[..., Any], *data: bytes) -> None:
        receiver = self._receiver
        try:
            for part in read(*data):
                if receiver is None or self._receiver is not receiver:
                    return
                self._hand(receiver, part)
        except TnetError as error:
            self._fail(error)

    def _hand(self, receiver: Receiver, part: ResponsePart) -> None:
        match part:
            case ResponseHead():
                self._head = part
                receiver.reply_head(part)
            case ResponseEnd():
                receiver.reply_ended()
            case _:
                receiver.reply_data(part)

    def _fail(self, error: TnetError) -> None:
        receiver, self._receiver = self._receiver, None
        self.cut()
        if receiver is not None:
            receiver.reply_failed(error, not self._touched)

    def _broken(self, reason: Failure) -> TnetError:
        if isinstance(reason.value, TnetError):
            return reason.value
        return ReceiveFailed(self._called, closing(reason, self.transport).reason)

    def _keeps_alive(self) -> bool:
        """Whether the upstream leaves it open, and nothing on it is in doubt."""
        if self._head is None or self._parser.until_close or self._parser.surplus:
            return False
        theirs = tokens(b",".join(self._head.values(b"connection")))
        return b"close" not in theirs and (self._head.version == "1.1" or b"keep-alive" in theirs)
