"""The PROXY protocol's header before everything else."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.net.streams import HalfCloseableKeeper, Keeper
from tnet.net.proxies.greeting import GreetingFactory, Version, header_of, place_of
from tnet.protocols.proxy_header import SIGNATURE, IpPlace, UnixPlace

OURS, THEIRS = IPv4Address("TCP", "192.0.2.1", 50000), IPv4Address("TCP", "192.0.2.2", 80)


class HeaderTests(SynchronousTestCase):
    """`header_of`."""

    def header(self, ours: Any, theirs: Any, version: Version = "v1", **options: bool) -> bytes:
        return header_of(StringTransport(hostAddress=ours, peerAddress=theirs), version, **options)

    def test_ip(self) -> None:
        """It goes from our own address to the peer's, without the zone of a link-local one."""
        self.assertEqual(self.header(OURS, THEIRS), b"PROXY TCP4 192.0.2.1 192.0.2.2 50000 80\r\n")
        ours, theirs = IPv6Address("TCP", "fe80::1%lo", 5), IPv6Address("TCP", "fe80::2%lo", 6)
        self.assertEqual(self.header(ours, theirs), b"PROXY TCP6 fe80::1 fe80::2 5 6\r\n")
        binary = self.header(OURS, THEIRS, "v2")
        self.assertEqual(binary, SIGNATURE + b"\x21\x11\0\x0c\xc0\0\2\1\xc0\0\2\2\xc3\x50\0\x50")

    def test_unix(self) -> None:
        """A UNIX socket's paths are told where the version can."""
        ours, theirs = UNIXAddress(None), UNIXAddress(b"/run/x")
        self.assertEqual(self.header(ours, theirs), b"PROXY UNKNOWN\r\n")
        header = self.header(ours, theirs, "v2")
        self.assertEqual(header[12:16], b"\x21\x31\0\xd8")
        self.assertEqual(header[16:], b"\0" * 108 + b"/run/x".ljust(108, b"\0"))
        self.assertEqual(place_of(UNIXAddress(b"\0abstract")), UnixPlace(b"\0abstract"))
        self.assertEqual(place_of(THEIRS), IpPlace.of("192.0.2.2", 80))

    def test_relayed(self) -> None:
        """Behind a proxy nobody knows the addresses, and it says so."""
        self.assertEqual(self.header(OURS, THEIRS, relayed=True), b"PROXY UNKNOWN\r\n")
        self.assertEqual(self.header(OURS, THEIRS, "v2", relayed=True), SIGNATURE + b"\x21\0\0\0")


class GreetingTests(SynchronousTestCase):
    """`GreetingFactory`."""

    def connect(self, inner: Keeper) -> tuple[Any, StringTransport]:
        """A connection that has begun."""
        factory = GreetingFactory(Factory.forProtocol(lambda: inner), "v1", relayed=False)  # type: ignore[arg-type]
        made, transport = factory.buildProtocol(None), StringTransport(hostAddress=OURS, peerAddress=THEIRS)
        made.makeConnection(transport)
        return made, transport

    def test_before_everything(self) -> None:
        """The header is there before a word of the inner protocol, which then has the connection for itself."""

        class Talking(Keeper):
            def connectionMade(self) -> None:
                self.transport.write(b"hello")  # type: ignore[union-attr]  # it is connected

        inner = Talking()
        made, transport = self.connect(inner)
        self.assertEqual(transport.value(), b"PROXY TCP4 192.0.2.1 192.0.2.2 50000 80\r\nhello")
        made.dataReceived(b"answer")
        self.assertEqual(inner.chunks, [b"answer"])

    def test_half_closing(self) -> None:
        """It goes on after half an end exactly when the inner protocol does."""
        self.assertFalse(IHalfCloseableProtocol.providedBy(self.connect(Keeper())[0]))
        inner = HalfCloseableKeeper()
        made, _ = self.connect(inner)
        self.assertTrue(IHalfCloseableProtocol.providedBy(made))
        made.readConnectionLost()
        self.assertEqual(inner.halves, ["read"])
