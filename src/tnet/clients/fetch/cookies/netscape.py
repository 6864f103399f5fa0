"""Cookie files as Netscape made them and curl, wget and browsers' exports have them: a line a cookie, tabs between.

::

    DOMAIN  SUBDOMAINS  PATH  SECURE  EXPIRES  NAME  VALUE
    #HttpOnly_DOMAIN …

Source: https://curl.se/docs/http-cookies.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tnet.clients.fetch.cookies.admission import trusted
from tnet.clients.fetch.cookies.cookie import Cookie, canonical

LINE_BYTES = 8192
"""More than any cookie that is believed needs; a longer line is skipped whole."""

_HEAD = "# Netscape HTTP Cookie File\n# Kept by tnet: what is changed here while it runs will be lost.\n\n"
_HTTP_ONLY = "#HttpOnly_"
_EXPIRES = re.compile(r"[0-9]{1,15}")


def parse_netscape(data: bytes) -> tuple[list[Cookie], int]:
    """The cookies of a file, and how many of its lines held none that is to be believed.

    Blank lines and comments count as neither.
    """
    cookies, skipped = list[Cookie](), 0
    for line in data.split(b"\n"):
        text = line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        if not text.strip() or (text.startswith("#") and not text.startswith(_HTTP_ONLY)):
            continue
        cookie = _cookie(text) if len(line) <= LINE_BYTES else None
        if cookie is None or not trusted(cookie):
            skipped += 1
        else:
            cookies.append(cookie)
    return cookies, skipped


def as_netscape(cookies: Iterable[Cookie]) -> bytes:
    """A file of `cookies`, but for those that are bound to a port, for which it has no field."""
    lines = [_line(cookie) for cookie in cookies if cookie.sound and cookie.port is None]
    return (_HEAD + "".join(lines)).encode("utf-8", "surrogateescape")


def _cookie(text: str) -> Cookie | None:
    match text.removeprefix(_HTTP_ONLY).split("\t"):
        case [domain, below, path, secure, expires, name, *rest] if len(rest) <= 1 and _EXPIRES.fullmatch(expires):
            return Cookie(
                name=name,
                value="".join(rest),
                domain=canonical(domain.removeprefix(".")) or "",
                path=path,
                host_only=below.upper() != "TRUE",
                secure=secure.upper() == "TRUE",
                http_only=text.startswith(_HTTP_ONLY),
                expires=int(expires) or None,
            )
    return None


def _line(cookie: Cookie) -> str:
    fields = (
        (_HTTP_ONLY if cookie.http_only else "") + ("" if cookie.host_only else ".") + cookie.domain,
        "FALSE" if cookie.host_only else "TRUE",
        cookie.path,
        "TRUE" if cookie.secure else "FALSE",
        str(cookie.expires or 0),
        cookie.name,
        cookie.value,
    )
    return "\t".join(fields) + "\n"
