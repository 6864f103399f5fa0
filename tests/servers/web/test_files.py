"""Tests for tnet.servers.web.files."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import ConnectionLost
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from tests.servers.web.wire import Wire
from tnet.servers.web.files import PIECE_BYTES, SMALL_BYTES, FileResource
from tnet.servers.web.root import OpenFile

LARGE = os.urandom(3 * PIECE_BYTES + 17)


class Threads:
    """Workers that run what they are given when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self.waiting.append(lambda: maybeDeferred(function, *args, **kwargs).chainDeferred(done))
        return done

    def work(self) -> None:
        """Run what waits, and what that leads to."""
        while self.waiting:
            self.waiting.pop(0)()


class Always(Resource):
    """Opens the same file for each request."""

    isLeaf = True

    def __init__(self, path: str, workers: Threads) -> None:
        super().__init__()
        self.path, self.workers = path, workers
        self.opened: list[OpenFile] = []

    def render(self, request: Any) -> Any:
        fd = os.open(self.path, os.O_RDONLY)
        self.opened.append(OpenFile(fd, os.fstat(fd)))
        fields = {b"X-Y": b"z"}
        return FileResource(self.opened[-1], b"text/plain", self.workers, fields).render_GET(request)


class FileTests(TestCase):
    """One file."""

    def serve(self, data: bytes) -> Wire:
        """A wire to a file that holds `data` and is an hour old."""
        self.path = self.mktemp()
        with open(self.path, "wb") as file:
            file.write(data)
        os.utime(self.path, (1_000_000_000, 1_000_000_000))
        self.threads = Threads()
        self.resource = Always(self.path, self.threads)
        self.addCleanup(self.all_closed)
        return Wire(self.resource)

    def all_closed(self) -> None:
        """Every file that was opened is closed again."""
        self.assertTrue(all(file._closed for file in self.resource.opened))

    def test_small(self) -> None:
        """A small file is one write, with what a client needs to ask again."""
        wire = self.serve(b"hello")
        reply = wire.get("/")
        self.assertEqual((reply.status, reply.body, self.threads.waiting), (200, b"hello", []))
        fields = reply.fields
        self.assertEqual(fields[b"last-modified"], b"Sun, 09 Sep 2001 01:46:40 GMT")
        self.assertEqual((fields[b"accept-ranges"], fields[b"cache-control"]), (b"bytes", b"no-cache"))
        self.assertEqual((fields[b"x-content-type-options"], fields[b"content-type"]), (b"nosniff", b"text/plain"))
        self.assertTrue(fields[b"etag"].startswith(b'"'))
        self.assertEqual(fields[b"x-y"], b"z")

    def test_empty(self) -> None:
        """An empty file is an empty body."""
        reply = self.serve(b"").get("/")
        self.assertEqual((reply.status, reply.body, reply.fields[b"content-length"]), (200, b"", b"0"))

    def test_large(self) -> None:
        """A large file is read piece by piece in a worker, and arrives whole."""
        wire = self.serve(LARGE)
        wire.ask("GET", "/")
        self.assertEqual(len(self.threads.waiting), 1)
        self.threads.work()
        self.assertEqual(wire.reply().body, LARGE)
        self.assertEqual(wire.exchanges[0].bytes_out, len(LARGE))

    def test_head(self) -> None:
        """HEAD says what GET would, and reads nothing."""
        wire = self.serve(LARGE)
        reply = wire.get("/", "Range: bytes=0-1", method="HEAD")
        self.assertEqual((reply.status, reply.fields[b"content-length"]), (200, b"%d" % len(LARGE)))
        self.assertEqual((wire.sent, self.threads.waiting), (b"", []))

    def test_conditions(self) -> None:
        """What the client has already is 304 without a body; what it must not get is 412."""
        wire = self.serve(b"hello")
        etag = wire.get("/").fields[b"etag"].decode()
        reply = wire.get("/", f"If-None-Match: {etag}")
        self.assertEqual((reply.status, reply.fields[b"etag"].decode()), (304, etag))
        self.assertNotIn(b"content-length", reply.fields)
        self.assertEqual(wire.get("/", "If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT").status, 304)
        self.assertEqual(wire.get("/", 'If-Match: "other"').status, 412)
        self.assertEqual(wire.get("/", 'If-None-Match: "a"', f"If-None-Match: {etag}").status, 304)

    def test_parts(self) -> None:
        """A range is 206 with its place; an impossible one 416 with the size; a stale one the whole file."""
        wire = self.serve(b"0123456789")
        reply = wire.get("/", "Range: bytes=2-4")
        self.assertEqual((reply.status, reply.body, reply.fields[b"content-range"]), (206, b"234", b"bytes 2-4/10"))
        reply = wire.get("/", "Range: bytes=10-")
        self.assertEqual((reply.status, reply.fields[b"content-range"]), (416, b"bytes */10"))
        self.assertEqual(wire.get("/", "Range: bytes=2-4", 'If-Range: "old"').body, b"0123456789")
        self.assertEqual(wire.get("/", "Range: bytes=a-").status, 200)

    def test_a_part_of_a_large_file(self) -> None:
        """A large part begins and ends where it should."""
        wire = self.serve(LARGE)
        wire.ask("GET", "/", f"Range: bytes=5-{5 + SMALL_BYTES}")
        self.threads.work()
        self.assertEqual(wire.reply().body, LARGE[5 : 6 + SMALL_BYTES])

    def test_growing(self) -> None:
        """A file that grows meanwhile is sent as long as it was, and the connection goes on."""
        wire = self.serve(LARGE)
        wire.ask("GET", "/")
        with open(self.path, "ab") as file:
            file.write(b"more")
        self.threads.work()
        self.assertEqual((wire.reply().body, wire.sent), (LARGE, b""))
        self.assertFalse(wire.socket.disconnecting)

    def test_shrinking(self) -> None:
        """A file that shrinks meanwhile ends the connection, so that nobody takes it for whole."""
        wire = self.serve(LARGE)
        wire.ask("GET", "/")
        self.threads.waiting.pop(0)()
        os.truncate(self.path, 10)
        self.threads.work()
        self.assertTrue(wire.socket.aborted)
        wire.hang_up(ConnectionLost())
        self.assertIn("shorter", wire.exchanges[0].reason or "")

    def test_a_slow_client(self) -> None:
        """While the client does not read, nothing more is read from the file."""
        wire = self.serve(LARGE)
        wire.ask("GET", "/")
        wire.channel._outlet.pauseProducing()
        self.threads.work()
        self.assertLess(len(wire.sent), 2 * PIECE_BYTES)
        for _ in range(2):
            wire.channel._outlet.resumeProducing()
            self.threads.work()
        self.assertEqual(wire.reply().body, LARGE)

    def test_a_client_that_leaves(self) -> None:
        """When the client leaves, reading stops and the file is closed."""
        for paused in (False, True):
            wire = self.serve(LARGE)
            wire.ask("GET", "/")
            self.threads.waiting.pop(0)()
            if paused:
                wire.channel._outlet.pauseProducing()
                self.threads.work()
            wire.hang_up(ConnectionLost())
            self.threads.work()
            self.assertTrue(self.resource.opened[0]._closed)
            self.assertEqual(wire.exchanges[0].reason, "lost")
