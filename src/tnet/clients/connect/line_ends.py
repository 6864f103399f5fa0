"""Line feeds made CR LF on their way to the peer."""

from __future__ import annotations

import re

_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")


class LineEnds:
    """Turns each LF into CR LF and leaves each CR LF as it is, however the bytes are cut into chunks."""

    def __init__(self) -> None:
        self._after_return = b""

    def feed(self, data: bytes) -> bytes:
        """The same bytes with line ends that the peer expects."""
        before = self._after_return
        self._after_return = b"\r" if data.endswith(b"\r") else b"" if data else before
        return _BARE_LINE_FEED.sub(b"\r\n", before + data)[len(before) :]
