"""UDP sockets in memory: what was sent is kept, what is to come is put in."""

from __future__ import annotations

import socket
from collections import deque
from typing import Any

from twisted.internet.testing import MemoryReactorClock


class Box:
    """One socket; `outcomes` are raised by the next calls that send, `full` makes them say that there is no room."""

    family = socket.AF_INET

    def __init__(self, peer: Any = ("192.0.2.1", 53), local: Any = ("192.0.2.9", 40000)) -> None:
        self.peer, self.local = peer, local
        self.sent: list[bytes] = []
        self.sent_to: list[tuple[bytes, Any, Any]] = []
        self.incoming: deque[Any] = deque()
        self.outcomes: deque[OSError] = deque()
        self.full = False
        self.closed = False
        self.options: list[tuple[int, int]] = []
        self.pending_error = 0

    # ── what a test does ──

    def put(self, data: bytes | OSError, sender: Any = None, told: Any = ()) -> None:
        """Let `data` come, or an error."""
        self.incoming.append(data if isinstance(data, OSError) else (data, list(told), 0, sender))

    # ── what a socket does ──

    def setblocking(self, flag: bool) -> None:
        assert not flag

    def getpeername(self) -> Any:
        return self.peer

    def getsockname(self) -> Any:
        return self.local

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.options.append((level, option))

    def getsockopt(self, level: int, option: int) -> int:
        number, self.pending_error = self.pending_error, 0
        return number

    def fileno(self) -> int:
        return 3

    def close(self) -> None:
        self.closed = True

    def recvmsg(self, size: int, room: int = 0) -> Any:
        if not self.incoming:
            raise BlockingIOError
        came = self.incoming.popleft()
        if isinstance(came, OSError):
            raise came
        return came

    def recv_into(self, room: bytearray) -> int:
        data = self.recvmsg(len(room))[0]
        room[: len(data)] = data
        return len(data)

    def send(self, data: bytes) -> int:
        self._may_send()
        self.sent.append(data)
        return len(data)

    def sendmsg(self, chunks: Any, origin: Any, flags: int, address: Any) -> int:
        self._may_send()
        self.sent_to.append((b"".join(chunks), address, origin))
        return 0

    def _may_send(self) -> None:
        assert not self.closed
        if self.full:
            raise BlockingIOError
        if self.outcomes:
            raise self.outcomes.popleft()


def turn(reactor: MemoryReactorClock) -> None:
    """Let everybody read who wants to, then write."""
    for reader in list(reactor.getReaders()):
        reader.doRead()
    for writer in list(reactor.getWriters()):
        writer.doWrite()
