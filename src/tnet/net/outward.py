"""Our own addresses, as others see them."""

from __future__ import annotations

import socket
from contextlib import suppress

# Nothing is sent there: connecting a datagram socket only asks the system which address of ours it would use.
_FAR_AWAY = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def outward_addresses() -> set[str]:
    """The addresses from which this machine reaches others; none when it has no way out."""
    found = set()
    for family, address in _FAR_AWAY:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asked:
            asked.connect((address, 9))
            found.add(asked.getsockname()[0])
    return found
