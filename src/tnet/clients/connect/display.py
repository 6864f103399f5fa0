"""What a peer sends, as it may be shown on a terminal."""

from __future__ import annotations

import codecs

from tnet.escape import safe


class Display:
    """Reads a stream of bytes as UTF-8 and makes visible whatever could move the terminal.

    Invalid bytes show as `\\xNN`. CR LF ends a line; any other CR, which would let a peer write over what it
    wrote before, shows as `\\x0d`. Characters and line ends may be cut anywhere between chunks.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
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
