"""The epoll loop without a log context."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet import epollreactor
from twisted.internet.abstract import FileDescriptor
from twisted.internet.main import CONNECTION_DONE
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tnet.runtime.epoll import EVENTS_A_TURN, RELIES_ON, LeanEPollReactor


class Descriptor(FileDescriptor):
    """Reads from one end of a socket pair, and does what the test wants when it has."""

    def __init__(self, reactor: Any, on_read: Callable[[], Any] = lambda: None) -> None:
        super().__init__(reactor)
        self.ours, self.peer = socket.socketpair()
        self.ours.setblocking(False)
        self.fileno = self.ours.fileno  # type: ignore[method-assign]
        self.on_read = on_read
        self.read = b""
        self.wrote = 0
        self.lost: list[Failure] = []
        self.startReading()

    def doRead(self) -> Any:
        self.read += self.ours.recv(100)
        return self.on_read()

    def doWrite(self) -> None:
        self.wrote += 1
        self.stopWriting()

    def connectionLost(self, reason: Failure) -> None:
        self.lost.append(reason)
        super().connectionLost(reason)


class Stubborn(Descriptor):
    """Fails when it is told that it is lost."""

    def connectionLost(self, reason: Failure) -> None:
        raise KeyError("stubborn")


class HalfStubborn(Descriptor):
    """Fails when it is told that its peer sends no more."""

    def readConnectionLost(self, reason: Failure) -> None:
        raise KeyError("stubborn")


class LoopTests(SynchronousTestCase):
    """One turn of the loop."""

    def setUp(self) -> None:
        self.reactor = LeanEPollReactor()
        self.addCleanup(self.release)
        self.descriptors: list[Descriptor] = []

    def release(self) -> None:
        for one in self.descriptors:
            self.reactor.removeReader(one)
            one.ours.close()
            one.peer.close()
        for internal in tuple(self.reactor._internalReaders):
            self.reactor.removeReader(internal)
            internal.connectionLost(None)
        self.reactor._poller.close()

    def add(self, kind: type[Descriptor] = Descriptor, **how: Any) -> Descriptor:
        """A descriptor with something to read."""
        self.descriptors.append(kind(self.reactor, **how))
        self.descriptors[-1].peer.send(b"x")
        return self.descriptors[-1]

    def test_serves_who_is_ready(self) -> None:
        """Everybody who can read or write is called, once each."""
        reads, both = self.add(), self.add()
        both.startWriting()
        self.reactor.doPoll(1)
        self.assertEqual((reads.read, reads.wrote, both.read, both.wrote), (b"x", 0, b"x", 1))

    def test_failure_is_logged_and_ends_its_own_connection(self) -> None:
        """A descriptor that raises is lost with that reason; the others are served in the same turn."""
        broken, fine = self.add(on_read=lambda: 1 / 0), self.add()
        self.reactor.doPoll(1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertIsInstance(broken.lost[0].value, ZeroDivisionError)
        self.assertEqual((fine.read, fine.lost), (b"x", []))

    def test_failure_at_the_end_is_logged_and_dropped(self) -> None:
        """One that raises even while it is being lost is dropped, and the loop goes on."""
        stubborn, fine = self.add(Stubborn, on_read=lambda: 1 / 0), self.add()
        self.reactor.doPoll(1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError, KeyError)), 2)
        self.assertNotIn(stubborn, self.reactor.getReaders())
        self.assertEqual(fine.read, b"x")

    def test_nothing_is_left_of_one_that_was_dropped(self) -> None:
        """One that fails when it is told of its peer's end, and wanted to write, is dropped from both lists."""
        stubborn = self.add(HalfStubborn, on_read=lambda: CONNECTION_DONE)
        stubborn.startWriting()
        self.reactor.doPoll(1)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.assertNotIn(stubborn, self.reactor.getWriters())

    def test_interrupt_is_let_through(self) -> None:
        """Ctrl-C while a connection is being lost ends the loop."""

        def interrupt(reason: Failure) -> None:
            raise KeyboardInterrupt

        one = self.add(on_read=lambda: 1 / 0)
        one.connectionLost = interrupt  # type: ignore[method-assign]
        self.assertRaises(KeyboardInterrupt, self.reactor.doPoll, 1)
        self.flushLoggedErrors(ZeroDivisionError)

    def test_one_that_left_in_the_same_turn_is_not_called(self) -> None:
        """A descriptor that another one removed is not served any more."""
        pair: list[Descriptor] = []

        def remove_the_other() -> None:
            for one in pair:
                if not one.read:
                    one.stopReading()

        pair += [self.add(on_read=remove_the_other), self.add(on_read=remove_the_other)]
        self.reactor.doPoll(1)
        self.assertEqual(sorted(one.read for one in pair), [b"", b"x"])

    def test_turns_are_short_and_fair(self) -> None:
        """Of a crowd a turn serves a bounded number, and nobody twice before all were: timers get their turn."""
        crowd = [self.add() for _ in range(2 * EVENTS_A_TURN)]
        for one in crowd:
            one.peer.send(b"y" * 200)
        self.reactor.doPoll(1)
        self.assertEqual(sum(bool(one.read) for one in crowd), EVENTS_A_TURN)
        self.reactor.doPoll(1)
        self.assertEqual({len(one.read) for one in crowd}, {100})

    def test_waits_no_longer_than_told(self) -> None:
        """With nobody ready a turn ends when its time is up."""
        self.reactor.doPoll(0)
        self.assertEqual(self.descriptors, [])

    def test_iteration_is_the_same_loop(self) -> None:
        """What `reactor.iterate` and `run` call is this loop, not the one it replaces."""
        self.assertIs(LeanEPollReactor.doIteration, LeanEPollReactor.doPoll)


class ContractTests(SynchronousTestCase):
    """What we use of Twisted without a promise."""

    def test_names_are_there(self) -> None:
        """The poller, the table of descriptors and the dispatch exist under their names."""
        reactor = LeanEPollReactor()
        self.addCleanup(reactor._poller.close)
        self.addCleanup(lambda: [each.connectionLost(None) for each in reactor._internalReaders])
        self.assertEqual([name for name in RELIES_ON if not hasattr(reactor, name)], [])

    def test_stock_loop_does_what_we_replaced(self) -> None:
        """Twisted's own loop still is: poll, find the descriptor, dispatch in a log context."""
        names = epollreactor.EPollReactor.doPoll.__code__.co_names
        self.assertLessEqual({"_poller", "_selectables", "_doReadOrWrite", "callWithLogger"}, set(names))

    def test_stock_dispatch_does_what_we_replaced(self) -> None:
        """Its dispatch of an event to read still is: call `doRead`, log what it raises, disconnect for what it says."""
        names = epollreactor.EPollReactor._doReadOrWrite.__code__.co_names
        self.assertLessEqual({"doRead", "exc_info", "err", "_disconnectSelectable"}, set(names))
