"""A server on a bad network."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.errors import BadUsage
from tnet.net.faults.factory import Faults
from tnet.net.server import Server
from tnet.plans.addresses import TcpAddress, UdpAddress
from tnet.plans.faults import parse_fault
from tnet.plans.serve import EchoPlan
from tnet.plans.web import WebPlan
from tnet.servers.echo import EchoFactory
from tnet.servers.faulty import with_faults


class FaultyServerTests(SynchronousTestCase):
    """What becomes of a server."""

    def plan(self, *faults: str, seed: int | None = None, udp: bool = False) -> EchoPlan:
        """An echo with these faults."""
        address = (UdpAddress if udp else TcpAddress)("127.0.0.1", 0)
        return EchoPlan(listen=(address,), faults=tuple(map(parse_fault, faults)), seed=seed)

    def serve(self, plan: EchoPlan) -> Server:
        """A server with that plan's faults."""
        self.said: list[str] = []
        server = Server(factory=EchoFactory(), goodbye=lambda: self.said.append("goodbye"), notes=("hello",))
        return with_faults(server, plan, World().context)

    def test_wraps_the_factory(self) -> None:
        """The faults are around the factory, and the server still says goodbye."""
        server = self.serve(self.plan("latency=1s"))
        self.assertIsInstance(server.factory, Faults)
        server.goodbye()
        self.assertEqual(self.said, ["goodbye"])

    def test_note(self) -> None:
        """Whoever started it is told what will go wrong, and how to have the same again."""
        server = self.serve(self.plan("latency=1s", "refuse=10%", seed=7))
        self.assertEqual(server.notes, ("hello", "on purpose: latency=1s, refuse=10%; --seed 7 repeats it"))

    def test_own_seed(self) -> None:
        """Without a seed one is chosen, another in each run, and it is told."""
        notes = {self.serve(self.plan("slice=1-9")).notes for _ in range(5)}
        self.assertGreater(len(notes), 1)
        self.assertNotIn("None", str(notes))

    def test_web(self) -> None:
        """A web server can have faults as well."""
        plan = WebPlan(listen=(TcpAddress("127.0.0.1", 0),), faults=(parse_fault("slice=1-9"),), seed=3)
        made = with_faults(Server(factory=EchoFactory()), plan, World().context)
        self.assertIsInstance(made.factory, Faults)
        self.assertIn("--seed 3", made.notes[-1])

    def test_twice(self) -> None:
        """The same kind of fault twice is bad usage."""
        with self.assertRaises(BadUsage) as caught:
            self.serve(self.plan("latency=1s", "slice=1", "latency=2s"))
        self.assertEqual(str(caught.exception), "--fault: latency is there 2 times, and once is enough")

    def test_datagrams(self) -> None:
        """Nothing of it can happen to datagrams, and who asks is told so."""
        with self.assertRaises(BadUsage) as caught:
            self.serve(self.plan("latency=1s", udp=True))
        self.assertIn("udp://127.0.0.1:0 has none", str(caught.exception))
