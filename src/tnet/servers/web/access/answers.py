"""A short answer in the form that was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tnet.servers.web import pages

if TYPE_CHECKING:
    from tnet.servers.web.request import WebRequest


def give(request: WebRequest, title: str, said: Mapping[str, str], page: str, ends: int) -> None:
    """Finish `request` with something new: the first value of `said` by itself, or all of it, or the HTML `page`.

    It is good until `ends`, which the page shows in place of `{until}`.

    Units: `ends` in seconds since the epoch.
    """
    until = datetime.fromtimestamp(ends, UTC)
    found = {**said, "expires": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
    shown = f"<h1>{title}</h1>" + page.replace("{until}", f"{until:%Y-%m-%d %H:%M} UTC")
    forms = {
        pages.JSON: json.dumps(found).encode() + b"\n",
        pages.TEXT: next(iter(said.values())).encode() + b"\n",
        pages.HTML: pages.page(title, shown),
    }
    answer(request, 201, forms)


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
