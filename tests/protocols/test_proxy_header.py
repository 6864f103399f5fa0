"""The PROXY protocol's header."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.proxy_header import SIGNATURE, USER_TLV, IpPlace, UnixPlace, encode_v1, encode_v2

V4, OTHER_V4 = IpPlace.of("192.0.2.1", 56324), IpPlace.of("198.51.100.7", 443)
V6, OTHER_V6 = IpPlace.of("2001:db8::1", 56324), IpPlace.of("2001:db8::2", 443)
_ips = st.builds(IpPlace, st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.integers(0, 65535))


class VersionOneTests(TestCase):
    """The line."""

    def test_families(self) -> None:
        """TCP over both families, and UNKNOWN for the rest."""
        self.assertEqual(encode_v1(V4, OTHER_V4), b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n")
        self.assertEqual(encode_v1(V6, OTHER_V6), b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n")
        for pair in ((UnixPlace(b"/a"), UnixPlace(b"")), (V4, UnixPlace(b""))):
            self.assertEqual(encode_v1(*pair), b"PROXY UNKNOWN\r\n")

    def test_mixed(self) -> None:
        """A mapped address is what it maps; one of each family are both written as IPv6."""
        self.assertEqual(
            encode_v1(IpPlace.of("::ffff:192.0.2.1", 1), OTHER_V4), b"PROXY TCP4 192.0.2.1 198.51.100.7 1 443\r\n"
        )
        self.assertTrue(encode_v1(V4, OTHER_V6).startswith(b"PROXY TCP6 ::ffff:"))

    @given(_ips, _ips)
    def test_length(self, source: IpPlace, destination: IpPlace) -> None:
        """No line is longer than the 107 bytes that receivers read, CR LF included."""
        self.assertLessEqual(len(encode_v1(source, destination)), 107)


class VersionTwoTests(TestCase):
    """The binary header, byte by byte as in section 2.2."""

    def test_ipv4(self) -> None:
        """IPv4: 12 bytes of addresses."""
        self.assertEqual(
            encode_v2(V4, OTHER_V4, {}),
            b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a\x21\x11\x00\x0c"
            b"\xc0\x00\x02\x01\xc6\x33\x64\x07\xdc\x04\x01\xbb",
        )

    def test_ipv6(self) -> None:
        """IPv6: 36 bytes, the zone left out."""
        header = encode_v2(IpPlace.of("fe80::1%eth0", 1), IpPlace.of("::1", 2), {})
        addresses = IPv6Address("fe80::1").packed + IPv6Address("::1").packed + b"\0\1\0\2"
        self.assertEqual(header, SIGNATURE + b"\x21\x21\x00\x24" + addresses)

    def test_unix(self) -> None:
        """UNIX: two fields of 108 bytes; a path too long for one is unknown."""
        header = encode_v2(UnixPlace(b""), UnixPlace(b"/run/x"), {})
        self.assertEqual(header, SIGNATURE + b"\x21\x31\x00\xd8" + bytes(108) + b"/run/x" + bytes(102))
        self.assertEqual(encode_v2(UnixPlace(b"x" * 109), UnixPlace(b""), {}), SIGNATURE + b"\x21\x00\x00\x00")

    def test_mixed(self) -> None:
        """One of each family are both IPv6; TCP and UNIX are unknown together."""
        header = encode_v2(V4, OTHER_V6, {})
        self.assertEqual(header[13:32], b"\x21\x00\x24" + IPv6Address("::ffff:192.0.2.1").packed)
        self.assertEqual(encode_v2(V4, UnixPlace(b""), {}), SIGNATURE + b"\x21\x00\x00\x00")

    def test_user(self) -> None:
        """Further values follow the addresses and count in the length; the user's type is the application's own."""
        self.assertIn(USER_TLV, range(0xE0, 0xF0))
        header = encode_v2(V4, OTHER_V4, {USER_TLV: "zoë".encode()})
        self.assertEqual(header[14:16] + header[28:], b"\x00\x13" + b"\xe0\x00\x04zo\xc3\xab")

    def test_too_much(self) -> None:
        """What does not fit is an error, and no header that lies about its length."""
        with self.assertRaises(ValueError):
            encode_v2(V4, OTHER_V4, {USER_TLV: b"x" * 65_530})

    @given(_ips, _ips, st.dictionaries(st.integers(0, 255), st.binary(max_size=50), max_size=5))
    def test_any(self, source: IpPlace, destination: IpPlace, tlvs: dict[int, bytes]) -> None:
        """Whatever is told can be read back."""
        header = encode_v2(source, destination, tlvs)
        family, length = struct.unpack("!BH", header[13:16])
        self.assertEqual(len(header), 16 + length)
        size = 4 if family == 0x11 else 16
        ports = struct.unpack("!HH", header[16 + 2 * size : 20 + 2 * size])
        self.assertEqual(ports, (source.port, destination.port))
        rest, found = header[20 + 2 * size :], {}
        while rest:
            kind, length = struct.unpack("!BH", rest[:3])
            found[kind], rest = rest[3 : 3 + length], rest[3 + length :]
        self.assertEqual(found, tlvs)
