"""A UDP socket that anybody may write to, in memory."""

from __future__ import annotations

import socket
from errno import ECONNREFUSED, EPERM
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import DatagramProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.net.datagrams.boxes import Box, turn
from tests.support import World
from tnet.net.datagrams.connection import DATAGRAMS_AT_ONCE
from tnet.net.datagrams.port import IP_PKTINFO, DatagramPort, DatagramService
from tnet.plans import Limits

ALICE = ("192.0.2.1", 1001)
TOLD4 = (socket.IPPROTO_IP, IP_PKTINFO, b"\x07\0\0\0" + b"\xc0\0\2\x63" + b"\xc0\0\2\xff")


class Answering(DatagramProtocol):
    """Answers in capitals, unless it is asked to fail."""

    transport: Any

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        if datagram == b"fail":
            raise ValueError("asked to")
        self.transport.write(datagram.upper(), addr)


class PortTests(SynchronousTestCase):
    """`DatagramPort`."""

    def setUp(self) -> None:
        self.world = World()

    def listen(self, host: str = "192.0.2.9") -> tuple[Any, DatagramPort]:
        """A port that listens."""
        box: Any = Box(local=(host, 8000))
        box.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        port = DatagramService(Answering, Limits(), self.world.context).serve(box)
        self.addCleanup(port.stopListening)
        return box, port

    def test_answers(self) -> None:
        """Each datagram is handed on with its sender, and answered as it is, however large or empty."""
        box, port = self.listen()
        for data in (b"one", b"", b"x" * 65_507):
            box.put(data, ALICE)
        turn(self.world.reactor)
        self.assertEqual(box.sent_to, [(data, ALICE, []) for data in (b"ONE", b"", b"X" * 65_507)])
        self.assertEqual(port.getHost(), IPv4Address("UDP", "192.0.2.9", 8000))

    def test_from_the_address_that_was_written_to(self) -> None:
        """On all addresses an answer leaves from the one that was written to, by whichever interface."""
        box, _ = self.listen("0.0.0.0")
        self.assertIn((socket.IPPROTO_IP, IP_PKTINFO), box.options)
        box.put(b"x", ALICE, [TOLD4])
        turn(self.world.reactor)
        expected = (socket.IPPROTO_IP, IP_PKTINFO, bytes(4) + b"\xc0\0\2\x63" + bytes(4))
        self.assertEqual(box.sent_to, [(b"X", ALICE, [expected])])

    def test_from_the_address_of_version_6(self) -> None:
        """So it does with IPv6; a link-local address needs its interface, and a group's cannot be answered from."""
        box, _ = self.listen("::")
        self.assertIn((socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO), box.options)
        sender, kind = ("2001:db8::1", 1, 0, 0), (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)
        zone = b"\x07\0\0\0"
        for first in (b"\x20\x01", b"\xfe\x80", b"\xff\x02"):
            box.put(b"x", sender, [(*kind, first + bytes(13) + b"\1" + zone)])
        turn(self.world.reactor)
        self.assertEqual(
            [origin for _, _, origin in box.sent_to],
            [
                [(*kind, b"\x20\x01" + bytes(13) + b"\1" + bytes(4))],
                [(*kind, b"\xfe\x80" + bytes(13) + b"\1" + zone)],
                [],
            ],
        )

    def test_one_address_needs_no_telling(self) -> None:
        """A socket on one address answers from there anyway."""
        box, _ = self.listen()
        self.assertNotIn((socket.IPPROTO_IP, IP_PKTINFO), box.options)

    def test_no_room(self) -> None:
        """While an answer waits nothing is read; what comes then is dropped by the system, not kept by us."""
        box, _ = self.listen()
        box.full = True
        for data in (b"one", b"two"):
            box.put(data, ALICE)
        turn(self.world.reactor)
        self.assertEqual((len(box.incoming), self.world.reactor.getReaders()), (1, []))
        box.full = False
        turn(self.world.reactor)
        turn(self.world.reactor)
        self.assertEqual([data for data, _, _ in box.sent_to], [b"ONE", b"TWO"])
        self.assertEqual(self.world.reactor.getWriters(), [])

    def test_answer_that_cannot_be_sent(self) -> None:
        """It is lost, as datagrams may be, and the next one is not."""
        box, _ = self.listen()
        box.outcomes.append(OSError(EPERM, ""))
        box.put(b"one", ALICE)
        box.put(b"two", ALICE)
        turn(self.world.reactor)
        self.assertEqual([data for data, _, _ in box.sent_to], [b"TWO"])

    def test_protocol_that_fails(self) -> None:
        """C40: an exception is logged, and ends nothing but that datagram."""
        box, _ = self.listen()
        box.put(b"fail", ALICE)
        box.put(b"two", ALICE)
        turn(self.world.reactor)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual([data for data, _, _ in box.sent_to], [b"TWO"])

    def test_errors_of_the_socket(self) -> None:
        """An error that the system tells does not end the listening."""
        box, port = self.listen()
        box.put(OSError(ECONNREFUSED, ""))
        turn(self.world.reactor)
        self.world.reactor.removeReader(port)
        port.connectionLost(Failure(ConnectionDone()))
        box.put(b"one", ALICE)
        turn(self.world.reactor)
        self.assertEqual([data for data, _, _ in box.sent_to], [b"ONE"])

    def test_senders_that_get_no_answer(self) -> None:
        """Who would answer for ever is not handed on."""
        box, _ = self.listen()
        box.put(b"one", ("192.0.2.1", 7))
        turn(self.world.reactor)
        self.assertEqual(box.sent_to, [])

    def test_turns(self) -> None:
        """A flood does not keep the reactor from the others."""
        box, _ = self.listen()
        for _ in range(DATAGRAMS_AT_ONCE + 1):
            box.put(b"x", ALICE)
        turn(self.world.reactor)
        self.assertEqual(len(box.sent_to), DATAGRAMS_AT_ONCE)

    def test_stop(self) -> None:
        """Afterwards the socket is closed, its peers are forgotten, and nothing waits."""
        box, port = self.listen()
        box.put(b"one", ALICE)
        turn(self.world.reactor)
        self.successResultOf(port.stopListening())
        self.successResultOf(port.stopListening())
        self.assertEqual((box.closed, len(port.peers), self.world.reactor.getReaders()), (True, 0, []))
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
