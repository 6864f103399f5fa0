"""A short answer in the form that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tnet.servers.web import pages

if TYPE_CHECKING:
    from tnet.servers.web.request import WebRequest


def answer(request: WebRequest, status: int, forms: Mapping[bytes, bytes]) -> None:
    """Finish `request` with the one of `forms`, bodies by media type, that it prefers; nobody is to keep it."""
    form = pages.preferred(request.getHeader(b"accept") or b"")
    request.setResponseCode(status, pages.phrase(status).encode())
    for name, value in pages.fields_for(form).items():
        request.setHeader(name, value)
    request.setHeader(b"Cache-Control", b"no-store")
    request.setHeader(b"Vary", b"Accept")
    request.setHeader(b"Content-Length", b"%d" % len(forms[form]))
    request.write(forms[form])
    request.finish()
