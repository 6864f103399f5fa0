"""The head of a request or an answer, for somebody to read."""

from __future__ import annotations

from tnet.escape import safe_line

_STATUS_COLORS = {b"2": "32", b"3": "36", b"4": "33", b"5": "31"}
_NAME_COLOR = "36"
_STRONG = "1"


def head_text(head: bytes, *, color: bool) -> bytes:
    """The lines of a head, harmless, in UTF-8 and ending in a newline each; an empty one comes last.

    Values are Latin-1, as in HTTP/1.1; where they make sense as UTF-8 that reading stands beside it.

    Source: RFC 9110 section 5.5.
    """
    start, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    lines = [_painted(_start_color(start), _readable(start), color=color)]
    for field in fields:
        name, _, value = field.partition(b": ")
        lines.append(f"{_painted(_NAME_COLOR, _readable(name), color=color)}: {_readable(value)}")
    return ("\n".join(lines) + "\n\n").encode("utf-8")


def _readable(data: bytes) -> str:
    latin = safe_line(data.decode("latin-1"))
    if data.isascii():
        return latin
    try:
        return f"{latin} (UTF-8: {safe_line(data.decode('utf-8'))})"
    except UnicodeDecodeError:
        return latin


def _start_color(start: bytes) -> str:
    """By the status of an answer; a request is strong."""
    status = start.partition(b" ")[2] if start.startswith(b"HTTP/") else b""
    return _STATUS_COLORS.get(status[:1], _STRONG)


def _painted(code: str, text: str, *, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
