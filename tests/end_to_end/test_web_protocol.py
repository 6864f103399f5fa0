"""HTTP/1.1 as nobody should speak it: raw bytes to a server that runs, one row for each case and what it has to answer.

What a server must survive is gathered from RFC 9112, and from the advisories on request smuggling of other servers.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from twisted.trial.unittest import TestCase

from tests.end_to_end.command import Running
from tests.end_to_end.peers import environment
from tests.servers.web.wire import Reply, take_reply

SECONDS = 20
LAST = b"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
GET, POST = b"GET /a.txt HTTP/1.1", b"POST /a.txt HTTP/1.1"


def request(*fields: bytes, line: bytes = GET, host: bytes = b"Host: localhost\r\n") -> bytes:
    """A head, with its Host first."""
    return b"%b\r\n%b" % (line, host) + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def post(*fields: bytes, body: bytes = b"") -> bytes:
    """A request with a body."""
    return request(*fields, line=POST) + body


def chunked(body: bytes) -> bytes:
    """A request whose body is taken, and comes in chunks."""
    return request(CHUNKED) + body


CHUNKED = b"Transfer-Encoding: chunked"
TWO = b"Content-Length: 2"

# What is no request, or one that two readers could read as two: each is answered with a 400 that explains itself, and
# nothing after it is.
BAD = {
    "Content-Length, then chunked": post(TWO, CHUNKED, body=b"0\r\n\r\n"),
    "chunked, then Content-Length": post(CHUNKED, TWO, body=b"0\r\n\r\n"),
    "Content-Length twice, different": post(TWO, b"Content-Length: 3", body=b"abc"),
    "Content-Length twice, equal": post(TWO, TWO, body=b"ab"),
    "Content-Length as a list": post(b"Content-Length: 2, 2", body=b"ab"),
    "Content-Length +2": post(b"Content-Length: +2", body=b"ab"),
    "Content-Length -1": post(b"Content-Length: -1"),
    "Content-Length 0x2": post(b"Content-Length: 0x2", body=b"ab"),
    "Content-Length empty": post(b"Content-Length:"),
    "Content-Length of 4301 digits": post(b"Content-Length: " + b"9" * 4301),
    "Content-Length of 19 digits": post(b"Content-Length: " + b"9" * 19),
    "white space before a colon": post(b"Content-Length : 2", body=b"ab"),
    "Transfer-Encoding xchunked": post(b"Transfer-Encoding: xchunked"),
    "Transfer-Encoding chunked, identity": post(b"Transfer-Encoding: chunked, identity"),
    "Transfer-Encoding gzip, chunked": post(b"Transfer-Encoding: gzip, chunked"),
    "Transfer-Encoding twice": post(CHUNKED, CHUNKED),
    "Transfer-Encoding with a vertical tab": post(b"Transfer-Encoding: \x0bchunked"),
    "Transfer-Encoding identity": post(b"Transfer-Encoding: identity"),
    "Transfer-Encoding identity, with a length": post(b"Transfer-Encoding: identity", TWO, body=b"ab"),
    "Transfer-Encoding in HTTP/1.0": request(CHUNKED, line=b"POST / HTTP/1.0"),
    "a bare LF in a value": request(b"A: b\nc"),
    "a bare CR in a value": request(b"A: b\rc"),
    "NUL in a value": request(b"A: b\0c"),
    "\\x01 in a value": request(b"A: b\x01c"),
    "a vertical tab in a value": request(b"A: b\x0bc"),
    "DEL in a value": request(b"A: b\x7fc"),
    "a header without a colon": request(b"A"),
    "a header without a name": request(b": b"),
    "a folded first header": request(host=b" Host: h\r\n"),
    "a folded value": request(b"A: b", b" c"),
    "a folded Transfer-Encoding": post(b"Transfer-Encoding:", b" chunked"),
    "chunk size 0x2": chunked(b"0x2\r\nab\r\n0\r\n\r\n"),
    "chunk size with a space": chunked(b"2 \r\nab\r\n0\r\n\r\n"),
    "LF in a chunk extension": chunked(b"2;a\nb\r\nab\r\n0\r\n\r\n"),
    "a chunk longer than its size": chunked(b"2\r\nabc\r\n0\r\n\r\n"),
    "a chunk size of 18 digits": chunked(b"f" * 18 + b"\r\n"),
    "a chunk size with a sign": chunked(b"+2\r\nab\r\n0\r\n\r\n"),
    "chunks with bare LF": chunked(b"2\nab\n0\n\n"),
    "a chunk line without end": chunked(b"2;" + b"a" * 2000),
    "a trailer that is no header": chunked(b"0\r\nbad trailer\r\n\r\n"),
    "a request line with tabs": request(line=b"GET\t/\tHTTP/1.1"),
    "HTTP/2.0 in a request line": request(line=b"GET / HTTP/2.0"),
    "HTTP/1.2 in a request line": request(line=b"GET / HTTP/1.2"),
    "lower case in the version": request(line=b"GET / http/1.1"),
    "HTTP/0.9": b"GET /\r\n",
    "the preface of HTTP/2, malformed": b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    "two empty lines before it": b"\r\n\r\n" + request(),
    "only bare LF": request().replace(b"\r\n", b"\n"),
    "no Host": request(host=b""),
    "two Hosts": request(b"Host: localhost"),
    "two different Hosts": request(b"Host: i"),
    "an empty Host": request(host=b"Host:\r\n"),
    "a Host with a path": request(host=b"Host: h/x\r\n"),
    "a Host with a user": request(host=b"Host: u@h\r\n"),
    "a Host with a space": request(host=b"Host: h i\r\n"),
    "an absolute target without a host": request(line=b"GET http:///a.txt HTTP/1.1"),
    "an absolute target with a user": request(line=b"GET http://u:p@h/a.txt HTTP/1.1"),
    "a target without a slash": request(line=b"GET a.txt HTTP/1.1"),
    "a target with a fragment": request(line=b"GET /a#b HTTP/1.1"),
    "a raw byte of no ASCII in a target": request(line=b"GET /\xa0 HTTP/1.1"),
    "an asterisk for another method than OPTIONS": request(line=b"GET * HTTP/1.1"),
    "TLS to a port without": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}

# Refused with another status; the connection ends, and what was not sent is not waited for.
OTHER = {
    "a request line of 16 385 bytes": (request(line=b"GET /" + b"a" * 16_371 + b" HTTP/1.1"), 414),
    "a request line without end": (b"GET /" + b"a" * 20_000, 414),
    "a header of 16 KiB and more": (request(b"A: " + b"b" * 16_384), 431),
    "headers without end": (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000, 431),
    "257 headers": (request(*[b"a:b"] * 256), 431),
    "CONNECT": (request(line=b"CONNECT example.com:443 HTTP/1.1"), 501),
    "Expect: banana": (post(TWO, b"Expect: banana"), 417),
    "Expect: 100-continue, banana": (post(TWO, b"Expect: 100-continue, banana"), 417),
    "100 GB that wait for 100 Continue": (post(b"Content-Length: 100000000000", b"Expect: 100-continue"), 413),
    "100 GB that do not wait": (post(b"Content-Length: 100000000000"), 413),
    "a method that is not there, before its body": (post(TWO, b"Expect: 100-continue"), 405),
}


@dataclass
class Fine:
    """Requests that are answered, each with its status; after them one more is, unless the connection ends here."""

    data: bytes
    statuses: tuple[int, ...] = (200,)
    ends: bool = False
    bodiless: bool = False
    http10: bool = False


GOOD = {
    "one empty line before it": Fine(b"\r\n" + request()),
    "an empty line between two": Fine(request() + b"\r\n" + request(), (200, 200)),
    "three in one packet": Fine(request() * 3, (200, 200, 200)),
    "an absolute target, whose host counts": Fine(
        request(line=b"GET http://h/a.txt HTTP/1.1", host=b"Host: other\r\n")
    ),
    "OPTIONS *": Fine(request(line=b"OPTIONS * HTTP/1.1")),
    "an unknown method": Fine(request(line=b"BREW /a.txt HTTP/1.1"), (501,)),
    "Connection: close": Fine(request(b"Connection: close"), ends=True),
    "Connection: close,te without a space": Fine(request(b"Connection: close,te"), ends=True),
    "Connection: TE, Close": Fine(request(b"Connection: TE, Close"), ends=True),
    "Connection: close in a second line": Fine(request(b"Connection: te", b"Connection: close"), ends=True),
    "HTTP/1.0": Fine(request(line=b"GET /a.txt HTTP/1.0", host=b""), ends=True),
    "HTTP/1.0 with keep-alive": Fine(request(b"Connection: Keep-Alive", line=b"GET /a.txt HTTP/1.0")),
    "HTTP/1.0 with keep-alive, close": Fine(
        request(b"Connection: keep-alive, close", line=b"GET /a.txt HTTP/1.0"), ends=True
    ),
    "Expect in HTTP/1.0": Fine(request(b"Expect: banana", b"Connection: keep-alive", line=b"GET /a.txt HTTP/1.0")),
    "HEAD": Fine(request(line=b"HEAD /a.txt HTTP/1.1"), bodiless=True),
    "a body that a GET has": Fine(request(TWO) + b"ab", (200,)),
    "a chunked body that a GET has": Fine(request(CHUNKED) + b"2;ext=1\r\nab\r\n0\r\nX-Trailer: y\r\n\r\n", (200,)),
    "Upgrade that nobody knows": Fine(request(b"Connection: upgrade", b"Upgrade: other/1")),
    "no white space after a colon": Fine(request(host=b"Host:h\r\n")),
    "tabs around a value": Fine(request(b"A:\tb\t")),
    "bytes of no ASCII in a value": Fine(request(b"A: \xff\xa0")),
    "256 headers": Fine(request(*[b"a:b"] * 255)),
    "a request line of 16 384 bytes": Fine(request(line=b"GET /" + b"a" * 16_370 + b" HTTP/1.1"), (404,)),
}


class RowsTests(TestCase):
    """`tnet serve web`, and rows of bytes."""

    def setUp(self) -> None:
        folder = Path(self.mktemp()).absolute()
        (folder / "root").mkdir(parents=True)
        (folder / "root" / "a.txt").write_bytes(b"hello\n")
        argv = ("serve", "web", str(folder / "root"), "-p", "0", "-H", "127.0.0.1", "--output", "json")
        self.server = Running(self, folder / "home", *argv)
        self.wrong: dict[str, Any] = {}

    def talk(self, data: bytes) -> bytes:
        """What comes back for `data`, to the end; that the server has closed before it took all of it is no fault."""
        with socket.create_connection(("127.0.0.1", self.server.port), SECONDS) as sock:
            try:
                sock.sendall(data)
                return b"".join(iter(lambda: sock.recv(1 << 16), b""))
            except TimeoutError:
                return b"(nothing more came, and no end)"

    def refused(self, name: str, data: bytes, status: int) -> None:
        """One response that a person can read, said to be the last, and the last it is."""
        said = self.talk(data + LAST)
        try:
            reply, rest = take_reply(said)
        except (AssertionError, ValueError) as error:
            self.wrong[name] = error
            return
        fields = reply.fields
        whole = len(reply.body) == int(fields.get(b"content-length", -1)) and b"\r\n\r\n" not in reply.body
        told = (reply.status, fields.get(b"connection"), b"date" in fields, whole and bool(reply.body), rest)
        if told != (status, b"close", True, True, b""):
            self.wrong[name] = said[:300]

    def logged(self, statuses: list[int]) -> None:
        """Assert that each refusal is an event, in order, with its reason."""
        events = self.server.wait_for("http.request", len(statuses))
        self.assertEqual([event["http.response.status_code"] for event in events], statuses)

    def test_bad_requests(self) -> None:
        """Each is a 400 with a body, a date and `Connection: close`, in the log; nothing behind it is answered."""
        for name, data in BAD.items():
            self.refused(name, data, 400)
        self.assertEqual(self.wrong, {})
        self.logged([400] * len(BAD))
        self.assertTrue(all(event["reason"] for event in self.server.wait_for("http.request")))

    def test_other_refusals(self) -> None:
        """So are those with a status of their own; none says 100 Continue first."""
        for name, (data, status) in OTHER.items():
            self.refused(name, data, status)
        self.assertEqual(self.wrong, {})
        self.logged([status for _, status in OTHER.values()])

    def test_good_requests(self) -> None:
        """What is unusual and allowed is answered, and the connection goes on or ends as it was asked to."""
        for name, row in GOOD.items():
            said, expected = self.talk(row.data + LAST), [*row.statuses, *(() if row.ends else (200,))]
            try:
                statuses, connection = self.taken_apart(said, row)
            except (AssertionError, ValueError) as error:
                self.wrong[name] = error
                continue
            if statuses != expected or connection != b"close":
                self.wrong[name] = statuses, said[:300]
        self.assertEqual(self.wrong, {})

    def taken_apart(self, said: bytes, row: Fine) -> tuple[list[int], bytes | None]:
        """The statuses of all responses, and what the last one says of the connection."""
        replies: list[Reply] = []
        while said:
            reply, said = take_reply(said, row.bodiless and not replies)
            replies.append(reply)
        return [reply.status for reply in replies], replies[-1].fields.get(b"connection")

    def test_half_closed(self) -> None:
        """A client that sends no more gets all it asked for; one that stops in the middle is told so."""
        for data, statuses in (
            (request() * 2, [200, 200]),
            (request() + b"GET / HT", [200]),
            (post(TWO) + b"a", [405]),
            (request(TWO) + b"a", [400]),
            (b"", []),
        ):
            with socket.create_connection(("127.0.0.1", self.server.port), SECONDS) as sock:
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
                said = b"".join(iter(lambda: sock.recv(1 << 16), b""))
            self.assertEqual([int(found) for found in re.findall(rb"HTTP/1\.1 (\d+)", said)], statuses, data)

    def test_many_in_a_pipeline(self) -> None:
        """Far more than is read ahead is answered, in order, to a client that reads only when it has sent all."""
        number = 3000
        data = b"".join(request(line=b"GET /%d HTTP/1.1" % each) for each in range(number)) + LAST
        with socket.create_connection(("127.0.0.1", self.server.port), SECONDS) as sock:
            sender = Thread(target=sock.sendall, args=(data,), daemon=True)
            sender.start()
            time.sleep(0.5)
            said = b"".join(iter(lambda: sock.recv(1 << 16), b""))
            sender.join(SECONDS)
        self.assertEqual(said.count(b"HTTP/1.1 404 "), number)
        events = self.server.wait_for("http.request", number + 1)
        self.assertEqual([event["url.full"] for event in events[:number]], [f"/{each}" for each in range(number)])


HURRIED = """
import sys, time
from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from tnet.servers.web.carrying.alarm import Deadlines
from tnet.servers.web.site import WebFactory

class Tells(Resource):
    isLeaf = True

    def render_GET(self, request):
        if request.path == b"/large":
            return b"x" * 50_000_000
        if request.path == b"/args":
            return repr(sorted(request.args.items())).encode()
        if request.path == b"/host":
            return request.getHeader(b"host") or b""
        return b"hello"

    def render_POST(self, request):
        return b"%d" % len(request.content.read())

    def render_OPTIONS(self, request):
        return b"options"

deadlines = Deadlines(
    head_seconds=1, idle_seconds=1, body_window_seconds=1, body_bytes_per_second=1024, stall_seconds=1, linger_seconds=1
)
site = WebFactory(Tells(), reactor=reactor, now=time.monotonic, deadlines=deadlines)
port = reactor.listenTCP(0, site, interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
"""


class HurriedTests(TestCase):
    """Resources on a `WebFactory` whose deadlines are one second each: the clock is real, and so is the network."""

    def setUp(self) -> None:
        argv = [sys.executable, "-c", HURRIED]
        self.server = subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment(self.mktemp()))
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)
        assert self.server.stdout is not None
        self.addCleanup(self.server.stdout.close)
        self.port = int(self.server.stdout.readline())

    def connect(self) -> socket.socket:
        """A connection."""
        sock = socket.create_connection(("127.0.0.1", self.port), SECONDS)
        self.addCleanup(sock.close)
        return sock

    def trickled(self, data: bytes, size: int) -> tuple[bytes, float]:
        """What comes back when `data` is sent in small pieces, ten of them a second, and after how long."""
        sock, began = self.connect(), time.monotonic()
        sock.settimeout(0.1)
        said = b""
        for at in range(0, len(data), size):
            try:
                sock.sendall(data[at : at + size])
                if not (got := sock.recv(1 << 16)):
                    break
                said += got
            except TimeoutError:
                continue
            except OSError:
                break
        return said, time.monotonic() - began

    def ended(self, sock: socket.socket) -> tuple[bytes, float]:
        """What comes to the end, and after how long."""
        began = time.monotonic()
        return b"".join(iter(lambda: sock.recv(1 << 16), b"")), time.monotonic() - began

    def test_slow_headers(self) -> None:
        """The head has its time in all, however its bytes trickle in; then 408."""
        said, seconds = self.trickled(request(b"A: " + b"b" * 1000), 1)
        self.assertEqual((said[:12], 0.9 < seconds < 5), (b"HTTP/1.1 408", True), seconds)

    def test_slow_body(self) -> None:
        """A body has to keep its pace; one that does may take long."""
        said, seconds = self.trickled(request(b"Content-Length: 100000", line=b"POST / HTTP/1.1") + b"a" * 1000, 10)
        self.assertEqual((said[:12], 0.9 < seconds < 5), (b"HTTP/1.1 408", True), seconds)
        said, seconds = self.trickled(request(b"Content-Length: 8000", line=b"POST / HTTP/1.1") + b"a" * 8000, 300)
        self.assertEqual((said[-4:], seconds > 2), (b"8000", True))

    def test_never_reads(self) -> None:
        """A client that takes nothing of its response is cut off; one that takes its time is not."""
        stuck, slow = self.connect(), self.connect()
        for sock in (stuck, slow):
            sock.sendall(request(line=b"GET /large HTTP/1.1"))
        received, began = 0, time.monotonic()
        while time.monotonic() - began < 4:
            received += len(slow.recv(1 << 20))
            time.sleep(0.05)
        with self.assertRaises(ConnectionResetError):
            while stuck.recv(1 << 20):
                pass
        while received < 50_000_000 and (data := slow.recv(1 << 20)):
            received += len(data)
        self.assertGreater(received, 50_000_000)

    def test_idle(self) -> None:
        """Before the first request and after the last, a connection that asks for nothing ends without a word."""
        fresh, used = self.connect(), self.connect()
        used.sendall(request())
        said, seconds = self.ended(used)
        self.assertEqual((said.count(b"HTTP/1.1"), 0.5 < seconds < 5), (1, True))
        self.assertEqual(self.ended(fresh)[0], b"")

    def ask(self, data: bytes) -> bytes:
        """The body of the response to one request."""
        sock = self.connect()
        sock.sendall(data)
        return take_reply(self.ended(sock)[0])[0].body

    def test_what_resources_see(self) -> None:
        """A semicolon is data; the authority of an absolute target is the Host; `OPTIONS *` is for no resource."""
        close = b"Connection: close"
        args = self.ask(request(close, line=b"GET /args?a=1;b=2&c HTTP/1.1"))
        self.assertEqual(args, b"[(b'a', [b'1;b=2']), (b'c', [b''])]")
        host = self.ask(request(close, line=b"GET http://named:81/host HTTP/1.1", host=b"Host: other\r\n"))
        self.assertEqual(host, b"named:81")
        self.assertEqual(self.ask(request(close, line=b"OPTIONS * HTTP/1.1")), b"")
        self.assertEqual(self.ask(request(close, line=b"OPTIONS /x HTTP/1.1")), b"options")
        chunks = b"5\r\nhello\r\n0\r\n\r\n"
        self.assertEqual(self.ask(request(CHUNKED, close, line=b"POST / HTTP/1.1") + chunks), b"5")

    def test_continue(self) -> None:
        """100 Continue comes when the body is wanted, and its response after the body."""
        sock = self.connect()
        sock.sendall(
            request(b"Content-Length: 3", b"Expect: 100-continue", b"Connection: close", line=b"POST / HTTP/1.1")
        )
        self.assertEqual(sock.recv(1 << 16), b"HTTP/1.1 100 Continue\r\n\r\n")
        sock.sendall(b"abc")
        self.assertEqual(self.ended(sock)[0][-1:], b"3")
