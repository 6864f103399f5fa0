"""A connected UDP socket, in memory."""

from __future__ import annotations

from errno import ECONNREFUSED, EIO, EMSGSIZE
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.net.datagrams.boxes import Box, turn
from tests.support import World
from tnet.events.kinds import ConnectionClosed, ConnectionOpened, DataMoved
from tnet.net.datagrams.connection import DATAGRAMS_AT_ONCE, DatagramConnection, connected


class ConnectionTests(SynchronousTestCase):
    """`DatagramConnection`."""

    def setUp(self) -> None:
        self.world = World()
        self.box: Any = Box()
        self.received: list[bytes] = []
        self.errors: list[int | None] = []
        self.eased: list[bool] = []
        self.connection = DatagramConnection(self.box, self.world.reactor, self.world.publisher.trace())
        self.connection.start(
            self.received.append, lambda error: self.errors.append(error.errno), lambda: self.eased.append(True)
        )

    def test_both_ways(self) -> None:
        """Each datagram is whole, an empty one as well, and is counted."""
        self.connection.send(b"one")
        self.connection.send(b"")
        for data in (b"x" * 65_507, b"", b"two"):
            self.box.put(data)
        turn(self.world.reactor)
        self.assertEqual((self.box.sent, self.received), ([b"one", b""], [b"x" * 65_507, b"", b"two"]))
        counts = (self.connection.datagrams_in, self.connection.bytes_in)
        self.assertEqual(counts, (3, 65_510))
        self.assertEqual((self.connection.datagrams_out, self.connection.bytes_out), (2, 3))

    def test_story(self) -> None:
        """Opening, each datagram and closing are told as of a stream's connection."""
        self.connection.send(b"ping")
        self.box.put(b"\x1bpong")
        self.world.reactor.advance(2)
        turn(self.world.reactor)
        self.connection.close("enough", clean=True)
        self.connection.close("again", clean=False)
        (opened,) = self.world.recorder.of(ConnectionOpened)
        self.assertEqual((opened.role, opened.transport, opened.peer_address), ("client", "udp", "192.0.2.1"))
        moved = [(each.by, each.bytes, each.offset, each.text) for each in self.world.recorder.of(DataMoved)]
        self.assertEqual(moved, [("us", 4, 0, "ping"), ("peer", 5, 0, "\\x1bpong")])
        (closed,) = self.world.recorder.of(ConnectionClosed)
        self.assertEqual((closed.reason, closed.clean, closed.seconds), ("enough", True, 2))
        self.assertEqual((closed.bytes_in, closed.bytes_out), (5, 4))

    def test_no_room(self) -> None:
        """What the system does not take waits in order, and whoever waits for that is told when all is sent."""
        self.box.full = True
        for data in (b"one", b"two"):
            self.connection.send(data)
        turn(self.world.reactor)
        self.assertEqual((self.connection.waiting, self.box.sent, self.eased), (2, [], []))
        self.box.full = False
        turn(self.world.reactor)
        self.assertEqual((self.connection.waiting, self.box.sent, self.eased), (0, [b"one", b"two"], [True]))
        self.assertEqual(self.world.reactor.getWriters(), [])

    def test_pause(self) -> None:
        """While it is paused nothing is received."""
        self.connection.pause()
        self.box.put(b"later")
        turn(self.world.reactor)
        self.assertEqual(self.received, [])
        self.connection.resume()
        turn(self.world.reactor)
        self.assertEqual(self.received, [b"later"])

    def test_errors_of_the_system(self) -> None:
        """An error is told whichever call it comes with."""
        self.box.outcomes.append(OSError(EMSGSIZE, ""))
        self.connection.send(b"too much")
        self.box.put(OSError(ECONNREFUSED, ""))
        turn(self.world.reactor)
        self.assertEqual((self.errors, self.connection.waiting), ([EMSGSIZE, ECONNREFUSED], 0))

    def test_hang_up(self) -> None:
        """C25: what the reactor takes for a hang-up is an error that the socket is asked for."""
        for number in (ECONNREFUSED, 0):
            self.box.pending_error = number
            self.connection.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.errors, [ECONNREFUSED, EIO])

    def test_turns(self) -> None:
        """A flood does not keep the reactor from the others."""
        for _ in range(DATAGRAMS_AT_ONCE + 1):
            self.box.put(b"x")
        turn(self.world.reactor)
        self.assertEqual(len(self.received), DATAGRAMS_AT_ONCE)

    def test_closed(self) -> None:
        """Afterwards nothing happens any more, also where the closing came while receiving."""
        self.connection.start(lambda _: self.connection.close("now", clean=True), self.errors.append, self.eased.clear)  # type: ignore[arg-type]
        self.box.put(b"one")
        self.box.put(b"two")
        turn(self.world.reactor)
        self.assertEqual((self.box.closed, len(self.box.incoming)), (True, 1))
        self.connection.pause()
        self.connection.resume()
        self.connection.connectionLost(Failure(ConnectionDone()))
        self.assertEqual((self.world.reactor.getReaders(), self.errors), ([], []))


class ConnectedTests(SynchronousTestCase):
    """`connected`."""

    def test_impossible(self) -> None:
        """A source that is not ours is the system's error, and nothing is left open."""
        self.assertRaises(OSError, connected, "127.0.0.1", 9, ("192.0.2.77", 0))
