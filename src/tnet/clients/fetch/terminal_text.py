"""A body made fit for a terminal: text stays text, what a terminal would obey is shown instead."""

from __future__ import annotations

from codecs import getincrementaldecoder

from tnet.escape import safe


def is_binary(data: bytes) -> bool:
    """Whether `data` is no text: it holds a NUL."""
    return b"\0" in data


class TerminalText:
    """Bytes in, harmless UTF-8 out; however they are cut, the same comes out.

    Both line ends become a line feed. What is not UTF-8 shows as `\\xNN`.
    """

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("backslashreplace")
        self._held = ""

    def feed(self, data: bytes) -> bytes:
        """What can be shown so far."""
        return self._shown(self._decoder.decode(data))

    def finish(self) -> bytes:
        """What was held back, because more could have followed."""
        return self._shown(self._decoder.decode(b"", final=True), final=True)

    def _shown(self, text: str, *, final: bool = False) -> bytes:
        text = self._held + text
        self._held = "\r" if text.endswith("\r") and not final else ""
        if self._held:
            text = text[:-1]
        return safe(text.replace("\r\n", "\n")).encode()
