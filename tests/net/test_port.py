"""Accepting, with a listener that does as it is told."""

from __future__ import annotations

import os
import socket
from errno import ECONNABORTED, EMFILE, ENFILE
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.tcp import Server
from twisted.trial.unittest import SynchronousTestCase

from tests.net.streams import Keeper
from tests.support import World
from tnet.events.kinds import Logged
from tnet.net.port import PAUSE_SECONDS, RELIES_ON, UNSENT_BYTES, WARNING_SECONDS, StreamPort
from tnet.net.transport import TcpServer, UnixServer


class Listener:
    """A listening socket whose every `accept` is scripted: a peer's address, or an error."""

    def __init__(self, *script: Any, family: int = socket.AF_INET, name: Any = ("192.0.2.1", 80)) -> None:
        self.script = list(script)
        self.family = family
        self.name = name
        self.peers: list[socket.socket] = []
        self.options: list[Any] = []
        self.closed = False

    def accept(self) -> tuple[socket.socket, Any]:
        if not self.script:
            raise BlockingIOError
        step = self.script.pop(0)
        if isinstance(step, OSError):
            raise step
        ours, theirs = socket.socketpair()
        theirs.settimeout(5)
        self.peers.append(theirs)
        return _Named(ours, self.family), step

    def setblocking(self, flag: bool) -> None: ...

    def setsockopt(self, *option: Any) -> None:
        self.options.append(option)

    def getsockname(self) -> Any:
        return self.name

    def fileno(self) -> int:
        return 9999

    def close(self) -> None:
        self.closed = True


class _Named(socket.socket):
    """One end of a pair that claims to be of another family."""

    def __init__(self, pair: socket.socket, family: int) -> None:
        super().__init__(fileno=pair.detach())
        self._claimed = family

    @property
    def family(self) -> Any:
        return self._claimed


class Broken(Protocol):
    """Fails as soon as it is connected."""

    def connectionMade(self) -> None:
        raise ValueError("broken")


class PortTests(SynchronousTestCase):
    """One port, its factory and its listener."""

    def setUp(self) -> None:
        self.world = World()
        self.made: list[Any] = []
        self.asked: list[Any] = []
        self.factory = Factory()
        self.factory.noisy = False
        self.factory.buildProtocol = self.build  # type: ignore[method-assign]
        self.refuse = False

    def build(self, address: Any) -> Any:
        """The factory."""
        self.asked.append(address)
        if self.refuse:
            return None
        self.made.append(Keeper())
        return self.made[-1]

    def listen(self, *script: Any, **listener: Any) -> tuple[StreamPort, Listener]:
        """A port that has started."""
        source = Listener(*script, **listener)
        self.addCleanup(lambda: [peer.close() for peer in source.peers])
        port = StreamPort(source, self.factory, self.world.reactor, self.world.publisher)  # type: ignore[arg-type]
        port.startListening()
        self.addCleanup(port.stopListening)
        return port, source

    def warnings(self) -> list[Any]:
        """What was logged."""
        return self.world.recorder.of(Logged)

    # ── accepting ──

    def test_accepts_all_that_wait(self) -> None:
        """Everybody who waits is served with our stream, in one turn."""
        port, source = self.listen(("192.0.2.7", 1), ("192.0.2.8", 2))
        port.doRead()
        self.assertEqual(self.asked, [IPv4Address("TCP", "192.0.2.7", 1), IPv4Address("TCP", "192.0.2.8", 2)])
        self.made[0].transport.write(b"hello")
        self.assertEqual(source.peers[0].recv(9), b"hello")
        self.assertIsInstance(self.made[0].transport, TcpServer)
        self.assertEqual(self.made[0].transport.getPeer(), self.asked[0])
        self.assertIn("80", repr(self.made[0].transport))

    def test_ipv6(self) -> None:
        """An IPv6 peer has its family, and the zone of a link-local address."""
        port, _ = self.listen(("::1", 5, 0, 0), ("fe80::1", 6, 0, 1), family=socket.AF_INET6, name=("::1", 80, 0, 0))
        port.doRead()
        self.assertEqual(self.asked[0], IPv6Address("TCP", "::1", 5, 0, 0))
        self.assertTrue(self.asked[1].host.startswith("fe80::1%"))
        self.assertEqual(port.getHost(), IPv6Address("TCP", "::1", 80, 0, 0))

    def test_unix(self) -> None:
        """A UNIX peer has a path or none, and its own kind of stream."""
        port, source = self.listen("", "/abc", family=socket.AF_UNIX, name="/run/x")
        port.doRead()
        self.assertEqual(self.asked, [UNIXAddress(None), UNIXAddress("/abc")])
        self.assertIsInstance(self.made[0].transport, UnixServer)
        self.assertEqual((port.getHost(), source.options), (UNIXAddress("/run/x"), []))

    def test_what_connections_inherit(self) -> None:
        """TCP connections have no Nagle delay, and the system takes no more for a peer that reads nothing than this."""
        _, source = self.listen()
        expected = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            expected.append((socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES))
        self.assertEqual(source.options, expected)

    def test_refused(self) -> None:
        """A peer for whom there is no protocol is closed at once."""
        self.refuse = True
        port, source = self.listen(("192.0.2.7", 1))
        port.doRead()
        self.assertEqual(source.peers[0].recv(1), b"")

    def test_broken_protocol(self) -> None:
        """C40: a protocol that cannot be connected costs its own connection only."""
        port, source = self.listen(("192.0.2.7", 1), ("192.0.2.8", 2))
        builds = iter([Broken(), Keeper()])
        self.factory.buildProtocol = lambda address: next(builds)  # type: ignore[method-assign]
        port.doRead()
        self.world.reactor.advance(0)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual(source.peers[0].recv(1), b"")
        self.assertEqual(len(source.peers), 2)

    def test_broken_factory(self) -> None:
        """So does a factory that raises."""
        port, source = self.listen(("192.0.2.7", 1))
        self.factory.buildProtocol = lambda address: 1 / 0  # type: ignore[method-assign]
        port.doRead()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(source.peers[0].recv(1), b"")

    def test_peer_that_is_gone_already(self) -> None:
        """An error of one peer, told by accept, does not keep the next one out."""
        port, _ = self.listen(OSError(ECONNABORTED, ""), ("192.0.2.8", 2))
        port.doRead()
        self.assertEqual(len(self.asked), 1)

    def test_stopped_while_accepting(self) -> None:
        """A protocol that stops the port ends the turn."""
        port, source = self.listen(("192.0.2.7", 1), ("192.0.2.8", 2))
        self.factory.buildProtocol = lambda address: port.stopListening() and None  # type: ignore[method-assign]
        port.doRead()
        self.assertEqual((len(source.peers), source.closed), (1, True))

    # ── the end ──

    def test_stop(self) -> None:
        """The socket is closed, the factory told, the connections live; stopping twice is no harm."""
        port, source = self.listen(("192.0.2.7", 1))
        port.doRead()
        self.assertEqual(self.factory.numPorts, 1)
        self.successResultOf(port.stopListening())
        self.successResultOf(port.stopListening())
        self.assertTrue(source.closed)
        self.assertNotIn(port, self.world.reactor.getReaders())
        self.assertEqual(self.factory.numPorts, 0)
        self.assertIsNone(self.made[0].lost)

    # ── out of descriptors ──

    def test_turned_away(self) -> None:
        """C28: when descriptors run out those who wait are closed at once, and one warning tells how many."""
        port, source = self.listen(OSError(EMFILE, "Too many open files"), ("192.0.2.7", 1), ("192.0.2.8", 2))
        port.doRead()
        self.assertEqual([peer.recv(1) for peer in source.peers], [b"", b""])
        self.assertEqual(self.asked, [])
        (warning,) = self.warnings()
        self.assertEqual(warning.text, "cannot accept more connections (Too many open files): 2 were turned away")
        self.assertIn("ulimit -n", warning.hint)
        self.assertIn(port, self.world.reactor.getReaders())

    def test_room_is_made(self) -> None:
        """A factory that can do without one of its connections saves who waits from being turned away."""
        rooms = [True, False]
        self.factory.make_room = lambda: rooms.pop(0)  # type: ignore[attr-defined]
        port, source = self.listen(OSError(EMFILE, ""), ("192.0.2.7", 1))
        port.doRead()
        self.assertEqual((self.asked, self.warnings()), ([], []))
        port.doRead()
        self.assertEqual(len(self.asked), 1)
        source.script = [OSError(EMFILE, ""), ("192.0.2.8", 2)]
        port.doRead()
        self.assertEqual((len(self.asked), len(self.warnings())), (1, 1))

    def test_one_warning_a_minute(self) -> None:
        """C28: the next shortage is warned of only a minute later."""
        full = OSError(EMFILE, "")
        port, source = self.listen()
        for seconds in (0, WARNING_SECONDS / 2, WARNING_SECONDS):
            self.world.reactor.advance(seconds)
            source.script = [full, ("192.0.2.7", 1)]
            port.doRead()
        self.assertEqual(len(self.warnings()), 2)

    def test_spare_descriptor_is_there_again(self) -> None:
        """After a shortage the port holds a spare descriptor as before; stopped, it holds none."""
        before = len(os.listdir("/proc/self/fd"))
        port, source = self.listen(OSError(EMFILE, ""), ("192.0.2.7", 1))
        port.doRead()
        source.peers.pop().close()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before + 1)
        port.stopListening()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_shortage_that_a_spare_does_not_cure(self) -> None:
        """When the whole system is short the port looks again a little later, instead of in a busy loop."""
        port, _ = self.listen(OSError(ENFILE, "File table overflow"), ("192.0.2.7", 1))
        port.doRead()
        self.assertNotIn(port, self.world.reactor.getReaders())
        self.assertTrue(self.warnings()[0].text.endswith("they wait"))
        self.world.reactor.advance(PAUSE_SECONDS)
        self.assertIn(port, self.world.reactor.getReaders())
        port.doRead()
        self.assertEqual(len(self.asked), 1)

    def test_contract(self) -> None:
        """Twisted's server transport still asks its port for the number by the name that we give it."""
        self.assertIn(RELIES_ON[0], Server.__init__.__code__.co_names)
