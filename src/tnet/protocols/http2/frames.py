"""HTTP/2's frames, cut out of the stream of bytes: as they came, each one whole, and none of them too long.

h2 is given one frame at a time, so that whatever comes before a faulty one is still heard, wherever the bytes were cut.

Source: RFC 9113 sections 3.4 and 4.1; CVE-2024-27316 and its like for what is bounded here.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from tnet.escape import excerpt
from tnet.protocols.http2.reasons import ENHANCE_YOUR_CALM, FRAME_SIZE_ERROR, PROTOCOL_ERROR, Fault

FRAME_BYTES = 1 << 16
BLOCK_BYTES = 300 * 1024
BLOCK_FRAMES = 32

DATA, HEADERS, SETTINGS, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0x0, 0x1, 0x4, 0x7, 0x8, 0x9
ACK = END_STREAM = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITY = 0x20

_OF_BLOCKS = (HEADERS, CONTINUATION)
_LAST_STREAM = 2**31 - 1
_PRIORITY_BYTES = 5
_HEADER = Struct(">BHBBL")


class Frame(NamedTuple):
    """One frame; `payload` is what is in it, with its padding."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def size(self) -> int:
        """How many bytes it took on the wire."""
        return _HEADER.size + len(self.payload)

    def encoded(self) -> bytes:
        """The frame as it came."""
        return encoded(self.kind, self.flags, self.stream, self.payload)

    def body(self) -> bytes:
        """What a DATA or HEADERS frame carries.

        Raises: Fault when there is more padding than frame.
        """
        if not self.flags & PADDED:
            return self.payload
        payload = self.payload
        if not payload or payload[0] >= len(payload):
            raise Fault(PROTOCOL_ERROR, "it breaks HTTP/2: a frame has more padding than bytes")
        return payload[1 : len(payload) - payload[0]]

    def block(self) -> bytes:
        """What a HEADERS or CONTINUATION frame carries of a header; what it says of priorities is left out.

        Raises: Fault.
        """
        if self.kind == CONTINUATION:
            return self.payload
        carried = self.body()
        return carried[_PRIORITY_BYTES:] if self.flags & PRIORITY else carried

    def emptied(self) -> bytes:
        """The same DATA frame with nothing in it."""
        return encoded(DATA, self.flags & END_STREAM, self.stream)


class Frames:
    """Cuts what a peer sends into frames; those of one header have no more than `block_bytes` together."""

    def __init__(self, block_bytes: int = BLOCK_BYTES) -> None:
        self._most_bytes = block_bytes
        self._data = b""
        self._began = False
        self._block_bytes = 0
        self._block_frames = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes. Iterate to the end.

        Raises: Fault for what is not HTTP/2, a frame without measure and a header without end, after the frames
        before that.
        """
        data, at = self._data + data, 0
        while len(data) - at >= _HEADER.size:
            high, low, kind, flags, stream = _HEADER.unpack_from(data, at)
            length, stream = high << 16 | low, stream & _LAST_STREAM
            if not self._began:
                self._begin(kind, flags, stream, length, data)
            if length > FRAME_BYTES:
                raise Fault(FRAME_SIZE_ERROR, f"a frame has {length} bytes, more than {FRAME_BYTES}")
            if (end := at + _HEADER.size + length) > len(data):
                break
            frame = Frame(kind, flags, stream, data[at + _HEADER.size : end])
            at = end
            if kind in _OF_BLOCKS:
                self._bound(frame)
            yield frame
        self._data = data[at:]

    def _begin(self, kind: int, flags: int, stream: int, length: int, data: bytes) -> None:
        """See whether it is HTTP/2 at all, as soon as that is to be seen."""
        if kind != SETTINGS or flags & ACK or stream or length > FRAME_BYTES:
            raise Fault(PROTOCOL_ERROR, f'"{excerpt(data, 40)}" is not HTTP/2')
        self._began = True

    def _bound(self, frame: Frame) -> None:
        """Count the frames of one header; h2 keeps them until the last one has come."""
        if frame.kind == HEADERS:
            self._block_bytes = self._block_frames = 0
        self._block_bytes += frame.size
        self._block_frames += 1
        if self._block_bytes > self._most_bytes or self._block_frames > BLOCK_FRAMES:
            words = f"its header has more than {BLOCK_FRAMES} frames or {self._most_bytes} bytes"
            raise Fault(ENHANCE_YOUR_CALM, words)


def window_update(stream: int, increment: int) -> bytes:
    """The frame that lets the peer send more, on a stream or (0) on all of them together."""
    return encoded(WINDOW_UPDATE, 0, stream, increment.to_bytes(4, "big"))


def goaway(last: int, code: int, words: bytes = b"") -> bytes:
    """The frame that says that streams above `last` are not looked at, and why."""
    return encoded(GOAWAY, 0, 0, last.to_bytes(4, "big") + code.to_bytes(4, "big") + words)


def header(kind: int, flags: int, stream: int, size: int) -> bytes:
    """What stands before the `size` bytes of a frame."""
    return _HEADER.pack(size >> 16, size & 0xFFFF, kind, flags, stream)


def encoded(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A whole frame."""
    return header(kind, flags, stream, len(payload)) + payload
