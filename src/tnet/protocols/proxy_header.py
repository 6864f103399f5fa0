"""The PROXY protocol's header: tells a backend whose connection it is that was relayed to it.

Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, sections 2.1 and 2.2.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
USER_TLV = 0xE0
"""Holds the name, in UTF-8, of the account that is logged in: the first of the types that are the application's own."""

_VERSION_2_PROXY = 0x21
_UNKNOWN, _TCP4, _TCP6, _UNIX_STREAM = 0x00, 0x11, 0x21, 0x31
_PATH_BYTES = 108
_MOST_BYTES = 0xFFFF


@dataclass(frozen=True, slots=True)
class IpPlace:
    """One end of a TCP connection; an address without its zone."""

    address: IPv4Address | IPv6Address
    port: int

    @classmethod
    def of(cls, host: str, port: int) -> IpPlace:
        """From an IP literal. Raises: ValueError."""
        return cls(ip_address(host.partition("%")[0]), port)


@dataclass(frozen=True, slots=True)
class UnixPlace:
    """One end of a UNIX connection, whose path is empty where it has none."""

    path: bytes


Place = IpPlace | UnixPlace


def encode_v1(source: Place, destination: Place) -> bytes:
    """The line for a connection from `source` to `destination`; UNKNOWN for what is not TCP."""
    if not (isinstance(source, IpPlace) and isinstance(destination, IpPlace)):
        return b"PROXY UNKNOWN\r\n"
    family, ours, theirs = _of_one_family(source.address, destination.address)
    return f"PROXY TCP{family} {ours} {theirs} {source.port} {destination.port}\r\n".encode()


def encode_v2(source: Place, destination: Place, tlvs: Mapping[int, bytes]) -> bytes:
    """The binary header for a connection from `source` to `destination`, with further values by their type.

    Raises: ValueError when the values do not fit into a header.
    """
    family, addresses = _addresses(source, destination)
    rest = addresses + b"".join(struct.pack("!BH", kind, len(value)) + value for kind, value in tlvs.items())
    if len(rest) > _MOST_BYTES:
        raise ValueError(f"a PROXY header has at most {_MOST_BYTES} bytes")
    return SIGNATURE + struct.pack("!BBH", _VERSION_2_PROXY, family, len(rest)) + rest


def _addresses(source: Place, destination: Place) -> tuple[int, bytes]:
    match source, destination:
        case IpPlace(), IpPlace():
            family, ours, theirs = _of_one_family(source.address, destination.address)
            ports = struct.pack("!HH", source.port, destination.port)
            return _TCP4 if family == 4 else _TCP6, ours.packed + theirs.packed + ports
        case UnixPlace(ours), UnixPlace(theirs) if max(len(ours), len(theirs)) <= _PATH_BYTES:
            return _UNIX_STREAM, ours.ljust(_PATH_BYTES, b"\0") + theirs.ljust(_PATH_BYTES, b"\0")
        case _:
            return _UNKNOWN, b""


def _of_one_family(
    one: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address
) -> tuple[int, IPv4Address | IPv6Address, IPv4Address | IPv6Address]:
    """Both as IPv4 if they are, or are mapped, else both as IPv6."""
    plain = [_unmapped(one), _unmapped(other)]
    if all(isinstance(each, IPv4Address) for each in plain):
        return 4, plain[0], plain[1]
    mapped = [IPv6Address(f"::ffff:{each}") if isinstance(each, IPv4Address) else each for each in plain]
    return 6, mapped[0], mapped[1]


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
