"""Tests for the connections to one upstream."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from tests.servers.web.proxying.staging import Upstream
from tests.support import World
from tnet.plans.urls import parse_url
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.proxying.connection import UpstreamConnection
from tnet.servers.web.proxying.pool import IDLE_SECONDS, MOST_IDLE, Pool


class PoolTests(SynchronousTestCase):
    """`Pool`."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.pool = Pool(parse_url("http://127.0.0.1:9000"), World(self.reactor).context, most=MOST_IDLE + 1)

    def take(self, **options: Any) -> Deferred[UpstreamConnection]:
        """A connection, some time."""
        return Deferred.fromCoroutine(self.pool.take(**options))

    def fresh(self) -> UpstreamConnection:
        """A connection that was just made."""
        taking = self.take(fresh=True)
        self.upstream = Upstream(self.reactor.tcpClients.pop(0)[2].buildProtocol(None), self.reactor)
        return self.successResultOf(taking)

    def test_kept(self) -> None:
        """What was given back last is used first."""
        first, second = self.fresh(), self.fresh()
        for each in (first, second):
            self.pool.give_back(each)
        self.assertIs(self.successResultOf(self.take()), second)
        self.assertIs(self.successResultOf(self.take()), first)

    def test_fresh(self) -> None:
        """A kept one is not used where a fresh one is wanted."""
        first = self.fresh()
        self.pool.give_back(first)
        self.assertIsNot(self.fresh(), first)

    def test_idle(self) -> None:
        """Nobody is kept for long, and then nothing is left to do."""
        for _ in range(2):
            self.pool.give_back(self.fresh())
            self.reactor.advance(IDLE_SECONDS / 2)
        self.assertFalse(self.upstream.socket.disconnecting)
        self.reactor.advance(IDLE_SECONDS / 2)
        self.assertTrue(self.upstream.socket.disconnecting)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.assertNoResult(self.take())

    def test_late_sweep(self) -> None:
        """One that was idle for too long is not used, although nobody has had the time to end it."""
        self.pool.give_back(self.fresh())
        self.reactor.rightNow += IDLE_SECONDS
        self.assertNoResult(self.take())
        self.assertTrue(self.upstream.socket.disconnecting)
        self.pool.close()

    def test_ended_while_idle(self) -> None:
        """One that the upstream ended, or that speaks unasked, is forgotten."""
        for act in (lambda up: up.lose(ConnectionDone()), lambda up: up.say(b"HTTP/1.1 408 X\r\n\r\n"), Upstream.end):
            self.pool.give_back(self.fresh())
            act(self.upstream)
            self.assertNoResult(self.take())
            self.reactor.tcpClients.clear()

    def test_bounded(self) -> None:
        """There are so many at a time; an idle one makes room, and else it is 503."""
        taken = [self.fresh() for _ in range(MOST_IDLE + 1)]
        refusal = self.failureResultOf(self.take(), Refusal).value
        self.assertEqual((refusal.status, refusal.fields), (503, {b"Retry-After": b"1"}))
        self.pool.give_back(taken[0])
        self.fresh()
        self.assertTrue(taken[0].gone)

    def test_few_idle(self) -> None:
        """Of many that are given back, only so many are kept."""
        taken = [self.fresh() for _ in range(MOST_IDLE + 1)]
        for each in taken:
            self.pool.give_back(each)
        self.assertEqual([each.gone for each in taken], [False] * MOST_IDLE + [True])

    def test_dialling_counts(self) -> None:
        """What is being connected counts, until that fails."""
        dialling = [self.take() for _ in range(MOST_IDLE + 1)]
        self.failureResultOf(self.take(), Refusal)
        self.reactor.advance(5)
        for each in dialling:
            self.failureResultOf(each)
        self.assertNoResult(self.take())

    def test_close(self) -> None:
        """At the end all of them are ended, used or not."""
        used, idle = self.fresh(), self.fresh()
        self.pool.give_back(idle)
        self.pool.close()
        self.assertTrue(used.gone and idle.gone)
        self.assertEqual([call.func for call in self.reactor.getDelayedCalls()], [])
