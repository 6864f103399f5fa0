"""Files from `tnet serve web`: what goes over the wire, whatever is asked for and whatever happens to them."""

from __future__ import annotations

import gzip
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

from twisted.trial.unittest import TestCase

from tests.end_to_end.command import Running
from tests.servers.web.wire import Reply, take_reply
from tnet.protocols.codings.decoder import decoder
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import OpenFile, Root

SECONDS = 20
LONG_AGO = 1_000_000_000
AT, BEFORE = "Sun, 09 Sep 2001 01:46:40 GMT", "Sun, 09 Sep 2001 01:46:39 GMT"
PROSE = b"".join(b"line %d of a text that shrinks\n" % number for number in range(30_000))
LARGE_BYTES = 48 << 20
FLAT_BYTES = 24 << 20


class Raw:
    """One connection, on which bytes are sent as they are and responses taken one after the other."""

    def __init__(self, test: TestCase, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        test.addCleanup(self.socket.close)
        self.buffer = b""

    def ask(self, method: str, target: str | bytes, *fields: str) -> None:
        """Send one request."""
        target = target.encode() if isinstance(target, str) else target
        lines = b"".join(field.encode("latin-1") + b"\r\n" for field in ("Host: localhost", *fields))
        self.socket.sendall(b"%b %b HTTP/1.1\r\n%b\r\n" % (method.encode(), target, lines))

    def reply(self, *, bodiless: bool = False) -> Reply:
        """The next response, and not a byte of what follows it."""
        while True:
            try:
                reply, self.buffer = take_reply(self.buffer, bodiless)
                return reply
            except (AssertionError, ValueError):
                data = self.socket.recv(1 << 16)
                assert data, f"the connection ended after {self.buffer[-200:]!r}"
                self.buffer += data

    def get(self, target: str | bytes, *fields: str, method: str = "GET") -> Reply:
        """The response to one request."""
        self.ask(method, target, *fields)
        return self.reply(bodiless=method == "HEAD")

    def read(self, size: int) -> bytes:
        """So many bytes, as they come."""
        while len(self.buffer) < size:
            data = self.socket.recv(1 << 20)
            if not data:
                break
            self.buffer += data
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data


class WebFilesTestCase(TestCase):
    """Serves a directory full of cases in a process of its own."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.root = self.folder / "root"
        (self.root / "sub").mkdir(parents=True)
        self.put("a.txt", b"0123456789")
        self.put("empty", b"")
        self.put("sub/b.txt", b"b")
        self.put("prose.txt", PROSE)
        self.put("../secret", b"secret")

    def put(self, name: str | bytes, data: bytes, when: int = LONG_AGO) -> None:
        """Write a file that is old."""
        path = os.path.join(os.fsencode(self.root), os.fsencode(name))
        with open(path, "wb") as file:
            file.write(data)
        os.utime(path, (when, when))

    def serve(self, *options: str) -> Raw:
        """Start, and connect."""
        argv = ("serve", "web", str(self.root), "-p", "0", "-H", "127.0.0.1", "--output", "json", *options)
        self.server = Running(self, self.folder / "home", *argv)
        return self.connect()

    def connect(self) -> Raw:
        """A connection."""
        return Raw(self, self.server.port)


class PathTests(WebFilesTestCase):
    """What a target leads to."""

    def test_the_table(self) -> None:
        """Hostile and odd targets over one connection, which survives every one that can be understood."""
        self.put("%2e%2e", b"literal")
        self.put(b"bad\xff", b"bytes")
        self.put(".env", b"hidden")
        os.mkfifo(self.root / "pipe")
        (self.root / "null").symlink_to("/dev/null")
        (self.root / "out").symlink_to("../secret")
        (self.root / "dir_out").symlink_to("..")
        raw = self.serve()
        for target, status in (
            ("/a.txt", 200),
            ("http://other/a.txt", 200),
            ("/%252e%252e", 200),
            ("/bad%ff", 200),
            ("/bad%fe", 404),
            ("/../../etc/passwd", 404),
            ("/%2e%2e/%2e%2e/etc/passwd", 404),
            ("/..%2f..%2fetc%2fpasswd", 404),
            ("/..%5c..%5csecret", 404),
            ("/%2fetc%2fpasswd", 404),
            ("//etc/passwd", 404),
            ("/%252e%252e/", 404),
            ("/%00", 400),
            ("/a%00.txt", 400),
            ("/a.txt/", 404),
            ("/a.txt/x", 404),
            ("/.env", 404),
            ("/.git/config", 404),
            ("/pipe", 404),
            ("/null", 404),
            ("/out", 404),
            ("/dir_out/secret", 404),
            ("/C:/a.txt", 404),
            ("/a.txt::$DATA", 404),
            ("/CON", 404),
            ("/a.txt.", 404),
            ("/a.txt%20", 404),
            ("/sub%5cb.txt", 404),
            ("/sub", 301),
            ("//evil.example/", 404),
            ("/a.txt", 200),
        ):
            reply = raw.get(target)
            self.assertEqual((target, reply.status), (target, status))
            self.assertNotIn(b"secret\n", reply.body)
        reply = raw.get("/sub?a=1%0d%0aX:y")
        self.assertEqual(reply.fields[b"location"], b"./sub/?a=1%0d%0aX:y")
        self.assertNotIn(b"x", reply.fields)
        self.assertEqual(raw.get(b"/\xa0").status, 400)

    def test_methods(self) -> None:
        """Without --upload nothing but reading is done, and what is refused is refused before its body."""
        raw = self.serve()
        for method in ("POST", "PUT", "DELETE", "PATCH", "MKCOL"):
            for target in ("/", "/a.txt"):
                reply = raw.get(target, method=method)
                self.assertEqual((method, reply.status), (method, 405))
                self.assertEqual(reply.fields[b"allow"][:18], b"GET, HEAD, OPTIONS")
        self.assertEqual(raw.get("/a.txt", method="BREW").status, 501)
        self.assertEqual(raw.get("/", method="OPTIONS").status, 204)
        raw.ask("PUT", "/a.txt", "Content-Length: 100000000000", "Expect: 100-continue")
        self.assertIn(raw.reply().status, (405, 413))


class WireTests(WebFilesTestCase):
    """What follows what."""

    def test_conditions_and_ranges(self) -> None:
        """Sent all at once, each request gets its own response, to the byte."""
        raw = self.serve()
        etag = raw.get("/a.txt").fields[b"etag"].decode()
        table = list(_conditions_and_ranges(etag))
        for target, fields, _, _ in table:
            raw.ask("GET", target, *fields)
            raw.ask("HEAD", target, *(field for field in fields if not field.startswith("Range")))
        raw.ask("GET", "/sub/b.txt")
        for target, fields, status, body in table:
            reply, head = raw.reply(), raw.reply(bodiless=True)
            self.assertEqual((target, fields, reply.status), (target, fields, status))
            if body is not None:
                self.assertEqual(reply.body, body, fields)
            if status == 304:
                self.assertEqual((reply.fields[b"etag"].decode(), reply.fields[b"cache-control"]), (etag, b"no-cache"))
                self.assertNotIn(b"content-length", reply.fields)
            if status == 416:
                self.assertIn(reply.fields[b"content-range"], (b"bytes */10", b"bytes */0"))
            self.assertIn(head.status, (200, 304, 412))
        self.assertEqual((raw.reply().body, raw.buffer), (b"b", b""))

    def test_several_parts(self) -> None:
        """A thousand ranges are not a thousand times the file; a few are a body of parts."""
        raw = self.serve()
        self.assertEqual(raw.get("/a.txt", "Range: bytes=" + ",".join(["0-"] * 1000)).body, b"0123456789")
        reply = raw.get("/a.txt", "Range: bytes=0-1,5-6,-1")
        boundary = reply.fields[b"content-type"].partition(b"boundary=")[2]
        parts = reply.body.split(b"\r\n--" + boundary)
        self.assertEqual((reply.status, parts[0], parts[-1]), (206, b"", b"--\r\n"))
        self.assertEqual([part.partition(b"\r\n\r\n")[2] for part in parts[1:-1]], [b"01", b"56", b"9"])

    def test_codings(self) -> None:
        """Every coding is what it says, once; HEAD and 304 have no body; what follows is in order."""
        self.put("beside.css", PROSE)
        self.put("beside.css.gz", gzip.compress(PROSE))
        self.put("packed.tar.gz", gzip.compress(PROSE))
        raw = self.serve()
        etags = set()
        for target, accepted, coding in (
            ("/prose.txt", "gzip", b"gzip"),
            ("/prose.txt", "gzip;q=1.0, *;q=0", b"gzip"),
            ("/prose.txt", "gzip;q=0", None),
            ("/prose.txt", "br", b"br"),
            ("/prose.txt", "zstd", b"zstd"),
            ("/prose.txt", "identity", None),
            ("/beside.css", "gzip, br", b"gzip"),
            ("/beside.css", "identity;q=0, gzip", b"gzip"),
        ):
            field = f"Accept-Encoding: {accepted}"
            head, reply = raw.get(target, field, method="HEAD"), raw.get(target, field)
            etag = reply.fields[b"etag"]
            again = raw.get(target, field, f"If-None-Match: {etag.decode()}")
            for each in (head, reply, again):
                self.assertEqual((each.fields[b"vary"], each.fields[b"etag"]), (b"Accept-Encoding", etag))
            self.assertEqual((again.status, reply.fields.get(b"content-encoding")), (304, coding), accepted)
            self.assertEqual(_undone(reply), PROSE)
            part = raw.get(target, field, "Range: bytes=1-3")
            refuses_plain = accepted in ("gzip;q=1.0, *;q=0", "identity;q=0, gzip")
            self.assertEqual((part.status, _undone(part)), (200, PROSE) if refuses_plain else (206, PROSE[1:4]))
            etags.add((target, etag))
        self.assertEqual(len(etags), 5)
        packed = raw.get("/packed.tar.gz", "Accept-Encoding: gzip")
        self.assertEqual((packed.fields[b"content-type"], gzip.decompress(packed.body)), (b"application/gzip", PROSE))
        self.assertNotIn(b"content-encoding", packed.fields)
        self.assertEqual(raw.get("/a.txt", "Accept-Encoding: *;q=0").status, 406)
        self.assertEqual(raw.get("/a.txt").body, b"0123456789")


class ChangingTests(WebFilesTestCase):
    """Files that do not stay as they are."""

    def test_growing(self) -> None:
        """A file that grows while it is sent is exactly as long as was said, and the next response is the next."""
        self.put("large", os.urandom(1 << 20) * (LARGE_BYTES >> 20))
        raw = self.serve()
        raw.ask("GET", "/large")
        raw.ask("GET", "/a.txt")
        head = raw.read(1000)
        with (self.root / "large").open("ab") as file:
            file.write(b"more" * 100_000)
        start = head.index(b"\r\n\r\n") + 4
        self.assertIn(b"content-length: %d\r\n" % LARGE_BYTES, head.lower())
        self.assertEqual(len(raw.read(LARGE_BYTES - (len(head) - start))), LARGE_BYTES - (len(head) - start))
        self.assertEqual((raw.reply().body, raw.buffer), (b"0123456789", b""))

    def test_shrinking(self) -> None:
        """A file that shrinks while it is sent cuts the connection; nothing else is taken for the rest of it."""
        for fields in ((), ("Range: bytes=1-",)):
            self.put("large", b"x" * LARGE_BYTES)
            raw = self.serve() if not hasattr(self, "server") else self.connect()
            raw.ask("GET", "/large", *fields)
            raw.ask("GET", "/a.txt")
            raw.read(1000)
            os.truncate(self.root / "large", 1 << 20)
            try:
                rest = raw.read(2 * LARGE_BYTES)
            except ConnectionResetError:
                rest = raw.buffer
            self.assertLess(len(rest), LARGE_BYTES)
            self.assertEqual(set(rest), set(b"x"))

    def test_never_stale(self) -> None:
        """Whatever is done to a small file, the next response is what it is then."""
        raw = self.serve()
        path = self.root / "a.txt"
        for number in range(5):
            for change in (_rewrite, _replace):
                content = b"%010d" % (number + (change is _replace) * 100)
                change(path, content)
                for pause in (0, 0.03, 0.03):
                    time.sleep(pause)
                    self.assertEqual(raw.get("/a.txt").body, content)
        path.unlink()
        self.assertEqual(raw.get("/a.txt").status, 404)
        os.mkfifo(path)
        self.assertEqual(raw.get("/a.txt").status, 404)
        path.unlink()
        path.symlink_to("../secret")
        self.assertEqual(raw.get("/a.txt").status, 404)

    def test_memory(self) -> None:
        """A large download takes no memory, whether it is taken quickly, slowly, or compressed."""
        with (self.root / "huge.txt").open("wb") as file:
            file.truncate(256 << 20)
        raw = self.serve()
        raw.get("/prose.txt", "Accept-Encoding: zstd")
        before = self.resident_bytes()
        slow = [self.connect() for _ in range(8)]
        for each in slow:
            each.ask("GET", "/huge.txt")
        raw.ask("GET", "/huge.txt")
        left = 256 << 20
        while left > 0:
            left -= len(raw.socket.recv(1 << 20))
        packed = self.connect().get("/huge.txt", "Accept-Encoding: zstd")
        self.assertLess(len(packed.body), 1 << 20)
        self.assertLess(self.resident_bytes() - before, FLAT_BYTES)

    def resident_bytes(self) -> int:
        """How much memory the server has."""
        pages = Path(f"/proc/{self.server.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


class RaceTests(TestCase):
    """Somebody who swaps names while they are walked."""

    def test_swapped_for_links(self) -> None:
        """However often a directory, or a file, is swapped for a link that leads out, nothing outside is ever read."""
        folder = Path(self.mktemp()).absolute()
        base, outside = folder / "root", folder / "outside"
        for directory in (base / "sub", outside):
            directory.mkdir(parents=True)
        for path, text in ((base / "a.txt", b"in"), (base / "sub" / "b.txt", b"in"), (outside / "b.txt", b"out")):
            path.write_bytes(text)
        (base / "to_outside").symlink_to(outside)
        (base / "to_file").symlink_to("../outside/b.txt")
        root = Root(str(base))
        self.addCleanup(root.close)
        swapping = Swapping((base / "sub", base / "to_outside"), (base / "a.txt", base / "to_file"))
        swapping.start()
        self.addCleanup(swapping.stop)
        paths = ([b"sub", b"b.txt"], [b"a.txt"], [b"to_outside", b"b.txt"], [b"to_file"])
        seen = {self.read(root, names) for _ in range(5000) for names in paths}
        self.assertGreater(swapping.stop(), 10)
        self.assertEqual(seen, {404, b"in"})

    def read(self, root: Root, names: list[bytes]) -> bytes | int:
        """What is at a path, or the status of the refusal."""
        try:
            opened = root.open(names)
        except Refusal as refusal:
            return refusal.status
        data = opened.read(0, 100) if isinstance(opened, OpenFile) else 404
        opened.close()
        return data


class Swapping(Thread):
    """Swaps the names of each pair, again and again, until it is stopped."""

    def __init__(self, *pairs: tuple[Path, Path]) -> None:
        super().__init__(daemon=True)
        self.pairs = pairs
        self.times = 0
        self.stopped = Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            for one, other in self.pairs:
                aside = one.with_name("aside")
                one.rename(aside)
                other.rename(one)
                aside.rename(other)
            self.times += 1

    def stop(self) -> int:
        """How often they were swapped."""
        self.stopped.set()
        self.join(SECONDS)
        return self.times


def _conditions_and_ranges(etag: str) -> Iterator[tuple[str, tuple[str, ...], int, bytes | None]]:
    whole = b"0123456789"
    for value, status, body in (
        ("bytes=0-4", 206, b"01234"),
        ("bytes=5-", 206, b"56789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=9-9", 206, b"9"),
        ("bytes=0-100", 206, whole),
        ("bytes=-20", 206, whole),
        ("bytes=-" + "9" * 18, 206, whole),
        ("bytes=-0", 416, None),
        ("bytes=10-", 416, None),
        ("bytes=5-2", 200, whole),
        ("bytes=a-b", 200, whole),
        ("items=0-4", 200, whole),
        ("bytes=", 200, whole),
        ("bytes=\xff", 200, whole),
        ("bytes=+0-+4", 200, whole),
        ("bytes=1_0-", 200, whole),
        ("BYTES=0-4", 206, b"01234"),
        ("bytes=0-4,3-5", 206, b"012345"),
    ):
        yield "/a.txt", (f"Range: {value}",), status, body
    yield "/empty", ("Range: bytes=0-",), 416, None
    for fields, status in (
        (("Range: bytes=0-1", 'If-Range: "stale"'), 200),
        (("Range: bytes=0-1", f"If-Range: {BEFORE}"), 200),
        ((f"If-None-Match: {etag}",), 304),
        ((f'If-None-Match: "x", W/{etag}',), 304),
        (("If-None-Match: *",), 304),
        (('If-None-Match: "x"', f"If-Modified-Since: {AT}"), 200),
        ((f"If-Modified-Since: {AT}",), 304),
        (("If-Modified-Since: ;x",), 200),
        (('If-Match: "x"',), 412),
        ((f"If-Match: {etag}",), 200),
        ((f"If-Unmodified-Since: {BEFORE}",), 412),
    ):
        yield "/a.txt", fields, status, whole if status == 200 else None


def _undone(reply: Reply) -> bytes:
    """The content of a response without its coding."""
    coding = reply.fields.get(b"content-encoding")
    undo = decoder([coding] if coding else [], "peer")
    return b"".join(undo.feed(reply.body)) + b"".join(undo.finish())


def _rewrite(path: Path, content: bytes) -> None:
    """In place, with the old time put back."""
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, (LONG_AGO, LONG_AGO))


def _replace(path: Path, content: bytes) -> None:
    """By another file with the same time."""
    other = path.with_name("other")
    other.write_bytes(content)
    os.utime(other, (LONG_AGO, LONG_AGO))
    other.replace(path)
