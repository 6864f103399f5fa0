"""STARTTLS in IMAP.

Source: RFC 9051 sections 6.2.1 and 7.1.4: who is greeted as known already (PREAUTH) cannot have TLS any more.
"""

from __future__ import annotations

from tnet.protocols.starttls.upgrade import LineUpgrade, Talk


class Imap(LineUpgrade):
    """Asks what the server can do, and then for TLS."""

    name = "imap"

    def _talk(self) -> Talk[None]:
        greeting = yield from self._line()
        status = greeting.upper().split()[:2]
        if status == [b"*", b"PREAUTH"]:
            self._refuse("it takes us as logged in already, and TLS is possible only before", greeting)
        if status != [b"*", b"OK"]:
            self._refuse("it does not let us in" if status == [b"*", b"BYE"] else "it does not speak IMAP", greeting)
        yield b"a1 CAPABILITY\r\n"
        capabilities = yield from self._until(b"A1", "it does not say what it can do")
        if b"STARTTLS" not in capabilities:
            self._not_offered()
        yield b"a2 STARTTLS\r\n"
        yield from self._until(b"A2", "it refuses")

    def _until(self, tag: bytes, otherwise: str) -> Talk[set[bytes]]:
        """The capabilities among what is said before `tag` ends it well."""
        found: set[bytes] = set()
        while True:
            line = yield from self._line()
            words = line.upper().split()
            if words[:2] == [tag, b"OK"]:
                return found
            if words[:1] != [b"*"] or words[:2] == [b"*", b"BYE"]:
                self._refuse(otherwise, line)
            if words[:2] == [b"*", b"CAPABILITY"]:
                found.update(words[2:])
