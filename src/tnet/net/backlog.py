"""What the system still holds of what we sent."""

from __future__ import annotations

import fcntl
import struct
import termios
from typing import Any


def unacknowledged(transport: Any) -> int:
    """Bytes that the system has taken from us and the peer's side has not; 0 where that cannot be known.

    Source: tcp(7), SIOCOUTQ, which has the number of TIOCOUTQ.
    """
    sock = getattr(transport, "socket", None)
    if sock is None or sock.fileno() < 0:
        return 0
    try:
        (count,) = struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, struct.pack("i", 0)))
    except OSError:
        return 0
    return int(count)
