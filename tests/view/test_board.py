"""Tests for what a dashboard shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import LISTENING, Stage, any_event, closed, exchanged, opened
from tnet.events import kinds
from tnet.view.board import Board, Row


class BoardTests(SynchronousTestCase):
    """`Board`."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.board = Board()

    def _see(self, event: kinds.Event, conn: int | None = None) -> None:
        self.board.see(self.stage.record(event, conn))

    def test_began(self) -> None:
        """A server has begun with its first listener; all of them are shown."""
        self.stage.now = 2.0
        self._see(LISTENING)
        self.stage.now = 3.0
        self._see(LISTENING)
        self.assertEqual((self.board.began, len(self.board.endpoints)), (2.0, 2))

    def test_to_an_upstream(self) -> None:
        """A connection that the server has made itself is told apart from those of its clients."""
        self._see(opened("::1", 5, role="client"), 7)
        self.assertEqual(self.board.rows[7].peer, "→ [::1]:5")

    def test_a_connection(self) -> None:
        """A row lives as long as its connection, and shows what its events tell."""
        self.stage.now = 1.0
        self._see(opened("::1", 5), 7)
        self._see(exchanged(404, "/x", bytes_in=10, bytes_out=20), 7)
        self.assertEqual(self.board.recent(9), [Row(7, "[::1]:5", 1.0, "open", 10, 20, "404 GET /x")])
        self._see(kinds.HalfClosed(by="peer", bytes_in=11, bytes_out=21), 7)
        self.assertEqual(self.board.recent(9), [Row(7, "[::1]:5", 1.0, "half-closed", 11, 21, "404 GET /x")])
        self._see(closed(), 7)
        self.assertEqual(self.board.recent(9), [])

    def test_states(self) -> None:
        """A row's state follows the connection."""
        self._see(opened(), 1)
        for event, state in (
            (kinds.TlsHandshaken(outcome="ok", seconds=0), "secured"),
            (kinds.Paused(bytes_in=1, bytes_out=2), "paused"),
            (kinds.Resumed(seconds=1), "open"),
            (kinds.StateEntered(machine="login", state="ASK_NAME"), "ASK_NAME"),
        ):
            self._see(event, 1)
            self.assertEqual(self.board.rows[1].state, state)

    def test_recent(self) -> None:
        """Of many connections those that did something last are shown, in the order of their ids."""
        for conn in range(1, 6):
            self._see(opened(), conn)
        self._see(exchanged(), 1)
        self._see(kinds.SpanEnded(span="s", seconds=0, outcome="ok"), 3)
        self.assertEqual([row.conn for row in self.board.recent(3)], [1, 3, 5])

    def test_traffic(self) -> None:
        """The bytes of a live connection are counted once, also after its end."""
        self._see(opened(), 1)
        self._see(kinds.HalfClosed(by="peer", bytes_in=5, bytes_out=6), 1)
        self.assertEqual(self.board.traffic, (5, 6))
        self._see(closed(10, 20), 1)
        self.assertEqual(self.board.traffic, (10, 20))

    def test_rates(self) -> None:
        """Rates are of the last seconds: they rise with the bytes, and fall back to nothing."""
        self.assertEqual(self.board.rates(0.0), (0.0, 0.0))
        self._see(closed(1000, 2000), 1)
        self.assertEqual(self.board.rates(1.0), (1000.0, 2000.0))
        for second in range(2, 9):
            rates = self.board.rates(float(second))
        self.assertEqual(rates, (0.0, 0.0))

    def test_trouble(self) -> None:
        """The worst lag and the drain are remembered."""
        self._see(kinds.ReactorLagged(seconds=0.2))
        self._see(kinds.ReactorLagged(seconds=0.1))
        self._see(kinds.Draining(connections=0, seconds=1, reason="r"))
        self.assertEqual((self.board.worst_lag, self.board.draining), (0.2, True))

    @given(st.lists(st.tuples(any_event(), st.none() | st.integers(1, 3))))
    def test_any_order(self, events: list[tuple[kinds.Event, int | None]]) -> None:
        """Events in any order are taken; there is a row for each connection that opened and did not close."""
        board, stage, expected = Board(), Stage(), set()
        for event, conn in events:
            board.see(stage.record(event, conn))
            if isinstance(event, kinds.ConnectionOpened):
                expected |= {conn} - {None}
            elif isinstance(event, kinds.ConnectionClosed):
                expected -= {conn}
        self.assertEqual({row.conn for row in board.recent(99)}, expected)
        self.assertEqual(board.changes, len(events))
