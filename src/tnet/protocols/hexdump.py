"""Both directions of a conversation as hexadecimal text.

::

    >    0.000213  00000000  47 45 54 20 2f 0d 0a                              |GET /..|
    <    0.004120  00000000  68 65 6c 6c 6f 20 77 6f  72 6c 64 21 20 68 65 6c  |hello world! hel|
    <    0.004120  00000010  6c 6f 0a                                          |lo.|
    <    0.004120  00000013  end of file

`>` is us and `<` the peer; then come the seconds since the connection stood, the offset in that direction, at most 16
bytes, and the same as text, in which whatever is not printable ASCII is a dot.
"""

from __future__ import annotations

from collections.abc import Iterator

from tnet.protocols.recording import Side

ROW_BYTES = 16
MARKS: dict[Side, str] = {"us": ">", "peer": "<"}

_TEXT = bytes(byte if 0x20 <= byte < 0x7F else 0x2E for byte in range(256))
_HALF = 3 * ROW_BYTES // 2


class HexDump:
    """The dump of one conversation; each direction has its own offsets."""

    def __init__(self) -> None:
        self._offsets: dict[Side, int] = {"us": 0, "peer": 0}

    def feed(self, by: Side, data: bytes, seconds: float) -> bytes:
        """The rows for `data`.

        Units: `seconds` since the connection stood.
        """
        begun, self._offsets[by] = self._offsets[by], self._offsets[by] + len(data)
        return "".join(f"{_stamp(by, seconds)}{row}\n" for row in _rows(data, begun)).encode()

    def feed_end(self, by: Side, seconds: float) -> bytes:
        """The row that says that nothing more comes."""
        return f"{_stamp(by, seconds)}{self._offsets[by]:08x}  end of file\n".encode()


def hex_rows(data: bytes, offset: int = 0) -> list[str]:
    """`data`, which begins at `offset` of something, as rows without direction and time."""
    return list(_rows(data, offset))


def _rows(data: bytes, offset: int) -> Iterator[str]:
    text, pairs = data.translate(_TEXT).decode(), data.hex(" ")
    for at in range(0, len(data), ROW_BYTES):
        left, right = pairs[3 * at : 3 * at + _HALF], pairs[3 * at + _HALF : 3 * at + 2 * _HALF - 1]
        yield f"{offset + at:08x}  {left:{_HALF}} {right:{_HALF - 1}}  |{text[at : at + ROW_BYTES]}|"


def _stamp(by: Side, seconds: float) -> str:
    return f"{MARKS[by]} {seconds:11.6f}  "
