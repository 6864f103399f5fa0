"""Dialling over real sockets on loopback."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.support import AtOnce, World
from tnet.errors import ConnectFailed, TimedOut
from tnet.events.kinds import DialAttempted
from tnet.net.context import Offload
from tnet.net.dial import dial
from tnet.plans import Target, TcpAddress, UnixAddress
from tnet.plans.tls import TlsDialing


class Peer(Protocol):
    """Keeps what it gets, says when something came and when it ended."""

    def __init__(self) -> None:
        self.data = b""
        self.heard: Deferred[bytes] = Deferred()
        self.lost: Deferred[BaseException | None] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        if not self.heard.called:
            self.heard.callback(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost.callback(reason.value)


class Greeter(Protocol):
    """Tells each client where it comes from."""

    transport: Any

    def connectionMade(self) -> None:
        peer = self.transport.getPeer()
        self.transport.write(f"you are {getattr(peer, 'host', 'local')}".encode())


class Names:
    """A resolver with the addresses that a test wants."""

    def __init__(self, *addresses: str) -> None:
        self._answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        return succeed(self._answers)


class StuckNames:
    """A resolver whose thread does not come back before the test is over."""

    def __init__(self) -> None:
        self.release = Event()

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        return deferToThread(self.release.wait, 10)


class DialTests(TestCase):
    """`dial` on the real reactor."""

    timeout = 20

    def setUp(self) -> None:
        self.world = World(reactor)

    def dial(self, target: Target, names: Offload | None = None, **options: Any) -> Deferred[Peer]:
        context = replace(self.world.context, names=names or AtOnce())
        return Deferred.fromCoroutine(dial(target, Peer, context, self.world.publisher.trace(), **options))

    def listen(self, interface: str = "127.0.0.1", protocol: type[Protocol] = Greeter) -> int:
        port = reactor.listenTCP(0, Factory.forProtocol(protocol), interface=interface)  # type: ignore[attr-defined]
        self.addCleanup(port.stopListening)
        return int(port.getHost().port)

    def closed_port(self) -> int:
        """A port of 127.0.0.1 that refuses while this test lasts, as it is bound and nobody listens."""
        bound = socket.socket()
        self.addCleanup(bound.close)
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])

    async def left(self, peer: Peer) -> None:
        """Close, and wait until it is closed."""
        peer.transport.loseConnection()  # type: ignore[union-attr]  # it is connected
        await peer.lost

    async def test_connected(self) -> None:
        """A name of this machine is looked up, connected to and spoken with."""
        peer = await self.dial(TcpAddress("localhost", self.listen()), family=4)
        self.assertEqual(await peer.heard, b"you are 127.0.0.1")
        await self.left(peer)
        await deferLater(reactor, 0)  # type: ignore[arg-type]  # the reactor is a module
        story = ["dns.answer", "dial.attempt", "connection.open", "connection.close"]
        self.assertEqual(self.world.recorder.names, story)

    async def test_refused(self) -> None:
        """C18: a port where nothing listens is refused, with a hint."""
        target = TcpAddress("127.0.0.1", self.closed_port())
        error = await self.assertFailure(self.dial(target), ConnectFailed)
        self.assertEqual([attempt.reason for attempt in error.attempts], ["connection refused"])
        self.assertIn("nothing listens there", error.hint)

    async def test_dead_address_before_a_live_one(self) -> None:
        """C19: a first address that refuses does not keep the second one from being used."""
        target = TcpAddress("host.example", self.listen())
        peer = await self.dial(target, Names("127.0.0.2", "127.0.0.1"))
        await peer.heard
        await self.left(peer)
        outcomes = [(each.peer_address, each.outcome) for each in self.world.recorder.of(DialAttempted)]
        self.assertEqual(outcomes, [("127.0.0.2", "failed"), ("127.0.0.1", "ok")])

    async def test_silent_address_before_a_live_one(self) -> None:
        """C19: a first address that never answers is overtaken, and given up."""
        target = TcpAddress("host.example", self.silent_port("127.0.0.2"))
        live = reactor.listenTCP(target.port, Factory.forProtocol(Greeter), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(live.stopListening)
        peer = await self.dial(target, Names("127.0.0.2", "127.0.0.1"))
        await peer.heard
        await self.left(peer)
        outcomes = [(each.peer_address, each.outcome) for each in self.world.recorder.of(DialAttempted)]
        self.assertEqual(outcomes, [("127.0.0.1", "ok"), ("127.0.0.2", "cancelled")])

    async def test_blackhole(self) -> None:
        """C22: an address that never answers runs into the deadline, and leaves nothing behind."""
        target = TcpAddress("127.0.0.1", self.silent_port("127.0.0.1"))
        error = await self.assertFailure(self.dial(target, seconds=0.3), TimedOut)
        self.assertEqual(error.phase, "connecting")

    async def test_cancelled(self) -> None:
        """C22: cancelling while the system still tries leaves nothing behind."""
        dialling = self.dial(TcpAddress("127.0.0.1", self.silent_port("127.0.0.1")))
        await deferLater(reactor, 0.05)  # type: ignore[arg-type]
        dialling.cancel()
        await self.assertFailure(dialling, CancelledError)
        self.assertEqual([each.outcome for each in self.world.recorder.of(DialAttempted)], ["cancelled"])

    async def test_stuck_resolver(self) -> None:
        """C22: a resolver that blocks its thread keeps nobody from giving up at once."""
        names = StuckNames()
        self.addCleanup(names.release.set)
        dialling = self.dial(TcpAddress("host.example", 80), names)
        dialling.cancel()
        await self.assertFailure(dialling, CancelledError)
        error = await self.assertFailure(self.dial(TcpAddress("host.example", 80), names, seconds=0.05), TimedOut)
        self.assertEqual(error.phase, "name lookup")

    async def test_source(self) -> None:
        """The peer sees the address that we were told to come from."""
        peer = await self.dial(TcpAddress("127.0.0.1", self.listen()), source="127.0.0.3")
        self.assertEqual(await peer.heard, b"you are 127.0.0.3")
        await self.left(peer)

    async def test_source_of_another_machine(self) -> None:
        """A source address that is not ours is said to be the trouble."""
        target = TcpAddress("127.0.0.1", self.listen())
        error = await self.assertFailure(self.dial(target, source="192.0.2.1"), ConnectFailed)
        self.assertIn("the source address cannot be used", error.attempts[0].reason)

    async def test_peer_that_never_speaks_tls(self) -> None:
        """C31: a peer that never answers the ClientHello runs into the deadline of the handshake."""
        target = TcpAddress("127.0.0.1", self.listen(protocol=Protocol))
        error = await self.assertFailure(self.dial(target, tls=TlsDialing(verify=False), seconds=0.3), TimedOut)
        self.assertEqual(error.phase, "TLS handshake")
        self.assertEqual(self.world.recorder.names[-2:], ["tls.handshake", "connection.close"])

    async def test_unix(self) -> None:
        """A UNIX socket is connected to, by its path and in the abstract namespace."""
        for path in (os.path.relpath(self.mktemp()), f"@tnet-test-{os.getpid()}"):
            port = reactor.listenUNIX(path.replace("@", "\0", 1), Factory.forProtocol(Greeter))  # type: ignore[attr-defined]
            self.addCleanup(port.stopListening)
            peer = await self.dial(UnixAddress(path))
            self.assertEqual(await peer.heard, b"you are local")
            await self.left(peer)

    async def test_unix_failures(self) -> None:
        """A missing path, a stale socket and one that we may not use are told apart."""
        missing = os.path.relpath(self.mktemp())
        stale = os.path.relpath(self.mktemp())
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(stale)
        for path, words in ((missing, "no such file or directory"), (stale, "connection refused")):
            error = await self.assertFailure(self.dial(UnixAddress(path)), ConnectFailed)
            self.assertEqual(error.attempts[0].reason, words)

    def silent_port(self, address: str) -> int:
        """A port whose queue is full, so that the system drops what still wants to connect."""
        listening = socket.socket()
        self.addCleanup(listening.close)
        listening.bind((address, 0))
        listening.listen(0)
        for _ in range(4):
            filling = socket.socket()
            self.addCleanup(filling.close)
            filling.setblocking(False)
            filling.connect_ex(listening.getsockname())
        return int(listening.getsockname()[1])
