"""Serving, over a reactor in memory: listeners, announcements, drain and reload."""

from __future__ import annotations

from typing import Any, ClassVar
from unittest import mock

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import CannotListenError, ConnectionAborted
from twisted.internet.protocol import DatagramProtocol, Factory, Protocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.errors import BadUsage, CannotListen, ExitStatus
from tnet.events.kinds import ConnectionClosed, Draining, Listening, Logged
from tnet.net.context import Context
from tnet.net.server import Server
from tnet.plans import Limits, TcpAddress, UdpAddress
from tnet.plans.serve import ServePlan
from tnet.runtime.serving import CLOSE_SECONDS, CUT_SECONDS, Serving, serve


class DiscardPlan(ServePlan):
    """A plan for a server that is made here."""

    tool: ClassVar[str] = "discard"
    offer: ClassVar[str] = "tests.runtime.test_serving:offer"


class Tool:
    """What the server's callbacks were asked to do."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.reload_fails = False
        self.datagrams: type[DatagramProtocol] | None = None

    async def reload(self) -> None:
        """Remember, or refuse."""
        self.calls.append("reload")
        if self.reload_fails:
            raise BadUsage("keys", "are bad")

    async def close(self) -> None:
        """Remember."""
        self.calls.append("close")


TOOL = Tool()


async def offer(plan: DiscardPlan, context: Context) -> Server:
    """A server that swallows everything."""
    return Server(
        factory=Factory.forProtocol(Protocol),
        goodbye=lambda: TOOL.calls.append("goodbye"),
        reload=TOOL.reload,
        close=TOOL.close,
        notes=("a note",),
        datagrams=TOOL.datagrams,
    )


class ServingTests(SynchronousTestCase):
    """One server from its first listener to its last connection."""

    def setUp(self) -> None:
        self.world = World()
        TOOL.__init__()  # type: ignore[misc]  # each test begins anew
        self.plan = DiscardPlan(listen=(TcpAddress("127.0.0.1", 7),), limits=Limits(drain_seconds=5))

    def start(self) -> Serving:
        """A server that listens."""
        serving = Serving(self.plan, self.world.context)
        self.successResultOf(Deferred.fromCoroutine(serving.start()))
        self.addCleanup(serving._lag.stop)
        return serving

    def connect(self) -> Any:
        """The server's protocol for one more connection."""
        factory = self.world.reactor.tcpServers[0][1]
        protocol = factory.buildProtocol(None)
        transport = mock.Mock(bytes_in=0, bytes_out=0, disconnecting=False, ended_because="")
        transport.abortConnection.side_effect = lambda: self.world.reactor.callLater(
            0, protocol.connectionLost, Failure(ConnectionAborted())
        )
        protocol.makeConnection(transport)
        return protocol

    def test_says_where_it_listens(self) -> None:
        """Each listener is announced, and the tool's notes are shown."""
        self.start()
        (listening,) = self.world.recorder.of(Listening)
        self.assertEqual((listening.tool, listening.server_address), ("discard", "0.0.0.0"))
        self.assertEqual(self.world.notes, ["a note"])

    def test_datagrams(self) -> None:
        """A tool for datagrams listens for them, with the limits that hold for all, until the drain."""
        self.plan = DiscardPlan(listen=(UdpAddress("127.0.0.1", 0),))
        TOOL.datagrams = DatagramProtocol
        serving = self.start()
        (listening,) = self.world.recorder.of(Listening)
        self.assertEqual((listening.transport, listening.server_address), ("udp", "127.0.0.1"))
        self.assertEqual(listening.endpoint, f"udp://127.0.0.1:{listening.server_port}")
        self.successResultOf(Deferred.fromCoroutine(serving.drain("tests")))
        self.assertEqual(self.world.reactor.getReaders(), [])

    def test_no_datagrams(self) -> None:
        """A tool that has none refuses before it listens anywhere."""
        self.plan = DiscardPlan(listen=(TcpAddress("127.0.0.1", 7), UdpAddress("127.0.0.1", 7)))
        serving = Serving(self.plan, self.world.context)
        error = self.failureResultOf(Deferred.fromCoroutine(serving.start()), BadUsage).value
        self.assertEqual((error.field, TOOL.calls, self.world.reactor.tcpServers), ("--listen", ["close"], []))

    def test_a_failure_closes_what_was_opened(self) -> None:
        """When an address cannot be used, the error says so and the tool is closed."""

        def refuse(*_: Any, **__: Any) -> Any:
            raise CannotListenError("127.0.0.1", 7, OSError(98, "in use"))

        self.patch(self.world.reactor, "listenTCP", refuse)
        serving = Serving(self.plan, self.world.context)
        self.failureResultOf(Deferred.fromCoroutine(serving.start()), CannotListen)
        self.assertEqual(TOOL.calls, ["close"])

    def test_drain_without_connections(self) -> None:
        """With nobody there a drain is over at once: goodbye, then close."""
        serving = self.start()
        self.successResultOf(Deferred.fromCoroutine(serving.drain("tests")))
        self.assertEqual(TOOL.calls, ["goodbye", "close"])
        self.assertEqual(self.world.recorder.of(Draining)[0].connections, 0)

    def test_drain_waits_then_closes_then_aborts(self) -> None:
        """A connection has the drain timeout to end by itself, then a little to be closed, then it is cut."""
        serving = self.start()
        transport = self.connect().transport
        draining = Deferred.fromCoroutine(serving.drain("tests"))
        self.world.reactor.advance(4.9)
        self.assertNoResult(draining)
        self.assertFalse(transport.loseConnection.called)
        self.world.reactor.advance(0.2)
        self.assertTrue(transport.loseConnection.called)
        self.world.reactor.advance(CLOSE_SECONDS + 0.1)
        self.assertTrue(transport.abortConnection.called)
        self.world.reactor.advance(0)
        self.successResultOf(draining)

    def test_second_cancellation_cuts_the_drain(self) -> None:
        """The job drains when it is cancelled, and stops waiting when it is cancelled again."""
        job = Deferred.fromCoroutine(serve(self.plan, self.world.context))
        transport = self.connect().transport
        job.cancel()
        self.assertNoResult(job)
        job.cancel()
        self.assertTrue(transport.abortConnection.called)
        self.assertNoResult(job)
        self.world.reactor.advance(0)
        self.assertEqual(self.successResultOf(job), ExitStatus.OK)

    def test_the_end_of_a_cut_connection_is_told(self) -> None:
        """The drain is over only when every connection has said how it ended, unless one does not."""
        serving = self.start()
        self.connect()
        stuck = self.connect().transport
        stuck.abortConnection.side_effect = None
        draining = Deferred.fromCoroutine(serving.drain("tests"))
        draining.cancel()
        self.world.reactor.advance(0)
        self.assertEqual([event.reason for event in self.world.recorder.of(ConnectionClosed)], ["aborted"])
        self.assertNoResult(draining)
        self.world.reactor.advance(CUT_SECONDS)
        self.successResultOf(draining)

    def test_reload(self) -> None:
        """HUP reads anew; what is bad is one error line, and the old stays."""
        self.start()
        self.world.hangups[0]()
        self.assertEqual([event.text for event in self.world.recorder.of(Logged)], ["reloaded"])
        TOOL.reload_fails = True
        self.world.hangups[0]()
        self.assertEqual(self.world.recorder.of(Logged)[-1].text, "reload: keys: are bad")

    def test_cancelled_while_starting(self) -> None:
        """A signal that comes before the server stands ends the job without a drain."""
        waiting: Deferred[Any] = Deferred()
        self.patch(self.world.context.names, "run", lambda *_, **__: waiting)
        self.plan = DiscardPlan(listen=(TcpAddress("somewhere.test", 7),))
        job = Deferred.fromCoroutine(serve(self.plan, self.world.context))
        job.cancel()
        self.failureResultOf(job, CancelledError)
        self.assertEqual(TOOL.calls, ["close"])
