"""Tests for tnet.servers.web.carrying.preface."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tests.servers.web.carrying.test_channel import Echo
from tests.servers.web.wire import Wire
from tnet.servers.web.carrying.preface import PREFACE, Preface


class PrefaceTests(TestCase):
    """Which HTTP it is."""

    def told(self, *pieces: bytes) -> list[object]:
        """What becomes of some pieces."""
        said: list[object] = []
        preface = Preface(
            lambda data: said.append((1, data)), lambda data: said.append((2, data)), lambda: said.append("unsure")
        )
        for piece in pieces:
            preface.receive(piece)
        return said

    def test_requests(self) -> None:
        """What is no preface is a request of HTTP/1.1, as soon as that is clear."""
        self.assertEqual(self.told(b"GET / HTTP/1.1\r\n"), [(1, b"GET / HTTP/1.1\r\n")])
        self.assertEqual(self.told(b"P", b"R", b"OPFIND"), ["unsure", "unsure", (1, b"PROPFIND")])
        self.assertEqual(self.told(PREFACE[:20] + b"X"), [(1, PREFACE[:20] + b"X")])

    @given(st.integers(0, len(PREFACE) - 1), st.binary(max_size=5))
    def test_the_preface(self, cut: int, rest: bytes) -> None:
        """However it is cut, what follows it is HTTP/2's."""
        said = self.told(PREFACE[:cut], PREFACE[cut:] + rest)
        self.assertEqual(said[-1], (2, rest))

    def test_the_beginning_of_a_preface(self) -> None:
        """It has the deadline of a head."""
        wire = Wire(Echo())
        wire.send(b"P")
        wire.clock.advance(15)
        self.assertEqual(wire.reply().status, 408)

    def test_a_preface_that_is_none(self) -> None:
        """It is a bad request."""
        wire = Wire(Echo())
        wire.send(b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")
        self.assertEqual(wire.reply().status, 400)

    def test_a_preface_in_the_middle(self) -> None:
        """A connection of HTTP/1.1 stays one."""
        wire = Wire(Echo())
        wire.get("/")
        wire.send(PREFACE)
        self.assertEqual(wire.reply().status, 400)
