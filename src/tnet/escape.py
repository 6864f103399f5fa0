"""Peer text made harmless: what stands between a peer and a terminal.

Source: CWE-150; the classes of CVE-2024-58251 and CVE-2021-42574.
"""

from __future__ import annotations

import codecs
import re

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSEEN = "\xad\u200b-\u200d\u2060-\u2064\ufeff\U000e0000-\U000e007f"
_ANYWHERE = f"\x7f-\x9f\u2028\u2029{_BIDI}{_UNSEEN}\ud800-\udfff"
_HOSTILE = re.compile(f"[\x00-\x08\x0b-\x1f{_ANYWHERE}]")
_HOSTILE_LINE = re.compile(f"[\x00-\x1f{_ANYWHERE}]")

EXCERPT_BYTES = 256


def safe(text: str) -> str:
    """`text` with every character that could move a terminal made visible; tab and newline stay.

    Escaped are C0, DEL, C1, line and paragraph separators, bidirectional controls and lone surrogates; and what takes
    no place, so that two texts that differ would look the same: soft hyphen, joiners (of emoji, too), tags.
    """
    return _HOSTILE.sub(_visible, text)


def safe_line(text: str) -> str:
    """`safe` for text that must stay on its line: tab and newline are escaped as well."""
    return _HOSTILE_LINE.sub(_visible, text)


def excerpt(data: bytes, limit: int = EXCERPT_BYTES) -> str:
    """At most `limit` bytes of `data` as one harmless line, with `…` when some were left out.

    Units: `limit` in bytes.
    """
    shown = safe_line(data[:limit].decode("utf-8", "backslashreplace"))
    return shown + "…" if len(data) > limit else shown


class SafeStream:
    """Reads a stream of bytes as UTF-8, or another encoding, and makes visible whatever could move the terminal.

    Invalid bytes show as `\\xNN`. CR LF ends a line; any other CR, which would let a peer write over what it
    wrote before, shows as `\\x0d`. Characters and line ends may be cut anywhere between chunks.
    """

    def __init__(self, encoding: str = "utf-8") -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("backslashreplace")
        self._return = ""

    def feed(self, data: bytes) -> bytes:
        """What to write for `data`; the beginning of a character or line end waits for the rest of it."""
        return self._show(self._decoder.decode(data))

    def finish(self) -> bytes:
        """What still waited, when nothing follows."""
        return self._show(self._decoder.decode(b"", final=True), final=True)

    def _show(self, text: str, *, final: bool = False) -> bytes:
        text = self._return + text
        self._return = "\r" if text.endswith("\r") and not final else ""
        shown = text.removesuffix(self._return) if self._return else text
        return safe(shown.replace("\r\n", "\n")).encode("utf-8")


def _visible(match: re.Match[str]) -> str:
    point = ord(match.group())
    if point > 0xFFFF:
        return f"\\U{point:08x}"
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"
