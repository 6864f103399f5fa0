"""Tests for bodies that are collected."""

from __future__ import annotations

from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.inspector.held import Held


class HeldTests(SynchronousTestCase):
    """`Held`."""

    def setUp(self) -> None:
        self.got: list[tuple[bytes, int]] = []

    def take(self, body: bytes, came: int) -> None:
        """What a body is handed to."""
        self.got.append((body, came))

    def test_whole(self) -> None:
        """A body up to the bound is handed on whole."""
        held = Held(self.take, length=4, limit_bytes=4)
        held.bodyReceived(b"ab")
        held.bodyReceived(b"cd")
        held.bodyEnded()
        self.assertEqual(self.got, [(b"abcd", 4)])

    def test_too_long(self) -> None:
        """Beyond it is refused: at once where it was said, else when it comes."""
        refusal = self.assertRaises(Refusal, Held, self.take, length=5, limit_bytes=4)
        self.assertEqual(refusal.status, 413)
        held = Held(self.take, length=None, limit_bytes=4)
        held.bodyReceived(b"abcd")
        self.assertRaises(Refusal, held.bodyReceived, b"e")

    def test_counting(self) -> None:
        """Or counted and dropped."""
        held = Held(self.take, length=6, limit_bytes=4, counts=True)
        for piece in (b"abc", b"def"):
            held.bodyReceived(piece)
        held.bodyEnded()
        self.assertEqual(self.got, [(b"abcd", 6)])

    def test_lost(self) -> None:
        """One that is cut off is handed to nobody."""
        held = Held(self.take, length=6)
        held.bodyReceived(b"abc")
        held.bodyLost(Failure(ConnectionLost()))
        self.assertEqual(self.got, [])
