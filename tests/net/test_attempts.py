"""Attempts at one connection; `dial`'s own tests show them at work."""

from __future__ import annotations

from errno import ECONNREFUSED
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.errors import ConnectFailed
from tnet.events.kinds import DialAttempted
from tnet.net.attempts import Attempts, shown
from tnet.plans import TcpAddress, UnixAddress

PLACES = [TcpAddress("192.0.2.1", 80), TcpAddress("192.0.2.2", 80)]


class AttemptsTests(SynchronousTestCase):
    """`Attempts`."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.world = World(self.reactor)
        self.attempts = Attempts(self.world.context, self.world.publisher.trace(), None)

    def first(self, called: str = "it") -> Deferred[Any]:
        return Deferred.fromCoroutine(self.attempts.first(PLACES, Factory.forProtocol(Protocol), called))

    @property
    def outcomes(self) -> list[tuple[str, str | None]]:
        """What the events say."""
        return [(each.outcome, each.error) for each in self.world.recorder.of(DialAttempted)]

    def test_first(self) -> None:
        """What was built for the address that accepts is the outcome."""
        trying = self.first()
        built = self.reactor.tcpClients[0][2].buildProtocol(None)
        self.assertIs(self.successResultOf(trying), built)
        self.assertEqual(self.outcomes, [("ok", None)])

    def test_all_fail(self) -> None:
        """The error names what the caller calls the target, and every attempt."""
        trying = self.first("proxy p:80")
        for number in range(2):
            refused = ConnectionRefusedError(ECONNREFUSED, "")
            self.reactor.tcpClients[number][2].clientConnectionFailed(None, Failure(refused))
        error = self.failureResultOf(trying, ConnectFailed).value
        self.assertTrue(str(error).startswith("cannot connect to proxy p:80: 192.0.2.1:80: connection refused"))
        self.assertEqual(len(error.attempts), 2)

    def test_cancelled(self) -> None:
        """Giving up is a failure only when time is up."""
        for late, outcome in ((False, ("cancelled", None)), (True, ("failed", "timed out"))):
            self.world.recorder.records.clear()
            trying = self.first()
            self.attempts.late = late
            trying.cancel()
            self.failureResultOf(trying, CancelledError)
            self.assertEqual(self.outcomes, [outcome])


class ShownTests(SynchronousTestCase):
    """`shown`."""

    def test_forms(self) -> None:
        """Addresses are shown without a scheme, paths with theirs."""
        for address, text in (
            (TcpAddress("a.example", 80), "a.example:80"),
            (TcpAddress("::1", 80, tls=True), "[::1]:80"),
            (UnixAddress("/x//y"), "unix:/x//y"),
        ):
            self.assertEqual(shown(address), text)
