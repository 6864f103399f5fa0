"""The heads that open a WebSocket."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import MalformedReply
from tnet.plans import WebSocketAddress
from tnet.protocols.websocket.heads import LARGEST_HEAD_BYTES, AnswerHead, host_field, request_fields, request_head

ANSWER = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX: a: b\r\n\r\n"


class AnswerTests(SynchronousTestCase):
    """`AnswerHead`."""

    def test_whole(self) -> None:
        """The head is told from the first frame behind it."""
        head, size = AnswerHead("p").feed(ANSWER + b"\x81\x01x")
        assert head is not None
        self.assertEqual((head.status, head.reason, size), (101, b"Switching Protocols", len(ANSWER)))
        self.assertEqual(head.fields, ((b"Upgrade", b"websocket"), (b"X", b"a: b")))

    def test_cut_anywhere(self) -> None:
        """It does not matter where it is cut."""
        for at in range(1, len(ANSWER)):
            answer = AnswerHead("p")
            self.assertFalse(answer.has_begun)
            self.assertEqual(answer.feed(ANSWER[:at]), (None, at))
            self.assertTrue(answer.has_begun)
            head, size = answer.feed(ANSWER[at:] + b"frames")
            assert head is not None
            self.assertEqual((head.status, size), (101, len(ANSWER) - at))

    def test_line_feeds(self) -> None:
        """Lines that end with a line feed alone are read as Twisted's part reads them."""
        head, size = AnswerHead("p").feed(b"HTTP/1.1 403\nX: y\n\nbody")
        assert head is not None
        self.assertEqual((head.status, head.reason, head.fields, size), (403, b"", ((b"X", b"y"),), 19))

    def test_no_http(self) -> None:
        """What is no HTTP is known by its first bytes."""
        for data in (b"S", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/2 200\r\n", b"\r\n"):
            error = self.assertRaises(MalformedReply, AnswerHead("p").feed, data)
            self.assertIn("it does not speak HTTP", str(error))

    def test_no_status(self) -> None:
        """A status line without a status is none."""
        for data in (b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 10\r\n\r\n", b"HTTP/1.1 1a1 x\r\n\r\n", b"HTTP/1.1 0101\r\n\r\n"):
            self.assertRaises(MalformedReply, AnswerHead("p").feed, data)

    def test_flood(self) -> None:
        """A head without an end is not kept for ever."""
        answer = AnswerHead("p")
        answer.feed(b"HTTP/1.1 101 x\r\n")
        self.assertRaises(MalformedReply, answer.feed, b"x" * LARGEST_HEAD_BYTES)


class RequestTests(SynchronousTestCase):
    """`request_head` and `host_field`."""

    def test_address(self) -> None:
        """The request asks for the address, and the rest of it stays."""
        head = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n"
        asked = request_head(head, WebSocketAddress("h", 8000, "/chat?room=1"))
        self.assertEqual(
            asked,
            b"GET /chat?room=1 HTTP/1.1\r\nHost: h:8000\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n",
        )
        self.assertEqual(request_fields(asked)[0], (b"Host", b"h:8000"))
        self.assertEqual(len(request_fields(asked)), 3)

    def test_host(self) -> None:
        """A port that is not the scheme's own is said, and IPv6 has brackets and no zone."""
        for address, host in (
            (WebSocketAddress("h", 80), b"h"),
            (WebSocketAddress("h", 443), b"h:443"),
            (WebSocketAddress("h", 443, tls=True), b"h"),
            (WebSocketAddress("h", 80, tls=True), b"h:80"),
            (WebSocketAddress("::1", 8000), b"[::1]:8000"),
            (WebSocketAddress("fe80::1%eth0", 80), b"[fe80::1]"),
        ):
            self.assertEqual(host_field(address), host)
