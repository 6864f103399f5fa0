"""Tests for addresses as people write them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans.addresses import (
    UNIX_PATH_BYTES,
    FdAddress,
    TcpAddress,
    UdpAddress,
    UnixAddress,
    WebSocketAddress,
    is_address,
    parse_host,
    parse_listen,
    parse_port,
    parse_stream,
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
            ("udp://h:53", UdpAddress("h", 53), "udp://h:53"),
            ("UDP://[::1]:53", UdpAddress("::1", 53), "udp://[::1]:53"),
        ):
            self.assertEqual(parse_target(text), address)
            self.assertEqual(parse_listen(text), address)
            self.assertEqual(str(address), written)

    def test_bad(self) -> None:
        """Anything else is refused, naming the option that held it."""
        for text in (
            "", "h", "h:", ":80", "h:x", "h:-1", "h:65536", "h:080000", "h:\u0661", "::1:80", "[::1]", "[::g]:80",
            "h h:80", "u@h:80", "h/x:80", "h\x1b:80", "a" * 254 + ":80", "http://h:80", "unix:", "unix:@", "unix:/a\0b",
            "udp://h", "udp://h:65536", "udp://:53", "wss//h:80", "sctp://h:80",
            "unix:/" + "a" * UNIX_PATH_BYTES,
        ):  # fmt: skip
            error = self.assertRaises(BadUsage, parse_target, text, field="--to")
            self.assertEqual(error.field, "--to")
            self.assertRaises(BadUsage, parse_listen, text)

    def test_only_to_listen(self) -> None:
        """Port 0 and an inherited descriptor are for listening only."""
        for text, address in (
            ("h:0", TcpAddress("h", 0)),
            ("udp://h:0", UdpAddress("h", 0)),
            ("fd://3", FdAddress(3)),
        ):
            self.assertEqual(parse_listen(text), address)
            self.assertRaises(BadUsage, parse_target, text)
        for text in ("fd://", "fd://x", "fd://-1", "fd://12345678"):
            self.assertRaises(BadUsage, parse_listen, text)

    def test_websockets(self) -> None:
        """A WebSocket has the port of its scheme if no other, and a path with its query; it is to connect to only."""
        for text, address, written in (
            ("ws://h", WebSocketAddress("h", 80), "ws://h:80/"),
            ("wss://H/chat?room=1", WebSocketAddress("h", 443, "/chat?room=1", tls=True), "wss://h:443/chat?room=1"),
            ("WS://[::1]:9?x", WebSocketAddress("::1", 9, "/?x"), "ws://[::1]:9/?x"),
            ("ws://h/%20\u00e9", WebSocketAddress("h", 80, "/%20%C3%A9"), "ws://h:80/%20%C3%A9"),
        ):
            self.assertEqual(parse_target(text), address)
            self.assertEqual(parse_target(written), address)
            self.assertEqual(str(address), written)
            self.assertRaises(BadUsage, parse_listen, text)

    def test_bad_websockets(self) -> None:
        """What WebSocket does without is refused, and so is what could not be written into a request."""
        for text in (
            "ws://", "ws://:80", "ws://h:0", "wss://h:65536", "ws://h/#part", "ws://u:p@h/", "ws://h/a b", "ws://h/\r\n",
            "ws://a\\b",
        ):  # fmt: skip
            error = self.assertRaises(BadUsage, parse_target, text, field="--to")
            self.assertEqual(error.field, "--to")

    def test_streams(self) -> None:
        """Who needs a stream refuses datagrams and messages, and says so."""
        self.assertEqual(parse_stream("tls://h:1", field="--to"), TcpAddress("h", 1, tls=True))
        for text in ("udp://h:1", "ws://h:1/"):
            error = self.assertRaises(BadUsage, parse_stream, text, field="--to")
            self.assertEqual(str(error), f"--to: {text} is not a stream")

    def test_datagrams_are_not_secured(self) -> None:
        """TLS with datagrams is a contradiction, however it comes about."""
        error = self.assertRaises(BadUsage, replace, UdpAddress("h", 1), tls=True)
        self.assertEqual(error.field, "--tls")

    @given(st.text(max_size=30))
    def test_anything(self, text: str) -> None:
        """Any text is an address or is refused; an address is read again from what is written."""
        try:
            address = parse_listen(text)
        except BadUsage:
            return
        self.assertEqual(parse_listen(str(address)), address)

    def test_longest_path(self) -> None:
        """C26: a path of exactly the length that the system takes is taken; one byte more is refused, as above."""
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
            (UdpAddress("::1", 1), True),
            (UdpAddress("*", 1), False),
            (FdAddress(3), False),
        ):
            self.assertIs(address.is_loopback, loopback, address)
