"""Tests for tnet.servers.web.carrying.outlet."""

from __future__ import annotations

from twisted.internet.abstract import FileDescriptor
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import TestCase

from tests.servers.web.wire import Socket
from tnet.servers.web.carrying.alarm import Alarm
from tnet.servers.web.carrying.outlet import HELD_BYTES, RELIES_ON, Outlet


class Producer:
    """Notes what it is told; as a pull producer it writes `pieces` letters, one each time."""

    def __init__(self, outlet: Outlet | None = None, pieces: int = 0) -> None:
        self.told: list[str] = []
        self.outlet = outlet
        self.pieces = pieces

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")
        if self.outlet is not None:
            self.outlet.write(b"x")
            self.pieces -= 1
            if not self.pieces:
                self.outlet.unregisterProducer()

    def stopProducing(self) -> None:
        self.told.append("stop")


class OutletTests(TestCase):
    """The write side."""

    def setUp(self) -> None:
        self.clock, self.socket = Clock(), Socket()
        self.notes: list[str] = []
        self.outlet = Outlet(
            self.socket,
            self.clock,
            Alarm(self.clock, self.clock.seconds),
            60,
            lambda: self.notes.append("stalled"),
            lambda: self.notes.append("drained"),
        )

    def test_writes_of_one_turn_leave_together(self) -> None:
        """Small writes wait for the end of the reactor's turn."""
        self.outlet.write(b"a")
        self.outlet.write(b"b")
        self.assertEqual(self.socket.value(), b"")
        self.clock.advance(0)
        self.assertEqual(self.socket.value(), b"ab")

    def test_held(self) -> None:
        """While held, writes wait; `release` sends them, and nothing is left to do later."""
        self.outlet.hold()
        self.outlet.write(b"a")
        self.clock.advance(1)
        self.assertEqual(self.socket.value(), b"")
        self.outlet.release()
        self.assertEqual((self.socket.value(), self.clock.getDelayedCalls()), (b"a", []))

    def test_much_is_not_held(self) -> None:
        """More than 64 KiB leave at once, and in order."""
        self.outlet.hold()
        self.outlet.write(b"a")
        self.outlet.write(b"b" * HELD_BYTES)
        self.assertEqual(self.socket.value(), b"a" + b"b" * HELD_BYTES)

    def test_push_producers_follow_the_client(self) -> None:
        """A push producer is paused and resumed with the transport, also when it comes late."""
        producer = Producer()
        self.outlet.pauseProducing()
        self.outlet.registerProducer(producer, True)
        self.outlet.resumeProducing()
        self.outlet.pauseProducing()
        self.assertEqual((producer.told, self.notes), (["pause", "resume", "pause"], ["drained"]))
        self.outlet.unregisterProducer()
        self.outlet.resumeProducing()
        self.assertEqual(len(producer.told), 3)

    def test_pull_producers_are_asked_each_turn(self) -> None:
        """A pull producer is asked for a piece each turn, and not while the client does not read."""
        producer = Producer(self.outlet, pieces=3)
        self.outlet.pauseProducing()
        self.outlet.registerProducer(producer, False)
        self.clock.advance(1)
        self.assertEqual(producer.told, [])
        self.outlet.resumeProducing()
        self.clock.advance(0)
        self.assertEqual((producer.told, self.socket.value()), (["resume"] * 3, b"xxx"))

    def test_one_producer_at_a_time(self) -> None:
        """A second producer is a mistake."""
        self.outlet.registerProducer(Producer(), True)
        self.assertRaises(RuntimeError, self.outlet.registerProducer, Producer(), True)

    def test_producers_hear_of_the_end(self) -> None:
        """When the connection is gone the producer is stopped, pull or push."""
        for streaming in (True, False):
            producer = Producer()
            self.outlet.registerProducer(producer, streaming)
            self.outlet.stopProducing()
            self.assertEqual(producer.told, ["stop"])
            self.outlet.unregisterProducer()

    def test_stalled(self) -> None:
        """A minute in which the client takes nothing is a stall; any progress begins a new minute."""
        self.outlet.pauseProducing()
        self.clock.advance(59)
        self.socket.bytes_out = 1
        self.clock.advance(60)
        self.assertEqual(self.notes, [])
        self.clock.advance(60)
        self.assertEqual(self.notes, ["stalled"])

    def test_stalled_since(self) -> None:
        """A client that takes little is known from when it began to; one that takes enough, or everything, is not."""
        self.clock.advance(1)
        self.assertIsNone(self.outlet.stalled_since(1024))
        self.outlet.pauseProducing()
        self.clock.advance(10)
        self.assertEqual(self.outlet.stalled_since(1024), 1)
        self.socket.bytes_out = 10_239
        self.assertEqual(self.outlet.stalled_since(1024), 1)
        self.socket.bytes_out = 10_240
        self.assertIsNone(self.outlet.stalled_since(1024))
        self.clock.advance(1)
        self.assertEqual(self.outlet.stalled_since(1024), 1)
        self.outlet.resumeProducing()
        self.assertIsNone(self.outlet.stalled_since(1024))

    def test_a_stock_transport(self) -> None:
        """A transport that does not count shows by what it holds back whether the client takes anything."""

        class Stock(StringTransport):
            dataBuffer, offset = b"x" * 1000, 0

        for name in RELIES_ON:
            self.assertTrue(hasattr(FileDescriptor(self.clock), name), name)  # type: ignore[arg-type]
        stock = Stock()
        alarm = Alarm(self.clock, self.clock.seconds)
        outlet = Outlet(stock, self.clock, alarm, 60, lambda: self.notes.append("stalled"), lambda: None)
        outlet.pauseProducing()
        self.assertEqual(outlet.stalled_since(1024), 0)
        stock.offset = 10
        self.assertIsNone(outlet.stalled_since(1024))
        self.clock.advance(60)
        stock.dataBuffer, stock.offset = b"x" * 10, 10
        self.clock.advance(60)
        self.assertEqual(self.notes, [])
        self.clock.advance(60)
        self.assertEqual(self.notes, ["stalled"])

    def test_under_tls(self) -> None:
        """What TLS has encrypted was not taken by anybody yet: the transport below it shows the progress."""
        secured = Socket()
        secured.transport = self.socket  # type: ignore[attr-defined]
        alarm = Alarm(self.clock, self.clock.seconds)
        outlet = Outlet(secured, self.clock, alarm, 60, lambda: self.notes.append("stalled"), lambda: None)
        outlet.pauseProducing()
        secured.bytes_out = 1_000_000
        self.clock.advance(59)
        self.assertEqual(outlet.stalled_since(1024), 0)
        self.socket.bytes_out = 1
        self.clock.advance(1)
        self.assertEqual(self.notes, [])
        secured.bytes_out = 2_000_000
        self.clock.advance(60)
        self.assertEqual(self.notes, ["stalled"])

    def test_write_now(self) -> None:
        """What is written now comes behind what was held, and waits for nothing."""
        self.outlet.write_now(b"a")
        self.outlet.write(b"b")
        self.outlet.write_now(b"c")
        self.assertEqual(self.socket.value(), b"abc")

    def test_let_go(self) -> None:
        """What was written is sent, and then the transport is somebody else's."""
        self.outlet.write(b"a")
        self.outlet.let_go()
        self.assertEqual((self.socket.value(), self.socket.producer, self.clock.getDelayedCalls()), (b"a", None, []))

    def test_stalled_at_the_end(self) -> None:
        """What was written last is watched too; the transport is not ours any more."""
        self.outlet.write(b"bye")
        self.outlet.finish()
        self.assertEqual((self.socket.value(), self.socket.producer), (b"bye", None))
        self.clock.advance(60)
        self.assertEqual(self.notes, ["stalled"])
