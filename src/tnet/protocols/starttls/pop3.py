"""STLS in POP3.

Source: RFC 2595 section 4; RFC 2449 for CAPA.
"""

from __future__ import annotations

from tnet.protocols.starttls.upgrade import LineUpgrade, Talk


class Pop3(LineUpgrade):
    """Asks what the server can do, where it says that, and then for TLS."""

    name = "pop3"

    def _talk(self) -> Talk[None]:
        greeting = yield from self._line()
        if not _well(greeting):
            says_no = greeting.upper().startswith(b"-ERR")
            self._refuse("it does not let us in" if says_no else "it does not speak POP3", greeting)
        yield b"CAPA\r\n"
        answer = yield from self._line()
        # A server from before CAPA may know STLS all the same.
        if _well(answer) and b"STLS" not in (yield from self._listed()):
            self._not_offered()
        yield b"STLS\r\n"
        answer = yield from self._line()
        if not _well(answer):
            self._refuse("it refuses", answer)

    def _listed(self) -> Talk[set[bytes]]:
        """The lines up to the one that is a dot."""
        found: set[bytes] = set()
        while (line := (yield from self._line())) != b".":
            found.add(line.upper().strip())
        return found


def _well(line: bytes) -> bool:
    return line.upper().split()[:1] == [b"+OK"]
