"""A channel that loses nothing and holds little.

Conch's sends the end of file ahead of data that waits for the window, copies its whole buffer at every step, and
loops for ever over a peer's maximum packet of 0. Here data and what must follow it stand in one queue.

Source: RFC 4254 section 5; twisted#12139, twisted#12734.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.conch.ssh.channel import SSHChannel
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.connection import EXTENDED_DATA_STDERR

from tnet.protocols.ssh.wire import Malformed

SMALLEST_PACKET, LARGEST_PACKET = 256, 32_768
LARGEST_WINDOW = 0xFFFFFFFF
FULL_BYTES = 1 << 16


class _Chunk:
    """Bytes of one stream that wait; `kind` is None for the ordinary one."""

    __slots__ = ("data", "kind")

    def __init__(self, kind: int | None, data: bytes) -> None:
        self.kind = kind
        self.data = bytearray(data)


class Channel(SSHChannel):
    """An SSH channel whose writes, ends and status go out in the order in which they were asked for.

    Units: `waiting_bytes` are accepted for sending and not sent; writers should look at it. `is_ending` is true
    once we or the peer have closed: nothing that is written then is sent.
    """

    conn: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.remoteMaxPacket = min(max(self.remoteMaxPacket, SMALLEST_PACKET), LARGEST_PACKET)
        self.waiting_bytes = 0
        self._queue: deque[_Chunk | Callable[[], None]] = deque()
        self.is_ending = False

    @property
    def is_full(self) -> bool:
        """Whether so much waits that the peer should send nothing more until it has read some."""
        return self.waiting_bytes > FULL_BYTES

    # ── what goes out ──

    def write(self, data: bytes) -> None:
        """Write to the peer's stdout."""
        self._put(None, data)

    def writeExtended(self, dataType: int, data: bytes) -> None:
        self._put(dataType, data)

    def write_error(self, data: bytes) -> None:
        """Write to the peer's stderr."""
        self._put(EXTENDED_DATA_STDERR, data)

    def send_request(self, name: bytes, fields: bytes = b"") -> None:
        """Tell the peer something, after all that was written before; no answer is asked for."""
        self._then(lambda: self.conn.sendRequest(self, name, fields))

    def write_eof(self) -> None:
        """Say that no more data comes, after all that was written before."""
        self._then(lambda: self.conn.sendEOF(self))

    def loseConnection(self) -> None:
        """Close, after all that was written before."""
        if not self.is_ending:
            self._then(lambda: self.conn.sendClose(self))
            self.is_ending = True

    def signal_end(self, signal: bytes) -> None:
        """Close, saying that a signal ended what ran here: `TERM`."""
        self.send_request(b"exit-signal", NS(signal) + b"\0" + NS(b"") + NS(b""))
        self.write_eof()
        self.loseConnection()

    def _put(self, kind: int | None, data: bytes) -> None:
        if self.is_ending or self.localClosed or not data:
            return
        last = self._queue[-1] if self._queue else None
        if isinstance(last, _Chunk) and last.kind == kind:
            last.data += data
        else:
            self._queue.append(_Chunk(kind, data))
        self.waiting_bytes += len(data)
        self.flush()

    def _then(self, action: Callable[[], None]) -> None:
        if not (self.is_ending or self.localClosed):
            self._queue.append(action)
            self.flush()

    def flush(self) -> None:
        """Send as much as the window and the connection take."""
        while self._queue and not self.conn.is_paused:
            head = self._queue[0]
            if not isinstance(head, _Chunk):
                self._queue.popleft()
                head()
            elif not self._send_some(head):
                break
        if not self.is_full:
            self.conn.refill(self)

    def _send_some(self, chunk: _Chunk) -> int:
        """Send one packet of `chunk`, and say how long it was."""
        count = min(len(chunk.data), self.remoteWindowLeft, self.remoteMaxPacket)
        if count:
            self.remoteWindowLeft -= count
            self.waiting_bytes -= count
            data = bytes(chunk.data[:count])
            del chunk.data[:count]
            if not chunk.data:
                self._queue.popleft()
            self._send(chunk.kind, data)
        return count

    def _send(self, kind: int | None, data: bytes) -> None:
        if kind is None:
            self.conn.sendData(self, data)
        else:
            self.conn.sendExtendedData(self, kind, data)

    # ── what comes in ──

    def addWindowBytes(self, data: int) -> None:
        self.remoteWindowLeft += data
        if self.remoteWindowLeft > LARGEST_WINDOW:
            raise Malformed("the window grows beyond 32 bits")
        self.flush()

    def closeReceived(self) -> None:
        """The peer wants nothing more: what waits is dropped, and we close as well."""
        self._drop()
        self.conn.sendClose(self)

    def closed(self) -> None:
        """Both sides have closed, or the connection is lost: what waits is dropped."""
        self._drop()

    def _drop(self) -> None:
        self._queue.clear()
        self.waiting_bytes = 0
        self.is_ending = True
