"""Tests for tnet.protocols.http1.requests."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.http1.heads import HeadLimits, HeadReader, RequestHead
from tnet.protocols.http1.requests import (
    BodyPiece,
    Refused,
    RequestEnd,
    RequestEvent,
    RequestParser,
)

DEFAULTS = HeadLimits()


def pull(parser: RequestParser) -> list[RequestEvent]:
    """Every event there is, going on after each request."""
    events: list[RequestEvent] = []
    while (event := parser.next_event()) is not None:
        events.append(event)
        if isinstance(event, RequestEnd) or (isinstance(event, RequestHead) and event.length == 0):
            parser.proceed()
    return events


def parse(*pieces: bytes, limits: HeadLimits = DEFAULTS) -> list[RequestEvent]:
    """The events of `pieces` as they arrive, with neighbouring pieces of a body joined."""
    parser, events = RequestParser(HeadReader(limits)), []
    for piece in pieces:
        parser.feed(piece)
        events += pull(parser)
    joined: list[RequestEvent] = []
    for event in events:
        if isinstance(event, BodyPiece) and joined and isinstance(joined[-1], BodyPiece):
            joined[-1] = BodyPiece(joined[-1].data + event.data)
        else:
            joined.append(event)
    return joined


def ways(data: bytes) -> list[tuple[bytes, ...]]:
    """`data` at once, byte by byte, and in two at every boundary."""
    cuts = [(data[:at], data[at:]) for at in range(1, len(data))]
    return [(data,), tuple(data[i : i + 1] for i in range(len(data))), *cuts]


def get(*fields: bytes, line: bytes = b"GET / HTTP/1.1") -> bytes:
    """A request without a body."""
    return b"\r\n".join([line, *fields, b"", b""])


HOST = b"Host: example.com"


class AcceptedTests(TestCase):
    """Requests as they should be."""

    def head(self, data: bytes) -> RequestHead:
        """The head of one request, which is the same however it arrives."""
        first, *others = [parse(*pieces) for pieces in ways(data)]
        for other in others:
            self.assertEqual(other, first)
        assert isinstance(first[0], RequestHead), first
        return first[0]

    def test_a_plain_request(self) -> None:
        """Method, target, version and fields come out in order, with their case."""
        head = self.head(get(HOST, b"uSer-Agent:  x y \t", b"X-Empty:", b"Accept: \xff"))
        self.assertEqual((head.method, head.target, head.version), (b"GET", b"/", b"HTTP/1.1"))
        expected = [(b"Host", b"example.com"), (b"uSer-Agent", b"x y"), (b"X-Empty", b""), (b"Accept", b"\xff")]
        self.assertEqual(list(head.fields), expected)
        self.assertEqual((head.length, head.keep_alive, head.expect), (0, True, b""))

    def test_any_method(self) -> None:
        """A method that llhttp does not know is a method all the same."""
        self.assertEqual(self.head(get(HOST, line=b"BREW /pot HTTP/1.1")).method, b"BREW")

    def test_a_sized_body(self) -> None:
        """Content-Length many bytes are the body."""
        for pieces in ways(get(HOST, b"Content-Length: 5", line=b"POST / HTTP/1.1") + b"hello"):
            with self.subTest(pieces=pieces):
                self.assertEqual(parse(*pieces)[1:], [BodyPiece(b"hello"), RequestEnd()])

    def test_a_chunked_body(self) -> None:
        """A chunked body has no length, and comes out unframed."""
        data = get(HOST, b"Transfer-Encoding: Chunked", line=b"POST / HTTP/1.1") + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
        for pieces in ways(data):
            with self.subTest(pieces=pieces):
                head, *rest = parse(*pieces)
                assert isinstance(head, RequestHead)
                self.assertIsNone(head.length)
                self.assertEqual(rest, [BodyPiece(b"hello"), RequestEnd()])

    def test_pipelined_requests(self) -> None:
        """Requests on one connection come out one after the other, however they were cut."""
        data = (
            get(HOST, b"Content-Length: 2", line=b"POST /1 HTTP/1.1")
            + b"ab"
            + get(HOST, line=b"GET /2 HTTP/1.1")
            + get(HOST, b"Transfer-Encoding: chunked", line=b"POST /3 HTTP/1.1")
            + b"1\r\nc\r\n0\r\n\r\n"
            + get(HOST, line=b"GET /4 HTTP/1.1")
        )
        for pieces in ways(data):
            events = parse(*pieces)
            targets = [event.target for event in events if isinstance(event, RequestHead)]
            self.assertEqual(targets, [b"/1", b"/2", b"/3", b"/4"])
            self.assertEqual(b"".join(event.data for event in events if isinstance(event, BodyPiece)), b"abc")

    def test_the_next_request_waits(self) -> None:
        """After the end of a request nothing comes until `proceed`, and the rest is kept."""
        parser = RequestParser()
        parser.feed(get(HOST) * 2)
        self.assertIsInstance(parser.next_event(), RequestHead)
        self.assertIsNone(parser.next_event())
        self.assertTrue(parser.complete)
        self.assertEqual(parser.buffered, len(get(HOST)))
        parser.proceed()
        self.assertIsInstance(parser.next_event(), RequestHead)

    def test_nothing_is_left_to_come(self) -> None:
        """A request is complete with its last byte, before its end is told."""
        post = get(HOST, b"Content-Length: 1", line=b"POST / HTTP/1.1")
        chunked = get(HOST, b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.1")
        for data, events in ((get(HOST), 1), (post + b"x", 2), (chunked + b"1\r\nx\r\n0\r\n\r\n", 2)):
            parser = RequestParser()
            parser.feed(data)
            for number in range(events):
                self.assertEqual((parser.complete, parser.in_body), (False, number == 1))
                parser.next_event()
            self.assertEqual((parser.complete, parser.in_body), (True, False))

    def test_absolute_form(self) -> None:
        """An absolute target becomes origin-form, and its authority the Host."""
        for target, origin, authority in (
            (b"http://h:8080/a?b", b"/a?b", b"h:8080"),
            (b"HTTP://h", b"/", b"h"),
            (b"https://h?x", b"/?x", b"h"),
        ):
            with self.subTest(target=target):
                head = self.head(get(b"hOst: other", line=b"GET " + target + b" HTTP/1.1"))
                self.assertEqual((head.target, head.fields), (origin, ((b"hOst", authority),)))

    def test_asterisk(self) -> None:
        """OPTIONS may ask about the server as a whole."""
        self.assertEqual(self.head(get(HOST, line=b"OPTIONS * HTTP/1.1")).target, b"*")

    def test_hosts(self) -> None:
        """Names, addresses and ports are fine as Host; HTTP/1.0 needs none."""
        for host in (b"a", b"a.b:80", b"127.0.0.1", b"[::1]:8080", b"xn--bcher-kva.example", b"a:"):
            self.assertEqual(self.head(get(b"Host: " + host)).fields[0][1], host)
        self.assertEqual(self.head(get(line=b"GET / HTTP/1.0")).fields, ())

    def test_who_keeps_the_connection(self) -> None:
        """HTTP/1.1 keeps it unless it says close; HTTP/1.0 only if it says keep-alive; tokens are a list."""
        for version, connection, kept in (
            (b"1.1", b"", True),
            (b"1.1", b"Close", False),
            (b"1.1", b"te,close", False),
            (b"1.1", b"closed", True),
            (b"1.0", b"", False),
            (b"1.0", b"TE, Keep-Alive", True),
            (b"1.0", b"keep-alive, close", False),
        ):
            with self.subTest(version=version, connection=connection):
                data = get(HOST, b"Connection: " + connection, line=b"GET / HTTP/" + version)
                self.assertIs(self.head(data).keep_alive, kept)

    def test_one_empty_line_before(self) -> None:
        """One CRLF before a request is forgiven, and no more."""
        self.assertEqual(self.head(b"\r\n" + get(HOST)).target, b"/")
        self.assertIsInstance(parse(b"\r\n\r\n" + get(HOST))[0], Refused)

    def test_an_upgrade_is_only_a_request(self) -> None:
        """A request to upgrade is read like every other, its body included."""
        data = get(HOST, b"Connection: upgrade", b"Upgrade: h2c", b"Content-Length: 1", line=b"POST / HTTP/1.1") + b"x"
        self.assertEqual(parse(data)[1:], [BodyPiece(b"x"), RequestEnd()])

    def test_what_it_is_waiting_for(self) -> None:
        """It can tell whether it is between requests or inside a body."""
        parser = RequestParser()
        self.assertTrue(parser.idle)
        parser.feed(b"P")
        self.assertFalse(parser.idle)
        parser.feed(get(HOST, b"Content-Length: 1", line=b"OST / HTTP/1.1"))
        self.assertFalse(parser.in_body)
        parser.next_event()
        self.assertTrue(parser.in_body)

    @given(st.lists(st.binary(max_size=30), min_size=1, max_size=3), st.lists(st.integers(0, 400), max_size=8))
    def test_cuts_anywhere(self, bodies: list[bytes], cuts: list[int]) -> None:
        """However a stream of requests is cut, the events are the same."""
        data = b"".join(get(HOST, b"Content-Length: %d" % len(body), line=b"POST / HTTP/1.1") + body for body in bodies)
        at = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        self.assertEqual(parse(*(data[start:end] for start, end in pairwise(at))), parse(data))


class RefusedTests(TestCase):
    """Requests that are answered with an error, and end the connection."""

    def refused(self, data: bytes, status: int = 400) -> None:
        """Assert that `data` is refused with `status`, however it arrives, and that nothing comes after."""
        for pieces in ways(data):
            events = parse(*pieces, get(HOST))
            self.assertIsInstance(events[-1], Refused, (pieces, events))
            self.assertEqual(events[-1].status, status, (pieces, events[-1]))  # type: ignore[union-attr]
            self.assertFalse([event for event in events if isinstance(event, RequestEnd)], pieces)

    def all_refused(self, *requests: bytes) -> None:
        """Assert that each is a 400."""
        for data in requests:
            with self.subTest(data=data):
                self.refused(data)

    def test_request_lines(self) -> None:
        """Only `method SP target SP HTTP/1.x` is a request line."""
        self.all_refused(
            get(HOST, line=b"GET /"),
            get(HOST, line=b"GET / HTTP/2.0"),
            get(HOST, line=b"GET / HTTP/1.2"),
            get(HOST, line=b"GET / HTTP/0.9"),
            get(HOST, line=b"GET / http/1.1"),
            get(HOST, line=b"GET\t/ HTTP/1.1"),
            get(HOST, line=b"GET  / HTTP/1.1"),
            get(HOST, line=b"GET /  HTTP/1.1"),
            get(HOST, line=b"GET / HTTP/1.1 "),
            get(HOST, line=b" GET / HTTP/1.1"),
            get(HOST, line=b"G(ET / HTTP/1.1"),
            get(HOST, line=b"GET /\x01 HTTP/1.1"),
            get(HOST, line=b"GET /\xa0 HTTP/1.1"),
            get(HOST, line=b"GET /a#b HTTP/1.1"),
            get(HOST, line=b"GET a HTTP/1.1"),
            get(HOST, line=b"GET * HTTP/1.1"),
            get(HOST, line=b"GET ftp://h/ HTTP/1.1"),
            get(HOST, line=b"GET http:///a HTTP/1.1"),
            get(HOST, line=b"GET http://u:p@h/a HTTP/1.1"),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        )

    def test_before_the_end_has_come(self) -> None:
        """What can no longer become a request is refused without waiting for its end."""
        for start in (
            b"\x16\x03\x01",
            b"GET / HTTP/1.1\n",
            b"GET /\r\n",
            b"GET / HTTP/1.1\r\nHost: a\n",
            b"\xff",
            b"(\r",
        ):
            with self.subTest(start=start):
                self.assertEqual([type(event) for event in parse(start)], [Refused])

    def test_hosts(self) -> None:
        """Host must be there exactly once, and be a host."""
        self.all_refused(
            get(),
            get(HOST, HOST),
            get(b"Host:"),
            get(b"Host: a b"),
            get(b"Host: a/b"),
            get(b"Host: a@b"),
            get(b"Host: a,b:80x"),
            get(b"Host: [::1"),
            get(b"Host: a:123456"),
            get(HOST, HOST, line=b"GET / HTTP/1.0"),
        )

    def test_fields(self) -> None:
        """Folding, bare line ends, control bytes and malformed names are refused."""
        self.all_refused(
            get(HOST, b"A: b", b" folded"),
            get(b" A: b", HOST),
            get(HOST, b"Transfer-Encoding:", b" chunked"),
            get(HOST, b"A : b"),
            get(HOST, b": b"),
            get(HOST, b"no colon"),
            get(HOST, b"A: b\rc"),
            get(HOST, b"A: b\nC: d"),
            *(get(HOST, b"A: b" + bytes([byte]) + b"c") for byte in (0, 1, 8, 11, 12, 31, 127)),
            get(HOST, b"A\x00: b"),
            get(HOST).replace(b"\r\n", b"\n"),
        )

    def test_lengths(self) -> None:
        """A length that two readers could read differently is refused."""
        post = b"POST / HTTP/1.1"
        self.all_refused(
            *(
                get(HOST, b"Content-Length: " + length, line=post)
                for length in (b"+2", b"-1", b"0x2", b"2, 2", b"", b"2 2", b"1_0", b"\xb2", b"9" * 19, b"9" * 4400)
            ),
            get(HOST, b"Content-Length: 2", b"Content-Length: 2", line=post),
            get(HOST, b"Content-Length: 2", b"content-length: 3", line=post),
            get(HOST, b"Content-Length: 2", b"Transfer-Encoding: chunked", line=post),
            get(HOST, b"Transfer-Encoding: chunked", b"Content-Length: 2", line=post),
        )

    def test_transfer_encodings(self) -> None:
        """Only `chunked`, once, and only in HTTP/1.1."""
        self.all_refused(
            *(
                get(HOST, b"Transfer-Encoding: " + coding, line=b"POST / HTTP/1.1")
                for coding in (
                    b"identity",
                    b"xchunked",
                    b"chunked, identity",
                    b"gzip, chunked",
                    b"chunked, chunked",
                    b"\x0bchunked",
                    b"chunked;x",
                    b"",
                )
            ),
            get(HOST, *[b"Transfer-Encoding: chunked"] * 2, line=b"POST / HTTP/1.1"),
            get(HOST, b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.0"),
        )

    def test_a_bad_chunk(self) -> None:
        """Broken chunk framing ends the request that has begun."""
        self.refused(get(HOST, b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.1") + b"0x1\r\na\r\n0\r\n\r\n")

    def test_connect(self) -> None:
        """We are no proxy."""
        self.refused(get(HOST, line=b"CONNECT example.com:443 HTTP/1.1"), 501)

    def test_nothing_after_a_refusal(self) -> None:
        """Bytes after a refusal are dropped, not kept."""
        parser = RequestParser()
        parser.feed(b"\x00")
        self.assertIsInstance(parser.next_event(), Refused)
        parser.feed(get(HOST))
        self.assertIsNone(parser.next_event())
        self.assertEqual(parser.buffered, 0)

    def test_what_came(self) -> None:
        """A head that was refused, and one that is not whole, can be looked at; nothing before or behind it is."""
        bad = get(HOST, b"Bad header")
        for pieces in ways(get(HOST) + bad + b"body"):
            parser = RequestParser()
            for piece in pieces:
                parser.feed(piece)
                pull(parser)
            self.assertEqual(parser.unread_head, bad, pieces)
        parser = RequestParser()
        parser.feed(get(HOST) + b"GET / HT")
        pull(parser)
        self.assertEqual(parser.unread_head, b"GET / HT")


class LimitTests(TestCase):
    """Heads that are too large."""

    limits = HeadLimits(line_bytes=40, fields_bytes=60, fields=3)

    def status(self, *pieces: bytes) -> int | None:
        """The status of the refusal, None for a request."""
        event = parse(*pieces, limits=self.limits)[0]
        return event.status if isinstance(event, Refused) else None

    def test_the_line(self) -> None:
        """A request line at the limit passes, one byte more is 414, finished or not."""
        fits = b"GET /" + b"a" * 26 + b" HTTP/1.1"
        self.assertEqual(len(fits), 40)
        for pieces in ways(get(HOST, line=fits)):
            self.assertIsNone(self.status(*pieces))
        for pieces in ways(get(HOST, line=fits.replace(b"aa", b"aaa", 1))):
            self.assertEqual(self.status(*pieces), 414)
        self.assertEqual(self.status(b"GET /" + b"a" * 40), 414)

    def test_the_fields(self) -> None:
        """Fields at the limit pass, one byte more is 431, finished or not."""
        fits = b"A: " + b"b" * (60 - len(HOST) - 2 - 3 - 2)
        for pieces in ways(get(HOST, fits)):
            self.assertIsNone(self.status(*pieces))
        for pieces in ways(get(HOST, fits + b"b")):
            self.assertEqual(self.status(*pieces), 431)
        self.assertEqual(self.status(get(HOST)[:-2] + b"A: " + b"b" * 80), 431)

    def test_the_number_of_fields(self) -> None:
        """One field too many is 431."""
        self.assertIsNone(self.status(get(HOST, b"a:b", b"c:d")))
        self.assertEqual(self.status(get(HOST, b"a:b", b"c:d", b"e:f")), 431)

    def test_the_defaults(self) -> None:
        """Out of the box 16 KiB of line and of fields are taken, and no more."""
        self.assertIsInstance(parse(get(HOST, line=b"GET /" + b"a" * 16_000 + b" HTTP/1.1"))[0], RequestHead)
        for data, status in (
            (get(HOST, line=b"GET /" + b"a" * 16_384 + b" HTTP/1.1"), 414),
            (get(HOST, b"A: " + b"b" * 16_384), 431),
            (get(HOST, *[b"a:b"] * 501), 431),
        ):
            event = parse(data)[0]
            assert isinstance(event, Refused)
            self.assertEqual(event.status, status)
