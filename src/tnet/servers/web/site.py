"""The factory: any `twisted.web` Resource on our channel."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IReactorTime
from twisted.web import server
from twisted.web.http import datetimeToString
from twisted.web.resource import IResource, getChildForRequest

from tnet.protocols.http1.heads import HeadLimits, HeadReader
from tnet.servers.web.carrying.alarm import Deadlines
from tnet.servers.web.carrying.channel import Channel
from tnet.servers.web.carrying.shortcut import Shortcut
from tnet.servers.web.filters import Filter
from tnet.servers.web.permissions import Permissions
from tnet.servers.web.request import WebRequest

if TYPE_CHECKING:
    from tnet.servers.web.carrying.witness import Witness

MAX_BODY_BYTES = 1 << 26
EXCERPT_BYTES = 64 * 1024


class WebFactory(server.Site):
    """Serves `resource` over HTTP: `WebFactory(resource)` instead of `twisted.web.server.Site(resource)`.

    `now` is a monotonic clock; without it the reactor's serves. A request's body of more than `max_body_bytes` is
    refused. `requestFactory` may be replaced by a subclass of `WebRequest`. Exchanges are reported as events on
    the `trace` of each channel, not in a log file.

    `filters` see every request before any resource does, and every response. `permissions` are those of whoever comes,
    until a filter knows better. `witness` is told of every exchange, and may look at up to `excerpt_bytes` of each
    body. `shortcut` answers plain requests from memory, past filters and resources; it is not asked while there is a
    witness.
    """

    requestFactory: Any = WebRequest

    def __init__(
        self,
        resource: IResource,
        *,
        reactor: IReactorTime | None = None,
        now: Callable[[], float] | None = None,
        deadlines: Deadlines | None = None,
        limits: HeadLimits | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
        filters: Sequence[Filter] = (),
        permissions: Permissions | None = None,
        witness: Witness | None = None,
        excerpt_bytes: int = EXCERPT_BYTES,
        shortcut: Shortcut | None = None,
        parsePOSTFormSubmission: bool = True,
    ) -> None:
        super().__init__(resource, reactor=reactor, parsePOSTFormSubmission=parsePOSTFormSubmission)
        self.now: Callable[[], float] = now or self.reactor.seconds
        self.deadlines = deadlines or Deadlines()
        self.limits = limits or HeadLimits()
        self.heads = HeadReader(self.limits)
        self.max_body_bytes = max_body_bytes
        self.filters = tuple(filters)
        self.permissions = permissions or Permissions()
        self.witness = witness
        self.excerpt_bytes = excerpt_bytes
        self.shortcut = shortcut if witness is None else None
        self.channels: set[Channel] = set()
        self._second, self._date, self._preamble = 0, b"", b""

    def buildProtocol(self, addr: Any) -> Channel:  # type: ignore[override]  # stock returns its own proxy
        """A channel for one connection."""
        return Channel(self)

    def acceptableProtocols(self) -> list[bytes]:
        """What ALPN may choose."""
        return [b"h2", b"http/1.1"]

    def goodbye(self) -> None:
        """Let each response in progress be the last on its connection, and close the idle ones."""
        for channel in tuple(self.channels):
            channel.leave()

    def date(self) -> bytes:
        """The value of Date, made once a second."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._date = datetimeToString(second)
            self._preamble = b"HTTP/1.1 200 OK\r\nServer: tnet\r\nDate: %b\r\n" % self._date
        return self._date

    def preamble(self) -> bytes:
        """How a response of HTTP/1.1 begins that needs nothing special."""
        self.date()
        return self._preamble

    def getResourceFor(self, request: Any) -> IResource:
        """The resource that answers for `request`."""
        request.site, request.sitepath = self, list(request.prepath)
        found: IResource = getChildForRequest(self.resource, request)
        return found

    def startFactory(self) -> None:
        """Nothing: there is no log file to open."""

    def stopFactory(self) -> None:
        """Nothing: there is no log file to close."""

    def log(self, request: Any) -> None:
        """Nothing: the channel reports each exchange, those without a response too."""
