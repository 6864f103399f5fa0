"""What frames say about themselves: how large a message gets, and how the other side closes.

Payloads are left to whoever speaks WebSocket in full. This one stands before it, so that nobody has to keep a message
that is too large, and keeps the code and the reason of a close, which nobody else tells.

Source: RFC 6455 sections 5.2 (frames), 5.5.1 and 7.4 (closing).
"""

from __future__ import annotations

from dataclasses import dataclass

from tnet.escape import safe_line

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

NORMAL, GOING_AWAY, PROTOCOL_ERROR, NO_CODE, TOO_LARGE = 1000, 1001, 1002, 1005, 1009

_CONTROL, _FINAL, _MASKED = 0x8, 0x80, 0x80
_LENGTH_16, _LENGTH_64 = 126, 127
_LARGEST_CONTROL = 125
_WORDS = {
    NORMAL: "normal closure",
    GOING_AWAY: "going away",
    PROTOCOL_ERROR: "protocol error",
    1003: "data that it does not accept",
    NO_CODE: "no code",
    1007: "data that does not fit the message's kind",
    1008: "policy violation",
    TOO_LARGE: "message too large",
    1010: "extension wanted",
    1011: "unexpected condition",
    1012: "restarting",
    1013: "try again later",
    1014: "bad gateway",
}


@dataclass(frozen=True, slots=True)
class Closure:
    """How one side closes; `reason` is what it says, unescaped."""

    code: int
    reason: str = ""

    @property
    def is_normal(self) -> bool:
        """Whether that is how conversations end."""
        return self.code in (NORMAL, GOING_AWAY, NO_CODE)

    def __str__(self) -> str:
        said = f": {safe_line(self.reason)}" if self.reason else ""
        return f"{self.code} ({_WORDS.get(self.code, 'a code of its own')}){said}"


class Frames:
    """Watches one direction of a connection, from the first frame to a close.

    `closure` is the close, once it came; `too_large` whether a message got larger than `limit_bytes`; `message_bytes`
    is how much of a message that is not complete has come. The sides may mask their frames or not.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._head = bytearray()
        self._opcode = CONTINUATION
        self._final = False
        self._left = 0
        self._announced = 0
        self._close = bytearray()
        self.closure: Closure | None = None
        self.too_large = False
        self.message_bytes = 0

    def feed(self, data: bytes) -> int:
        """How many bytes of `data` may go on: all, or up to a message that is too large, or behind a close."""
        at, barred = 0, 0 if self.too_large else len(data)
        while at < len(data) and self.closure is None:
            if self._left:
                at += self._take(data, at)
                continue
            began = at - len(self._head)
            at += self._take_head(data, at)
            if self._head and len(self._head) == _head_bytes(self._head):
                self._begin_frame()
                if self.too_large:
                    barred = min(barred, max(began, 0))
        return min(barred, at) if self.closure is not None else barred

    def _take_head(self, data: bytes, at: int) -> int:
        taken = 0
        while at + taken < len(data) and (missing := _head_bytes(self._head) - len(self._head)):
            piece = data[at + taken : at + taken + missing]
            self._head += piece
            taken += len(piece)
        return taken

    def _begin_frame(self) -> None:
        self._opcode, self._final = self._head[0] & 0x0F, bool(self._head[0] & _FINAL)
        self._left = _payload_bytes(self._head)
        if self._opcode < _CONTROL:
            self._announced += self._left
            self.too_large = self.too_large or self._announced > self._limit_bytes
        elif self._opcode == CLOSE:
            self._close += self._head
        self._head.clear()
        if not self._left:
            self._end_frame()

    def _take(self, data: bytes, at: int) -> int:
        taken = min(self._left, len(data) - at)
        if self._opcode == CLOSE and len(self._close) <= 2 * _LARGEST_CONTROL:
            self._close += data[at : at + taken]
        elif self._opcode < _CONTROL:
            self.message_bytes += taken
        self._left -= taken
        if not self._left:
            self._end_frame()
        return taken

    def _end_frame(self) -> None:
        if self._opcode == CLOSE:
            self.closure = closure_of(bytes(self._close))
        elif self._opcode < _CONTROL and self._final:
            self._announced = self.message_bytes = 0


def opcode_of(frame: bytes) -> int:
    """What kind of frame it is that begins `frame`."""
    return frame[0] & 0x0F


def closure_of(frame: bytes) -> Closure:
    """What a whole close frame says; one that is malformed says that there is no code."""
    size = _head_bytes(frame)
    payload = frame[size:]
    if frame[1] & _MASKED:
        key = frame[size - 4 : size]
        payload = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    if len(payload) < 2:
        return Closure(NO_CODE)
    return Closure(int.from_bytes(payload[:2], "big"), payload[2:].decode("utf-8", "backslashreplace"))


def _head_bytes(head: bytes | bytearray) -> int:
    """How long the head is that begins like this, as far as that is known."""
    if len(head) < 2:
        return 2
    extended = {_LENGTH_16: 2, _LENGTH_64: 8}.get(head[1] & 0x7F, 0)
    return 2 + extended + (4 if head[1] & _MASKED else 0)


def _payload_bytes(head: bytes | bytearray) -> int:
    match head[1] & 0x7F:
        case 126:
            return int.from_bytes(head[2:4], "big")
        case 127:
            return int.from_bytes(head[2:10], "big")
        case length:
            return length
