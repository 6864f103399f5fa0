"""The way of those who are logged in to a backend."""

from __future__ import annotations

from typing import Any

from tnet.net.context import Context
from tnet.net.dial import dial
from tnet.net.proxies.greeting import place_of
from tnet.net.relay import Dialled
from tnet.plans import Target
from tnet.protocols.proxy_header import USER_TLV, encode_v1, encode_v2

CONNECT_SECONDS = 10.0


class Forwarding:
    """Connects to `target` for one user after the other.

    With `send_proxy` the backend first gets a header of the PROXY protocol: `v1` tells it where the client is, `v2`
    the user's name as well.
    """

    def __init__(self, target: Target, context: Context, send_proxy: str | None = None) -> None:
        self._target = target
        self._context = context
        self._send_proxy = send_proxy

    async def connect(self, user: str, client: Any) -> Dialled:
        """A connection to the backend in the name of `user`, whose own transport is `client`.

        It has a trace of its own: to the story it is another connection.

        Raises: what `dial` raises.
        """
        trace = self._context.publisher.trace()
        dialled = await dial(self._target, Dialled, self._context, trace, seconds=CONNECT_SECONDS)
        if self._send_proxy is not None:
            dialled.transport.write(self._header(user, client))
        return dialled

    def _header(self, user: str, client: Any) -> bytes:
        source, destination = place_of(client.getPeer()), place_of(client.getHost())
        if self._send_proxy == "v1":
            return encode_v1(source, destination)
        return encode_v2(source, destination, {USER_TLV: user.encode()})
