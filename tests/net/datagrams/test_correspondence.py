"""Datagrams to a name with several addresses, in memory."""

from __future__ import annotations

from dataclasses import replace
from errno import EADDRNOTAVAIL, ECONNREFUSED, EHOSTUNREACH, EMSGSIZE
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.net.datagrams.boxes import Box, turn
from tests.support import World
from tnet.errors import BadUsage, ConnectFailed, NameNotResolved, ReceiveFailed, SendFailed, TimedOut, TnetError
from tnet.events.kinds import ConnectionClosed, DialAttempted
from tnet.net.datagrams.correspondence import KEPT_BYTES, Correspondence, correspond
from tnet.plans import TcpAddress, UdpAddress

TARGET = UdpAddress("host.example", 53)
REFUSED = OSError(ECONNREFUSED, "")


class CorrespondenceTests(SynchronousTestCase):
    """`Correspondence`."""

    def setUp(self) -> None:
        self.world = World()
        self.boxes: list[Any] = []
        self.impossible: dict[str, int] = {}
        self.received: list[bytes] = []
        self.failures: list[TnetError] = []

    def make(self, host: str, port: int, source: tuple[str, int] | None) -> Any:
        if host in self.impossible:
            raise OSError(self.impossible[host], "")
        self.boxes.append(Box((host, port)))
        return self.boxes[-1]

    def begin(self, *hosts: str) -> Correspondence:
        """A correspondence with these addresses."""
        places = [TcpAddress(host, 53) for host in hosts]
        trace = self.world.publisher.trace()
        made = Correspondence(TARGET, places, None, self.world.context, trace, self.make)
        made.start(self.received.append, self.failures.append, lambda: None)
        return made

    def refuse(self) -> None:
        """The peer that is written to refuses."""
        self.boxes[-1].put(REFUSED)
        turn(self.world.reactor)

    def test_first_address(self) -> None:
        """Where nobody refuses it is the first address, and the attempt is told."""
        made = self.begin("192.0.2.1", "192.0.2.2")
        made.send(b"ping")
        self.boxes[0].put(b"pong")
        turn(self.world.reactor)
        self.assertEqual((self.boxes[0].sent, self.received, len(self.boxes)), ([b"ping"], [b"pong"], 1))
        (attempt,) = self.world.recorder.of(DialAttempted)
        self.assertEqual((attempt.peer_address, attempt.peer_port, attempt.outcome), ("192.0.2.1", 53, "ok"))

    def test_next_address(self) -> None:
        """C19, C25: the next address gets all that the one before refused, and the story has both."""
        made = self.begin("::1", "127.0.0.1")
        made.send(b"one")
        made.send(b"two")
        self.refuse()
        made.send(b"three")
        self.boxes[1].put(b"answer")
        turn(self.world.reactor)
        self.assertEqual((self.boxes[0].closed, self.boxes[1].sent), (True, [b"one", b"two", b"three"]))
        self.assertEqual((self.received, self.failures), ([b"answer"], []))
        (closed,) = self.world.recorder.of(ConnectionClosed)
        self.assertEqual((closed.reason, closed.clean), ("connection refused", False))
        self.assertEqual([record.conn for record in self.world.recorder.records if record.event is closed], [1])

    def test_refused_while_sending(self) -> None:
        """An address may refuse with any datagram, which then is not lost."""
        made = self.begin("::1", "127.0.0.1")
        made.send(b"one")
        self.boxes[0].outcomes.append(REFUSED)
        made.send(b"two")
        self.assertEqual(self.boxes[1].sent, [b"one", b"two"])

    def test_all_refuse(self) -> None:
        """C20: when all refuse, each is listed with its reason; also one that cannot even be tried."""
        self.impossible = {"::1": EADDRNOTAVAIL}
        made = self.begin("::1", "127.0.0.1", "127.0.0.2")
        made.send(b"one")
        self.refuse()
        self.world.reactor.advance(0.1)
        self.refuse()
        (error,) = self.failures
        assert isinstance(error, ConnectFailed)
        self.assertEqual(
            [(each.address, each.reason, each.seconds) for each in error.attempts],
            [
                ("[::1]:53", "cannot assign requested address", 0),
                ("127.0.0.1:53", "connection refused", 0),
                ("127.0.0.2:53", "connection refused", 0.1),
            ],
        )
        self.assertEqual(error.exit_status, 7)

    def test_none_possible(self) -> None:
        """When none can be tried, that is known at once."""
        self.impossible = {"::1": EHOSTUNREACH}
        error = self.assertRaises(ConnectFailed, self.begin, "::1")
        self.assertIn("[::1]:53: no route to host", str(error))

    def test_refused_after_an_answer(self) -> None:
        """Who has answered is the peer: its refusal is the end, without another address."""
        made = self.begin("::1", "127.0.0.1")
        made.send(b"one")
        self.boxes[0].put(b"answer")
        self.refuse()
        (error,) = self.failures
        self.assertIsInstance(error, ReceiveFailed)
        self.assertEqual((len(self.boxes), error.exit_status), (1, 56))

    def test_too_much_to_repeat(self) -> None:
        """What is too much to keep is not said again, so that there is no other address."""
        made = self.begin("::1", "127.0.0.1")
        for _ in range(KEPT_BYTES // 50_000 + 1):
            made.send(b"x" * 50_000)
        self.refuse()
        self.assertIsInstance(self.failures[0], ConnectFailed)
        self.assertEqual(len(self.boxes), 1)

    def test_cannot_be_sent(self) -> None:
        """Another error of the system's is told in its words."""
        made = self.begin("::1", "127.0.0.1")
        self.boxes[0].outcomes.append(OSError(EMSGSIZE, ""))
        made.send(b"x")
        (error,) = self.failures
        self.assertEqual(str(error), "sending failed to udp://host.example:53: message too long")
        self.assertIsInstance(error, SendFailed)

    def test_paused(self) -> None:
        """A pause holds for the next address, too."""
        made = self.begin("::1", "127.0.0.1")
        made.pause()
        self.boxes[0].outcomes.append(REFUSED)
        made.send(b"one")
        self.assertEqual((self.boxes[1].sent, self.world.reactor.getReaders()), ([b"one"], []))
        made.resume()
        self.assertEqual(len(self.world.reactor.getReaders()), 1)
        made.close("done", clean=True)
        self.assertTrue(self.boxes[1].closed)


class CorrespondTests(SynchronousTestCase):
    """`correspond`."""

    def setUp(self) -> None:
        self.world = World()

    def correspond(self, target: UdpAddress = TARGET, **options: Any) -> Deferred[Correspondence]:
        return Deferred.fromCoroutine(correspond(target, self.world.context, **options))

    def test_slow_lookup(self) -> None:
        """C22: a lookup that never ends runs into the deadline, which is named."""

        class Never:
            def run(self, *_: Any, **__: Any) -> Deferred[Any]:
                return Deferred()

        self.world.context = replace(self.world.context, names=Never())
        asked = self.correspond(seconds=5)
        self.world.reactor.advance(5)
        error = self.failureResultOf(asked, TimedOut).value
        self.assertEqual((error.phase, error.seconds), ("name lookup", 5))

    def test_contradictions(self) -> None:
        """A source that is none, and a family without an address, are refused."""
        self.failureResultOf(self.correspond(source="nowhere"), BadUsage)
        self.failureResultOf(self.correspond(UdpAddress("::1", 53), family=4), NameNotResolved)
