"""CONNECT, as it looks on the wire."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.errors import ProxyRefused
from tnet.plans.proxies import Proxy
from tnet.protocols.http1.responses import ResponseHead
from tnet.protocols.tunnel import MOST_BODY_BYTES, Tunnel, login_refused, proxy_authorization

PLAIN = Proxy("http", "p", 3128)
LOGIN = Proxy("https", "p", 3128, "user", "pass:wörd")
OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"


class RequestTests(TestCase):
    """What the proxy is told."""

    def test_plain(self) -> None:
        """The target, and nothing else."""
        for host, authority in (
            ("h.example", b"h.example:443"),
            ("::1", b"[::1]:443"),
            ("fe80::1%1", b"[fe80::1]:443"),
        ):
            head = b"CONNECT " + authority + b" HTTP/1.1\r\nHost: " + authority + b"\r\n\r\n"
            self.assertEqual(Tunnel(PLAIN, host, 443).begin(), head)

    def test_login(self) -> None:
        """Case 8: the proxy's login goes to the proxy, and only where it has one."""
        self.assertIn(b"\r\nProxy-Authorization: Basic dXNlcjpwYXNzOnfDtnJk\r\n", Tunnel(LOGIN, "h", 443).begin())
        self.assertIsNone(proxy_authorization(PLAIN))


class AnswerTests(TestCase):
    """What the proxy may say."""

    def answered(self, data: bytes, proxy: Proxy = PLAIN) -> Tunnel:
        """The tunnel after these bytes."""
        tunnel = Tunnel(proxy, "h", 443)
        tunnel.begin()
        tunnel.received(data)
        return tunnel

    def refused(self, data: bytes, proxy: Proxy = PLAIN) -> str:
        """The refusal that these bytes are."""
        return str(self.assertRaises(ProxyRefused, self.answered, data, proxy))

    def test_open(self) -> None:
        """Any success opens the way, whatever its fields say of a body; what follows is the target's."""
        for head in (OPEN, b"HTTP/1.0 200\r\n\r\n", b"HTTP/1.1 299 x\r\nContent-Length: 5\r\n\r\n"):
            tunnel = self.answered(head + b"\x16\3\1\r\nmore\r\n")
            self.assertEqual((tunnel.is_open, tunnel.surplus), (True, b"\x16\3\1\r\nmore\r\n"))

    def test_interim(self) -> None:
        """A notice before the answer is passed over."""
        self.assertTrue(self.answered(b"HTTP/1.1 103 Early\r\n\r\n" + OPEN).is_open)

    def test_refused(self) -> None:
        """The status, its reason and what the body says are told."""
        answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 21\r\n\r\nport\r\n 25\x1b[2J  is bad\n"
        self.assertEqual(self.refused(answer), r"proxy http://p:3128 refused: 403 Forbidden: port 25\x1b[2J is bad")

    def test_page(self) -> None:
        """Of a page only the title is told, however much there is."""
        page = b"<html><head><TITLE>No\nway</TITLE><style>" + b"<" * 100_000
        self.assertTrue(self.refused(b"HTTP/1.1 502 Bad Gateway\r\n\r\n" + page).endswith("502 Bad Gateway: No way"))
        self.assertTrue(self.refused(b"HTTP/1.1 500\r\n\r\n<p>" + b"x" * MOST_BODY_BYTES).endswith(": 500"))

    def test_page_that_says_nothing_new(self) -> None:
        """What the status line says already is told once."""
        page = b"HTTP/1.1 407 Proxy Login\r\n\r\n<title>407 Proxy login</title>" + b" " * MOST_BODY_BYTES
        self.assertTrue(self.refused(page).endswith("refused: 407 Proxy Login"))

    def test_whole_request(self) -> None:
        """A proxy that was to pass on a request, and wants to know who asks, gives the same reasons and advice."""
        head = ResponseHead("1.1", 407, b"Who?", ())
        for proxy, words in ((PLAIN, "write user and password"), (LOGIN, "check user and password")):
            error = login_refused(proxy, head)
            self.assertIn("refused: 407 Who?", str(error))
            self.assertIn(words, error.hint)

    def test_login_wanted(self) -> None:
        """Who gave no login is told where to write it, who gave one that it does not do."""
        answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        for proxy, words in ((PLAIN, "write user and password"), (LOGIN, "check user and password")):
            error = self.assertRaises(ProxyRefused, self.answered, answer, proxy)
            self.assertIn(words, error.hint)

    def test_body_that_does_not_end(self) -> None:
        """A refusal is known with its head; closing then tells what came of its reasons."""
        tunnel = self.answered(b"HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\ntry lat")
        self.assertTrue(tunnel.is_refused)
        self.assertTrue(str(tunnel.closed()).endswith("503 Busy: try lat"))

    def test_closed(self) -> None:
        """Closing without an answer, and in the middle of its head, are refusals."""
        self.assertIn("without an answer", str(self.answered(b"").closed()))
        self.assertIn("within its header", str(self.answered(b"HTTP/1.1 200 O").closed()))

    def test_no_http(self) -> None:
        """Whoever speaks something else, or without end, has refused."""
        self.assertIn("HTTP/", self.refused(b"SSH-2.0-x\r\n"))
        self.assertIn("bytes", self.refused(b"HTTP/1.1 200 " + b"x" * (1 << 17)))
        self.refused(b"HTTP/1.1 101 Switching\r\n\r\n")
        self.refused(b"HTTP/1.1 200 OK\r\nno header\r\n\r\n")

    @given(st.lists(st.integers(1, 30), max_size=8))
    def test_split_anywhere(self, cuts: list[int]) -> None:
        """However the bytes are cut, the way opens and nothing of the target's is lost."""
        wire, at, after = OPEN + b"\x16\3\r\n\1", 0, b""
        tunnel = Tunnel(PLAIN, "h", 443)
        for cut in [*cuts, len(wire)]:
            piece, at = wire[at : at + cut], at + cut
            if tunnel.is_open:
                after += piece
            else:
                tunnel.received(piece)
        self.assertEqual(tunnel.surplus + after, b"\x16\3\r\n\1")
