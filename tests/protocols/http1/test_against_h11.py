"""The request parser beside h11: what both take for requests, they read alike, wherever the bytes were cut.

We are stricter in the ways of `STRICTER`, and more lenient in those of `LENIENT`; each is shown to be one, and there is
no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise, product

import h11
from hypothesis import given, note, settings
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.http1.heads import RequestHead
from tnet.protocols.http1.requests import BodyPiece, Refused, RequestEnd, RequestParser

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass
class Request:
    """One request as a parser understood it."""

    method: bytes
    target: bytes
    version: bytes
    fields: Fields
    body: bytes = b""
    complete: bool = False


@dataclass
class Heard:
    """What a parser made of a stream: requests; then whether it refused to go on, or whether the last one ended it."""

    requests: list[Request] = field(default_factory=list)
    refused: bool = False
    closes: bool = False


def by_us(pieces: list[bytes]) -> Heard:
    """What our parser hears."""
    parser, heard = RequestParser(), Heard()
    keeps = True
    for piece in pieces:
        parser.feed(piece)
        while not heard.closes and (event := parser.next_event()) is not None:
            match event:
                case RequestHead():
                    lines = tuple((name.lower(), _as_h11(name, value)) for name, value in event.fields)
                    heard.requests.append(Request(event.method, event.target, event.version[5:], lines))
                    keeps, ended = event.keep_alive, event.length == 0
                case BodyPiece(data):
                    heard.requests[-1].body += data
                    ended = False
                case RequestEnd():
                    ended = True
                case Refused():
                    heard.refused = True
                    return heard
            if ended:
                heard.requests[-1].complete, heard.closes = True, not keeps
                parser.proceed()
    return heard


def _as_h11(name: bytes, value: bytes) -> bytes:
    """A value as h11 hands it on."""
    return value.lower() if name.lower() == b"transfer-encoding" else value


def by_h11(pieces: list[bytes]) -> Heard:
    """What h11 hears, as a server that answers every request at once."""
    connection, heard = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20), Heard()
    for piece in pieces:
        connection.receive_data(piece)
        try:
            while not heard.closes and (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                match event:
                    case h11.Request():
                        lines = tuple(event.headers)
                        heard.requests.append(Request(event.method, event.target, event.http_version, lines))
                    case h11.Data():
                        heard.requests[-1].body += bytes(event.data)
                    case h11.EndOfMessage():
                        heard.requests[-1].complete = True
                        connection.send(h11.Response(status_code=404, headers=[(b"content-length", b"0")]))
                        connection.send(h11.EndOfMessage())
                        heard.closes = connection.our_state is not h11.DONE
                        if not heard.closes:
                            connection.start_next_cycle()
        except h11.RemoteProtocolError:
            heard.refused = True
            return heard
    return heard


# ── how we are stricter ──

HEAD = b"GET / HTTP/1.1\r\nHost: h\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"


def searches(pattern: bytes) -> Callable[[bytes], bool]:
    """Whether the bytes hold it."""
    compiled = re.compile(pattern, re.IGNORECASE | re.MULTILINE | re.DOTALL)
    return lambda data: compiled.search(data) is not None


STRICTER: dict[str, tuple[Callable[[bytes], bool], bytes]] = {
    "a line ends with CR LF, not with LF alone": (searches(rb"(?<!\r)\n"), b"GET / HTTP/1.1\nHost: h\n\n"),
    "no value is folded over lines": (searches(rb"\n[ \t]"), HEAD + b"A: b\r\n c\r\n\r\n"),
    "no value holds a control byte": (searches(rb"[\x01-\x08\x0e-\x1f]"), HEAD + b"A: \x01\r\n\r\n"),
    "a target has no fragment": (
        searches(rb"^[^ \r\n]+ [^ \r\n]*#[^ \r\n]* HTTP"),
        b"GET /#a HTTP/1.1\r\nHost: h\r\n\r\n",
    ),
    "a target is a path, an http URL, or the asterisk of OPTIONS": (
        searches(rb"^[^ \r\n]+ (?!/|https?://[^/?@ ]+[/? ])[^ \r\n]+ HTTP"),
        b"GET a HTTP/1.1\r\nHost: h\r\n\r\n",
    ),
    "the version is 1.0 or 1.1": (searches(rb" HTTP/(?!1\.[01]\r)"), b"GET / HTTP/1.2\r\nHost: h\r\n\r\n"),
    "a Host names a host": (
        searches(rb"^host:(?![ \t]*[a-z0-9\-._~!$&'()*+,;=%]+(:\d{0,5})?[ \t]*\r)"),
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    ),
    "a length is given once, as one number": (
        searches(rb"^content-length:[^\r]*,|^content-length:.*^content-length:"),
        HEAD + b"Content-Length: 2, 2\r\n\r\nab",
    ),
    "a length has at most 18 digits": (
        searches(rb"^content-length:[ \t]*[0-9]{19,}"),
        HEAD + b"Content-Length: 0000000000000000002\r\n\r\nab",
    ),
    "a chunked body has no length": (
        searches(rb"^transfer-encoding:.*^content-length:|^content-length:.*^transfer-encoding:"),
        CHUNKED + b"Content-Length: 2\r\n\r\n0\r\n\r\n",
    ),
    "chunks are of HTTP/1.1": (
        searches(rb"HTTP/1\.0.*^transfer-encoding:"),
        CHUNKED.replace(b"1.1", b"1.0") + b"\r\n0\r\n\r\n",
    ),
    "the size of a chunk has at most 15 digits": (
        searches(rb"^[0-9a-f]{16,}"),
        CHUNKED + b"\r\n%b2\r\nab\r\n0\r\n\r\n" % (b"0" * 15),
    ),
    "nothing but an extension follows the size of a chunk": (
        searches(rb"^[0-9a-f]+[ \t]+\r"),
        CHUNKED + b"\r\n2 \r\nab\r\n0\r\n\r\n",
    ),
    "CONNECT is for proxies": (searches(rb"^CONNECT "), b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n"),
    "PRI is for HTTP/2": (searches(rb"^PRI "), b"PRI / HTTP/1.1\r\nHost: h\r\n\r\n"),
}


LENIENT: dict[str, tuple[Callable[[bytes], bool], bytes]] = {
    "white space may precede the extension of a chunk (RFC 9112 section 7.1.1)": (
        searches(rb"^[0-9a-f]+[ \t]+;"),
        CHUNKED + b"\r\n2 ;a=b\r\nab\r\n0\r\n\r\n",
    ),
    "one empty line may precede a request (RFC 9112 section 2.2)": (
        searches(rb"\A\r\n(?!\r)|[^\n]\r\n\r\n\r\n(?!\r)"),
        b"\r\n" + HEAD + b"\r\n",
    ),
}


# ── what is said ──

PLAIN = st.sampled_from(
    (
        b"Accept: */*|X-Empty:|X-Spaces: \t a  b \t|X-Obs: \xff\xe9|Cookie: a=b; c=d|Connection: te|Connection: close|"
        b"Connection: keep-alive|Connection: upgrade|Upgrade: x|Expect: 100-continue"
    ).split(b"|")
)
ODD_FIELDS = (
    b"Host: i|host:|Host: a b|A : b|: b|nocolon|A: b\r\n folded| A: b|A: b\x01c|A: b\0c|A: b\x7fc|A: b\rc|"
    b"A: b\nB: c|A: \x0b|A\xff: b|Content-Length: 1|Content-Length: 2, 2|Content-Length: +2|Content-Length: -1|"
    b"Content-Length:|Content-Length: 99999999999999999999|Transfer-Encoding: chunked|"
    b"Transfer-Encoding: gzip, chunked|Transfer-Encoding: identity|transfer-encoding:\tChunked "
).split(b"|")
TARGETS = st.sampled_from([b"/", b"/a?b=c;d", b"/%00", b"/" + b"x" * 50, b"/\"'<>", b"//h/x"])
ODD_TARGETS = [b"a", b"*", b"/#", b"/\xff", b"", b"/ x", b"http:///x", b"ftp://h/", b"/\x7f", b"/\x01"]
METHODS = st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS", b"BREW", b"M-SEARCH", b"get"])
ODD_METHODS = [b"CONNECT", b"PRI", b"G ET", b"G(T", b"", b"G\xffT"]
VERSIONS = st.sampled_from([b"HTTP/1.1"] * 6 + [b"HTTP/1.0"])
ODD_VERSIONS = [b"HTTP/1.2", b"HTTP/2.0", b"http/1.1", b"HTTP/1.1 ", b"HTTP/11", b""]
ODD_SIZES = [b"0x%x", b"+%x", b"%x ", b"-%x", b"%xg", b"000000000000000%x", b" %x", b"%x;a\0"]
BODIES = st.binary(max_size=40)


@st.composite
def chunked(draw: st.DrawFn) -> bytes:
    """A body in chunks, mostly well."""
    odd = draw(st.sampled_from([None, None, "size", "size", "end", "trailer"]))
    parts = [part for part in draw(st.lists(BODIES, max_size=3)) if part]
    sizes = ODD_SIZES if odd == "size" else [b"%x", b"%X", b"0%x"]
    extensions = [b"", b"", b";a=b", b' ;a="b c"', b";\t\xff"]
    data = b""
    for part in parts:
        data += draw(st.sampled_from(sizes)) % len(part) + draw(st.sampled_from(extensions)) + b"\r\n" + part
        data += draw(st.sampled_from([b"x\r\n", b"\n", b""])) if odd == "end" else b"\r\n"
    trailers = (
        [b"bad trailer\r\n", b": x\r\n", b"A: \0\r\n"]
        if odd == "trailer"
        else [b"", b"", b"X-T: u\r\n", b"A: b\r\nC: d\r\n"]
    )
    return data + b"0\r\n" + draw(st.sampled_from(trailers)) + b"\r\n"


@st.composite
def request(draw: st.DrawFn) -> bytes:
    """One request: as it should be, or with something odd in one place or the other."""
    odd = draw(st.sampled_from([None, None, None, "line", "fields", "fields", "host", "ends"]))
    line = [METHODS, TARGETS, VERSIONS]
    if odd == "line":
        place = draw(st.integers(0, 2))
        line[place] = st.sampled_from((ODD_METHODS, ODD_TARGETS, ODD_VERSIONS)[place])
    lines = [b" ".join(draw(part) for part in line)]
    fields = [b"Host: example.com:8080", *draw(st.lists(PLAIN, max_size=3))]
    if odd == "host":
        fields.pop(0)
    body = b""
    match draw(st.sampled_from(["none", "sized", "chunked", "chunked"])):
        case "sized":
            body = draw(BODIES)
            fields.append(b"Content-Length: %d" % len(body))
        case "chunked":
            body = draw(chunked())
            fields.append(b"Transfer-Encoding: chunked")
    if odd == "fields":
        fields.insert(draw(st.integers(0, len(fields))), draw(st.sampled_from(ODD_FIELDS)))
    end = draw(st.sampled_from([b"\n", b"\r\r\n", b"\r"])) if odd == "ends" else b"\r\n"
    return end.join([*lines, *fields, b"", b""]) + body


@st.composite
def pieces(draw: st.DrawFn) -> list[bytes]:
    """Some requests on one connection, perhaps with one byte changed, cut anywhere."""
    data = b"".join(draw(st.lists(request(), min_size=1, max_size=3)))
    if draw(st.sampled_from([False, False, True])):
        at = draw(st.integers(0, len(data) - 1))
        data = data[:at] + draw(st.binary(min_size=1, max_size=1)) + data[at + draw(st.integers(0, 1)) :]
    cuts = draw(st.lists(st.integers(1, max(1, len(data) - 1)), max_size=8))
    return [data[start:end] for start, end in pairwise(sorted({0, len(data), *cuts}))]


class AgainstH11Tests(TestCase):
    """Two parsers, one stream."""

    @settings(max_examples=600, deadline=None)
    @given(pieces())
    def test_alike(self, said: list[bytes]) -> None:
        """What is a request for us is the same one for h11; what only we refuse, we refuse for a known reason."""
        note(f"{b''.join(said)!r}")
        self.compare(said)

    def test_one_oddity_at_a_time(self) -> None:
        """So is every oddity that there is to say, alone in a request that is fine otherwise; another one follows."""
        lines = [b" ".join(parts) for parts in product([b"GET"], ODD_TARGETS, [b"HTTP/1.1"])]
        lines += [method + b" / HTTP/1.1" for method in ODD_METHODS] + [b"GET / " + version for version in ODD_VERSIONS]
        said = [line + b"\r\nHost: h\r\n\r\n" for line in lines]
        for odd in ODD_FIELDS:
            said += [b"POST / HTTP/1.%d\r\nHost: h\r\n" % minor + odd + b"\r\n\r\n" for minor in (0, 1)]
            said += [CHUNKED + odd + b"\r\n\r\n0\r\n\r\n", HEAD + b"Content-Length: 0\r\n" + odd + b"\r\n\r\n"]
        for size in ODD_SIZES:
            said.append(CHUNKED + b"\r\n" + size % 2 + b"\r\nab\r\n0\r\n\r\n")
        self.assertGreater(len(said), 100)
        for data in said:
            self.compare([data + HEAD + b"\r\n"])

    def compare(self, said: list[bytes]) -> None:
        """Assert that both hear the same, or that it is known why not."""
        data = b"".join(said)
        ours, theirs = by_us(said), by_h11(said)
        for mine, other in zip(ours.requests, theirs.requests, strict=False):
            if not data.startswith(b"http", data.find(b" ") + 1):
                self.assertEqual((mine.method, mine.target, mine.version), (other.method, other.target, other.version))
            self.assertEqual(mine.fields, other.fields)
            if mine.complete and other.complete:
                self.assertEqual(mine.body, other.body)
        known = any(is_so(data) for is_so, _ in STRICTER.values())
        forgiven = any(is_so(data) for is_so, _ in LENIENT.values())
        if len(ours.requests) > len(theirs.requests):
            self.assertTrue(theirs.closes or forgiven, "h11 refuses what we take for a request")
        elif theirs.refused and not ours.refused:
            self.assertTrue(ours.closes or theirs.closes or forgiven, "h11 refuses what we do not")
        elif ours.refused and not theirs.refused and not theirs.closes:
            decided = by_h11([*said, b"\r\n\r\n"])
            self.assertTrue(known or decided.refused, "we refuse what h11 does not, and nobody knows why")

    @settings(max_examples=200, deadline=None)
    @given(pieces())
    def test_cut_anywhere(self, said: list[bytes]) -> None:
        """Where the bytes were cut makes no difference, but for how much of a body comes before its fault is seen."""
        heard = by_us(said), by_us([b"".join(said)])
        for each in heard:
            if each.refused and each.requests and not each.requests[-1].complete:
                each.requests[-1].body = b""
        self.assertEqual(*heard)

    def test_each_way_of_being_stricter(self) -> None:
        """Each of them has a stream that we refuse and h11 takes."""
        for name, (is_so, data) in STRICTER.items():
            self.assertEqual((is_so(data), by_us([data]).refused, by_h11([data]).refused), (True, True, False), name)

    def test_each_way_of_being_lenient(self) -> None:
        """Each of them has a stream that h11 refuses and we take."""
        for name, (is_so, data) in LENIENT.items():
            self.assertEqual((is_so(data), by_us([data]).refused, by_h11([data]).refused), (True, False, True), name)
