"""What a fetch would send, when nothing is to be sent: `--offline` and `--curl`.

Shape: each request as HTTP/1.1, with CR LF between one and the next; or a line with a curl command for each.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tnet.clients.fetch.as_curl import as_curl
from tnet.clients.fetch.hop import through
from tnet.clients.fetch.outgoing import Outgoing, open_body
from tnet.clients.fetch.request import Request, encoded, mask_request
from tnet.clients.fetch.wire.route import Route, route_to
from tnet.protocols.http1.encoding import LAST_CHUNK, chunk

if TYPE_CHECKING:
    from tnet.clients.fetch.client import Client

Write = Callable[[bytes], Awaitable[None]]


async def rehearse(client: Client, urls: Sequence[str], write: Write, environ: Mapping[str, str] = os.environ) -> None:
    """Write what `client` would send first for each of `urls`; secrets are masked unless its plan shows them.

    Raises: what sending it would raise before the connection stands; BadUsage for what curl cannot do.
    """
    for number, url in enumerate(urls):
        request = client.dressed(client.first_request(url))
        encoded(request, length=0)
        if client.plan.dry == "curl":
            await write(f"{as_curl(request, client.plan)}\n".encode("utf-8", "surrogateescape"))
            continue
        if number:
            await write(b"\r\n")
        await _write_request(client, request, route_to(request.url, client.plan.way, environ), write)


async def _write_request(client: Client, request: Request, route: Route, write: Write) -> None:
    body = await open_body(request.body, client.context) if request.body is not None else None
    try:
        shown = through(request, route)
        if not client.plan.showing.show_secrets:
            shown = mask_request(shown)
        length = body.length if body is not None else None
        await write(encoded(shown, length=length, absolute=route.forward is not None))
        if body is not None:
            await _write_body(body, write)
    finally:
        if body is not None:
            body.close()


async def _write_body(body: Outgoing, write: Write) -> None:
    while piece := await body.read():
        await write(chunk(piece) if body.length is None else piece)
    if body.length is None:
        await write(LAST_CHUNK)
