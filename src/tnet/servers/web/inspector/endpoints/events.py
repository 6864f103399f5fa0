"""Server-sent events, and fields behind a body."""

from __future__ import annotations

import json

from tnet.protocols.event_stream import ServerEvent, encoded
from tnet.protocols.http1.fields import is_field_value, is_token
from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.inspector.endpoints.call import Answer, Call, begin
from tnet.servers.web.inspector.endpoints.paced import Paced

MOST_EVENTS = 100
LONGEST_SECONDS = 60.0

_DECIDES = frozenset((b"authorization", b"cache-control", b"content-type", b"host", b"set-cookie", b"te", b"trailer"))


async def events(call: Call) -> None:
    """`count` events named ping over `duration` seconds, the first after `delay`.

    Raises: Refusal, 400.
    """
    count = call.count("count", 1, MOST_EVENTS, 10)
    duration = call.seconds("duration", LONGEST_SECONDS, 5)
    await call.wait(call.seconds("delay", LONGEST_SECONDS, 0))
    paced = Paced(call, Answer(media=b"text/event-stream"), None)
    for number in range(0 if call.is_head else count):
        if number:
            await call.wait(duration / (count - 1))
        data = json.dumps({"id": number, "of": count})
        await paced.write(encoded(ServerEvent(data, event="ping", id=str(number))))
    paced.finish()


def trailers(call: Call) -> None:
    """A body in chunks, and behind it the fields that the query says.

    Raises: Refusal, 400; 501 but for HTTP/1.1, which alone has chunks.
    """
    request = call.request
    fields = [(name, value.strip(b" \t")) for name, values in request.args.items() for value in values]
    if not all(_may_trail(name) and is_field_value(value) for name, value in fields):
        raise Refusal(400, "what is asked for cannot stand behind a body")
    if request.clientproto != b"HTTP/1.1":
        raise Refusal(501, "trailers are sent over HTTP/1.1 here")
    names = b", ".join(dict(fields))
    begin(request, Answer(media=pages.TEXT, fields=((b"Trailer", names),) if names else ()), None)
    request.channel.trailers = fields
    request.write(b"The fields come behind this.\n")
    request.finish()


def _may_trail(name: bytes) -> bool:
    """Source: RFC 9110 section 6.5.1."""
    lower = name.lower()
    framing = lower.startswith((b"content-", b"transfer-", b"proxy-", b"access-control-", b"if-", b"sec-"))
    return is_token(name) and not framing and lower not in _DECIDES
