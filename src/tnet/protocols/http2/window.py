"""How much a peer may send: HTTP/2's flow control, on the side of who receives.

Source: RFC 9113 section 5.2.
"""

from __future__ import annotations

from tnet.protocols.http2.reasons import FLOW_CONTROL_ERROR, Fault


class Window:
    """What a peer may send before something of it was consumed; that is given back in portions of half the window.

    Units: bytes.
    """

    def __init__(self, size: int) -> None:
        self._portion = size // 2
        self._left = size
        self._owed = 0

    def came(self, count: int) -> None:
        """So much has come.

        Raises: Fault when that is more than there was room for.
        """
        self._left -= count
        if self._left < 0:
            raise Fault(FLOW_CONTROL_ERROR, "it breaks HTTP/2: it sends more than it may")

    def consumed(self, count: int) -> int:
        """So much is not held any more: what the peer is to be told that it may send, if it is time to."""
        self._owed += count
        if self._owed < self._portion:
            return 0
        returned, self._owed = self._owed, 0
        self._left += returned
        return returned
