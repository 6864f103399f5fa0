"""HTTP/2's error codes: in words, and as the fault that ends a connection.

Source: RFC 9113 section 7.
"""

from __future__ import annotations

NO_ERROR = 0x0
PROTOCOL_ERROR = 0x1
INTERNAL_ERROR = 0x2
FLOW_CONTROL_ERROR = 0x3
FRAME_SIZE_ERROR = 0x6
REFUSED_STREAM = 0x7
CANCEL = 0x8
COMPRESSION_ERROR = 0x9
ENHANCE_YOUR_CALM = 0xB

_WORDS = {
    NO_ERROR: "NO_ERROR: nothing is wrong",
    PROTOCOL_ERROR: "PROTOCOL_ERROR: it found a fault in what we sent",
    INTERNAL_ERROR: "INTERNAL_ERROR: something broke on its side",
    FLOW_CONTROL_ERROR: "FLOW_CONTROL_ERROR: it was sent more than it allowed",
    0x4: "SETTINGS_TIMEOUT: its settings were not acknowledged in time",
    0x5: "STREAM_CLOSED: it had closed the stream already",
    FRAME_SIZE_ERROR: "FRAME_SIZE_ERROR: a frame had the wrong size",
    REFUSED_STREAM: "REFUSED_STREAM: it did not take on the request",
    CANCEL: "CANCEL: it does not want to go on with it",
    COMPRESSION_ERROR: "COMPRESSION_ERROR: it could not decompress a header",
    0xA: "CONNECT_ERROR: the connection behind it failed",
    ENHANCE_YOUR_CALM: "ENHANCE_YOUR_CALM: we ask too much of it",
    0xC: "INADEQUATE_SECURITY: this TLS is not good enough for it",
    0xD: "HTTP_1_1_REQUIRED: it wants HTTP/1.1 for this",
}


class Fault(Exception):
    """What a peer did that its connection cannot go on after: HTTP/2's `code` for it, and the `reason` in words."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    @property
    def flood(self) -> bool:
        """Whether each part of it was right, and there was too much of it."""
        return self.code == ENHANCE_YOUR_CALM


def in_words(code: int) -> str:
    """An error code by its name, and what the peer means by it."""
    return _WORDS.get(code, f"error {code:#x}")
