"""Answers that are ready before anybody asks: they take no Request, no resource and no filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tnet.events.kinds import HttpExchanged
from tnet.protocols.http1.heads import RequestHead
from tnet.servers.web.carrying.exchange import Exchange

if TYPE_CHECKING:
    from tnet.servers.web.carrying.carrier import Carrier


class Stored(Protocol):
    """A response of status 200: its `fields` as encoded lines, without Server, Date and Connection, and its `body`."""

    @property
    def fields(self) -> bytes:
        """Lines, each with its CR LF; Content-Length is among them."""

    @property
    def body(self) -> bytes:
        """The whole of it; nothing, where the request was HEAD."""


class Shortcut(Protocol):
    """Knows the whole answers to plain requests."""

    def look_up(self, method: bytes, target: bytes, accept_encoding: bytes) -> Stored | None:
        """The answer to GET or HEAD, as it is true now; None where the request has to take the long way."""


def reply_at_once(shortcut: Shortcut, head: RequestHead, carrier: Carrier, number: int) -> bytes | None:
    """What `shortcut` knows for `head`, ready for the wire, and reported; None where it knows nothing."""
    stored = shortcut.look_up(head.method, head.target, head.accept_encoding)
    if stored is None:
        return None
    trace = carrier.trace
    if trace.wants(HttpExchanged):
        Exchange(carrier, number).answered(head, 200, len(stored.body))
    else:
        trace.publisher.unbuilt[HttpExchanged.name] += 1
    return b"".join((carrier.site.preamble(), stored.fields, b"\r\n", stored.body))
