"""Tests for tnet.protocols.http1.heads: what is kept of a head; how heads are read stands with the parser's tests."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.protocols.http1.heads import (
    KNOWN_HEAD_BYTES,
    KNOWN_HEADS,
    BadHead,
    HeadLimits,
    HeadReader,
    asked_in,
    read_line,
)


def raw(*fields: bytes, line: bytes = b"GET / HTTP/1.1") -> bytes:
    """The bytes of a head."""
    return b"\r\n".join([line, b"Host: h", *fields, b"", b""])


class KnownHeadTests(TestCase):
    """Heads that were read before."""

    def setUp(self) -> None:
        self.reader = HeadReader()

    def test_kept(self) -> None:
        """The same bytes give the same head, without being read again; other bytes do not."""
        head = self.reader.read(raw())
        self.assertIs(self.reader.read(bytes(bytearray(raw()))), head)
        self.assertIsNone(self.reader.known(raw(b"A: b")))
        self.assertEqual(head.raw, raw())

    def test_not_kept(self) -> None:
        """What lets somebody in, what a body follows, and what is large, is read each time."""
        for data in (
            raw(b"Authorization: Basic eA=="),
            raw(b"Proxy-Authorization: Basic eA=="),
            raw(b"cookie: a=b"),
            raw(b"Content-Length: 1", line=b"POST / HTTP/1.1"),
            raw(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.1"),
            raw(b"A: " + b"a" * KNOWN_HEAD_BYTES),
        ):
            self.reader.read(data)
            self.assertIsNone(self.reader.known(data), data)
        self.assertRaises(BadHead, self.reader.read, raw(b"Host: other"))
        self.assertIsNone(self.reader.known(raw(b"Host: other")))

    def test_bounded(self) -> None:
        """The oldest makes room."""
        heads = [raw(b"A: %d" % number) for number in range(KNOWN_HEADS + 1)]
        for data in heads:
            self.reader.read(data)
        self.assertEqual((self.reader.known(heads[0]) is None, self.reader.known(heads[1]) is None), (True, False))


class PlainTests(TestCase):
    """Requests that any client could have made."""

    def plain(self, *fields: bytes, line: bytes = b"GET / HTTP/1.1") -> bool:
        """Whether such a request is plain."""
        return HeadReader().read(raw(*fields, line=line)).plain

    def test_plain(self) -> None:
        """GET and HEAD, with what browsers say of themselves."""
        self.assertTrue(self.plain(b"Accept: */*", b"Cookie: a=b", b"Content-Length: 0"))
        self.assertTrue(self.plain(line=b"HEAD /a%20b HTTP/1.1"))
        head = HeadReader().read(raw(b"Accept-Encoding: gzip", b"accept-encoding: br"))
        self.assertEqual(head.accept_encoding, b"gzip, br")

    def test_not_plain(self) -> None:
        """Everything that may change the answer, or the connection after it."""
        for line in (b"POST / HTTP/1.1", b"GET /?a HTTP/1.1", b"GET / HTTP/1.0", b"OPTIONS * HTTP/1.1"):
            self.assertFalse(self.plain(line=line), line)
        for field in (
            b"Range: bytes=0-",
            b"If-Range: x",
            b"If-None-Match: *",
            b"If-Match: *",
            b"If-Modified-Since: x",
            b"If-Unmodified-Since: x",
            b"Authorization: Basic eA==",
            b"Expect: 100-continue",
            b"Connection: close",
            b"Content-Length: 3",
            b"Transfer-Encoding: chunked",
        ):
            self.assertFalse(self.plain(field), field)


class LineTests(TestCase):
    """The request line alone."""

    def test_line(self) -> None:
        """Three parts, or a refusal."""
        self.assertEqual(read_line(b"GET /x HTTP/1.0", HeadLimits()), (b"GET", b"/x", b"HTTP/1.0"))
        for line, status in ((b"GET /x", 400), (b"GET /xyz HTTP/1.0", 414)):
            with self.assertRaises(BadHead) as caught:
                read_line(line, HeadLimits(line_bytes=15))
            self.assertEqual(caught.exception.status, status)

    def test_tls(self) -> None:
        """Who speaks TLS to a port without it is told so."""
        for line, words in ((b"\x16\x03\x01\x02", "this is TLS"), (b"\x16", "malformed"), (b"x", "malformed")):
            with self.assertRaises(BadHead) as caught:
                read_line(line, HeadLimits())
            self.assertIn(words, caught.exception.reason)

    def test_of_a_refused_head(self) -> None:
        """What a head asks for is told where its line is one, whatever is behind it."""
        self.assertEqual(asked_in(b"PUT /x HTTP/1.1\r\nbad head"), (b"PUT", b"/x", b"HTTP/1.1"))
        for raw in (b"", b"GET /x", b"GET /x HTTP/1.1\n", b"\x16\x03\x01"):
            self.assertIsNone(asked_in(raw))
