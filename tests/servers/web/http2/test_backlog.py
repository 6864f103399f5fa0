"""Tests for tnet.servers.web.http2.backlog."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.servers.web.http2.backlog import Backlog


class BacklogTests(TestCase):
    """Bytes that wait."""

    @given(st.lists(st.binary(min_size=1)), st.integers(1, 10))
    def test_in_order(self, pieces: list[bytes], portion: int) -> None:
        """What went in comes out, whatever is taken at a time."""
        backlog, taken = Backlog(), b""
        for piece in pieces:
            backlog.add(piece)
        while backlog.size:
            first = backlog.first()[:portion]
            taken += first
            backlog.drop(len(first))
        self.assertEqual((taken, bytes(backlog.first())), (b"".join(pieces), b""))

    def test_nothing(self) -> None:
        """Nothing waits at first, and dropping nothing changes nothing."""
        backlog = Backlog()
        backlog.drop(0)
        self.assertEqual((backlog.size, len(backlog.first())), (0, 0))
