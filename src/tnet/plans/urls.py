"""http and https URLs as people write them, parsed strictly and kept without user information and fragment.

::

    http://HOST[:PORT][/PATH][?QUERY]   HOST[:PORT]/PATH   ://HOST/PATH   :PORT/PATH   :/PATH

The last two mean localhost. A host beyond ASCII stays as it was written, in lower case: whoever dials it makes it
ASCII. The path stays as it was written too, dot segments and all; what may not stand in a URL is percent-encoded.

Source: RFC 3986; RFC 6874 for the zone of an IPv6 literal; CVE-2022-27780 and CVE-2016-8625 for the strictness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from tnet.errors import BadUsage
from tnet.plans.addresses import parse_host, parse_port

DEFAULT_PORTS = {"http": 80, "https": 443}

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_NAME = re.compile(r"[A-Za-z0-9._\-\u0080-\U0010ffff]+")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\s]")
_LEGAL = "!#$%&'()*+,/:;=?@[]-._~"


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute URL: what to dial, what to ask for.

    `host` has no brackets; `target` is the path and query as they go into a request; `userinfo` is what stood
    before an `@`, still percent-encoded, and is in no text form.
    """

    scheme: str
    host: str
    port: int
    target: str = "/"
    userinfo: str = field(default="", repr=False, compare=False)

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what secrets are bound to."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Host and port as they stand in the URL; a default port is left out."""
        host = f"[{self.host.replace('%', '%25')}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    def with_query(self, pairs: Iterable[tuple[str, str]]) -> Url:
        """This URL with `pairs` added to its query."""
        added = urlencode(list(pairs), quote_via=quote, safe="", errors="surrogateescape")
        if not added:
            return self
        separator = "" if self.target.endswith(("?", "&")) else "&" if "?" in self.target else "?"
        return replace(self, target=self.target + separator + added)


def parse_url(text: str, *, field: str = "URL") -> Url:
    """The URL that `text` means; http where it names no scheme.

    Raises: BadUsage, naming `field`, for another scheme, and for anything that two parsers could read differently.
    """
    if hostile := _FORBIDDEN.search(text):
        raise BadUsage(field, f"{hostile.group()!r} cannot stand in a URL", f"write it as {quote(hostile.group())}")
    scheme, rest = _split_scheme(text, field)
    end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    userinfo, host, port = _split_authority(rest[:end], field)
    target = rest[end:].partition("#")[0]
    return Url(
        scheme=scheme,
        host=_host(host, field),
        port=parse_port(port, field=field) if port else DEFAULT_PORTS[scheme],
        target=percent_encoded(target if target.startswith("/") else "/" + target),
        userinfo=userinfo,
    )


def percent_encoded(text: str) -> str:
    """`text` with every character that may not stand in a URL as `%XX` of its UTF-8; a `%` stays."""
    return quote(text, safe=_LEGAL, errors="surrogateescape")


def _split_scheme(text: str, field: str) -> tuple[str, str]:
    if match := _SCHEME.match(text):
        scheme = match.group(1).lower()
        if scheme not in DEFAULT_PORTS:
            raise BadUsage(field, f"cannot fetch {scheme}:// URLs", "http:// and https:// can be fetched")
        return scheme, text[match.end() :]
    if text.startswith("://"):
        return "http", text[3:]
    return "http", "localhost" + text if text.startswith((":", "/")) else text


def _split_authority(authority: str, field: str) -> tuple[str, str, str]:
    """User information, host (with brackets) and port (empty when there is none)."""
    userinfo, _, place = authority.rpartition("@")
    if "@" in userinfo:
        raise BadUsage(field, "more than one @ before the path", "write an @ in a user name or password as %40")
    host, colon, port = place.rpartition(":")
    if not colon or "]" in port:
        return userinfo, place, ""
    return userinfo, host, port


def _host(host: str, field: str) -> str:
    if host.startswith("[") and host.endswith("]"):
        literal = host[1:-1].replace("%25", "%", 1)
        if ":" in literal:
            return parse_host(literal, field=field).lower()
    elif _NAME.fullmatch(host):
        return parse_host(host, field=field).lower()
    raise BadUsage(field, f"{host!r} is not a host name or IP address" if host else "it names no host")
