"""The event of one exchange: what was asked, what was answered, how it ended. No secret of the client is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tnet.escape import excerpt
from tnet.events.kinds import HttpExchanged
from tnet.protocols.http1.heads import asked_in
from tnet.protocols.masks import MASK, mask_url

if TYPE_CHECKING:
    from tnet.servers.web.carrying.exchange import Exchange

URL_BYTES = 2048


def report(exchange: Exchange, seconds: float) -> None:
    """Emit the event of `exchange`, which took `seconds`; when nobody wants it, it is only counted."""
    trace, publisher = exchange.trace, exchange.trace.publisher
    if not publisher.wants(HttpExchanged):
        publisher.unbuilt[HttpExchanged.name] += 1
        return
    head, agent, referer = exchange.head, None, None
    asked = (head.method, head.target, head.version)
    if head.method == b"-":
        asked = asked_in(head.raw) or asked
    for name, value in head.fields:
        if len(name) == 10 and name.lower() == b"user-agent":
            agent = excerpt(value)
        elif len(name) == 7 and name.lower() == b"referer":
            referer = shown_url(value)
    trace.emit(
        HttpExchanged,
        method=excerpt(asked[0], 32),
        url=shown_url(asked[1]),
        status=exchange.status,
        bytes_in=exchange.bytes_in,
        bytes_out=exchange.bytes_out,
        seconds=seconds,
        version=asked[2].removeprefix(b"HTTP/").decode("ascii"),
        peer_address=getattr(exchange.peer, "host", None),
        user=exchange.user,
        referer=referer,
        user_agent=agent,
        reason=exchange.reason or None,
    )


def shown_url(url: bytes) -> str:
    """A URL, or a target, as it may be kept: escaped, cut, and without what would let its reader in."""
    text = excerpt(url, URL_BYTES)
    if "=" in text:
        text = mask_url(text)
    return _SHARE.sub(rf"\1{MASK}", text) if _MAY_SHARE.search(text) else text


def _in_url(text: str) -> str:
    """A pattern for `text` with any of its letters percent-encoded."""
    return "".join(f"(?:{re.escape(letter)}|%{ord(letter):02x})" for letter in text)


_MAY_SHARE = re.compile(r"share|%", re.IGNORECASE)
_SHARE = re.compile(
    rf"(/{_in_url('_tnet')}/{_in_url('share')}/|[?&#]{_in_url('share')}=)[^/?&#\s]+",
    re.IGNORECASE,
)
