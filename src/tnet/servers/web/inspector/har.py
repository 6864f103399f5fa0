"""Exchanges as an HTTP archive, which browsers read. It may block.

A time that is not known is -1; an exchange without an answer has the status 0, and `_error` says why.

Source: HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tnet import __version__
from tnet.protocols.masks import MASK
from tnet.servers.web import pages
from tnet.servers.web.inspector.seen import Seen
from tnet.servers.web.inspector.shown import Body, Pairs, Shown

_UNKNOWN = -1


def archive(found: Iterable[Seen], *, secrets: bool = False) -> dict[str, Any]:
    """The archive of what was seen, as far as it was a request, in its order."""
    entries = [_entry(Shown(seen, secrets=secrets), secrets) for seen in found if seen.is_request]
    creator = {"name": "tnet", "version": __version__}
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def _entry(shown: Shown, secrets: bool) -> dict[str, Any]:
    seen = shown.seen
    timings = _timings(seen)
    found: dict[str, Any] = {
        "startedDateTime": datetime.fromtimestamp(seen.wall, UTC).isoformat(timespec="milliseconds"),
        "time": round(sum(time for time in timings.values() if time >= 0), 3),
        "request": _request(shown, secrets),
        "response": _response(shown, secrets),
        "cache": {},
        "timings": timings,
        "_clientAddress": seen.peer,
        "_number": seen.number,
    }
    if seen.connection is not None:
        found["connection"] = str(seen.connection)
    if not seen.complete:
        found["_error"] = seen.outcome
    return found


def _request(shown: Shown, secrets: bool) -> dict[str, Any]:
    seen, body = shown.seen, shown.request_body
    found: dict[str, Any] = {
        "method": seen.method,
        "url": shown.url,
        "httpVersion": seen.head.version.decode("ascii"),
        "cookies": _cookies(shown.request_fields, "cookie", secrets),
        "headers": _pairs(shown.request_fields),
        "queryString": _pairs(parse_qsl(urlsplit(shown.url).query, keep_blank_values=True, max_num_fields=10_000)),
        "headersSize": len(seen.head.raw) or _UNKNOWN,
        "bodySize": body.size,
    }
    if body.data:
        found["postData"] = {"mimeType": body.media} | _text(body, "_encoding")
    return found


def _response(shown: Shown, secrets: bool) -> dict[str, Any]:
    seen, body, fields = shown.seen, shown.response_body, shown.response_fields
    size = len(body.data) if body.decoded and body.whole else body.size
    content: dict[str, Any] = {"size": size, "mimeType": body.media}
    if body.data:
        content |= _text(body, "encoding")
    if body.decoded and body.whole:
        content["compression"] = size - body.size
    return {
        "status": seen.status,
        "statusText": pages.phrase(seen.status) if seen.status else "",
        "httpVersion": seen.head.version.decode("ascii"),
        "cookies": _cookies(fields, "set-cookie", secrets),
        "headers": _pairs(fields),
        "content": content,
        "redirectURL": next((value for name, value in fields if name.lower() == "location"), ""),
        "headersSize": _UNKNOWN,
        "bodySize": body.size if seen.status else _UNKNOWN,
    }


def _timings(seen: Seen) -> dict[str, float]:
    """As a client would see them: how long the request came, how long it waited, how long the response went."""
    phases = seen.phases
    sent = phases.body or phases.head or phases.began
    first = phases.first_byte or seen.until
    last = phases.last_byte or seen.until
    spans = {"send": sent - phases.began, "wait": first - sent, "receive": last - first}
    known = {name: round(max(0.0, seconds) * 1000, 3) for name, seconds in spans.items()}
    return {"blocked": _UNKNOWN, "dns": _UNKNOWN, "connect": _UNKNOWN, "ssl": _UNKNOWN} | known


def _text(body: Body, encoding: str) -> dict[str, str]:
    text = body.text
    found = {"text": base64.b64encode(body.data).decode(), encoding: "base64"} if text is None else {"text": text}
    return found if body.whole else found | {"comment": f"the first {body.kept} bytes"}


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _cookies(fields: Pairs, name: str, secrets: bool) -> list[dict[str, Any]]:
    """Cookies by name; what they are worth only when that may be told, as it may be in `fields`."""
    if not secrets:
        return [{"name": MASK, "value": MASK} for key, value in fields if key.lower() == name and value]
    crumbs = [
        value.partition(";")[0] if name == "set-cookie" else value for key, value in fields if key.lower() == name
    ]
    pairs = [crumb.strip().partition("=") for value in crumbs for crumb in value.split(";")]
    return [{"name": key, "value": value} for key, _, value in pairs]
