"""What a client is told about something that was changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from tnet.servers.web import pages
from tnet.servers.web.page.words import shown
from tnet.servers.web.request import WebRequest
from tnet.servers.web.writing.targets import Made


def path_of(request: WebRequest, names: Iterable[bytes]) -> bytes:
    """The path of a URL that leads to `names` below what answers this request."""
    above: list[bytes] = request.prepath or []
    return b"/" + b"/".join(quote(name, safe="").encode() for name in [*above, *names])


def tell(
    request: WebRequest, status: int, lines: Iterable[str] = (), fields: Mapping[bytes, bytes] | None = None
) -> None:
    """Answer with some lines of text, none with 204."""
    body = "".join(f"{line}\n" for line in lines).encode()
    request.setResponseCode(status, pages.phrase(status).encode())
    for name, value in (fields or {}).items():
        request.setHeader(name, value)
    if status != 204:
        request.setHeader(b"Content-Type", pages.TEXT)
        request.setHeader(b"X-Content-Type-Options", b"nosniff")
        request.setHeader(b"Content-Length", b"%d" % len(body))
        request.write(body)
    request.finish()


def back(request: WebRequest, path: bytes) -> None:
    """Send a browser to a page, whatever method it came by."""
    tell(request, 303, (), {b"Location": path})


def wants_page(request: WebRequest) -> bool:
    """Whether it comes from a page without a script, which is to be shown a page again."""
    return pages.preferred(request.getHeader(b"accept") or b"") is pages.HTML


def tell_made(request: WebRequest, made: Made, location: bytes, fields: Mapping[bytes, bytes] | None = None) -> None:
    """A file is there: 201 when there was none, 204 when there was another."""
    told = {b"Location": location} | ({b"ETag": made.etag} if made.etag else {}) | dict(fields or {})
    if made.created:
        tell(request, 201, (f"created {shown(name)}" for name in made.names), told)
    else:
        tell(request, 204, (), told)
