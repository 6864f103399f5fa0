"""Where a redirect leads, and what may go there with the request. Pure.

Secrets stay with the origin they were given for: across origins only headers pass that are known to hold none, and
what was dropped once does not come back, even when the way leads back.

Source: RFC 9110 sections 10.2.2 and 15.4; RFC 3986 section 5; CVE-2022-27776, CVE-2018-18074, CVE-2023-45803.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urljoin

from tnet.clients.fetch.request import Headers, Request
from tnet.errors import BadUsage, BodyNotResendable, RedirectRefused
from tnet.plans.fetch import Body
from tnet.plans.urls import Url, parse_url
from tnet.protocols.http1.fields import as_text
from tnet.protocols.http1.responses import ResponseHead
from tnet.protocols.masks import mask_url

STATUSES = frozenset({301, 302, 303, 307, 308})

_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_DOUBTFUL = re.compile(r"(?:https?:)?//(?:[/?#]|$|[^/?#]* )|https?:(?!//)", re.IGNORECASE)
_HARMLESS = frozenset({"user-agent", "range"})
_HARMLESS_BEGINNINGS = ("accept", "if-", "content-")


def location(head: ResponseHead) -> bytes | None:
    """Where the response sends us, as it says so; None when it is no redirect."""
    found = head.values(b"location")
    return found[0] if head.status in STATUSES and found else None


def redirected(
    request: Request,
    head: ResponseHead,
    to: bytes,
    *,
    downgrade: bool = False,
    upgrade: Callable[[Url], Url] | None = None,
) -> Request:
    """The request that follows `request` after a response with `head` has sent us `to` somewhere.

    With `downgrade` it may leave https, where no secret follows it. `upgrade` makes it https where that is wanted.

    Raises: RedirectRefused for a place that we do not go to; BodyNotResendable when the body is wanted there again
    and was read from a stream.
    """
    url = _resolved(request.url, to, downgrade, upgrade)
    method, body = _method(request, head.status), request.body
    if method != request.method:
        body = None
    if body is not None and not body.resendable:
        raise BodyNotResendable(mask_url(str(url)))
    stray = request.stray or url.origin != request.url.origin
    return replace(request, method=method, url=url, body=body, headers=_headers(request, url, body), stray=stray)


def dropped(before: Request, after: Request) -> list[str]:
    """The names of the headers that did not pass."""
    kept = {name.lower() for name, _ in after.headers}
    return sorted({name for name, _ in before.headers if name.lower() not in kept})


def _method(request: Request, status: int) -> str:
    if status == 303:
        return request.method if request.method == "HEAD" else "GET"
    return "GET" if status in (301, 302) and request.method == "POST" else request.method


def _headers(request: Request, url: Url, body: Body | None) -> Headers:
    headers = request.headers
    if url.origin != request.url.origin:
        headers = tuple(pair for pair in headers if _is_harmless(pair[0].lower()))
    if body is None:
        headers = tuple(pair for pair in headers if not pair[0].lower().startswith("content-"))
    return headers


def _is_harmless(name: str) -> bool:
    return name in _HARMLESS or name.startswith(_HARMLESS_BEGINNINGS)


def _resolved(base: Url, to: bytes, downgrade: bool, upgrade: Callable[[Url], Url] | None) -> Url:
    text = as_text(to)
    if "\\" in text or not text.isprintable() or _DOUBTFUL.match(text):
        raise RedirectRefused(mask_url(text), "it can be read in more than one way")
    try:
        absolute = urljoin(str(base), text.replace(" ", "%20"))
        if not _ABSOLUTE.match(absolute):
            raise RedirectRefused(mask_url(text), "only http:// and https:// can be fetched")
        url = parse_url(absolute)
    except (BadUsage, ValueError) as error:
        raise RedirectRefused(mask_url(text), error.reason if isinstance(error, BadUsage) else str(error)) from error
    if upgrade is not None:
        url = upgrade(url)
    if base.scheme == "https" and url.scheme != "https" and not downgrade:
        raise RedirectRefused(mask_url(str(url)), "it leaves https, and what we send would be safe no more")
    return replace(url, userinfo="")
