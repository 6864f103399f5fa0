"""Proxies as people write them, and which hosts are reached without one.

::

    [SCHEME://][USER[:PASSWORD]@]HOST[:PORT]      http https socks4a socks5 socks5h

User and password are percent-decoded. Without a scheme it is http; without a port 1080, for https 443.

Source: curl's manual for the grammar, the ports and the variables; httpoxy (CVE-2016-5385) for why `HTTP_PROXY` in
capitals is not one of them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args
from urllib.parse import unquote

from tnet.errors import BadUsage
from tnet.plans.addresses import parse_host, parse_port

Scheme = Literal["http", "https", "socks4a", "socks5", "socks5h"]

SCHEMES: tuple[str, ...] = get_args(Scheme)
DEFAULT_PORT = 1080
EVERY_HOST = "*"
LONGEST_SECRET = 255


@dataclass(frozen=True, slots=True)
class Proxy:
    """Somebody who connects for us; `socks4a` and `socks5h` look names up there, `socks5` lets us do it."""

    scheme: Scheme
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.address}"

    @property
    def address(self) -> str:
        """Its host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_proxy(text: str, *, field: str = "--proxy") -> Proxy:
    """The proxy that `text` means.

    Raises: BadUsage, naming `field` and no secret.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "http", text
    if scheme.lower() not in SCHEMES:
        raise BadUsage(field, "the proxy's scheme is unknown", f"one of {', '.join(SCHEMES)}")
    login, at, place = rest.removesuffix("/").rpartition("@")
    user, _, password = login.partition(":")
    host, port = _host_and_port(place, field)
    default = 443 if scheme.lower() == "https" else DEFAULT_PORT
    return Proxy(
        scheme=cast(Scheme, scheme.lower()),
        host=parse_host(host, field=field).lower().removesuffix("."),
        port=parse_port(port, field=field) if port else default,
        user=_user(user, scheme.lower(), field) if at else None,
        password=_secret(password, field),
    )


def proxy_from(environ: Mapping[str, str], scheme: str) -> tuple[Proxy | None, NoProxy | None]:
    """The proxy that the environment names for URLs of `scheme`, and the hosts that it excepts.

    Raises: BadUsage, naming the variable.
    """
    names = [f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"]
    name = next((name for name in names if name != "HTTP_PROXY" and environ.get(name)), None)
    proxy = parse_proxy(environ[name], field=name) if name is not None else None
    return proxy, no_proxy_from(environ)


def no_proxy_from(environ: Mapping[str, str]) -> NoProxy | None:
    """The hosts that the environment excepts from every proxy, as curl does whoever named it."""
    exempt = environ.get("no_proxy") or environ.get("NO_PROXY")
    return parse_no_proxy(exempt) if exempt else None


@dataclass(frozen=True, slots=True)
class NoProxy:
    """The hosts that no proxy is for.

    A pattern is `*`, a domain (with all that is below it; a leading dot changes nothing), an IP address or a CIDR
    range, and may end in `:PORT`.
    """

    patterns: tuple[str, ...] = ()

    def covers(self, host: str, port: int) -> bool:
        """Whether `host` (a name, or an address without brackets) is reached without a proxy."""
        name = host.lower().removesuffix(".")
        return any(_matches(pattern, name, port) for pattern in self.patterns)


def parse_no_proxy(text: str, *, field: str | None = None) -> NoProxy:
    """The list of hosts in `text`, separated by commas or white space.

    Raises: BadUsage for a network that is none, where there is a `field` to name; else it covers nothing, as with curl.
    """
    patterns = tuple(text.lower().replace(",", " ").split())
    for pattern in patterns if field is not None else ():
        place, _ = _without_port(pattern)
        if "/" in place and _network(place) is None:
            raise BadUsage(field or "", f"{pattern!r} is not a network", "write it as 10.0.0.0/8 or fd00::/8")
    return NoProxy(patterns)


def _host_and_port(place: str, field: str) -> tuple[str, str]:
    host, colon, port = place.rpartition(":")
    if not colon or "]" in port:
        return place, ""
    if ":" in host and not host.startswith("["):
        raise BadUsage(field, f"{place!r} is not HOST:PORT", "write an IPv6 address as [ADDR]:PORT")
    return host, port


def _user(text: str, scheme: str, field: str) -> str:
    user = _secret(text, field)
    if ":" in user and not scheme.startswith("socks"):
        raise BadUsage(field, "the proxy's user cannot hold a colon: HTTP ends it there")
    return user


def _secret(text: str, field: str) -> str:
    """A user or password in clear; nothing in it may end a header line or a SOCKS string."""
    clear = unquote(text, errors="surrogateescape")
    if any(ord(mark) < 0x20 or ord(mark) == 0x7F for mark in clear):
        raise BadUsage(field, "a control character in the proxy's user or password")
    if len(clear.encode("utf-8", "surrogateescape")) > LONGEST_SECRET:
        raise BadUsage(field, f"the proxy's user or password has more than {LONGEST_SECRET} bytes")
    return clear


def _matches(pattern: str, name: str, port: int) -> bool:
    if pattern == EVERY_HOST:
        return True
    place, wanted = _without_port(pattern)
    if wanted and wanted != str(port):
        return False
    address = _address(name)
    if address is not None:
        return _holds(place, address)
    domain = place.removeprefix(".").removesuffix(".")
    return bool(domain) and (name == domain or name.endswith("." + domain))


def _without_port(pattern: str) -> tuple[str, str]:
    """What a pattern names, without brackets, and the port that it is limited to, or nothing."""
    if pattern.startswith("["):
        place, _, rest = pattern[1:].partition("]")
        return (place + rest, "") if rest.startswith("/") else (place, rest.removeprefix(":"))
    place, _, port = pattern.rpartition(":")
    return (place, port) if place and ":" not in place else (pattern, "")


def _holds(place: str, address: _Address) -> bool:
    network = _network(place)
    return network is not None and address in network


def _network(place: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(place, strict=False)
    except ValueError:
        return None


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
