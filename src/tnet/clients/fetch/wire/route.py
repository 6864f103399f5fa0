"""How a URL is reached: everything that decides where a connection goes and whom it trusts, as one value.

Connections are shared by exchanges of equal routes alone, so whatever changes trust has to be a part of it.

Source: CVE-2022-22576, CVE-2016-7141 and CVE-2026-8932 for what happens when something is left out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tnet.clients.fetch.wire.connection import HTTP_1, HTTP_2
from tnet.net.dial import shown
from tnet.plans import Target, TcpAddress, UnixAddress
from tnet.plans.fetch import Way
from tnet.plans.proxies import Proxy, no_proxy_from, proxy_from
from tnet.plans.tls import TlsDialing
from tnet.plans.urls import Url


@dataclass(frozen=True, slots=True)
class Route:
    """Where to connect to, and how.

    `host` is the origin's, which TLS checks unless the plan names another. `tunnel` is a proxy that opens the way to
    `target`; `forward` is one that is the target itself, and is sent whole requests. `addresses` are used instead
    of looking the name up. `plain` is what is spoken without TLS.
    """

    target: Target
    host: str
    tls: TlsDialing | None = None
    tunnel: Proxy | None = None
    forward: Proxy | None = None
    addresses: tuple[str, ...] = ()
    family: int | None = None
    source: str | None = None
    plain: str = HTTP_1

    @property
    def called(self) -> str:
        """Who is at the other end of the connection, as errors call it."""
        return f"proxy {shown(self.target)}" if self.forward is not None else shown(self.target)

    @property
    def proxied(self) -> bool:
        """Whether a proxy is on the way."""
        return self.tunnel is not None or self.forward is not None

    @property
    def tunnel_tls(self) -> TlsDialing | None:
        """What secures the connection to a proxy that opens the way, which is checked in full whatever `tls` says."""
        return TlsDialing() if self.tunnel is not None and self.tunnel.scheme == "https" else None

    @property
    def may_multiplex(self) -> bool:
        """Whether it may turn out to be HTTP/2, which one connection is enough for."""
        return self.plain == HTTP_2 or (self.tls is not None and HTTP_2 in self.tls.alpn)


def route_to(url: Url, way: Way, environ: Mapping[str, str]) -> Route:
    """The route to the origin of `url`, the way the plan and the environment say.

    Raises: BadUsage for a proxy in the environment that cannot be meant.
    """
    secure = url.scheme == "https"
    alpn = (HTTP_1,) if way.version == "1.1" else (HTTP_2, HTTP_1)
    direct = Route(
        target=TcpAddress(url.host, url.port),
        host=url.host,
        tls=replace(way.tls, alpn=alpn, server_name=way.tls.server_name or url.host) if secure else None,
        family=way.family,
        source=way.source,
        plain=HTTP_2 if way.version == "2" else HTTP_1,
    )
    if way.unix_socket is not None:
        return replace(direct, target=UnixAddress(way.unix_socket))
    proxy = _proxy(url, way, environ)
    if proxy is not None and not secure and proxy.scheme in ("http", "https"):
        return _forwarded(direct, proxy)
    return replace(_overridden(direct, url, way), tunnel=proxy)


def _proxy(url: Url, way: Way, environ: Mapping[str, str]) -> Proxy | None:
    if way.direct:
        return None
    found, exempt = proxy_from(environ, url.scheme) if way.proxy is None else (way.proxy, no_proxy_from(environ))
    exempt = way.no_proxy or exempt
    return None if exempt is not None and exempt.covers(url.host, url.port) else found


def _forwarded(route: Route, proxy: Proxy) -> Route:
    tls = TlsDialing(server_name=proxy.host, alpn=(HTTP_1,)) if proxy.scheme == "https" else None
    return replace(route, target=TcpAddress(proxy.host, proxy.port), tls=tls, forward=proxy, plain=HTTP_1)


def _overridden(route: Route, url: Url, way: Way) -> Route:
    """The route after `--connect-to`, and then `--resolve`, the first of each that fits."""
    host, port = url.host, url.port
    moved = next((each for each in way.overrides if not each.addresses and each.fits(host, port)), None)
    if moved is not None:
        host, port = moved.to_host or host, moved.to_port or port
    known = next((each for each in way.overrides if each.addresses and each.fits(host, port)), None)
    return replace(route, target=TcpAddress(host, port), addresses=known.addresses if known is not None else ())
