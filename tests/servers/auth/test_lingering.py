"""The end of a connection whose last line must arrive."""

from twisted.internet.interfaces import INegotiated
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import TestCase
from zope.interface import directlyProvides

from tests.servers.auth.wire import Wire
from tnet.servers.auth.lingering import LINGER_SECONDS, MOST_LOOKS, Lingering


class LingeringTests(TestCase):
    """From our last byte to the end."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.wire = Wire()
        self.wire.registerProducer(self, True)
        self.lingering = Lingering(self.wire, self.clock)

    def test_half_close_first(self) -> None:
        """It says that no more will come, and closes when the peer says so too."""
        self.lingering.begin(peer_ended=False)
        self.assertEqual(self.wire.endings, ["half-closed"])
        self.lingering.peer_ended()
        self.assertEqual(self.wire.endings, ["half-closed", "closed"])

    def test_peer_ended_before(self) -> None:
        """With a peer that has ended already there is nothing to wait for."""
        self.lingering.begin(peer_ended=True)
        self.assertEqual(self.wire.endings, ["closed"])

    def test_producer_goes_first(self) -> None:
        """The producer is taken away before, as a paused one keeps the connection open."""
        self.lingering.begin(peer_ended=False)
        self.assertIsNone(self.wire.producer)

    def test_patience(self) -> None:
        """A peer that does nothing is cut off, on the second."""
        self.lingering.begin(peer_ended=False)
        self.clock.advance(LINGER_SECONDS - 0.01)
        self.assertEqual(self.wire.endings, ["half-closed"])
        self.clock.advance(0.01)
        self.assertEqual(self.wire.endings, ["half-closed", "aborted"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_slow_peer(self) -> None:
        """A peer that takes bytes all along is waited for, but not for ever."""
        self.lingering.begin(peer_ended=False)
        for _ in range(MOST_LOOKS - 1):
            self.wire.bytes_out += 1
            self.clock.advance(LINGER_SECONDS)
            self.assertEqual(self.wire.endings, ["half-closed"])
        self.wire.bytes_out += 1
        self.clock.advance(LINGER_SECONDS)
        self.assertEqual(self.wire.endings, ["half-closed", "aborted"])

    def test_over(self) -> None:
        """Once the connection is gone no timer is left, even if none was there."""
        Lingering(self.wire, self.clock).over()
        self.lingering.begin(peer_ended=False)
        self.lingering.over()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cannot_half_close(self) -> None:
        """A transport that cannot half-close, and TLS, which only claims to, are closed."""
        directlyProvides(self.wire, INegotiated)
        self.lingering.begin(peer_ended=False)
        self.assertEqual(self.wire.endings, ["closed"])
        simple = StringTransport()
        simple.registerProducer(self, True)
        Lingering(simple, self.clock).begin(peer_ended=False)
        self.assertTrue(simple.disconnecting)
