"""What a person or a program reads when the answer is no, in the form that it asked for."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from http import HTTPStatus

STYLE = """:root{color-scheme:light dark;--ink:#1d2733;--soft:#66727f;--line:#e3e7eb;--paper:#fff;--link:#0b62c4;\
--hover:#f4f7fa}
@media(prefers-color-scheme:dark){:root{--ink:#dfe6ee;--soft:#8d99a6;--line:#2b333c;--paper:#14181d;--link:#6cb2ff;\
--hover:#1c2229}}
*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 3rem;background:var(--paper);\
color:var(--ink);font:16px/1.5 system-ui,sans-serif}
a{color:var(--link);text-decoration:none}a:hover,a:focus{text-decoration:underline}
h1{font-size:1.25rem;font-weight:600;margin:0 0 1rem;overflow-wrap:anywhere}h1 a{font-weight:400}
table{width:100%;border-collapse:collapse}th{font-size:.8rem;font-weight:500;color:var(--soft);text-align:left}
th,td{padding:.4rem .5rem;border-bottom:1px solid var(--line)}tbody tr:hover{background:var(--hover)}
td.name{width:100%;overflow-wrap:anywhere}td.name a{display:block}
.size,.time{white-space:nowrap;text-align:right;color:var(--soft);font-variant-numeric:tabular-nums}
.dir a{font-weight:600}p,footer{color:var(--soft)}footer{margin-top:1.5rem;font-size:.85rem}
form{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:1.5rem 0 0;padding:1rem;\
border:1px dashed var(--line);border-radius:.5rem}
button,input{font:inherit;color:inherit;max-width:100%}
@media(max-width:36rem){.time{display:none}body{padding-top:1rem}}"""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
).encode()

NOSNIFF = {b"X-Content-Type-Options": b"nosniff"}
PAGE_FIELDS = NOSNIFF | {
    b"Content-Security-Policy": CONTENT_SECURITY_POLICY,
    b"Referrer-Policy": b"same-origin",
}

HTML = b"text/html; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"
JSON = b"application/json"


# As in RFC 9110; older Pythons have older words.
_PHRASES = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}


def phrase(status: int) -> str:
    """The standard reason phrase of a status."""
    if status in _PHRASES:
        return _PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown Status"


def page(title: str, body: str) -> bytes:
    """A whole HTML document in our style; `title` is text, `body` is HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>\n<body>{body}</body></html>\n"
    ).encode("utf-8", "replace")


def fields_for(media: bytes) -> dict[bytes, bytes]:
    """The response fields for a text of ours in this media type."""
    return {b"Content-Type": media} | (PAGE_FIELDS if media is HTML else NOSNIFF)


def preferred(accept: bytes) -> bytes:
    """HTML, JSON or TEXT: the first of them that an Accept field asks for by name; TEXT for everybody else.

    Source: RFC 9110 section 12.5.1; a member with `q=0` is not wanted.
    """
    known = {b"text/html": HTML, b"application/xhtml+xml": HTML, b"application/json": JSON, b"text/plain": TEXT}
    wanted: list[tuple[float, bytes]] = []
    for member in accept.lower().split(b","):
        media, *parameters = (part.strip() for part in member.split(b";"))
        if media in known and (quality := _quality(parameters)) > 0:
            wanted.append((quality, known[media]))
    return max(wanted, key=lambda pair: pair[0])[1] if wanted else TEXT


def error(status: int, reason: str, accept: bytes) -> tuple[bytes, bytes]:
    """The media type and the body of an error response.

    Shape: as JSON, `{"status": 404, "error": "Not Found", "reason": "…"}`.
    """
    form, title = preferred(accept), f"{status} {phrase(status)}"
    if form is HTML:
        more = f"<p>{html.escape(reason)}</p>" if reason else ""
        return HTML, page(title, f'<h1>{html.escape(title)}</h1>{more}<p><a href="/">Go to the start</a></p>')
    if form is JSON:
        return JSON, json.dumps({"status": status, "error": phrase(status), "reason": reason}).encode() + b"\n"
    return TEXT, (f"{title}: {reason}\n" if reason else f"{title}\n").encode("utf-8", "replace")


def bare_reply(status: int, reason: str, date: bytes) -> bytes:
    """A complete response to what never became a request; it closes the connection."""
    media, body = error(status, reason, b"")
    return (
        b"HTTP/1.1 %d %b\r\nServer: tnet\r\nDate: %b\r\nContent-Type: %b\r\nX-Content-Type-Options: nosniff\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%b"
    ) % (status, phrase(status).encode(), date, media, len(body), body)


def _quality(parameters: list[bytes]) -> float:
    for parameter in parameters:
        if parameter.startswith(b"q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0
    return 1
