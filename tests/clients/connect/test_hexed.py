"""Standard output as a dump."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import DONE, Paper, Typed, Wire
from tests.support import World
from tnet.clients.connect.coupling import Coupling
from tnet.clients.connect.hexed import HexedOutput
from tnet.clients.connect.overhearing import Overheard
from tnet.plans import TcpAddress
from tnet.plans.connect import ConnectPlan


class HexedTests(SynchronousTestCase):
    """A conversation whose output is a dump."""

    def setUp(self) -> None:
        self.world, self.wire, self.input, self.paper = World(), Wire(), Typed(), Paper(is_terminal=True)
        self.output = HexedOutput(self.paper, self.world.context)
        coupling = Coupling(ConnectPlan(target=TcpAddress("h", 7)), self.world.context, self.output)
        self.world.reactor.advance(5)
        self.protocol = Overheard(coupling, [self.output])
        self.protocol.makeConnection(self.wire)
        self.running = Deferred.fromCoroutine(self.protocol.run(self.input))

    def rows(self) -> list[str]:
        """What is on the paper."""
        return [" ".join(row.split()) for row in self.paper.written.decode().splitlines()]

    def test_both_directions(self) -> None:
        """Both directions are in the dump, with times from the connection on, and nothing else is written."""
        self.input.give(b"hello\n")
        self.world.reactor.advance(0.5)
        self.protocol.dataReceived(b"\x1b[2J")
        self.input.give(b"")
        self.protocol.writeConnectionLost()
        self.assertEqual(
            self.rows(),
            [
                "> 0.000000 00000000 68 65 6c 6c 6f 0a |hello.|",
                "< 0.500000 00000000 1b 5b 32 4a |.[2J|",
                "> 0.500000 00000006 end of file",
            ],
        )

    def test_slow_reader(self) -> None:
        """Both sides wait for whoever reads the dump, and the peer is not taken for silent meanwhile."""
        self.paper.slow = True
        self.input.give(bytes(100_000))
        self.assertEqual((self.wire.reads, self.input.paused), (False, True))
        self.assertGreater(self.output.waiting, 0)
        self.paper.catch_up()
        self.assertEqual((self.wire.reads, self.input.paused, self.output.waiting), (True, False, 0))

    def test_reader_that_catches_up_later(self) -> None:
        """When the connection is gone already, nobody is left to go on."""
        self.paper.slow = True
        self.input.give(bytes(100_000))
        self.protocol.connectionLost(DONE)
        self.assertIsNone(self.successResultOf(self.running))
        flushed = self.output.flushed()
        self.paper.catch_up()
        self.successResultOf(flushed)
