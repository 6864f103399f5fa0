"""What an endpoint is asked, and what it answers."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from tnet.net.context import Offload
from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.request import WebRequest

Fields = tuple[tuple[bytes, bytes], ...]

_BODILESS = (204, 205, 304)
_SAFE = {
    b"X-Content-Type-Options": b"nosniff",
    b"Content-Security-Policy": b"sandbox; default-src 'none'",
    b"Cache-Control": b"no-store",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response. What `fields` name replaces what keeps an answer harmless, and what is said without them."""

    body: bytes = b""
    media: bytes = pages.JSON
    status: int = 200
    fields: Fields = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an endpoint: `names` are what its path says, `body` is complete."""

    request: WebRequest
    names: Mapping[str, str]
    workers: Offload
    body: bytes = field(default=b"", repr=False)

    @property
    def reactor(self) -> Any:
        """What waits for us."""
        return self.request.channel.site.reactor

    @property
    def is_head(self) -> bool:
        """Whether no body is wanted."""
        return bool(self.request.method == b"HEAD")

    def query(self, name: str, default: str = "") -> str:
        """The last value of a parameter of the query."""
        values = self.request.args.get(name.encode())
        return values[-1].decode("utf-8", "replace") if values else default

    def count(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from the path, or else from the query.

        Raises: Refusal, 400.
        """
        return int(self._number(name, int, (low, high), default))

    def seconds(self, name: str, high: float, default: float | None = None) -> float:
        """A time from the path, or else from the query.

        Raises: Refusal, 400.
        """
        return float(self._number(name, float, (0, high), default))

    def wait(self, seconds: float) -> Deferred[None]:
        """Fires after that time."""
        return deferLater(self.reactor, seconds, lambda: None)

    def _number(self, name: str, kind: Callable[[str], float], bounds: tuple[float, float], default: Any) -> float:
        text = self.names.get(name) or self.query(name)
        if not text and default is not None:
            return float(default)
        try:
            value = kind(text) if text.isascii() and len(text) <= 20 else math.nan
        except ValueError:
            value = math.nan
        if not bounds[0] <= value <= bounds[1]:
            raise Refusal(400, f"{name} is a number from {bounds[0]:.12g} to {bounds[1]:.12g}")
        return value


Endpoint = Callable[[Call], Answer | Awaitable[Answer | None] | None]
"""An Answer is sent; None says that the request is being answered."""


def as_json(found: Any, *, status: int = 200, fields: Fields = ()) -> Answer:
    """`found` as JSON that people can read."""
    return Answer(json.dumps(found, indent=2).encode() + b"\n", pages.JSON, status, fields)


def begin(request: WebRequest, answer: Answer, length: int | None) -> None:
    """Say everything that comes before the body; its `length` is left out when it is None.

    Units: `length` in bytes.
    """
    request.setResponseCode(answer.status, pages.phrase(answer.status).encode())
    if length != 0:
        request.setHeader(b"Content-Type", answer.media)
    if length is not None and answer.status not in (204, 304):
        request.setHeader(b"Content-Length", b"%d" % length)
    for name, value in _SAFE.items():
        request.setHeader(name, value)
    for name in {name.lower() for name, _ in answer.fields}:
        request.responseHeaders.removeHeader(name)
    for name, value in answer.fields:
        request.responseHeaders.addRawHeader(name, value)


def send(request: WebRequest, answer: Answer) -> None:
    """Send a whole answer."""
    body = b"" if answer.status in _BODILESS else answer.body
    begin(request, answer, len(body))
    request.write(body)
    request.finish()
