"""A body that is collected, up to a bound."""

from __future__ import annotations

from collections.abc import Callable

from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.servers.web.bodies import IBodySink, Refusal

LIMIT_BYTES = 1 << 20


@implementer(IBodySink)
class Held:
    """Hands what it holds to `then` when the body is complete, with the length of all that came.

    What goes beyond `limit_bytes` is refused, or with `counts` counted and dropped.
    """

    def __init__(
        self,
        then: Callable[[bytes, int], object],
        *,
        length: int | None,
        limit_bytes: int = LIMIT_BYTES,
        counts: bool = False,
    ) -> None:
        self._then = then
        self._limit = limit_bytes
        self._counts = counts
        self._held = bytearray()
        self._came = 0
        if not counts and (length or 0) > limit_bytes:
            raise self._refusal()

    def bodyReceived(self, data: bytes) -> None:
        """Keep it, as far as there is room."""
        self._came += len(data)
        if self._came > self._limit and not self._counts:
            raise self._refusal()
        self._held += data[: max(0, self._limit - len(self._held))]

    def bodyEnded(self) -> None:
        """Hand it on."""
        self._then(bytes(self._held), self._came)

    def bodyLost(self, reason: Failure) -> None:
        """Forget it."""
        self._held.clear()

    def _refusal(self) -> Refusal:
        return Refusal(413, f"at most {self._limit} bytes are taken here")
