"""The streams, over socket pairs."""

from __future__ import annotations

import gc
import os
import socket
from errno import ECONNRESET
from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import ClientFactory
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.net.streams import Keeper, Wire
from tnet.net.transport import (
    LARGEST_READ,
    RELIES_ON,
    SMALLEST_READ,
    TcpConnector,
    TcpServer,
    UnixConnector,
    UnixServer,
    connect_tcp,
    connect_unix,
    unix_name,
)


class _Case(SynchronousTestCase):
    def wire(self, *args: Any, **kwargs: Any) -> Wire:
        wire = Wire(*args, **kwargs)
        self.addCleanup(wire.close)
        return wire


class WriteTests(_Case):
    """What is written goes out at once, or waits in order."""

    def test_goes_out_at_once(self) -> None:
        """A write reaches the peer before it returns, without a turn of the reactor."""
        wire = self.wire()
        wire.stream.write(b"now")
        self.assertEqual(wire.peer.recv(10), b"now")
        self.assertFalse(wire.waits_to_write)

    def test_pieces_go_out_as_one(self) -> None:
        """A sequence is one write."""
        wire = self.wire()
        wire.stream.writeSequence([b"a", b"", b"bc"])
        self.assertEqual(wire.peer.recv(10), b"abc")

    def test_order_is_kept(self) -> None:
        """What the system does not take waits, and what is written meanwhile goes after it."""
        wire = self.wire()
        written = wire.fill() + b"last"
        wire.stream.write(b"last")
        self.assertEqual(wire.drain(len(written)), written)
        self.assertEqual(wire.stream.bytes_out, len(written))

    def test_nothing_overtakes_what_waits(self) -> None:
        """A write does not go out at once while something waits, even if the system would take it by now."""
        for tried_again in (False, True):
            wire = self.wire()
            written = wire.fill()
            if tried_again:
                wire.stream.doWrite()
            got = wire.peer.recv(len(written))
            wire.stream.write(b"last")
            self.assertEqual(got + wire.drain(len(written) + 4 - len(got)), written + b"last")

    def test_counts_what_the_system_took(self) -> None:
        """Bytes that still wait here are not counted as out."""
        wire = self.wire()
        written = wire.fill()
        self.assertLess(wire.stream.bytes_out, len(written))
        self.assertEqual(
            wire.stream.bytes_out, len(wire.peer.recv(len(written), socket.MSG_PEEK | socket.MSG_DONTWAIT))
        )

    def test_only_bytes(self) -> None:
        """Text is a programming error, as with any transport."""
        self.assertRaises(TypeError, self.wire().stream.write, "text")

    def test_nothing_after_abort(self) -> None:
        """Once aborted, a stream sends nothing more."""
        wire = self.wire()
        wire.stream.abortConnection()
        wire.stream.write(b"too late")
        wire.reactor.advance(0)
        self.assertEqual((wire.peer.recv(10), wire.stream.bytes_out), (b"", 0))

    def test_nothing_after_our_end(self) -> None:
        """Once our side is half-closed, a write goes nowhere."""
        wire = self.wire()
        wire.stream.write(b"all")
        wire.stream.loseWriteConnection()
        wire.stream.doWrite()
        wire.stream.write(b"more")
        self.assertEqual(wire.peer.recv(10), b"all")
        self.assertEqual(wire.peer.recv(10), b"")
        self.assertIsNone(wire.stream.os_error)

    def test_passed_descriptors_come_first(self) -> None:
        """On a UNIX stream a descriptor that waits is not overtaken by a write."""
        wire = self.wire(kind=UnixServer)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        wire.stream.sendFileDescriptor(writer)
        wire.stream.write(b"x")
        wire.stream.doWrite()
        data, descriptors, _, _ = socket.recv_fds(wire.peer, 10, 2)
        self.assertEqual((data, len(descriptors)), (b"x", 1))
        os.close(descriptors[0])


class ReadTests(_Case):
    """Reads have the size of the traffic."""

    def test_counts(self) -> None:
        """Bytes are handed on and counted."""
        wire = self.wire()
        wire.peer.sendall(b"hello")
        self.assertIsNone(wire.stream.doRead())
        self.assertEqual((wire.protocol.chunks, wire.stream.bytes_in), ([b"hello"], 5))

    def test_nothing_to_read(self) -> None:
        """A spurious wake-up is no end."""
        wire = self.wire()
        self.assertIsNone(wire.stream.doRead())
        self.assertEqual(wire.protocol.chunks, [])

    def test_grows_while_full_and_shrinks_again(self) -> None:
        """Full reads are followed by larger ones, small ones by smaller ones, between the two bounds."""
        wire = self.wire()
        self._flood(wire, [b"x" * 90_000])
        self.assertEqual([len(chunk) for chunk in wire.protocol.chunks[:2]], [SMALLEST_READ, SMALLEST_READ * 4])
        wire.protocol.chunks.clear()
        self._flood(wire, [b"y"] * 3 + [b"x" * 90_000])
        self.assertEqual([len(chunk) for chunk in wire.protocol.chunks[:4]], [1, 1, 1, SMALLEST_READ])
        self.assertLessEqual(max(map(len, wire.protocol.chunks)), LARGEST_READ)

    def test_for_somebody_with_little_room(self) -> None:
        """Reads grow only to what somebody takes at once, within the two bounds."""
        for capacity, largest in ((1, SMALLEST_READ), (40_000, 40_000), (1 << 30, LARGEST_READ)):
            wire = self.wire()
            wire.stream.read_for(capacity)
            self._flood(wire, [b"x" * 100_000, b"x" * 100_000])
            self.assertLessEqual(max(map(len, wire.protocol.chunks)), largest)
            self.assertGreaterEqual(max(map(len, wire.protocol.chunks)), min(largest, SMALLEST_READ * 4) - 1)

    def _flood(self, wire: Wire, pieces: list[bytes]) -> None:
        for piece in pieces:
            wire.peer.sendall(piece)
            target = wire.stream.bytes_in + len(piece)
            while wire.stream.bytes_in < target:
                wire.stream.doRead()

    def test_end(self) -> None:
        """The peer's end is told as such."""
        wire = self.wire()
        wire.peer.close()
        self.assertIsInstance(wire.stream.doRead(), ConnectionDone)


class MemoryTests(_Case):
    """What many of them cost."""

    def test_no_dictionary_of_their_own(self) -> None:
        """C27: streams that are connected before the first byte comes share their attributes' names afterwards, too."""

        class Fresh(TcpServer):
            """One whose instances nobody has made before."""

        wires = [self.wire(kind=Fresh) for _ in range(40)]
        for wire in wires:
            wire.stream.registerProducer(wire.stream, True)
            wire.peer.send(b"x")
            wire.stream.doRead()
            wire.stream.write(b"y")
        self.assertEqual(
            [found for wire in wires for found in gc.get_referents(wire.stream) if type(found) is dict], []
        )


class Watching:
    """Notes what a watcher is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def paused(self) -> None:
        self.told.append("paused")

    def resumed(self) -> None:
        self.told.append("resumed")


class BackpressureTests(_Case):
    """A peer that does not read is told of, and costs a bounded amount."""

    def test_watcher_is_told_once_each(self) -> None:
        """The producer's pause and its end are told, once each, however often it writes on."""
        wire, watching = self.wire(), Watching()
        wire.stream.watch(watching)
        wire.stream.registerProducer(wire.stream, True)
        written = wire.fill()
        for _ in range(3):
            wire.stream.write(b"z" * 50_000)
        self.assertEqual(watching.told, ["paused"])
        wire.drain(len(written) + 150_000)
        wire.stream.doWrite()
        self.assertEqual(watching.told, ["paused", "resumed"])

    def test_stops_reading_itself(self) -> None:
        """A stream that produces for itself reads no more while it waits, and reads on after."""
        wire = self.wire()
        wire.stream.registerProducer(wire.stream, True)
        written = wire.fill() + b"z" * 70_000
        wire.stream.write(b"z" * 70_000)
        self.assertNotIn(wire.stream, wire.reactor.getReaders())
        wire.drain(len(written))
        self.assertIn(wire.stream, wire.reactor.getReaders())

    def test_closes_though_a_producer_was_paused(self) -> None:
        """A close that waits for the peer to read ends when it has read, with a producer still registered."""
        wire = self.wire()
        wire.stream.registerProducer(wire.stream, True)
        written = wire.fill() + b"z" * 70_000
        wire.stream.write(b"z" * 70_000)
        wire.stream.loseConnection()
        self.assertEqual(wire.drain(len(written)), written)
        self.assertTrue(wire.waits_to_write)
        self.assertIsInstance(wire.stream.doWrite(), ConnectionDone)


class EndTests(_Case):
    """The system's reason is kept."""

    def test_reset(self) -> None:
        """A reset is a loss whose number is known."""
        wire = self.wire()
        wire.stream.write(b"unread")
        wire.peer.close()
        self.assertIsInstance(wire.stream.doRead(), ConnectionLost)
        self.assertEqual(wire.stream.os_error.errno, ECONNRESET)

    def test_reset_stays_a_reset(self) -> None:
        """The system tells an error once and then an end of file; for us it is a loss all the same."""
        wire = self.wire()
        wire.stream.write(b"unread")
        wire.peer.close()
        wire.stream.doRead()
        self.assertIsInstance(wire.stream.doRead(), ConnectionLost)

    def test_reset_met_while_writing(self) -> None:
        """A reset that a write ran into is still a loss for the read that comes after, not an end."""
        wire = self.wire()
        wire.stream.write(b"unread")
        wire.peer.close()
        wire.stream.write(b"more")
        self.assertTrue(wire.waits_to_write)
        self.assertIsInstance(wire.stream.doRead(), ConnectionLost)
        self.assertIsNotNone(wire.stream.os_error)

    def test_reset_met_while_flushing(self) -> None:
        """So is one that what had waited ran into."""
        wire = self.wire()
        wire.fill()
        wire.peer.close()
        self.assertIsInstance(wire.stream.doWrite(), ConnectionLost)
        self.assertIsNotNone(wire.stream.os_error)

    def test_reset_noticed_by_the_reactor(self) -> None:
        """A hang-up that only the reactor saw is looked up before the socket goes."""
        wire = self.wire()
        wire.stream.write(b"unread")
        wire.peer.close()
        wire.stream.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(wire.stream.os_error.errno, ECONNRESET)
        self.assertTrue(wire.protocol.lost.check(ConnectionLost))

    def test_hang_up_while_reading_is_paused(self) -> None:
        """What the peer sent before it hung up arrives, though the reactor notices the hang-up first."""
        for closed, expected in ((True, b""), (False, b"last words")):
            wire = self.wire()
            wire.stream.pauseProducing()
            wire.peer.sendall(b"last words")
            wire.peer.close()
            if closed:
                wire.stream.loseConnection()
            wire.stream.connectionLost(Failure(ConnectionLost()))
            self.assertEqual(b"".join(wire.protocol.chunks), expected)
            self.assertEqual(wire.stream.bytes_in, len(expected))

    def test_hang_up_while_closing_is_clean(self) -> None:
        """When we were closing, all was sent and nothing failed, the peer's hang-up is a proper end."""
        for close in ("loseConnection", "loseWriteConnection"):
            wire = self.wire()
            wire.stream.write(b"all")
            wire.peer.recv(10)
            getattr(wire.stream, close)()
            wire.peer.close()
            wire.stream.connectionLost(Failure(ConnectionLost()))
            self.assertTrue(wire.protocol.lost.check(ConnectionDone), close)

    def test_hang_up_with_bytes_unsent_is_not(self) -> None:
        """With bytes still waiting it is a loss."""
        wire = self.wire()
        wire.fill()
        wire.stream.loseConnection()
        wire.stream.connectionLost(Failure(ConnectionLost()))
        self.assertTrue(wire.protocol.lost.check(ConnectionLost))


class ConnectTests(_Case):
    """The connectors, and what stands in for them."""

    def test_memory_reactor_stays_in_memory(self) -> None:
        """A reactor without descriptors is asked to connect by itself."""
        reactor, factory = MemoryReactorClock(), ClientFactory()
        connect_tcp(reactor, "192.0.2.1", 80, factory, 5, ("192.0.2.2", 0))
        connect_unix(reactor, "@name", factory, 6)
        self.assertEqual(reactor.tcpClients, [("192.0.2.1", 80, factory, 5, ("192.0.2.2", 0))])
        self.assertEqual([call[:3] for call in reactor.unixClients], [("\0name", factory, 6)])

    def test_abstract_names(self) -> None:
        """`@` stands for the NUL byte, and only in front."""
        self.assertEqual(unix_name("@a@b"), "\0a@b")
        self.assertEqual(unix_name("/a@b"), "/a@b")


class ContractTests(_Case):
    """What we use of Twisted without a promise."""

    def test_names_are_there(self) -> None:
        """Every private name still exists where it is used."""
        wire = self.wire(kind=UnixServer)
        missing = [name for name in RELIES_ON if name != "_makeTransport" and not hasattr(wire.stream, name)]
        self.assertEqual(missing, [])
        self.assertTrue(hasattr(tcp.Connector, "_makeTransport") and hasattr(unix.Connector, "_makeTransport"))
        self.assertIn("_makeTransport", vars(TcpConnector).keys() & vars(UnixConnector).keys())

    def test_what_waits_is_in_the_two_buffers(self) -> None:
        """Bytes that wait are in `_tempDataLen` before and in `dataBuffer` after a first try."""
        wire = self.wire()
        written = wire.fill()
        unsent = len(written) - wire.stream.bytes_out
        self.assertEqual(wire.stream._tempDataLen, unsent)
        wire.stream.doWrite()
        self.assertEqual((wire.stream._tempDataLen, len(wire.stream.dataBuffer)), (0, unsent))

    def test_flags_mean_what_they_did(self) -> None:
        """Aborting and half-closing set the flags that a write looks at."""
        aborted, halved = self.wire(Keeper()), self.wire(Keeper())
        aborted.stream.abortConnection()
        halved.stream.loseWriteConnection()
        self.assertTrue(aborted.stream._aborting and halved.stream._writeDisconnecting)
        halved.stream.doWrite()
        self.assertTrue(halved.stream._writeDisconnected)
