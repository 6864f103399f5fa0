"""What lies below one exchange: a connection of HTTP/1.1, or a stream of HTTP/2.

The exchange decides, counts and reports; its carrier knows framing, time and the transport.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.interfaces import IProtocol
from twisted.web.http_headers import Headers

from tnet.events import Trace

if TYPE_CHECKING:
    from tnet.servers.web.carrying.exchange import Exchange
    from tnet.servers.web.site import WebFactory


class Carrier(Protocol):
    """Carries one exchange at a time, or several side by side.

    It calls, in this order: `Exchange(carrier, number, began)`, then `begin(head)`, `receive(data)` for each piece of
    the body, `complete()` at its end, which a head of length 0 does not need; and `lost(reason)` when the connection,
    or the stream, has gone before the response was complete. While the exchange is `busy` it gets no piece and no end.
    A message that is no request at all gets `reject(status, reason)` instead of `begin`; one that goes wrong later
    gets `refuse(status, reason)`.

    `peer` and `host` are addresses. `site`, `trace` and `transport` are what `twisted.web` looks for.
    """

    site: WebFactory
    trace: Trace
    transport: Any

    @property
    def peer(self) -> Any:
        """The client's address."""

    @property
    def host(self) -> Any:
        """Our address."""

    @property
    def secure(self) -> bool:
        """Whether the connection is under TLS."""

    def send_head(self, exchange: Exchange, status: int, reason: bytes, fields: Headers) -> None:
        """Begin the response; `fields` become what is really sent."""

    def send_interim(self, exchange: Exchange, status: int, fields: Sequence[tuple[bytes, bytes]]) -> None:
        """Send a head before the response: 100, 103 or 104. A client that knows none of them gets nothing."""

    def send_data(self, exchange: Exchange, data: bytes) -> None:
        """Send some of the body, never empty, never beyond a declared length."""

    def finish(self, exchange: Exchange) -> None:
        """The response is complete and reported: go on with what comes next, or close.

        `exchange.keep` tells whether the exchange allows another one after it.
        """

    def cut(self, exchange: Exchange, reason: str) -> None:
        """End in the middle, so that no client takes what it got for whole: abort the connection, reset the stream."""

    def stop(self, exchange: Exchange) -> None:
        """As `cut`, when what was written has been sent."""

    def resume(self, exchange: Exchange) -> None:
        """The exchange is `busy` no more."""

    def register_producer(self, exchange: Exchange, producer: Any, streaming: bool) -> None:
        """Let `producer` write the rest of the response, at the client's pace."""

    def unregister_producer(self, exchange: Exchange) -> None:
        """The producer is done."""

    def switch(self, exchange: Exchange, protocol: IProtocol, fields: Headers) -> None:
        """Answer 101 with `fields`: every further byte is `protocol`'s, and first of all what has come already.

        Raises: Refusal, 501, where that cannot be; nothing was sent then.
        """
