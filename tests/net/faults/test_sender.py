"""What is passed on, over a transport that only takes notes."""

from __future__ import annotations

from typing import Any

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.events.kinds import FaultInjected
from tnet.net.faults.sender import DELIVERY_SECONDS, SILENCE_SECONDS, Sender
from tnet.plans.faults import parse_fault
from tnet.protocols.impairment import Impairment


class Noting(StringTransport):
    """A transport that keeps each write by itself, and the order of everything else; a deaf one has no reader."""

    def __init__(self, *, deaf: bool = False) -> None:
        super().__init__()
        self.notes: list[Any] = []
        self.bytes_out = 0
        self.deaf = deaf

    def write(self, data: bytes) -> None:
        self.notes.append(data)
        if not self.deaf:
            self.bytes_out += len(data)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self.notes.append("register")
        super().registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        self.notes.append("unregister")
        super().unregisterProducer()

    def abortConnection(self) -> None:
        self.notes.append("abort")


class Producer:
    """What it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")

    def stopProducing(self) -> None:
        self.told.append("stop")


class SenderTests(SynchronousTestCase):
    """Between a protocol and its transport."""

    def setUp(self) -> None:
        self.world = World()
        self.beneath = Noting()

    def sender(self, *texts: str) -> Sender:
        """One with these faults."""
        faults = tuple(map(parse_fault, texts))
        made = Sender(faults, Impairment(faults, "7"), self.world.context)
        made.start(self.beneath, self.world.publisher.trace())
        return made

    def test_pieces_leave_alone(self) -> None:
        """One piece a turn: the first at once, each other by a timer of its own."""
        self.sender("slice=4").write(b"hello, world")
        self.assertEqual(self.beneath.notes, ["register", b"hell"])
        self.assertEqual(len(self.world.reactor.getDelayedCalls()), 1)
        self.world.reactor.advance(0)
        self.assertEqual(self.beneath.notes[2:], [b"o, w", b"orld", "unregister"])

    def test_registered_while_there_is_something(self) -> None:
        """The transport has a producer as long as something is held back, and no longer."""
        sender = self.sender("bandwidth=100")
        for _ in range(2):
            sender.write(b"x" * 10)
            self.assertIs(self.beneath.producer, sender)
            self.world.reactor.advance(1)
            self.assertIsNone(self.beneath.producer)

    def test_transport_that_is_full(self) -> None:
        """While the transport takes no more, nothing is passed on, and time does not matter."""
        sender = self.sender("slice=4")
        sender.write(b"hello, world")
        sender.pauseProducing()
        self.world.reactor.advance(1)
        self.assertEqual(self.beneath.notes, ["register", b"hell"])
        sender.resumeProducing()
        self.world.reactor.advance(0)
        self.assertEqual(self.beneath.notes[2:], [b"o, w", b"orld", "unregister"])

    def test_producer_waits(self) -> None:
        """Who says too much is told to wait, once, and to go on when half of it is out."""
        sender, producer = self.sender("bandwidth=100000"), Producer()
        sender.feed_from(producer)
        for _ in range(3):
            sender.write(b"x" * 50_000)
        self.assertEqual(producer.told, ["pause"])
        self.world.reactor.pump([0.1] * 10)
        self.assertEqual(producer.told, ["pause"])
        self.world.reactor.pump([0.1] * 5)
        self.assertEqual(producer.told, ["pause", "resume"])

    def test_end(self) -> None:
        """An end comes behind what was said, the last wish counts, and is done at once when nothing waits."""
        sender, done = self.sender("latency=1s"), list[str]()
        sender.write(b"x")
        sender.finish(lambda: done.append("half"))
        sender.finish(lambda: done.append("all"))
        self.assertEqual(done, [])
        self.world.reactor.pump([0.5, 0.6])
        self.assertEqual((done, self.beneath.notes), (["all"], ["register", b"x", "unregister"]))
        sender.finish(lambda: done.append("again"))
        self.assertEqual(done, ["all", "again"])

    def test_end_before_the_limit_is_reached(self) -> None:
        """Who has ended already is closed at the limit at once, and is not kept in silence for ever."""
        for fault, seconds in (("limit=1:close", 0.0), ("limit=1:stall", SILENCE_SECONDS)):
            self.beneath = Noting()
            sender = self.sender("latency=1s", fault)
            sender.write(b"xy")
            sender.finish(self.beneath.loseConnection)
            for wait, ended in ((0.9, False), (0.2, not seconds), (seconds, True)):
                self.world.reactor.advance(wait)
                self.assertEqual(self.beneath.disconnecting, ended)

    def test_reset_waits_for_delivery(self) -> None:
        """A reset waits until the system has taken what was sent, but not for ever."""
        for deaf, seconds in ((False, 0.0), (True, DELIVERY_SECONDS)):
            self.beneath = Noting(deaf=deaf)
            self.sender("limit=1:reset").write(b"xy")
            if seconds:
                self.world.reactor.pump([seconds / 20] * 19)
                self.assertNotIn("abort", self.beneath.notes)
                self.world.reactor.pump([seconds / 20] * 2)
            self.assertEqual(self.beneath.notes, ["register", b"x", "unregister", "abort"])

    def test_stop(self) -> None:
        """When the connection is over nothing waits, and who produced is told; nothing wakes it up again."""
        sender, producer = self.sender("latency=1s"), Producer()
        sender.feed_from(producer)
        sender.write(b"x")
        sender.stop()
        self.assertEqual((producer.told, self.world.reactor.getDelayedCalls()), (["stop"], []))
        sender.write(b"y")
        sender.finish(self.fail)
        sender.end_silence()
        sender.stopProducing()
        self.assertEqual((self.beneath.notes, self.world.reactor.getDelayedCalls()), ([], []))

    def test_tells_what_happens(self) -> None:
        """With the first bytes the faults of every byte are told; a limit when it is reached."""
        sender = self.sender("limit=3:stall", "latency=1s", "refuse=0%")
        sender.write(b"")
        self.assertEqual(self.world.recorder.of(FaultInjected), [])
        sender.write(b"xy")
        sender.write(b"z")
        self.world.reactor.advance(1.1)
        told = [(event.fault, event.detail) for event in self.world.recorder.of(FaultInjected)]
        self.assertEqual(told, [("latency", "1s"), ("limit", "3:stall")])
