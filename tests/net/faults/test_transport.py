"""What a protocol sees of a faulty transport."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import INegotiated
from twisted.trial.unittest import SynchronousTestCase

from tests.net.streams import CountingTransport, SecuredTransport
from tests.support import World
from tnet.events import silent_trace
from tnet.net.faults.sender import Sender
from tnet.net.faults.transport import FaultyTransport, faulty_transport
from tnet.plans.faults import parse_fault
from tnet.protocols.impairment import Impairment


class FaultyTransportTests(SynchronousTestCase):
    """It looks like the real one."""

    def made(self, beneath: CountingTransport, *texts: str) -> FaultyTransport:
        """One over `beneath`, with these faults."""
        faults = tuple(map(parse_fault, texts))
        self.beneath, self.world = beneath, World()
        sender = Sender(faults, Impairment(faults, "7"), self.world.context)
        sender.start(beneath, silent_trace())
        return faulty_transport(beneath, sender)

    def test_who_is_there(self) -> None:
        """Addresses and counts are those of the real one, and why it ended is told to that."""
        faulty = self.made(CountingTransport())
        self.beneath.bytes_in, self.beneath.bytes_out = 3, 4
        faulty.ended_because = "enough"
        self.assertEqual((faulty.getPeer(), faulty.getHost()), (self.beneath.getPeer(), self.beneath.getHost()))
        self.assertEqual((faulty.bytes_in, faulty.bytes_out, faulty.ended_because), (3, 4, "enough"))
        self.assertEqual(self.beneath.ended_because, "enough")
        self.assertFalse(INegotiated.providedBy(faulty))

    def test_error(self) -> None:
        """What the system said is told, where it said something."""
        faulty: Any = self.made(CountingTransport())
        self.assertIsNone(faulty.os_error)
        error = self.beneath.os_error = OSError(104, "reset")  # type: ignore[attr-defined]  # as a stream has it
        self.assertIs(faulty.os_error, error)

    def test_secured(self) -> None:
        """Over TLS it says so, and has the session."""
        session = object()
        faulty = self.made(SecuredTransport(session))
        assert INegotiated.providedBy(faulty)
        self.assertEqual((faulty.getHandle(), faulty.negotiatedProtocol), (session, None))

    def test_writing(self) -> None:
        """Several pieces are one; nothing follows the end."""
        faulty = self.made(CountingTransport())
        faulty.writeSequence([b"he", b"llo"])
        faulty.loseConnection()
        faulty.write(b"more")
        faulty.loseWriteConnection()
        self.assertEqual((self.beneath.value(), self.beneath.disconnecting), (b"hello", True))

    def test_reading(self) -> None:
        """Pausing and resuming are for the real one; it reads again for its close."""
        faulty = self.made(CountingTransport())
        for pause, state in ((True, "paused"), (False, "producing"), (True, "paused")):
            faulty.pauseProducing() if pause else faulty.resumeProducing()
            self.assertEqual(self.beneath.producerState, state)
        faulty.stopProducing()
        self.assertEqual((self.beneath.producerState, self.beneath.disconnecting), ("producing", True))

    def test_producer_that_does_not_stream(self) -> None:
        """It cannot be paused, so it is refused."""
        with self.assertRaises(ValueError):
            self.made(CountingTransport()).registerProducer(object(), False)

    def test_abort(self) -> None:
        """An abort does not wait for what is late."""
        faulty = self.made(CountingTransport(), "latency=1s")
        faulty.write(b"x")
        faulty.abortConnection()
        self.assertEqual((self.beneath.disconnected, self.world.reactor.getDelayedCalls()), (True, []))
