"""Who has waited longest."""

from __future__ import annotations

from dataclasses import dataclass

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tnet.net.waiting import FRESH_SECONDS, LEAST_SECONDS, MOST_ANSWERS, Waiting


@dataclass(eq=False)
class One:
    """Somebody who has been waiting since some time, or does not wait; `asked` counts the questions."""

    since: float | None
    asked: int = 0

    def waiting_since(self) -> float | None:
        self.asked += 1
        return self.since


class WaitingTests(SynchronousTestCase):
    """Answers, and what they cost."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(100)
        self.waiting: Waiting[One] = Waiting(self.clock.seconds)

    def test_the_longest_first(self) -> None:
        """Each question gets another one, the longest first, and only those that have waited long enough."""
        old, older, busy, new = One(90), One(80), One(None), One(100 - LEAST_SECONDS / 2)
        among = {old, older, busy, new}
        answers = []
        for _ in range(3):
            answers.append(self.waiting.longest("k", among))
            among.discard(answers[-1])  # type: ignore[arg-type]
        self.assertEqual(answers, [older, old, None])

    def test_who_waits_no_more(self) -> None:
        """Whoever has been answered meanwhile is passed over."""
        old, older = One(90), One(80)
        self.assertIs(self.waiting.longest("k", [old, older]), older)
        old.since = None
        self.assertIsNone(self.waiting.longest("k", [old, older]))

    def test_not_everybody_is_asked_each_time(self) -> None:
        """A look at all of them serves for a moment; then there is another."""
        among = [One(None) for _ in range(10)]
        for _ in range(100):
            self.waiting.longest("k", among)
        self.assertEqual({one.asked for one in among}, {1})
        self.clock.advance(FRESH_SECONDS)
        self.waiting.longest("k", among)
        self.assertEqual({one.asked for one in among}, {2})

    def test_many_that_wait(self) -> None:
        """While each look brings enough of them, there is another as soon as those are used up."""
        among = {One(90 + number) for number in range(10)}
        for one in sorted(among, key=lambda one: one.since or 0):
            self.assertIs(self.waiting.longest("k", among), one)
            among.discard(one)
            among.add(One(99.95))
        self.assertIsNone(self.waiting.longest("k", among))
        self.clock.advance(LEAST_SECONDS)
        self.assertIsNone(self.waiting.longest("k", among))
        self.clock.advance(FRESH_SECONDS)
        self.assertIn(self.waiting.longest("k", among), among)

    def test_bounded(self) -> None:
        """However many groups there are, few answers are kept, and old ones make place."""
        for number in range(3 * MOST_ANSWERS):
            self.waiting.longest(number, [])
        self.assertEqual(len(self.waiting._known), MOST_ANSWERS)
        self.clock.advance(FRESH_SECONDS)
        one = One(0)
        self.waiting.longest("new", [one])
        self.assertEqual(list(self.waiting._known), ["new"])
