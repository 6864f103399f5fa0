"""Tests for addresses as people write them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans.addresses import (
    UNIX_PATH_BYTES,
    FdAddress,
    TcpAddress,
    UnixAddress,
    is_address,
    parse_host,
    parse_listen,
    parse_port,
    parse_target,
)


class ParseTests(SynchronousTestCase):
    """`parse_target` and `parse_listen`."""

    def test_good(self) -> None:
        """Every form of the grammar is understood, and is written as tnet writes it."""
        for text, address, written in (
            ("localhost:80", TcpAddress("localhost", 80), "tcp://localhost:80"),
            ("[::1]:80", TcpAddress("::1", 80), "tcp://[::1]:80"),
            ("[fe80::1%eth0]:80", TcpAddress("fe80::1%eth0", 80), "tcp://[fe80::1%eth0]:80"),
            ("TCP://h:65535", TcpAddress("h", 65535), "tcp://h:65535"),
            ("tls://h:443", TcpAddress("h", 443, tls=True), "tls://h:443"),
            ("unix:/run/x", UnixAddress("/run/x"), "unix:/run/x"),
            ("unix:///run/x", UnixAddress("/run/x"), "unix:/run/x"),
            ("unix:@name", UnixAddress("@name"), "unix:@name"),
        ):
            self.assertEqual(parse_target(text), address)
            self.assertEqual(parse_listen(text), address)
            self.assertEqual(str(address), written)

    def test_bad(self) -> None:
        """Anything else is refused, naming the option that held it."""
        for text in (
            "", "h", "h:", ":80", "h:x", "h:-1", "h:65536", "h:080000", "h:\u0661", "::1:80", "[::1]", "[::g]:80",
            "h h:80", "u@h:80", "h/x:80", "h\x1b:80", "a" * 254 + ":80", "http://h:80", "unix:", "unix:@", "unix:/a\0b",
            "unix:/" + "a" * UNIX_PATH_BYTES,
        ):  # fmt: skip
            error = self.assertRaises(BadUsage, parse_target, text, field="--to")
            self.assertEqual(error.field, "--to")
            self.assertRaises(BadUsage, parse_listen, text)

    def test_only_to_listen(self) -> None:
        """Port 0 and an inherited descriptor are for listening only."""
        for text, address in (("h:0", TcpAddress("h", 0)), ("fd://3", FdAddress(3))):
            self.assertEqual(parse_listen(text), address)
            self.assertRaises(BadUsage, parse_target, text)
        for text in ("fd://", "fd://x", "fd://-1", "fd://12345678"):
            self.assertRaises(BadUsage, parse_listen, text)

    @given(st.text(max_size=30))
    def test_anything(self, text: str) -> None:
        """Any text is an address or is refused; an address is read again from what is written."""
        try:
            address = parse_listen(text)
        except BadUsage:
            return
        self.assertEqual(parse_listen(str(address)), address)

    def test_longest_path(self) -> None:
        """A path of exactly the length that the system takes is taken."""
        path = "/" + "a" * (UNIX_PATH_BYTES - 1)
        self.assertEqual(parse_target(f"unix:{path}"), UnixAddress(path))


class PartTests(SynchronousTestCase):
    """Hosts, ports, and what can be reached from where."""

    def test_hosts(self) -> None:
        """A host is a name or an address, with or without its brackets."""
        self.assertEqual(parse_host("[::1]", field="f"), "::1")
        self.assertEqual(parse_host("b\u00fccher.example", field="f"), "b\u00fccher.example")
        self.assertRaises(BadUsage, parse_host, "a:b", field="f")

    def test_ports(self) -> None:
        """A port is a number in ASCII digits; 0 only where it means something."""
        self.assertEqual((parse_port("1", field="f"), parse_port("0", field="f", zero=True)), (1, 0))
        for text in ("0", "", " 1", "1_0", "+1", "65536"):
            self.assertRaises(BadUsage, parse_port, text, field="f")

    def test_is_address(self) -> None:
        """An address is told from a name."""
        self.assertEqual([is_address(host) for host in ("127.0.0.1", "::1", "h", "1.2.3")], [True, True, False, False])

    def test_loopback(self) -> None:
        """What only this machine can reach is known; what is not known is not trusted."""
        for address, loopback in (
            (TcpAddress("localhost", 1), True),
            (TcpAddress("LOCALHOST.", 1), True),
            (TcpAddress("127.9.9.9", 1), True),
            (TcpAddress("::1", 1), True),
            (TcpAddress("0.0.0.0", 1), False),
            (TcpAddress("*", 1), False),
            (TcpAddress("localhost.example", 1), False),
            (TcpAddress("fe80::1%lo", 1), False),
            (UnixAddress("/x"), True),
            (FdAddress(3), False),
        ):
            self.assertIs(address.is_loopback, loopback, address)
