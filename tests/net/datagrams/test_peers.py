"""The table of peers."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.events.kinds import ConnectionClosed, ConnectionOpened, ConnectionRefused, DataMoved
from tnet.net.datagrams.peers import SILENT_SECONDS, Peers
from tnet.plans import Limits

ALICE, BOB, CAROL = ("192.0.2.1", 1001), ("192.0.2.2", 1002), ("2001:db8::3", 1003, 0, 0)


class PeersTests(SynchronousTestCase):
    """`Peers`."""

    def setUp(self) -> None:
        self.world = World()
        self.use(Limits())

    def use(self, limits: Limits, local: tuple[str, int] = ("192.0.2.9", 8000)) -> None:
        """A table with these limits."""
        self.peers = Peers(local, limits, self.world.context)
        self.addCleanup(lambda: self.peers.close())

    @property
    def ends(self) -> list[tuple[str, int, int]]:
        """Why connections ended, with what they moved."""
        return [(each.reason, each.bytes_in, each.bytes_out) for each in self.world.recorder.of(ConnectionClosed)]

    def test_one_connection_a_peer(self) -> None:
        """The first datagram opens a connection, the later ones and the answers belong to it."""
        self.peers.heard(ALICE, b"one")
        self.peers.heard(ALICE, b"two!")
        self.peers.said(ALICE, b"answer")
        self.peers.heard(CAROL, b"hello")
        opened = self.world.recorder.of(ConnectionOpened)
        self.assertEqual([(each.role, each.transport, each.peer_address) for each in opened], [
            ("server", "udp", "192.0.2.1"), ("server", "udp", "2001:db8::3"),
        ])  # fmt: skip
        moved = [(each.by, each.bytes, each.offset) for each in self.world.recorder.of(DataMoved)]
        self.assertEqual(moved, [("peer", 3, 0), ("peer", 4, 3), ("us", 6, 0), ("peer", 5, 0)])
        self.assertEqual(sorted({record.conn for record in self.world.recorder.records}), [1, 2])
        self.peers.close()
        self.assertEqual(self.ends, [("closed by us", 7, 6), ("closed by us", 5, 0)])
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_silence(self) -> None:
        """Who is silent is forgotten, and only that one."""
        self.peers.heard(ALICE, b"x")
        self.world.reactor.advance(SILENT_SECONDS / 2)
        self.peers.heard(BOB, b"x")
        self.world.reactor.advance(SILENT_SECONDS / 2)
        self.assertEqual((self.ends, len(self.peers)), ([(f"silent for {SILENT_SECONDS:g} s", 1, 0)], 1))
        self.world.reactor.advance(SILENT_SECONDS / 2)
        self.assertEqual(len(self.peers), 0)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_idle_timeout(self) -> None:
        """The server's own idle timeout holds instead."""
        self.use(Limits(idle_seconds=2))
        self.peers.heard(ALICE, b"x")
        self.world.reactor.advance(2)
        self.assertEqual(self.ends, [("silent for 2 s", 1, 0)])

    def test_bounded(self) -> None:
        """Whoever was silent for the longest gives way to a new one, so that forged senders cost no memory."""
        self.use(Limits(max_connections=2))
        for address in (ALICE, BOB, ALICE, CAROL):
            self.peers.heard(address, b"x")
        self.assertEqual((len(self.peers), self.ends), (2, [("2 others have sent something since", 1, 0)]))
        self.assertIsNone(self.peers.find(BOB))
        self.peers.said(BOB, b"too late")

    def test_unlimited_is_bounded_as_well(self) -> None:
        """No limit is still one that memory allows."""
        self.use(Limits(max_connections=0))
        self.assertEqual(self.peers._most, 65_536)

    def test_who_would_answer_for_ever(self) -> None:
        """A sender that answers answers, and one that looks like us, get none; that is told once each."""
        self.use(Limits(), ("0.0.0.0", 8000))
        for address in (("192.0.2.1", 7), ("192.0.2.1", 7), ("127.0.0.1", 8000), ("192.0.2.1", 0)):
            self.assertIsNone(self.peers.heard(address, b"x"))
        refused = [(each.peer_address, each.peer_port) for each in self.world.recorder.of(ConnectionRefused)]
        self.assertEqual(refused, [("192.0.2.1", 7), ("127.0.0.1", 8000), ("192.0.2.1", 0)])
        self.assertIsNotNone(self.peers.heard(("192.0.2.1", 8000), b"x"))
        self.use(Limits())
        self.assertIsNone(self.peers.heard(("192.0.2.9", 8000), b"x"))
        self.peers.close()
        self.assertEqual(self.world.recorder.of(ConnectionClosed), [])
