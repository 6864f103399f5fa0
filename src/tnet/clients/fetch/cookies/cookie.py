"""One cookie, and where it may go.

Source: RFC 6265bis (draft-ietf-httpbis-rfc6265bis) sections 5.1.2 to 5.1.4, 5.7 and 5.8.3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tnet.errors import NameNotResolved
from tnet.net.resolve import ascii_name, literal_family
from tnet.plans.urls import Url
from tnet.protocols.set_cookie import ATTRIBUTE_BYTES, fits

_ILLEGAL = re.compile(r"[\x00-\x1f\x7f\ud800-\udc7f\udd00-\udfff]")
"""Control characters, and lone surrogates that stand for no byte."""

_DOMAIN = re.compile(r"[^\x00-\x20\x7f;,/]+")
_SECURE_PREFIX, _HOST_PREFIX = "__secure-", "__host-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A name and a value for `domain`, and unless `host_only` for what is below it too.

    `port` binds it further than a server can, for cookies that the user gave for one origin.

    Units: `expires` in seconds since 1970; None is a cookie that ends with the session.
    """

    name: str
    value: str = field(repr=False)
    domain: str
    path: str = "/"
    host_only: bool = True
    secure: bool = False
    http_only: bool = False
    expires: int | None = None
    port: int | None = None

    @property
    def key(self) -> tuple[str, str, bool, str]:
        """What it shares with the cookie that takes its place."""
        return self.name, self.domain, self.host_only, self.path

    @property
    def pair(self) -> str:
        """As it goes into a request."""
        return f"{self.name}={self.value}" if self.name else self.value

    @property
    def sound(self) -> bool:
        """Whether it is one that a server may set: of legal characters and sizes, and keeping what its name promises.

        A cookie without a name keeps the promises of its value, as servers read it as a name.
        """
        texts = (self.name, self.value, self.domain, self.path)
        promise = (self.name or self.value).lower()
        secure = promise.startswith((_SECURE_PREFIX, _HOST_PREFIX))
        return (
            not any(map(_ILLEGAL.search, texts))
            and ";" not in self.name + self.value
            and "=" not in self.name
            and fits(self.name, self.value)
            and len(self.path) <= ATTRIBUTE_BYTES
            and self.path.startswith("/")
            and _DOMAIN.fullmatch(self.domain) is not None
            and (not secure or (self.secure and bool(self.name)))
            and (not promise.startswith(_HOST_PREFIX) or (self.host_only and self.path == "/"))
        )

    def ended(self, now: float) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= now

    def goes_to(self, url: Url) -> bool:
        """Whether it belongs into a request for `url`."""
        host = canonical_host(url)
        return (
            (host == self.domain or (not self.host_only and is_within(host, self.domain)))
            and path_matches(path_of(url), self.path)
            and (not self.secure or url.scheme == "https")
            and self.port in (None, url.port)
        )


def canonical_host(url: Url) -> str:
    """The host of `url` as cookies know it: ASCII; a final dot stays, and makes it another host."""
    return canonical(url.host) or url.host


def canonical(host: str) -> str | None:
    """`host` in ASCII and lower case; None when it is no host name."""
    if literal_family(host) is not None:
        return host.lower()
    try:
        return ascii_name(host) + ("." if host.endswith(".") else "")
    except NameNotResolved:
        return None


def is_within(host: str, domain: str) -> bool:
    """Whether `host` is `domain` or a name below it; an address is below nothing."""
    return host == domain or (host.endswith("." + domain) and literal_family(host) is None)


def path_of(url: Url) -> str:
    """The path of `url`, without its query."""
    return url.target.partition("?")[0]


def path_matches(path: str, prefix: str) -> bool:
    """Whether `path` is `prefix` or a place below it."""
    return path == prefix or (path.startswith(prefix) and (prefix.endswith("/") or path[len(prefix)] == "/"))
