"""SOCKS, as it looks on the wire."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.errors import ProxyRefused
from tnet.plans.proxies import Proxy
from tnet.protocols.passage import Passage
from tnet.protocols.socks import Socks4a, Socks5

PLAIN = Proxy("socks5h", "p", 1080)
LOGIN = Proxy("socks5h", "p", 1080, "user", "pässword")
OPEN = b"\5\0\0\1\x7f\0\0\1\x1f\x90"


def talk(passage: Passage, *pieces: bytes) -> list[bytes]:
    """What we say first, and to each piece."""
    return [passage.begin(), *(passage.received(piece) for piece in pieces)]


class Socks5Tests(TestCase):
    """`Socks5`."""

    def refused(self, passage: Passage, pieces: Iterable[bytes]) -> ProxyRefused:
        """The error that these pieces end in."""
        passage.begin()
        with self.assertRaises(ProxyRefused) as caught:
            for piece in pieces:
                passage.received(piece)
        self.assertFalse(passage.is_open)
        return caught.exception

    def test_name(self) -> None:
        """A name is given to the proxy as it is."""
        passage = Socks5(PLAIN, "host.example", 443)
        self.assertEqual(talk(passage, b"\5\0", OPEN), [b"\5\1\0", b"\5\1\0\3\x0chost.example\x01\xbb", b""])
        self.assertTrue(passage.is_open)

    def test_addresses(self) -> None:
        """Addresses of both families go as such, without a zone."""
        for host, sent in (
            ("192.0.2.1", b"\1\xc0\0\2\1"),
            ("2001:db8::1%eth0", b"\4" + bytes.fromhex("20010db8000000000000000000000001")),
        ):
            self.assertEqual(talk(Socks5(PLAIN, host, 80), b"\5\0")[1], b"\5\1\0" + sent + b"\0\x50")

    def test_login(self) -> None:
        """A login is offered where there is one, and given when the proxy chooses it."""
        passage = Socks5(LOGIN, "h", 80)
        said = talk(passage, b"\5\2", b"\1\0", OPEN)
        self.assertEqual(said[:2], [b"\5\2\0\2", b"\1\4user\x09p\xc3\xa4ssword"])
        self.assertTrue(passage.is_open)
        self.assertEqual(talk(Socks5(LOGIN, "h", 80), b"\5\0")[1][:3], b"\5\1\0")

    def test_login_refused(self) -> None:
        """A wrong login, a missing one and one of no known kind are told apart."""
        self.assertIn("this user and password", str(self.refused(Socks5(LOGIN, "h", 80), [b"\5\2", b"\1\1"])))
        error = self.refused(Socks5(PLAIN, "h", 80), [b"\5\xff"])
        self.assertIn("USER:PASSWORD", error.hint)
        self.assertEqual(self.refused(Socks5(LOGIN, "h", 80), [b"\5\xff"]).hint, "")
        self.refused(Socks5(PLAIN, "h", 80), [b"\5\2"])

    def test_surplus(self) -> None:
        """What comes behind the reply is the target's."""
        for kind in (b"\1\0\0\0\0", b"\3\1h", b"\4" + bytes(16)):
            passage = Socks5(PLAIN, "h", 80)
            talk(passage, b"\5\0" + b"\5\0\0" + kind + b"\0\x50" + b"SSH-2.0")
            self.assertEqual((passage.is_open, passage.surplus), (True, b"SSH-2.0"))

    def test_replies(self) -> None:
        """Each refusal is told in words; where another address may do, that is known."""
        for code, words, elsewhere in (
            (1, "in general", False),
            (2, "rules", False),
            (3, "network", True),
            (5, "refused the connection", True),
            (8, "kind of address", True),
            (77, "number 77", False),
        ):
            passage = Socks5(PLAIN, "h", 80)
            self.assertIn(words, str(self.refused(passage, [b"\5\0", b"\5" + bytes([code, 0, 1])])))
            self.assertIs(passage.elsewhere, elsewhere)

    def test_no_socks(self) -> None:
        """Whoever speaks something else is found out at its first word, and at its reply."""
        for pieces in ([b"HTTP/1.1 400"], [b"\4\0"], [b"\5\0", b"\4\0\0\1"], [b"\5\0", b"\5\0\0\7"]):
            self.refused(Socks5(PLAIN, "h", 80), pieces)

    def test_long_name(self) -> None:
        """A name that one byte cannot count is not asked for."""
        self.refused(Socks5(PLAIN, "a" * 256, 80), [b"\5\0"])

    @given(st.lists(st.integers(1, 20), max_size=8))
    def test_split_anywhere(self, cuts: list[int]) -> None:
        """However the bytes are cut, the dialogue is the same."""
        wire = b"\5\2\1\0" + b"\5\0\0\3\5proxy\x1f\x90" + b"rest"
        pieces, at = [], 0
        for cut in cuts:
            pieces.append(wire[at : at + cut])
            at += cut
        passage = Socks5(LOGIN, "h", 80)
        said = b"".join(talk(passage, *pieces, wire[at:]))
        self.assertEqual(said, b"\5\2\0\2\1\4user\x09p\xc3\xa4ssword\5\1\0\3\1h\0\x50")
        self.assertTrue(passage.is_open)

    @given(st.binary(max_size=64))
    def test_anything(self, data: bytes) -> None:
        """Whatever a proxy says, it opens the way or refuses, or more is waited for."""
        passage = Socks5(LOGIN, "h", 80)
        passage.begin()
        try:
            passage.received(data)
        except ProxyRefused:
            self.assertFalse(passage.is_open)


class Socks4aTests(TestCase):
    """`Socks4a`."""

    def test_name(self) -> None:
        """A name follows the user, behind an address that is none."""
        passage = Socks4a(Proxy("socks4a", "p", 1080, "me"), "host.example", 80)
        said = talk(passage, b"\0\x5a\0\0\0\0\0\0rest")
        self.assertEqual(said, [b"\4\1\0\x50\0\0\0\1me\0host.example\0", b""])
        self.assertEqual((passage.is_open, passage.surplus), (True, b"rest"))

    def test_address(self) -> None:
        """An IPv4 address goes as such; SOCKS 4 has none of IPv6."""
        proxy = Proxy("socks4a", "p", 1080)
        self.assertEqual(Socks4a(proxy, "192.0.2.1", 80).begin(), b"\4\1\0\x50\xc0\0\2\1\0")
        self.assertRaises(ProxyRefused, Socks4a(proxy, "::1", 80).begin)

    def test_refused(self) -> None:
        """A refusal is told in words, another version found out."""
        for reply, words in (
            (b"\0\x5b", "rejected"),
            (b"\0\x5d", "somebody else"),
            (b"\5\0", "does not speak SOCKS 4"),
        ):
            passage = Socks4a(Proxy("socks4a", "p", 1080), "h", 80)
            passage.begin()
            error = self.assertRaises(ProxyRefused, passage.received, reply + bytes(6))
            self.assertIn(words, str(error))
