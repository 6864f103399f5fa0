"""Whether a request that changes something was sent by one of our own pages, or by no page at all.

A browser sends forms, `text/plain` ones too, to any site that any page names, with the credentials of that site. It
says where they come from, and no page can keep it from doing so.

Source: Fetch Metadata (W3C) section 2.2; RFC 6454 section 7; OWASP "Cross-Site Request Forgery Prevention".
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tnet.servers.web.bodies import Refusal

if TYPE_CHECKING:
    from tnet.servers.web.request import WebRequest

_PORTS = {"http": ":80", "https": ":443"}


def judge_origin(request: WebRequest) -> None:
    """Refuse, with 403, what some other site made a browser send."""
    origin, referer = request.getHeader(b"origin"), request.getHeader(b"referer")
    site = request.getHeader(b"sec-fetch-site")
    if site is not None and site not in (b"same-origin", b"none"):
        raise _foreign()
    claimed = origin if origin is not None else referer
    if claimed is not None and not _is_ours(claimed, request):
        raise _foreign()


def authority(text: str, scheme: str) -> str:
    """A host and a port as they compare: in lower case, without the port that goes without saying."""
    return text.lower().removesuffix(_PORTS.get(scheme, ""))


def _is_ours(url: bytes, request: WebRequest) -> bool:
    try:
        parts = urlsplit(url.decode("ascii"))
    except ValueError:
        return False
    host = (request.getHeader(b"host") or b"").decode("latin-1")
    same = authority(parts.netloc.rpartition("@")[2], parts.scheme) == authority(host, parts.scheme)
    return bool(parts.netloc) and same


def _foreign() -> Refusal:
    return Refusal(403, "what changes something here comes from this site's own pages")
