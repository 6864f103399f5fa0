"""What pages of other sites may read here: `--cors`.

A script of any site may read everything, but not with what a browser keeps for us: `Access-Control-Allow-Origin: *`
goes with no credentials, and where people log in a script needs a token of its own, in an Authorization field. What is
at `/_tnet`, where the requests of others are shown, stays for our own pages; but for tokens and links.

Source: WHATWG Fetch, section 3.3 "CORS protocol".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from tnet.servers.web.carrying.headers import vary
from tnet.servers.web.filters import Filter

if TYPE_CHECKING:
    from tnet.servers.web.request import WebRequest

MAX_AGE_SECONDS = 600

_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, MKCOL, MOVE, COPY, OPTIONS"
_EXPOSED = (
    b"Accept-Ranges, Content-Disposition, Content-Encoding, Content-Length, Content-Range, Date, ETag, Location, "
    b"Retry-After, Server-Timing, Upload-Complete, Upload-Limit, Upload-Offset, WWW-Authenticate"
)
_NAMES = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*")


class Cors(Filter):
    """Answers preflights, before anybody is asked to log in: they never bring credentials. Marks every response."""

    def before(self, request: WebRequest) -> None:
        """Answer a preflight: any method and any field that it asks for; the request itself is judged when it comes."""
        if not _is_preflight(request) or _is_private(request):
            return
        request.setResponseCode(204, b"No Content")
        request.setHeader(b"Access-Control-Allow-Methods", _METHODS)
        wanted = request.getHeader(b"access-control-request-headers") or b""
        if _NAMES.fullmatch(wanted):
            request.setHeader(b"Access-Control-Allow-Headers", wanted)
        request.setHeader(b"Access-Control-Max-Age", b"%d" % MAX_AGE_SECONDS)
        vary(request.responseHeaders, b"Access-Control-Request-Headers")
        request.finish()

    def after(self, request: WebRequest) -> None:
        """Let any site read the response."""
        if _is_private(request):
            return
        request.setHeader(b"Access-Control-Allow-Origin", b"*")
        request.setHeader(b"Access-Control-Expose-Headers", _EXPOSED)
        request.responseHeaders.removeHeader(b"Access-Control-Allow-Credentials")


def _is_preflight(request: WebRequest) -> bool:
    asked = request.getHeader(b"origin") is not None and bool(request.getHeader(b"access-control-request-method"))
    return request.method == b"OPTIONS" and asked


def _is_private(request: WebRequest) -> bool:
    names = [name for name in unquote_to_bytes(request.path).split(b"/") if name]
    return names[:1] == [b"_tnet"] and names[1:2] not in ([b"share"], [b"token"])
