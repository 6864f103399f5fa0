"""How a resource receives a body: as it comes, whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from zope.interface import Interface


class Refusal(Exception):
    """A resource's no. Raised while a request is decided on or rendered, it becomes the whole response.

    `status` is the HTTP status, `reason` a sentence for the person who reads it, `fields` further response fields.
    """

    def __init__(self, status: int, reason: str = "", fields: Mapping[bytes, bytes] | None = None) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.fields = dict(fields or {})


class IBodySink(Interface):
    """Where the body of one request goes, piece by piece."""

    def bodyReceived(data: bytes) -> Deferred[Any] | None:  # noqa: N805 (an interface has no self)
        """Some bytes came. A Deferred holds the sender back until it fires; its failure ends the request."""

    def bodyEnded() -> None:
        """The body is complete."""

    def bodyLost(reason: Failure) -> None:  # noqa: N805
        """The body will not be completed."""


class IBodyConsumer(Interface):
    """A resource that wants to decide before a body comes, and may want the body as it comes."""

    def bodyBegun(request: Any, length: int | None) -> IBodySink | None:  # noqa: N805
        """The head of a request with a body of `length` bytes (None: not known) has come; no byte was asked for yet.

        A sink takes over: it gets the body, and whoever made it finishes `request`; `render` is not called. None
        leaves it to the channel, which collects the body in `request.content` and then calls `render`. Raising
        Refusal answers at once, and the client is not told to send its body.
        """
