"""Transcripts of asking for TLS: what the server says, and what we answer."""

from __future__ import annotations

from collections.abc import Iterator

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import StartTlsRefused
from tnet.protocols.starttls.dialects import upgrade_of
from tnet.protocols.starttls.upgrade import Upgrade

Wire = tuple[tuple[bytes, bytes], ...]
INJECTED = b"x"


class DialectCase(SynchronousTestCase):
    """A test of one dialect; `first` is what we say before the server does."""

    dialect: str
    first = b""

    def begun(self) -> Upgrade:
        """One that has said its first words."""
        made = upgrade_of(self.dialect, "server.example:1", "server.example")
        self.assertEqual((made.begin(), made.is_open), (self.first, False))
        return made

    def opens(self, *wire: tuple[bytes, bytes]) -> None:
        """These words lead to TLS, however they are cut; with anything more behind the last, none does (C36)."""
        for size in (1, 2, 3, 1 << 16):
            made = self.begun()
            for said, answer in wire:
                self.assertFalse(made.is_open)
                self.assertEqual(b"".join(made.received(piece) for piece in _cut(said, size)), answer)
            self.assertEqual((made.is_open, made.surplus), (True, b""))
        self.injected(wire)

    def injected(self, wire: Wire) -> None:
        """Words that come before their time are a hard error in every place, and are not answered."""
        for place in range(len(wire)):
            made = self.begun()
            for said, _ in wire[:place]:
                made.received(said)
            error = self.assertRaises(StartTlsRefused, made.received, wire[place][0] + INJECTED)
            self.assertIn("which somebody in between may have put there", error.reason)
            self.assertFalse(made.is_open)

    def refused(self, *wire: tuple[bytes, bytes], last: bytes) -> StartTlsRefused:
        """The error when the server says `last` after these words; nothing more is said."""
        for size in (1, 1 << 16):
            made = self.begun()
            for said, answer in wire:
                self.assertEqual(made.received(said), answer)
            try:
                for piece in _cut(last, size):
                    self.assertEqual(made.received(piece), b"")
            except StartTlsRefused as error:
                refusal = error
            else:
                raise AssertionError(f"{last!r} was accepted")
            self.assertFalse(made.is_open)
        self.assertEqual((refusal.peer, int(refusal.exit_status)), ("server.example:1", 35))
        return refusal


def _cut(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
