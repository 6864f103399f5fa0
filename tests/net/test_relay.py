"""Two connections coupled."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableDescriptor, INegotiated
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface import alsoProvides, implementer

from tnet.net.relay import BROKE, CLOSING_SECONDS, Dialled, End

DONE, BROKEN = Failure(ConnectionDone()), Failure(ConnectionLost())


@implementer(IHalfCloseableDescriptor)
class Side(StringTransport):
    """One side's transport: notes what is done to it; `bytes_out` is what its peer has taken."""

    ended_because = ""
    bytes_out = 0

    def __init__(self) -> None:
        super().__init__()
        self.did: list[str] = []

    def loseWriteConnection(self) -> None:
        assert self.producer is None, "a producer keeps the connection open"
        self.did.append("half-closed")

    def loseConnection(self) -> None:
        self.did.append("closed")

    def abortConnection(self) -> None:
        self.did.append("aborted")

    def pauseProducing(self) -> None:
        self.did.append("paused")

    def resumeProducing(self) -> None:
        self.did.append("resumed")


class RelayTests(TestCase):
    """What happens at one end, as the other sees it."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.near, self.far = Side(), Side()
        self.dialled = Dialled()
        self.dialled.makeConnection(self.far)

    def couple(self) -> End:
        """Near's end, and everything forgotten that was done to get there."""
        end = self.dialled.couple(self.near, self.clock)
        self.near.did.clear()
        self.far.did.clear()
        return end

    def test_waits(self) -> None:
        """A dialled connection is not read from before it is coupled."""
        self.assertEqual(self.far.did, ["paused"])
        self.dialled.couple(self.near, self.clock)
        self.assertEqual(self.far.did, ["paused", "resumed"])

    def test_bytes(self) -> None:
        """What comes on one side goes out on the other."""
        end = self.couple()
        end.received(b"to far")
        self.dialled.dataReceived(b"to near")
        self.assertEqual((self.far.value(), self.near.value()), (b"to far", b"to near"))

    def test_backpressure(self) -> None:
        """Each side is the other's producer."""
        self.couple()
        self.assertEqual((self.near.producer, self.far.producer), (self.far, self.near))
        self.assertEqual((self.near.streaming, self.far.streaming), (True, True))

    def test_early(self) -> None:
        """What came before the coupling is handed on then, and the end and the loss as well."""
        self.dialled.dataReceived(b"hello ")
        self.dialled.dataReceived(b"world")
        self.dialled.readConnectionLost()
        self.dialled.couple(self.near, self.clock)
        self.assertEqual((self.near.value(), self.near.did), (b"hello world", ["half-closed"]))

    def test_lost_early(self) -> None:
        """A connection that broke before the coupling breaks the other at it, and gets no producer."""
        self.dialled.connectionLost(BROKEN)
        self.dialled.couple(self.near, self.clock)
        self.assertEqual((self.near.did, self.far.producer), (["aborted"], None))

    def test_half_closes(self) -> None:
        """An end of one direction is passed on as that; after both, both are closed."""
        end = self.couple()
        end.ended()
        self.assertEqual((self.near.did, self.far.did), ([], ["half-closed"]))
        self.dialled.dataReceived(b"answer")
        self.dialled.readConnectionLost()
        self.assertEqual((self.near.did, self.far.did), (["closed"], ["half-closed", "closed"]))
        self.assertEqual(self.near.value(), b"answer")

    def test_ended_producer(self) -> None:
        """A side that has ended is nobody's producer any more: to resume it would end it again."""
        self.couple().ended()
        self.assertEqual((self.far.producer, self.near.producer), (None, self.far))

    def test_tls_that_cannot_half_close(self) -> None:
        """Where one direction cannot end alone, both do; where it can, only that one."""
        alsoProvides(self.far, INegotiated)
        self.couple().ended()
        self.assertEqual(self.far.did, ["half-closed", "closed"])

    def test_tls_that_can(self) -> None:
        """TLS 1.3 tells at once that it has ended its direction."""

        class Modern(Side):
            told: Any = None

            def loseWriteConnection(self) -> None:
                super().loseWriteConnection()
                self.told()

        self.far = Modern()
        self.far.told = self.dialled.writeConnectionLost
        alsoProvides(self.far, INegotiated)
        self.dialled.makeConnection(self.far)
        self.couple().ended()
        self.assertEqual(self.far.did, ["half-closed"])

    def test_loss(self) -> None:
        """A side that closed closes the other, one that broke off breaks it; not after all of it had come."""
        for reason, ended, expected in (
            (DONE, False, ["closed"]),
            (BROKEN, False, ["aborted"]),
            (BROKEN, True, ["half-closed", "closed"]),
        ):
            self.setUp()
            end = self.couple()
            if ended:
                end.ended()
            end.lost(reason)
            self.assertEqual((self.far.did, self.far.producer), (expected, None))
            self.assertEqual(self.far.ended_because, BROKE if expected == ["aborted"] else "")
            self.dialled.connectionLost(DONE)
            self.assertEqual((self.near.did, self.clock.getDelayedCalls()), ([], []))

    def test_far_loss(self) -> None:
        """It is the same the other way."""
        self.couple()
        self.dialled.connectionLost(BROKEN)
        self.assertEqual((self.near.did, self.near.ended_because), (["aborted"], BROKE))

    def test_patience(self) -> None:
        """A side that takes nothing of what it is still to get is cut off; one that reads slowly is not."""
        self.couple().lost(DONE)
        for taken in (10, 20, 30):
            self.far.bytes_out = taken
            self.clock.advance(CLOSING_SECONDS)
        self.assertEqual(self.far.did, ["closed"])
        self.clock.advance(CLOSING_SECONDS)
        self.assertEqual(self.far.did, ["closed", "aborted"])
