"""The resource that stands at a prefix, and asks its upstream for everything."""

from __future__ import annotations

from secrets import token_hex
from typing import Any
from urllib.parse import unquote_to_bytes

from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from tnet.net.context import Context
from tnet.net.resolve import ascii_name, literal_family
from tnet.plans.urls import DEFAULT_PORTS, Url
from tnet.plans.web import ProxyRoute
from tnet.servers.web.bodies import IBodyConsumer, Refusal
from tnet.servers.web.permissions import Right
from tnet.servers.web.proxying.fields import Client, request_fields, upgrade_of
from tnet.servers.web.proxying.passing import Asked, Passing
from tnet.servers.web.proxying.places import Places
from tnet.servers.web.proxying.pool import Pool
from tnet.servers.web.writing.origin import judge_origin

_SAFE = (b"GET", b"HEAD", b"OPTIONS")


@implementer(IBodyConsumer)
class ReverseProxy(Resource):
    """Passes on what is asked for below the prefix of `route`; who may read there may ask.

    Its name in Via is its own, so that it notices when it is asked by itself.

    Raises: NameNotResolved when the host's name cannot be one.
    """

    isLeaf = True

    def __init__(self, route: ProxyRoute, context: Context) -> None:
        super().__init__()
        self._places = Places(route)
        self._authority = _authority(route.url)
        self._pool = Pool(route.url, context)
        self._via = b"tnet-" + token_hex(4).encode("ascii")
        self._context = context

    def close(self) -> None:
        """End every connection to the upstream."""
        self._pool.close()

    def render(self, request: Any) -> int:
        """Pass on a request without a body.

        Raises: Refusal.
        """
        self._passing(request, 0).begin()
        return NOT_DONE_YET

    def bodyBegun(self, request: Any, length: int | None) -> Passing:
        """Pass on a request with a body as it comes.

        Raises: Refusal.
        """
        passing = self._passing(request, length)
        passing.begin()
        return passing

    def _passing(self, request: Any, length: int | None) -> Passing:
        path = request.uri.partition(b"?")[0]
        request.permissions.demand(Right.READ, [unquote_to_bytes(name) for name in path[1:].split(b"/")])
        upgrade = upgrade_of(request.requestHeaders) if length == 0 else b""
        if request.account is not None and (upgrade or request.method not in _SAFE):
            judge_origin(request)  # a browser's login with us is not for other sites to use
        if any(self._via in value for value in request.requestHeaders.getRawHeaders(b"via", [])):
            raise Refusal(508, "this proxy is its own upstream")
        asked = Asked(
            method=request.method,
            target=self._places.there(request.uri),
            fields=request_fields(request.requestHeaders, _client(request), self._authority, self._via),
            length=length,
            upgrade=upgrade,
        )
        return Passing(asked, request, self._pool, self._places, self._via, self._context)


def _client(request: Any) -> Client:
    return Client(
        host=getattr(request.channel.getPeer(), "host", None),
        scheme=b"https" if request.isSecure() else b"http",
        authority=request.getHeader(b"host"),
        version=request.clientproto.removeprefix(b"HTTP/"),
        user=request.account.name if request.account is not None else None,
    )


def _authority(url: Url) -> bytes:
    """What Host says to the upstream: without the zone of an address, and with a port that is not the scheme's own."""
    host = url.host.partition("%")[0] if literal_family(url.host) else ascii_name(url.host)
    shown = f"[{host}]" if ":" in host else host
    return (shown if url.port == DEFAULT_PORTS[url.scheme] else f"{shown}:{url.port}").encode("ascii")
