"""The requests of a command as an HTTP archive, which browsers and proxies read.

A time that did not happen is -1, never 0. A request that failed has the status 0 and says why in `_error`; why a
request was made is in `_cause`.

Source: HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/.
"""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from tnet import __version__
from tnet.clients.fetch.private_file import replace_private
from tnet.clients.fetch.redirects import location
from tnet.clients.fetch.report.account import body_bytes, received_head_bytes, sent_bytes, sent_head_bytes
from tnet.clients.fetch.report.ledger import Entry, Ledger
from tnet.clients.fetch.report.times import phases_of
from tnet.events.phases import Hop
from tnet.net.context import Offload
from tnet.protocols.http1.responses import Fields, ResponseHead
from tnet.protocols.masked_bodies import mask_body
from tnet.protocols.masks import MASK, is_secret_parameter, mask_pairs, mask_url

_NEVER = -1


def archive(ledger: Ledger, *, show_secrets: bool = False) -> dict[str, Any]:
    """The archive of all requests that are known; secrets in it are masked unless they are to be shown."""
    log = {
        "version": "1.2",
        "creator": {"name": "tnet", "version": __version__},
        "entries": [_Entry(entry, show_secrets).as_json() for entry in ledger.entries()],
    }
    return {"log": log | ({"comment": f"without the first {ledger.dropped} requests"} if ledger.dropped else {})}


async def save(path: str, ledger: Ledger, workers: Offload, *, show_secrets: bool = False) -> None:
    """Make the file at `path` the archive of all requests, readable by its owner alone.

    Raises: CannotWrite.
    """
    await workers.run(_save, path, archive(ledger, show_secrets=show_secrets))


def _save(path: str, found: dict[str, Any]) -> None:
    text = json.dumps(found, indent=1)
    replace_private(path, text.encode("ascii") + b"\n")


class _Entry:
    def __init__(self, entry: Entry, show_secrets: bool) -> None:
        self._entry = entry
        self._hop = entry.hop
        self._facts = entry.facts
        self._body_bytes = body_bytes(entry)
        self._show_secrets = show_secrets
        asked = entry.hop.asked
        self._method, self._url = asked.method if asked is not None else "", entry.url
        self._cause = asked.cause if asked is not None else "first"

    def as_json(self) -> dict[str, Any]:
        timings = timings_of(self._hop)
        found: dict[str, Any] = {
            "startedDateTime": datetime.fromtimestamp(self._hop.wall, UTC).isoformat(timespec="milliseconds"),
            "time": round(sum(time for name, time in timings.items() if time >= 0 and name != "ssl"), 3),
            "request": self._request(),
            "response": self._response(self._facts.head),
            "cache": {},
            "timings": timings,
            "_cause": self._cause,
        }
        if self._hop.opened is not None and self._hop.opened.transport != "unix":
            found["serverIPAddress"] = self._hop.opened.peer_address
        if self._hop.conn is not None:
            found["connection"] = str(self._hop.conn)
        if self._facts.head is None:
            found["_error"] = next((why for phase in reversed(self._hop.phases) if (why := phase.event.error)), "")
        return found

    def _request(self) -> dict[str, Any]:
        fields, sent, size = self._facts.fields, bytes(self._facts.sent), sent_bytes(self._entry)
        found: dict[str, Any] = {
            "method": self._method,
            "url": self._shown(self._url),
            "httpVersion": self._version(),
            "cookies": self._cookies(fields, b"cookie"),
            "headers": self._headers(fields),
            "queryString": self._query(),
            "headersSize": sent_head_bytes(self._entry) or _NEVER,
            "bodySize": size,
        }
        if sent:
            kind, whole = _type(fields), len(sent) >= size
            text, encoding = _text(sent if self._show_secrets else mask_body(sent, kind), whole=whole)
            found["postData"] = {"mimeType": kind, "text": text} | ({"_encoding": encoding} if encoding else {})
        return found

    def _response(self, head: ResponseHead | None) -> dict[str, Any]:
        fields = head.fields if head is not None else ()
        status = head.status if head is not None else 0
        return {
            "status": status,
            "statusText": head.reason.decode("latin-1") or _phrase(status) if head is not None else "",
            "httpVersion": self._version(),
            "cookies": self._cookies(fields, b"set-cookie"),
            "headers": self._headers(fields),
            "content": self._content(fields),
            "redirectURL": self._redirect(head),
            "headersSize": received_head_bytes(self._entry) or _NEVER,
            "bodySize": self._body_bytes if head is not None else _NEVER,
        }

    def _content(self, fields: Fields) -> dict[str, Any]:
        data = bytes(self._facts.received)
        size = self._facts.body_bytes if self._facts.body_bytes is not None else self._body_bytes
        found: dict[str, Any] = {"size": size, "compression": size - self._body_bytes, "mimeType": _type(fields)}
        if data:
            text, encoding = _text(data, whole=len(data) >= size)
            found |= {"text": text} | ({"encoding": encoding} if encoding else {})
        if data and len(data) < size:
            found["comment"] = f"the first {len(data)} bytes"
        return found

    def _redirect(self, head: ResponseHead | None) -> str:
        to = location(head) if head is not None else None
        return self._shown(urljoin(self._url, to.decode("utf-8", "backslashreplace")) if to is not None else "")

    def _shown(self, url: str) -> str:
        return url if self._show_secrets else mask_url(url)

    def _query(self) -> list[dict[str, str]]:
        pairs = parse_qsl(urlsplit(self._url).query, keep_blank_values=True)
        return _pairs(
            (name, MASK if value and not self._show_secrets and is_secret_parameter(name) else value)
            for name, value in pairs
        )

    def _headers(self, fields: Fields) -> list[dict[str, str]]:
        return _pairs(mask_pairs(fields, self._show_secrets))

    def _cookies(self, fields: Fields, name: bytes) -> list[dict[str, Any]]:
        """Cookies with their attributes; what they are worth only when that may be told."""
        values = (value.decode("utf-8", "backslashreplace") for key, value in fields if key.lower() == name)
        together = name == b"cookie"
        crumbs = [crumb for value in values for crumb in (value.split(";") if together else [value])]
        return [_cookie(crumb, show_secrets=self._show_secrets) for crumb in crumbs]

    def _version(self) -> str:
        return f"HTTP/{self._facts.head.version if self._facts.head is not None else '1.1'}"


def timings_of(hop: Hop) -> dict[str, float]:
    """A request's phases as HAR has them: `connect` has TLS and a proxy's part in it. Units: milliseconds."""
    phases = phases_of(hop)
    way = [phases[name] for name in ("connect", "proxy", "tls") if phases[name] is not None]
    found = {
        "blocked": phases["queue"],
        "dns": phases["dns"],
        "connect": sum(filter(None, way)) if way else None,
        "ssl": phases["tls"],
        "send": phases["send"] or 0.0,
        "wait": phases["wait"] or 0.0,
        "receive": phases["receive"] or 0.0,
    }
    return {name: _NEVER if seconds is None else round(seconds * 1000, 3) for name, seconds in found.items()}


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _cookie(text: str, *, show_secrets: bool) -> dict[str, Any]:
    pair, *attributes = text.split(";")
    name, _, value = pair.strip().partition("=")
    found: dict[str, Any] = {"name": name, "value": value if show_secrets else MASK}
    for attribute in attributes:
        key, _, word = attribute.strip().partition("=")
        match key.lower():
            case "path" | "domain":
                found[key.lower()] = word
            case "secure":
                found["secure"] = True
            case "httponly":
                found["httpOnly"] = True
    return found


def _type(fields: Fields) -> str:
    types = [value for name, value in fields if name.lower() == b"content-type"]
    return types[-1].decode("utf-8", "backslashreplace") if types else ""


def _text(data: bytes, *, whole: bool) -> tuple[str, str]:
    """Bytes as JSON can hold them, and the encoding that was needed for that; a cut one may end within a character."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=whole), ""
    except UnicodeDecodeError:
        return base64.b64encode(data).decode(), "base64"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
