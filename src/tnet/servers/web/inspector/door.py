"""Who may see what others asked: whoever sits at this machine, or has logged in; never another site's page.

A browser on this machine may be led by any page to any name that resolves to us, so an unknown name in Host is refused
(DNS rebinding), and so is what another origin asks for, whatever CORS allows elsewhere. A proxy on this machine is not
whoever is behind it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.request import WebRequest

_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")


class Door:
    """Lets in, or refuses. `names` are those that the server is known by besides addresses and localhost.

    Whoever comes from the very address that was reached sits here, too. With `apart` people who log in may not see the
    same, and what one was sent is not for another.
    """

    def __init__(self, names: Collection[str] = (), *, apart: bool = False) -> None:
        self._names = frozenset(name.lower().rstrip(".") for name in names)
        self._apart = apart

    def judge(self, request: WebRequest) -> None:
        """Go on only for whoever may see everything.

        Raises: Refusal, 403.
        """
        if _is_other_origin(request):
            raise Refusal(403, "this is not for the pages of other sites")
        if request.account is not None:
            if self._apart:
                raise Refusal(403, "people here may not all see the same: a rule for /_tnet says who sees everything")
            return
        if not _is_here(request):
            raise Refusal(403, "this is for whoever sits at the machine that the server runs on")
        if not self._knows(_host_name(request)):
            raise Refusal(403, "the server is not known by this name: use its address, or localhost")

    def _knows(self, name: str) -> bool:
        if name == "localhost" or name.endswith(".localhost") or name in self._names:
            return True
        return _address(name) is not None


def _is_other_origin(request: WebRequest) -> bool:
    origin = request.getHeader(b"origin")
    host = (request.getHeader(b"host") or b"").lower()
    if origin is not None and origin.partition(b"://")[2].lower() != host:
        return True
    if (request.getHeader(b"sec-fetch-site") or b"none") in (b"none", b"same-origin"):
        return False
    follows_link = request.getHeader(b"sec-fetch-dest") == b"document" and request.method in (b"GET", b"HEAD")
    return not follows_link


def _is_here(request: WebRequest) -> bool:
    if any(request.getHeader(name) is not None for name in _FORWARDED):
        return False
    host = getattr(request.channel.getPeer(), "host", None)
    if host is None or host == getattr(request.channel.getHost(), "host", None):
        return True
    address = _address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped is not None and mapped.is_loopback


def _host_name(request: WebRequest) -> str:
    host = (request.getHeader(b"host") or b"").decode("latin-1").lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
