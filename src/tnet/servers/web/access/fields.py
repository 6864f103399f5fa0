"""Fields that are added to every response: `--header`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tnet.servers.web.carrying.headers import vary
from tnet.servers.web.filters import Filter

if TYPE_CHECKING:
    from tnet.servers.web.request import WebRequest


class Fields(Filter):
    """Adds `fields`, as many of one name as there are. A response that has a field of that name keeps its own: it knows
    better what its body is. Only `Vary` is added to."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._fields: dict[bytes, list[bytes]] = {}
        for name, value in fields:
            self._fields.setdefault(name.lower().encode("ascii"), []).append(value.encode("ascii"))

    def after(self, request: WebRequest) -> None:
        """Add what is missing."""
        for name, values in self._fields.items():
            if name == b"vary":
                vary(request.responseHeaders, *values)
            elif not request.responseHeaders.hasHeader(name):
                request.responseHeaders.setRawHeaders(name, values)
