"""An answer that is ready before anybody asks."""

from __future__ import annotations

from typing import Protocol


class Stored(Protocol):
    """A response of status 200: its `fields` as encoded lines, without Server, Date and Connection, and its `body`."""

    @property
    def fields(self) -> bytes:
        """Lines, each with its CR LF; Content-Length is among them."""

    @property
    def body(self) -> bytes:
        """The whole of it."""


class Shortcut(Protocol):
    """Knows the whole answers to plain requests."""

    def look_up(self, method: bytes, target: bytes, accept_encoding: bytes) -> Stored | None:
        """The answer to GET or HEAD, as it is true now; None where the request has to take the long way."""
