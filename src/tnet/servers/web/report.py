"""The event of one exchange: what was asked, what was answered, how it ended. No secret of the client is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tnet.escape import excerpt
from tnet.events.kinds import HttpExchanged

if TYPE_CHECKING:
    from tnet.servers.web.exchange import Exchange

URL_BYTES = 2048


def report(exchange: Exchange, seconds: float) -> None:
    """Emit the event of `exchange`, which took `seconds`; when nobody wants it, it is only counted."""
    trace = exchange.trace
    if not trace.wants(HttpExchanged):
        trace.publisher.unbuilt[HttpExchanged.name] += 1
        return
    head, agent = exchange.head, None
    for name, value in head.fields:
        if name.lower() == b"user-agent":
            agent = value
            break
    trace.emit(
        HttpExchanged,
        method=excerpt(head.method, 32),
        url=excerpt(head.target, URL_BYTES),
        status=exchange.status,
        bytes_in=exchange.bytes_in,
        bytes_out=exchange.bytes_out,
        seconds=seconds,
        version=head.version.removeprefix(b"HTTP/").decode("ascii"),
        peer_address=getattr(exchange.peer, "host", None),
        user_agent=None if agent is None else excerpt(agent),
        reason=exchange.reason or None,
    )
