"""An end that the client can hear: a last reply is not lost because we closed while the client was still sending.

Source: RFC 9112 section 9.6; closing a socket with unread bytes sends a reset, which may overtake the reply.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import ITCPTransport, IUNIXTransport

from tnet.servers.web.carrying.alarm import Alarm

LINGER_BYTES = 256 << 20  # many clients send all of a body before they look for a reply


class Farewell:
    """Says that we send no more, drops what still comes, and closes when the client does, or after `seconds`."""

    def __init__(self, transport: Any, alarm: Alarm, seconds: float) -> None:
        self._transport = transport
        self._alarm = alarm
        self._seconds = seconds
        self._dropped = 0

    def begin(self, *, half_close: bool) -> None:
        """Everything that we have to say was written; TLS knows no half-closed connection."""
        if half_close and any(kind.providedBy(self._transport) for kind in (ITCPTransport, IUNIXTransport)):
            self._transport.loseWriteConnection()
        self._alarm.set(self._seconds, self._transport.loseConnection)

    def discard(self, data: bytes) -> None:
        """More bytes came that nobody will read; a client that never stops is not waited for."""
        self._dropped += len(data)
        if self._dropped > LINGER_BYTES:
            self._alarm.clear()
            self._transport.loseConnection()
