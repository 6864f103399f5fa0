"""Whether a cookie that a server sets, or that a file holds, is believed.

Source: RFC 6265bis (draft-ietf-httpbis-rfc6265bis) section 5.7; CVE-2014-3613, CVE-2022-27779 and CVE-2023-46218 for
what happens without the rules about domains.
"""

from __future__ import annotations

from tnet.clients.fetch.cookies.cookie import Cookie, canonical, canonical_host, is_within, path_of
from tnet.clients.fetch.cookies.suffixes import is_public_suffix
from tnet.net.resolve import literal_family
from tnet.plans.urls import Url
from tnet.protocols.set_cookie import SetCookie

LONGEST_SECONDS = 400 * 24 * 3600


def admitted(said: SetCookie, url: Url, now: float) -> Cookie | None:
    """The cookie that an answer from `url` sets; None for one that `url` may not set.

    One whose time is over is a cookie too: it takes away the one before. A `Domain` is refused where the host is an
    address, even when it names that address.

    Units: `now` in seconds since 1970.
    """
    host = canonical_host(url)
    domain = _domain(said, host)
    cookie = Cookie(
        name=said.name,
        value=said.value,
        domain=domain or host,
        path=said.path or default_path(url),
        host_only=domain is None,
        secure=said.secure,
        http_only=said.http_only,
        expires=_expires(said, now),
    )
    promise = (said.name or said.value).lower()
    lacks_path = promise.startswith("__host-") and said.path != "/"
    insecure = said.secure and url.scheme != "https"
    return cookie if domain != "" and cookie.sound and not insecure and not lacks_path else None


def trusted(cookie: Cookie) -> bool:
    """Whether a cookie from a file is one that some server could have set."""
    if not cookie.sound or canonical(cookie.domain) != cookie.domain:
        return False
    return cookie.host_only or (literal_family(cookie.domain) is None and not is_public_suffix(cookie.domain))


def default_path(url: Url) -> str:
    """The folder that `url` lies in, without a final slash."""
    return path_of(url).rpartition("/")[0] or "/"


def _domain(said: SetCookie, host: str) -> str | None:
    """The domain that the cookie is for; None when it is for this host alone, and empty when it is refused."""
    if said.domain is None:
        return None
    domain = canonical(said.domain.removeprefix("."))
    if domain is None or domain.endswith(".") or literal_family(host) is not None or not is_within(host, domain):
        return ""
    if is_public_suffix(domain):
        return None if domain == host else ""
    return domain


def _expires(said: SetCookie, now: float) -> int | None:
    if said.max_age is not None:
        return int(now) + min(said.max_age, LONGEST_SECONDS) if said.max_age > 0 else 0
    return None if said.expires is None else min(said.expires, int(now) + LONGEST_SECONDS)
