"""A knock at one port, in memory; real ones are in tests/end_to_end."""

from __future__ import annotations

import errno
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import (
    ConnectBindError,
    ConnectError,
    ConnectionRefusedError,
    NoRouteError,
    TCPTimedOutError,
)
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import DONE, Wire
from tests.support import World
from tnet.errors import BadUsage, OurError
from tnet.net.knock import LINGER_SECONDS, Knock, PortState, knock
from tnet.plans import TcpAddress

V4, V6 = TcpAddress("192.0.2.1", 22), TcpAddress("2001:db8::1", 22)


class KnockTests(SynchronousTestCase):
    """`knock`."""

    def setUp(self) -> None:
        self.world = World()
        self.clients: list[Any] = self.world.reactor.tcpClients

    def knock(self, *addresses: TcpAddress, **options: Any) -> Deferred[tuple[Knock, Deferred[None]]]:
        """A knock that has begun, and is to end within 2 seconds."""
        return Deferred.fromCoroutine(knock(addresses, self.world.context, seconds=2, **options))

    def fail(self, number: int, error: ConnectError) -> None:  # type: ignore[override]  # of an attempt
        """Attempt `number` fails."""
        self.clients[number][2].clientConnectionFailed(None, Failure(error))

    def accept(self, number: int) -> tuple[Any, Wire]:
        """Attempt `number` succeeds."""
        protocol, wire = self.clients[number][2].buildProtocol(None), Wire()
        protocol.makeConnection(wire)
        return protocol, wire

    def test_open(self) -> None:
        """Who accepts is open, is told at once that we say nothing, and is heard out until it closes, too."""
        found = self.knock(V4)
        self.world.reactor.advance(0.25)
        visitor, wire = self.accept(0)
        answer, closed = self.successResultOf(found)
        self.assertEqual(answer, Knock(V4, PortState.OPEN, 0.25))
        self.assertEqual((wire.value(), wire.calls), (b"", ["half-close"]))
        visitor.dataReceived(b"220 welcome\r\n")
        self.assertNoResult(closed)
        self.assertFalse(IHalfCloseableProtocol.providedBy(visitor))
        visitor.connectionLost(DONE)
        self.successResultOf(closed)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_a_peer_that_stays(self) -> None:
        """Who does not close is closed after a moment."""
        found = self.knock(V4)
        _, wire = self.accept(0)
        self.successResultOf(found)
        self.world.reactor.advance(LINGER_SECONDS)
        self.assertEqual(wire.calls, ["half-close", "close"])

    def test_failures(self) -> None:
        """What the system says is told apart, in its words."""
        for error, state, words in (
            (ConnectionRefusedError(errno.ECONNREFUSED, ""), PortState.REFUSED, "connection refused"),
            (ConnectError(errno.ECONNRESET, ""), PortState.REFUSED, "connection reset by peer"),
            (NoRouteError(errno.ENETUNREACH, ""), PortState.UNREACHABLE, "network is unreachable"),
            (ConnectError(errno.EHOSTUNREACH, ""), PortState.UNREACHABLE, "no route to host"),
            (ConnectError(errno.EPERM, ""), PortState.UNREACHABLE, "operation not permitted"),
            (TCPTimedOutError(errno.ETIMEDOUT, ""), PortState.FILTERED, "connection timed out"),
        ):
            self.setUp()
            found = self.knock(V4)
            self.fail(0, error)
            answer, closed = self.successResultOf(found)
            self.assertEqual((answer.state, answer.error), (state, words))
            self.successResultOf(closed)

    def test_no_answer(self) -> None:
        """A port that says nothing within the time is filtered, and nothing goes on."""
        found = self.knock(V4)
        self.world.reactor.advance(1.9)
        self.assertNoResult(found)
        self.world.reactor.advance(0.1)
        answer, _ = self.successResultOf(found)
        self.assertEqual(answer, Knock(V4, PortState.FILTERED, 2.0, "timed out"))
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_another_address(self) -> None:
        """A port is open where one of the host's addresses accepts."""
        found = self.knock(V6, V4)
        self.fail(0, ConnectionRefusedError(errno.ECONNREFUSED, ""))
        self.accept(1)
        answer, _ = self.successResultOf(found)
        self.assertEqual((answer.address, answer.state), (V4, PortState.OPEN))

    def test_the_address_that_said_most(self) -> None:
        """Where none accepts, a refusal counts more than a network that is not there."""
        found = self.knock(V6, V4)
        self.fail(0, NoRouteError(errno.ENETUNREACH, ""))
        self.fail(1, ConnectionRefusedError(errno.ECONNREFUSED, ""))
        answer, _ = self.successResultOf(found)
        self.assertEqual((answer.address, answer.state), (V4, PortState.REFUSED))

    def test_the_address_that_says_nothing(self) -> None:
        """The one that is filtered is named, not the one before that has answered."""
        found = self.knock(V6, V4)
        self.fail(0, NoRouteError(errno.ENETUNREACH, ""))
        self.world.reactor.advance(2)
        answer, _ = self.successResultOf(found)
        self.assertEqual((answer.address, answer.state), (V4, PortState.FILTERED))

    def test_second_winner(self) -> None:
        """An address that accepts as well, in the same turn, is let go of, too."""
        found = self.knock(V6, V4)
        self.world.reactor.advance(0.25)
        self.accept(0)
        _, wire = self.accept(1)
        answer, _ = self.successResultOf(found)
        self.assertEqual((answer.address, wire.calls), (V6, ["half-close"]))

    def test_source(self) -> None:
        """A source is used; one that cannot be is the user's mistake and no state of the port."""
        found = self.knock(V4, source=("192.0.2.9", 0))
        self.assertEqual(self.clients[0][4], ("192.0.2.9", 0))
        self.fail(0, ConnectBindError(errno.EADDRNOTAVAIL, ""))
        error = self.failureResultOf(found, BadUsage).value
        self.assertEqual(str(error), "--source: it cannot be used: cannot assign requested address")

    def test_no_more_sockets(self) -> None:
        """That we are out of descriptors is no state of the port either."""
        found = self.knock(V4)
        self.fail(0, ConnectBindError(errno.EMFILE, ""))
        error = self.failureResultOf(found, OurError).value
        self.assertEqual(str(error), "no socket to probe with: too many open files")

    def test_cancelled(self) -> None:
        """Whoever cancels is told so, and nothing goes on."""
        found = self.knock(V4)
        found.cancel()
        self.failureResultOf(found, CancelledError)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
