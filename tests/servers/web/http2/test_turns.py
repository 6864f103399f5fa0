"""Tests for tnet.servers.web.http2.turns."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.servers.web.http2.stream import Turn
from tnet.servers.web.http2.turns import TURNS, Turns


class FakeStream:
    """Takes its turns as it is told, and notes them."""

    def __init__(self, id: int, said: list[int], *outcomes: Turn) -> None:
        self.id, self.outcomes, self._said = id, list(outcomes), said
        self.waits = 0

    def take_turn(self) -> Turn:
        self._said.append(self.id)
        return self.outcomes.pop(0) if self.outcomes else Turn.DONE

    def wait(self) -> None:
        self.waits += 1


class TurnsTests(TestCase):
    """Whose turn it is."""

    def setUp(self) -> None:
        self.said: list[int] = []
        self.open = True
        self.turns = Turns(lambda: self.open)

    def add(self, id: int, *outcomes: Turn) -> FakeStream:
        """A stream that has something to send."""
        stream = FakeStream(id, self.said, *outcomes)
        self.turns.add(stream)
        return stream

    def test_round_and_round(self) -> None:
        """Whoever has more goes behind the others."""
        self.add(1, Turn.MORE, Turn.MORE)
        self.add(3, Turn.MORE)
        self.add(5)
        self.assertFalse(self.turns.run())
        self.assertEqual(self.said, [1, 3, 5, 1, 3, 1])

    def test_not_without_end(self) -> None:
        """After some turns others than streams have theirs."""
        self.add(1, *[Turn.MORE] * 2 * TURNS)
        self.assertTrue(self.turns.run())
        self.assertEqual(len(self.said), TURNS)

    def test_blocked(self) -> None:
        """It has no turn before the client takes more of it, whatever it has to send."""
        stream = self.add(1, Turn.BLOCKED)
        self.turns.run()
        self.turns.add(stream)
        self.turns.ease(3)
        self.turns.run()
        self.assertEqual(self.said, [1])
        self.turns.ease(1)
        self.turns.run()
        self.assertEqual(self.said, [1, 1])

    def test_the_last_of_a_window(self) -> None:
        """Who took it is behind those that got nothing."""
        streams = [self.add(id, *[Turn.BLOCKED] * 3) for id in (1, 3, 5)]
        for _ in range(6):
            self.turns.ease(0)
            self.open = True
            turns, self.turns._may_go = self.turns, self._once
            turns.run()
        self.assertEqual(self.said, [1, 3, 5, 1, 3, 5])
        self.turns.wait()
        self.assertEqual([stream.waits for stream in streams], [1, 1, 0])

    def _once(self) -> bool:
        was, self.open = self.open, False
        return was

    def test_gone(self) -> None:
        """It has no turn any more."""
        blocked, ready = self.add(1, Turn.BLOCKED), None
        self.turns.run()
        ready = self.add(3)
        for stream in (blocked, ready):
            self.turns.remove(stream)
        self.turns.ease(0)
        self.turns.run()
        self.assertEqual(self.said, [1])

    def test_who_is_blocked(self) -> None:
        """Those are told whose client takes no more of them, and, if it takes nothing at all, the others too."""
        blocked = self.add(1, Turn.BLOCKED)
        self.turns.run()
        ready = self.add(3)
        self.assertEqual(self.turns.blocked(all=False), [blocked])
        self.assertEqual(self.turns.blocked(all=True), [blocked, ready])
