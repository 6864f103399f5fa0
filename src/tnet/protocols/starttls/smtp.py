"""STARTTLS in SMTP.

Source: RFC 3207.
"""

from __future__ import annotations

from tnet.protocols.starttls.numbered import NumberedUpgrade
from tnet.protocols.starttls.upgrade import Talk

_HELLO = b"EHLO [127.0.0.1]\r\n"


class Smtp(NumberedUpgrade):
    """Greets, looks for the extension, and asks for it."""

    name = "smtp"

    def _talk(self) -> Talk[None]:
        yield from self._expect(220, "it does not let us in")
        yield _HELLO
        extensions = yield from self._expect(250, "it refuses our greeting")
        if not any(text.split()[:1] == [b"STARTTLS"] for text in map(bytes.upper, extensions[1:])):
            self._not_offered()
        yield b"STARTTLS\r\n"
        yield from self._expect(220, "it refuses")

    def _expect(self, code: int, otherwise: str) -> Talk[tuple[bytes, ...]]:
        """The lines of a reply that has to have this number."""
        reply = yield from self._reply(marked=True)
        if reply.code != code:
            self._refuse(otherwise, bytes(reply))
        return reply.texts
