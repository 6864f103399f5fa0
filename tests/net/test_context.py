"""The one door to the outside."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

from twisted.trial.unittest import TestCase

from tests.support import World


class ContextTests(TestCase):
    """What a job gets."""

    def test_the_clock_is_the_publishers(self) -> None:
        """Durations are measured by the clock that stamps the events."""
        world = World()
        world.reactor.advance(5)
        self.assertEqual((world.context.clock(), world.publisher.elapsed), (5, 5))

    def test_nobody_replaces_a_part(self) -> None:
        """A Context is frozen: no tool can change the world of another."""
        with self.assertRaises(FrozenInstanceError):
            World().context.reactor = None  # type: ignore[misc]  # that is the point
