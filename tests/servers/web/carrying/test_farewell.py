"""Tests for tnet.servers.web.carrying.farewell."""

from __future__ import annotations

from twisted.internet.interfaces import ITCPTransport
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase
from zope.interface import directlyProvides

from tests.servers.web.wire import Socket
from tnet.servers.web.carrying.alarm import Alarm
from tnet.servers.web.carrying.farewell import LINGER_BYTES, Farewell


class FarewellTests(TestCase):
    """The end of a connection."""

    def begin(self, *, half_close: bool, tcp: bool = True) -> tuple[Clock, Socket, Farewell]:
        """Say goodbye."""
        clock, socket = Clock(), Socket()
        if tcp:
            directlyProvides(socket, ITCPTransport)
        farewell = Farewell(socket, Alarm(clock, clock.seconds), 5)
        farewell.begin(half_close=half_close)
        return clock, socket, farewell

    def test_half_close(self) -> None:
        """Our side is closed at once, unless TLS or the transport cannot have that."""
        for half_close, tcp in ((True, True), (False, True), (True, False)):
            socket = self.begin(half_close=half_close, tcp=tcp)[1]
            self.assertEqual((socket.half_closed, socket.disconnecting), (half_close and tcp, False))

    def test_time(self) -> None:
        """The client has five seconds."""
        clock, socket, _ = self.begin(half_close=True)
        clock.advance(4.9)
        self.assertFalse(socket.disconnecting)
        clock.advance(0.1)
        self.assertTrue(socket.disconnecting)

    def test_a_flood(self) -> None:
        """A client that sends the rest of a large body meanwhile is waited for, one that never stops is not."""
        _, socket, farewell = self.begin(half_close=True)
        piece = bytes(1 << 20)
        for _ in range(LINGER_BYTES // len(piece)):
            farewell.discard(piece)
        self.assertFalse(socket.disconnecting)
        farewell.discard(bytes(1))
        self.assertTrue(socket.disconnecting)
