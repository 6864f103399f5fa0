"""Requests of Redis's kind out of bytes, however they are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.resp import (
    LINE_BYTES,
    MOST_WORDS,
    REQUEST_BYTES,
    BadRequest,
    EndOfRequests,
    RequestReader,
    array,
    bulk,
    error,
    integer,
    simple,
)

Taken = list[tuple[bytes, ...] | BadRequest | EndOfRequests]


def _read(*chunks: bytes, end: bool = True) -> Taken:
    reader, taken = RequestReader(), Taken()
    for chunk in [*chunks, None]:
        if chunk is not None:
            reader.feed(chunk)
        elif end:
            reader.feed_end()
        while (got := reader.take()) is not None:
            taken.append(got)
            if isinstance(got, EndOfRequests):
                return taken
    return taken


def _encoded(words: list[bytes]) -> bytes:
    return array([bulk(word) for word in words]) + b"\r\n"


STREAM = b'*2\r\n$4\r\nAUTH\r\n$4\r\np\r\nw\r\nPING "a b"\n*0\r\n\r\n*1\r\n$0\r\n\r\n'
REQUESTS: Taken = [(b"AUTH", b"p\r\nw"), (b"PING", b"a b"), (), (), (b"",), EndOfRequests()]


class RequestTests(TestCase):
    """Whole requests."""

    def test_stream(self) -> None:
        """Arrays and lines follow each other as they like."""
        self.assertEqual(_read(STREAM), REQUESTS)

    def test_every_boundary(self) -> None:
        """Wherever the stream is cut, and byte by byte, the requests are the same."""
        for at in range(len(STREAM)):
            self.assertEqual(_read(STREAM[:at], STREAM[at:]), REQUESTS, at)
        self.assertEqual(_read(*(bytes([byte]) for byte in STREAM)), REQUESTS)

    @given(st.lists(st.lists(st.binary(max_size=60), max_size=8), max_size=6), st.integers(1, 9))
    def test_any(self, requests: list[list[bytes]], size: int) -> None:
        """Whatever is encoded comes back."""
        stream = b"".join(map(_encoded, requests))
        chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
        self.assertEqual(_read(*chunks), [*map(tuple, requests), EndOfRequests()])

    def test_cut_short(self) -> None:
        """A request that the end cuts short is no request."""
        for data in (b"PIN", b"*1\r\n", b"*1\r\n$4\r\nPI", b"*1\r\n$4\r\nPING\r"):
            self.assertEqual(_read(data), [EndOfRequests()], data)

    def test_quotes(self) -> None:
        """Words on a line are quoted as redis-cli quotes them."""
        self.assertEqual(_read(rb'set "a\"\n\x00" ' + rb"'it\'s' x" + b"\n")[0], (b"set", b'a"\n\0', b"it's", b"x"))
        for wrong in (b'"a', b"'a", b'"a"b', b'a"b'):
            self.assertEqual(_read(wrong + b"\n")[0], BadRequest("unbalanced quotes in request"), wrong)


class LimitTests(TestCase):
    """What is no request, and no memory."""

    def test_malformed(self) -> None:
        """What breaks the protocol is told once, and nothing after it is taken or kept."""
        for data, reason in (
            (b"*x\r\n", "invalid multibulk length"),
            (b"*%d\r\n" % (MOST_WORDS + 1), "invalid multibulk length"),
            (b"*" + b"1" * 40, "too big count string"),
            (b"*1\r\nPING\r\n", "expected '$'"),
            (b"*1\r\n$-1\r\n", "invalid bulk length"),
            (b"*1\r\n$%d\r\n" % (REQUEST_BYTES + 1), "invalid bulk length"),
            (b"*1\r\n$1_0\r\n", "invalid bulk length"),
            (b"*2\r\n$%d\r\n%s\r\n$1\r\n" % (REQUEST_BYTES, b"x" * REQUEST_BYTES), "invalid bulk length"),
            (b"*1\r\n$4\r\nPINGxx", "expected the end of a bulk string"),
            (b"*1\r\n$" + b"9" * 40, "too big count string"),
            (b"x" * (LINE_BYTES + 2), "too big inline request"),
            (b"a " * (MOST_WORDS + 1) + b"\n", "too many words"),
        ):
            self.assertEqual(_read(data + b"PING\r\n", b"PING\r\n"), [BadRequest(reason), EndOfRequests()], data)

    def test_limits_are_reached(self) -> None:
        """What is just within the limits is taken."""
        self.assertEqual(_read(_encoded([b"x" * REQUEST_BYTES]))[0], (b"x" * REQUEST_BYTES,))
        self.assertEqual(_read(_encoded([b"x"] * MOST_WORDS))[0], (b"x",) * MOST_WORDS)
        self.assertEqual(_read(b"x" * LINE_BYTES + b"\r\n")[0], (b"x" * LINE_BYTES,))
        self.assertEqual(_read(b"*-1\r\n")[0], ())

    def test_memory(self) -> None:
        """After what is no request nothing is kept, however much comes."""
        reader = RequestReader()
        reader.feed(b"*x\r\n")
        reader.take()
        reader.feed(b"x" * 100_000)
        self.assertEqual((reader.pending_bytes, reader.take()), (0, None))

    @given(st.binary(max_size=200), st.integers(1, 50))
    def test_any_bytes(self, data: bytes, size: int) -> None:
        """Any bytes give the same, however they are cut."""
        chunks = [data[at : at + size] for at in range(0, len(data), size)]
        self.assertEqual(_read(*chunks), _read(data))


class ReplyTests(TestCase):
    """The five kinds."""

    def test_wire(self) -> None:
        """Each is what the specification says, but for the last line end."""
        self.assertEqual((simple("OK"), error("ERR x"), integer(3)), (b"+OK", b"-ERR x", b":3"))
        self.assertEqual((bulk(b""), bulk(b"hello")), (b"$0\r\n", b"$5\r\nhello"))
        self.assertEqual((array([]), array([bulk(b"a"), integer(1)])), (b"*0", b"*2\r\n$1\r\na\r\n:1"))
