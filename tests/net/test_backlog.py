"""What the system still holds of what we sent."""

from __future__ import annotations

import socket
from types import SimpleNamespace

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import TestCase

from tnet.net.backlog import unacknowledged


class UnacknowledgedTests(TestCase):
    """How much that is."""

    def test_shrinks_as_the_peer_reads(self) -> None:
        """Bytes count until the peer has taken them."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        transport = SimpleNamespace(socket=ours)
        self.assertEqual(unacknowledged(transport), 0)
        ours.sendall(bytes(1000))
        self.assertGreater(unacknowledged(transport), 0)
        theirs.recv(1000)
        self.assertEqual(unacknowledged(transport), 0)

    def test_unknown_is_nothing(self) -> None:
        """A transport without a socket, or with a closed one, holds nothing."""
        ours, theirs = socket.socketpair()
        theirs.close()
        ours.close()
        self.assertEqual(unacknowledged(SimpleNamespace(socket=ours)), 0)
        self.assertEqual(unacknowledged(StringTransport()), 0)
