"""AUTH TLS in FTP, which secures the control connection.

Source: RFC 4217 section 4; RFC 959 section 4.2 for replies.
"""

from __future__ import annotations

from tnet.protocols.starttls.numbered import NumberedUpgrade, Reply
from tnet.protocols.starttls.upgrade import Talk


class Ftp(NumberedUpgrade):
    """Waits for the greeting, and asks: many servers list what they offer only after a login."""

    name = "ftp"

    def _talk(self) -> Talk[None]:
        greeting = yield from self._answer()
        if greeting.code != 220:
            self._refuse("it does not let us in", bytes(greeting))
        yield b"AUTH TLS\r\n"
        answer = yield from self._answer()
        if answer.code != 234:
            self._refuse("it refuses", bytes(answer))

    def _answer(self) -> Talk[Reply]:
        """A reply, after any that only ask for patience."""
        while (reply := (yield from self._reply(marked=False))).code < 200:
            pass
        return reply
