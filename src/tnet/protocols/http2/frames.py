"""HTTP/2's frames, cut out of the stream of bytes: as they came, each one whole, and none of them too long.

h2 is given one frame at a time, so that whatever comes before a faulty one is still heard, wherever the bytes were cut.

Source: RFC 9113 sections 3.4 and 4.1; CVE-2024-27316 and its like for what is bounded here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tnet.errors import MalformedReply, ReceiveFailed, TnetError
from tnet.escape import excerpt

FRAME_BYTES = 1 << 16
BLOCK_BYTES = 300 * 1024
BLOCK_FRAMES = 32

DATA, HEADERS, SETTINGS, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0x0, 0x1, 0x4, 0x7, 0x8, 0x9
ACK = END_STREAM = 0x1
PADDED = 0x8

_HEADER_BYTES = 9


class Frame(NamedTuple):
    """One frame; `data` is all of it, its header included."""

    kind: int
    flags: int
    stream: int
    data: bytes

    @property
    def payload(self) -> bytes:
        """What is in it, with its padding."""
        return self.data[_HEADER_BYTES:]

    def body(self, peer: str) -> bytes:
        """What a DATA frame carries.

        Raises: MalformedReply when there is more padding than frame.
        """
        payload = self.payload
        if not self.flags & PADDED:
            return payload
        if not payload or payload[0] >= len(payload):
            raise MalformedReply(peer, "it breaks HTTP/2: a frame has more padding than bytes")
        return payload[1 : len(payload) - payload[0]]

    def emptied(self) -> bytes:
        """The same DATA frame with nothing in it."""
        return _frame(DATA, self.flags & END_STREAM, self.stream)


class Frames:
    """Cuts what `peer` sends into frames."""

    def __init__(self, peer: str) -> None:
        self._peer = peer
        self._data = b""
        self._began = False
        self._block_bytes = 0
        self._block_frames = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes. Iterate to the end.

        Raises: MalformedReply for what is not HTTP/2 and for a frame without measure, ReceiveFailed for a header
        without end; both after the frames before that.
        """
        data, at = self._data + data, 0
        while len(data) - at >= _HEADER_BYTES:
            end = at + _HEADER_BYTES + self._length(data, at)
            if end > len(data):
                break
            frame = Frame(data[at + 3], data[at + 4], _stream(data, at), data[at:end])
            at = end
            self._bound(frame)
            yield frame
        self._data = data[at:]

    def _length(self, data: bytes, at: int) -> int:
        """The length of the frame that begins there."""
        length = int.from_bytes(data[at : at + 3], "big")
        if not self._began:
            if data[at + 3] != SETTINGS or data[at + 4] & ACK or _stream(data, at) or length > FRAME_BYTES:
                raise self._not_http2(data)
            self._began = True
        if length > FRAME_BYTES:
            raise MalformedReply(self._peer, f"a frame has {length} bytes, more than {FRAME_BYTES}")
        return length

    def _bound(self, frame: Frame) -> None:
        """Count the frames of one header; h2 keeps them until the last one has come."""
        if frame.kind not in (HEADERS, CONTINUATION):
            return
        if frame.kind == HEADERS:
            self._block_bytes = self._block_frames = 0
        self._block_bytes += len(frame.data)
        self._block_frames += 1
        if self._block_bytes > BLOCK_BYTES or self._block_frames > BLOCK_FRAMES:
            raise ReceiveFailed(self._peer, f"its header has more than {BLOCK_FRAMES} frames or {BLOCK_BYTES} bytes")

    def _not_http2(self, data: bytes) -> TnetError:
        return MalformedReply(self._peer, f"{excerpt(data, 40)!r} is not HTTP/2")


def window_update(stream: int, increment: int) -> bytes:
    """The frame that lets the peer send more, on a stream or (0) on all of them together."""
    return _frame(WINDOW_UPDATE, 0, stream, increment.to_bytes(4, "big"))


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _stream(data: bytes, at: int) -> int:
    return int.from_bytes(data[at + 5 : at + 9], "big") & 0x7FFFFFFF
