"""The reactor's lateness."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.support import World
from tnet.events.kinds import ReactorLagged
from tnet.runtime.lag import PERIOD_SECONDS, LagWatch


class LagWatchTests(TestCase):
    """Late timers in, `reactor.lag` events out."""

    def setUp(self) -> None:
        self.world = World()
        self.watch = LagWatch(self.world.context)
        self.watch.start()

    def test_on_time(self) -> None:
        """A reactor that is on time is not reported."""
        for _ in range(10):
            self.world.reactor.advance(PERIOD_SECONDS)
        self.assertEqual(self.world.recorder.of(ReactorLagged), [])
        self.watch.stop()

    def test_late(self) -> None:
        """A timer that comes late is reported with how much; the next one is on time again."""
        self.world.reactor.advance(PERIOD_SECONDS + 0.5)
        self.world.reactor.advance(PERIOD_SECONDS)
        self.assertAlmostEqual(self.world.recorder.of(ReactorLagged)[0].seconds, 0.5)
        self.watch.stop()

    def test_stop(self) -> None:
        """After stop, which may come twice, no timer is left."""
        self.watch.stop()
        self.watch.stop()
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
