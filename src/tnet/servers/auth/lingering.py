"""The end of a connection whose last line must arrive.

Closing a socket while the peer still sends answers it with a reset, which may overtake what was just written. So
we say that no more will come, let the peer's bytes run off, and close when it does.

Source: RFC 9293 section 3.10.4; RFC 9112 section 9.6 describes the same for HTTP.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IDelayedCall, IHalfCloseableDescriptor, INegotiated, IReactorTime

LINGER_SECONDS = 2.0
MOST_LOOKS = 15


class Lingering:
    """Ends `transport` once everything was written to it.

    A peer that for `LINGER_SECONDS` takes nothing, or has taken everything and does not close, is cut off; so is
    one that takes its time more than `MOST_LOOKS` times.
    """

    def __init__(self, transport: Any, clock: IReactorTime) -> None:
        self._transport = transport
        self._clock = clock
        self._looks = MOST_LOOKS
        self._timer: IDelayedCall | None = None

    def begin(self, *, peer_ended: bool) -> None:
        """Send no more; a transport that cannot half-close, as TLS, is closed at once and waits by itself.

        Source: twisted#6461: the producer must be gone before, or a paused one keeps the connection open.
        """
        self._transport.unregisterProducer()
        if not peer_ended and _can_half_close(self._transport):
            self._transport.loseWriteConnection()
        else:
            self._transport.loseConnection()
        self._wait()

    def peer_ended(self) -> None:
        """The peer sends no more, either."""
        self._transport.loseConnection()

    def over(self) -> None:
        """The connection is gone."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _wait(self) -> None:
        self._timer = self._clock.callLater(LINGER_SECONDS, self._look, self._sent())

    def _look(self, sent_before: int) -> None:
        self._looks -= 1
        if self._looks and self._sent() > sent_before:
            self._wait()
        else:
            self._transport.abortConnection()

    def _sent(self) -> int:
        return int(getattr(self._transport, "bytes_out", 0))


def _can_half_close(transport: Any) -> bool:
    """Whether it may say that it sends no more and go on reading; Twisted's TLS claims it, and loses data."""
    return IHalfCloseableDescriptor.providedBy(transport) and not INegotiated.providedBy(transport)
