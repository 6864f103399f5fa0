"""Several ports of one host."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans.ports import parse_ports


class ParsePortsTests(SynchronousTestCase):
    """`parse_ports`."""

    def test_ports_and_ranges(self) -> None:
        """Ports and ranges keep their order, and each port comes once."""
        for text, host, ports in (
            ("localhost:22", "localhost", (22,)),
            ("h:80,22,8000-8002", "h", (80, 22, 8000, 8001, 8002)),
            ("h:5,1-6,5", "h", (5, 1, 2, 3, 4, 6)),
            ("tcp://h:7-7", "h", (7,)),
            ("[::1]:1,65535", "::1", (1, 65535)),
            ("192.0.2.1:9", "192.0.2.1", (9,)),
        ):
            self.assertEqual(parse_ports(text), (host, ports), text)

    def test_every_port(self) -> None:
        """There are 65535 ports, however often they are named."""
        _, ports = parse_ports("h:1-65535,1-65535,22")
        self.assertEqual(ports, tuple(range(1, 65536)))

    def test_refusals(self) -> None:
        """What is no host with ports is bad usage that names the target."""
        for text in (
            "h",
            "h:",
            ":22",
            "h:0",
            "h:65536",
            "h:22,",
            "h:22,,23",
            "h:9-8",
            "h:-5",
            "h:5-",
            "h:1-2-3",
            "h:2 2",
            "h:http",
            "::1:22",
            "udp://h:22",
            "tls://h:443",
            "a b:22",
        ):
            with self.subTest(text):
                error = self.assertRaises(BadUsage, parse_ports, text)
                self.assertEqual((error.field, error.exit_status), ("TARGET", 2))
                self.assertIn("TARGET: ", str(error))

    def test_the_way_round(self) -> None:
        """A range that is the wrong way round is written as it was meant."""
        error = self.assertRaises(BadUsage, parse_ports, "h:90-80")
        self.assertEqual((str(error), error.hint), ("TARGET: '90-80' is an empty range", "write 80-90"))
