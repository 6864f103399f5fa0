"""The PROXY protocol's header before everything else: tells a target whose connection it is.

Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, section 2.
"""

from __future__ import annotations

from typing import Any, Literal, cast

from twisted.internet.address import UNIXAddress
from twisted.internet.interfaces import IAddress, IProtocol, IProtocolFactory, ITransport
from twisted.internet.protocol import ClientFactory

from tnet.net.wrapper import HalfCloseableWrapper, Wrapper, is_half_closeable
from tnet.protocols.proxy_header import IpPlace, Place, UnixPlace, encode_v1, encode_v2

Version = Literal["v1", "v2"]

_SOMEWHERE = UnixPlace(b"")


def place_of(address: Any) -> Place:
    """A transport's address as a header names it."""
    if isinstance(address, UNIXAddress):
        return UnixPlace(address.name or b"")
    return IpPlace.of(address.host, address.port)


def header_of(transport: Any, version: Version, *, relayed: bool = False) -> bytes:
    """The header for a connection of our own, from its own address to its peer's.

    `relayed` when the peer is a proxy: which addresses the target sees is not known then, and that is what it says.
    """
    ours, theirs = place_of(transport.getHost()), place_of(transport.getPeer())
    if relayed and isinstance(ours, IpPlace):
        theirs = _SOMEWHERE
    return encode_v1(ours, theirs) if version == "v1" else encode_v2(ours, theirs, {})


class Greeting(Wrapper):
    """Sends a header as soon as it is connected, and then is out of the way of `inner`."""

    def __init__(self, inner: IProtocol, version: Version, *, relayed: bool) -> None:
        super().__init__(inner)
        self._version: Version = version
        self._relayed = relayed

    def makeConnection(self, transport: ITransport) -> None:
        transport.write(header_of(transport, self._version, relayed=self._relayed))
        super().makeConnection(transport)


class _HalfCloseableGreeting(Greeting, HalfCloseableWrapper):
    """The same for an `inner` that goes on when one side sends no more."""


class GreetingFactory(ClientFactory):
    """Wraps a protocol factory so that each of its connections begins with a header."""

    noisy = False

    def __init__(self, factory: IProtocolFactory, version: Version, *, relayed: bool) -> None:
        self._factory = factory
        self._version: Version = version
        self._relayed = relayed

    def buildProtocol(self, addr: IAddress | None) -> Any:
        inner: Any = self._factory.buildProtocol(cast(IAddress, addr))
        kind = _HalfCloseableGreeting if is_half_closeable(inner) else Greeting
        return kind(inner, self._version, relayed=self._relayed)
