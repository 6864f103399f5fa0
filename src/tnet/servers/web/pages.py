"""What a person or a program reads when the answer is no, in the form that it asked for."""

from __future__ import annotations

import html
import json
from http import HTTPStatus

from tnet.servers.web.page.document import Look

NOSNIFF = {b"X-Content-Type-Options": b"nosniff"}
LOOK = Look()

HTML = b"text/html; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"
JSON = b"application/json"

_ASKED_FOR_BY = {
    TEXT: (b"text/plain", b"text/*", b"*/*"),
    HTML: (b"text/html", b"application/xhtml+xml", b"text/*", b"*/*"),
    JSON: (b"application/json", b"application/*", b"*/*"),
}

# As in RFC 9110; older Pythons have older words.
_PHRASES = {
    104: "Upload Resumption Supported",
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
# What a person reads where nobody gave a reason.
_WORDS = {403: "This is not for everybody.", 404: "There is nothing here, or nothing that may be seen."}


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
    return LOOK.document(title, body).encode("utf-8", "replace")


def fields_for(media: bytes) -> dict[bytes, bytes]:
    """The response fields for a text of ours in this media type."""
    return {b"Content-Type": media} | (LOOK.fields if media is HTML else NOSNIFF)


def preferred(accept: bytes) -> bytes:
    """HTML, JSON or TEXT: what an Accept field likes best, by name before by wildcard; TEXT for everybody else.

    Source: RFC 9110 section 12.5.1; a member with `q=0` is not wanted.
    """
    liked: dict[bytes, tuple[float, bool, int]] = {}
    for position, member in enumerate(accept.lower().split(b",")):
        media, *parameters = (part.strip() for part in member.split(b";"))
        liked.setdefault(media, (_quality(parameters), b"*" not in media, -position))

    def liking(form: bytes) -> tuple[float, bool, int]:
        return next((liked[media] for media in _ASKED_FOR_BY[form] if media in liked), (0, False, 0))

    best = max(_ASKED_FOR_BY, key=liking)
    return best if liking(best)[0] else TEXT


def error(status: int, reason: str, accept: bytes) -> tuple[bytes, bytes]:
    """The media type and the body of an error response.

    Shape: as JSON, `{"status": 404, "error": "Not Found", "reason": "…"}`.
    """
    form, title = preferred(accept), f"{status} {phrase(status)}"
    if form is HTML:
        words = reason or _WORDS.get(status, "")
        more = f'<p class="reason">{html.escape(words)}</p>' if words else ""
        return HTML, page(
            title,
            f'<main class="error"><p class="status">{status}</p><h1>{html.escape(phrase(status))}</h1>{more}'
            '<p><a href="/">Go to the start</a></p></main>',
        )
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
                quality = float(parameter[2:])
            except ValueError:
                return 0
            return quality if 0 <= quality <= 1 else 0
    return 1
