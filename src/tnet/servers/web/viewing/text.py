"""Bytes as text where they are text, and as bytes where they are not."""

from __future__ import annotations

import codecs
import re

_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(data: bytes) -> str | None:
    """The beginning of a file as text, whose last character may be cut; None for what is no text.

    Text is UTF-8, UTF-16 with its mark, or what older systems wrote, which is taken for Windows-1252.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return codecs.getincrementaldecoder(encoding)("replace").decode(data[len(mark) :])
    if _BINARY.search(data):
        return None
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def dumped(data: bytes) -> str:
    """Bytes as a table of offsets, hexadecimal digits and characters; sixteen to a line."""
    lines = []
    for at in range(0, len(data), 16):
        piece = data[at : at + 16]
        digits = f"{piece[:8].hex(' ')}  {piece[8:].hex(' ')}"
        characters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in piece)
        lines.append(f"{at:08x}  {digits:<48}  {characters}")
    return "\n".join(lines)
