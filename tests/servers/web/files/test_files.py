"""Tests for tnet.servers.web.files.files."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable
from typing import Any
from unittest import mock

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import ConnectionLost
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from tests.servers.web.wire import Reply, Wire
from tests.support import AtOnce
from tnet.servers.web.files.cache import SMALL_BYTES, SmallFiles
from tnet.servers.web.files.compressing import compressed
from tnet.servers.web.files.files import Files
from tnet.servers.web.files.root import OpenFile, Root
from tnet.servers.web.files.sending import FIRST_BYTES, PIECE_BYTES
from tnet.servers.web.files.variants import WHOLE_BYTES

LARGE = os.urandom(3 * PIECE_BYTES + 17)
PROSE = b"".join(b"line %d of a text that shrinks\n" % number for number in range(20_000))
LONG_AGO = 1_000_000_000


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
    """Answers each request with the same file."""

    isLeaf = True

    def __init__(self, root: Root, name: bytes, files: Files) -> None:
        super().__init__()
        self.root, self.name, self.files = root, name, files
        self.opened: list[OpenFile] = []

    def render(self, request: Any) -> Any:
        file = self.root.open([self.name])
        assert isinstance(file, OpenFile)
        self.opened.append(file)
        if b"instead" in request.args:
            return self.files.send_instead(request, file, self.name, 404)
        return self.files.send(request, file, self.name, keep=True)


class FilesTestCase(TestCase):
    """Serves one file."""

    def far_away(self) -> None:
        """Nothing is in the system's memory: whatever is read has to be waited for."""
        self.patch(os, "preadv", mock.Mock(side_effect=BlockingIOError()))

    def serve(self, data: bytes, name: str = "a.bin", *, workers: Any = None, **options: Any) -> Wire:
        """A wire to a file that holds `data` and is old."""
        self.base = self.mktemp()
        os.makedirs(self.base)
        self.path = self.put(name, data)
        self.root = Root(self.base)
        self.addCleanup(self.root.close)
        self.threads = workers or Threads()
        self.resource = Always(self.root, name.encode(), Files(self.root, self.threads, **options))
        self.addCleanup(self.all_closed)
        return Wire(self.resource)

    def put(self, name: str, data: bytes, when: int = LONG_AGO) -> str:
        """Write a file; its path."""
        path = os.path.join(self.base, name)
        with open(path, "wb") as file:
            file.write(data)
        os.utime(path, (when, when))
        return path

    def all_closed(self) -> None:
        """Every file that was opened is closed again."""
        self.assertTrue(all(file._closed for file in self.resource.opened))

    def got(self, wire: Wire, *fields: str, method: str = "GET", version: str = "1.1") -> Reply:
        """The response to one request, when all the work for it is done."""
        wire.ask(method, "/", *fields, version=version)
        if isinstance(self.threads, Threads):
            self.threads.work()
        return wire.reply(bodiless=method == "HEAD")


class PlainTests(FilesTestCase):
    """A file as it is."""

    def test_small(self) -> None:
        """A small file is one write, with what a client needs to ask again."""
        wire = self.serve(b"hello", "a.txt")
        reply = wire.get("/")
        self.assertEqual((reply.status, reply.body, self.threads.waiting), (200, b"hello", []))
        fields = reply.fields
        self.assertEqual(fields[b"last-modified"], b"Sun, 09 Sep 2001 01:46:40 GMT")
        self.assertEqual((fields[b"accept-ranges"], fields[b"cache-control"]), (b"bytes", b"no-cache"))
        self.assertEqual(fields[b"x-content-type-options"], b"nosniff")
        self.assertEqual(fields[b"content-type"], b"text/plain; charset=utf-8")
        self.assertTrue(fields[b"etag"].startswith(b'"'))
        for name in (b"vary", b"content-encoding", b"content-security-policy"):
            self.assertNotIn(name, fields)

    def test_its_media_type(self) -> None:
        """What is not known is no text, what is compressed is no encoding of something else, and nothing is sniffed."""
        for name, media in (
            ("LICENSE", b"application/octet-stream"),
            ("a.unheard-of", b"application/octet-stream"),
            ("a.tar.gz", b"application/gzip"),
            ("a.css", b"text/css; charset=utf-8"),
            ("a.png", b"image/png"),
        ):
            fields = self.serve(b"x", name).get("/").fields
            self.assertEqual((fields[b"content-type"], fields[b"x-content-type-options"]), (media, b"nosniff"))
            self.assertNotIn(b"content-encoding", fields)

    def test_what_others_brought(self) -> None:
        """Active content that anybody may have uploaded runs in a sandbox."""
        for name, policy in (("a.html", b"sandbox"), ("a.svg", b"sandbox"), ("a.txt", None)):
            reply = self.serve(b"x", name, untrusted=True).get("/")
            self.assertEqual(reply.fields.get(b"content-security-policy"), policy)

    def test_how_long_it_may_be_kept(self) -> None:
        """Cache-Control is what it was set to, on 304 as well."""
        wire = self.serve(b"x", cache_control=b"max-age=60")
        reply = wire.get("/")
        again = wire.get("/", f"If-None-Match: {reply.fields[b'etag'].decode()}")
        for each in (reply, again):
            self.assertEqual(each.fields[b"cache-control"], b"max-age=60")

    def test_empty(self) -> None:
        """An empty file is an empty body."""
        reply = self.serve(b"").get("/")
        self.assertEqual((reply.status, reply.body, reply.fields[b"content-length"]), (200, b"", b"0"))

    def test_large(self) -> None:
        """A large file is read piece by piece in a worker, and arrives whole."""
        self.far_away()
        wire = self.serve(LARGE)
        wire.ask("GET", "/")
        self.assertEqual(len(self.threads.waiting), 1)
        self.threads.work()
        self.assertEqual(wire.reply().body, LARGE)
        self.assertEqual(wire.exchanges[0].bytes_out, len(LARGE))

    def test_large_and_at_hand(self) -> None:
        """What the system has in memory needs no worker; others have their turn after each piece."""
        wire = self.serve(LARGE)
        wire.ask("GET", "/")
        self.assertLess(len(wire.sent), PIECE_BYTES)
        wire.clock.advance(0)
        self.assertEqual((wire.reply().body, self.threads.waiting), (LARGE, []))

    def test_small_and_far_away(self) -> None:
        """A small file that would have to be waited for is read in a worker."""
        self.patch(os, "preadv", mock.Mock(side_effect=BlockingIOError()))
        wire = self.serve(b"0123456789")
        wire.ask("GET", "/")
        self.assertEqual((wire.sent, len(self.threads.waiting)), (b"", 1))
        self.threads.work()
        self.assertEqual(wire.reply().body, b"0123456789")
        self.assertIn(b"\r\n\r\n01\r\n", self.got(wire, "Range: bytes=0-1,5-6").body)

    def test_head(self) -> None:
        """HEAD says what GET would, and reads nothing."""
        wire = self.serve(LARGE)
        reply = wire.get("/", "Range: bytes=0-1", method="HEAD")
        self.assertEqual((reply.status, reply.fields[b"content-length"]), (200, b"%d" % len(LARGE)))
        self.assertEqual((wire.sent, self.threads.waiting), (b"", []))

    def test_instead_of_another(self) -> None:
        """A file that says what is wrong has its status, no version of its own, and no conditions."""
        wire = self.serve(b"<h1>gone</h1>", "404.html")
        wire.ask("GET", "/?instead", "If-None-Match: *", "Range: bytes=0-1")
        reply = wire.reply()
        self.assertEqual((reply.status, reply.body), (404, b"<h1>gone</h1>"))
        for name in (b"etag", b"last-modified", b"accept-ranges"):
            self.assertNotIn(name, reply.fields)


class ConditionTests(FilesTestCase):
    """Versions."""

    def test_what_the_client_has(self) -> None:
        """What the client has already is 304 without a body; what it must not get is 412."""
        wire = self.serve(b"hello")
        etag = wire.get("/").fields[b"etag"].decode()
        at, before = "Sun, 09 Sep 2001 01:46:40 GMT", "Sun, 09 Sep 2001 01:46:39 GMT"
        for status, fields in (
            (304, (f"If-None-Match: {etag}",)),
            (304, (f"If-None-Match: W/{etag}",)),
            (304, ("If-None-Match: *",)),
            (304, ('If-None-Match: "a"', f"If-None-Match: {etag}")),
            (304, (f"If-Modified-Since: {at}",)),
            (200, (f"If-Modified-Since: {before}",)),
            (200, ("If-Modified-Since: ;x",)),
            (200, ('If-None-Match: "a"', f"If-Modified-Since: {at}")),
            (412, ('If-Match: "other"',)),
            (200, ("If-Match: *",)),
            (412, (f"If-Unmodified-Since: {before}",)),
            (304, (f"If-None-Match: {etag}", "Range: bytes=0-1")),
            (304, (f"If-None-Match: {etag}", "Range: bytes=99-")),
        ):
            reply = wire.get("/", *fields)
            self.assertEqual((reply.status, reply.body), (status, b"hello" if status == 200 else reply.body), fields)
            if status == 304:
                self.assertEqual((reply.fields[b"etag"].decode(), reply.fields[b"cache-control"]), (etag, b"no-cache"))
                self.assertNotIn(b"content-length", reply.fields)
                self.assertEqual(wire.sent, b"")

    def test_a_file_of_this_moment(self) -> None:
        """A file that could still change unnoticed has a weak ETag, which no part can be asked for with."""
        wire = self.serve(b"hello")
        os.utime(self.path)
        reply = wire.get("/")
        self.assertTrue(reply.fields[b"etag"].startswith(b'W/"'))
        self.assertEqual(wire.get("/", "Range: bytes=0-1", f"If-Range: {reply.fields[b'etag'].decode()}").status, 200)


class RangeTests(FilesTestCase):
    """Parts."""

    def test_parts(self) -> None:
        """A range is 206 with its place; an impossible one 416 with the size; a stale one the whole file."""
        wire = self.serve(b"0123456789")
        etag = wire.get("/").fields[b"etag"].decode()
        for fields, status, place, body in (
            (("Range: bytes=2-4",), 206, b"bytes 2-4/10", b"234"),
            (("Range: bytes=-3",), 206, b"bytes 7-9/10", b"789"),
            (("Range: bytes=-20",), 206, b"bytes 0-9/10", b"0123456789"),
            (("Range: bytes=0-3,2-5",), 206, b"bytes 0-5/10", b"012345"),
            (("Range: bytes=0-0,20-",), 206, b"bytes 0-0/10", b"0"),
            (("Range: bytes=10-",), 416, b"bytes */10", None),
            (("Range: bytes=-0",), 416, b"bytes */10", None),
            (("Range: bytes=2-4", 'If-Range: "old"'), 200, None, b"0123456789"),
            (("Range: bytes=20-", 'If-Range: "old"'), 200, None, b"0123456789"),
            (("Range: bytes=2-4", f"If-Range: {etag}"), 206, b"bytes 2-4/10", b"234"),
            (("Range: bytes=a-",), 200, None, b"0123456789"),
            (("Range: bytes=",), 200, None, b"0123456789"),
            (("Range: bytes=" + ",".join(["0-"] * 1000),), 200, None, b"0123456789"),
        ):
            reply = wire.get("/", *fields)
            self.assertEqual((reply.status, reply.fields.get(b"content-range")), (status, place), fields)
            self.assertIn(reply.body, (body, reply.body if body is None else body), fields)
        self.assertNotIn(b"etag", wire.get("/", "Range: bytes=10-").fields)

    def test_several_parts(self) -> None:
        """Parts that do not touch come as one body of several, whose length is told before."""
        wire = self.serve(b"0123456789", "a.txt")
        reply = wire.get("/", "Range: bytes=8-, 0-1, 1-2")
        match = re.fullmatch(rb"multipart/byteranges; boundary=([0-9a-f]{32})", reply.fields[b"content-type"])
        assert match
        mark = b"\r\n--" + match[1]
        self.assertEqual(reply.status, 206)
        self.assertNotIn(b"content-range", reply.fields)
        text = b"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes "
        self.assertEqual(
            reply.body,
            mark + text + b"0-2/10\r\n\r\n012" + mark + text + b"8-9/10\r\n\r\n89" + mark + b"--\r\n",
        )

    def test_several_parts_of_a_large_file(self) -> None:
        """Large parts are read in workers, and the connection goes on after them."""
        wire = self.serve(LARGE)
        end = 2 * PIECE_BYTES
        reply = self.got(wire, f"Range: bytes=5-{end}, {end + 2}-")
        self.assertIn(b"\r\n\r\n" + LARGE[5 : end + 1] + b"\r\n--", reply.body)
        self.assertIn(b"\r\n\r\n" + LARGE[end + 2 :] + b"\r\n--", reply.body)
        self.assertEqual((self.got(wire, "Range: bytes=0-0").body, wire.sent), (LARGE[:1], b""))

    def test_of_an_empty_file(self) -> None:
        """Nothing has no parts."""
        self.assertEqual(self.serve(b"").get("/", "Range: bytes=0-").status, 416)

    def test_a_part_of_a_large_file(self) -> None:
        """A large part begins and ends where it should."""
        wire = self.serve(LARGE)
        self.assertEqual(self.got(wire, f"Range: bytes=5-{5 + SMALL_BYTES}").body, LARGE[5 : 6 + SMALL_BYTES])


class ChangingTests(FilesTestCase):
    """Files that change, and clients that do not keep up."""

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
        """A file that shrinks meanwhile ends the connection, so that nobody takes it for whole; in a part as well."""
        self.far_away()
        for fields in ((), ("Range: bytes=1-",), ("Range: bytes=1-500000,500002-",)):
            wire = self.serve(LARGE)
            wire.ask("GET", "/", *fields)
            wire.clock.advance(0)
            self.threads.waiting.pop(0)()
            os.truncate(self.path, 10)
            self.threads.work()
            self.assertTrue(wire.socket.aborted)
            wire.hang_up(ConnectionLost())
            self.assertIn("shorter", wire.exchanges[0].reason or "")

    def test_shrinking_while_it_is_compressed(self) -> None:
        """A shorter file is no whole response either when nobody was told how long it would be."""
        wire = self.serve(PROSE, "a.txt")
        wire.ask("GET", "/", "Accept-Encoding: gzip")
        self.threads.waiting.pop(0)()
        os.truncate(self.path, 10)
        self.threads.work()
        self.assertTrue(wire.socket.aborted)

    def test_shrunk_before_the_first_byte(self) -> None:
        """A file that is too short before anything was sent is a response that says so."""
        self.patch(os, "preadv", mock.Mock(side_effect=BlockingIOError()))
        for data, name, fields in (
            (LARGE, "a.bin", ()),
            (PROSE[:9000], "a.txt", ("Accept-Encoding: br",)),
            (PROSE[:9000], "b.txt", ()),
        ):
            wire = self.serve(data, name)
            wire.ask("GET", "/", *fields)
            os.truncate(self.path, 0)
            self.threads.work()
            reply = wire.reply()
            self.assertEqual((reply.status, reply.fields[b"retry-after"]), (503, b"1"), name)
            for name_ in (b"etag", b"content-encoding", b"accept-ranges"):
                self.assertNotIn(name_, reply.fields)

    def test_a_slow_client(self) -> None:
        """While the client does not read, nothing more is read from the file than the one piece that comes next."""
        wire = self.serve(LARGE)
        wire.ask("GET", "/")
        wire.channel._outlet.pauseProducing()
        self.threads.work()
        self.assertLess(len(wire.sent), PIECE_BYTES)
        self.assertEqual(self.threads.waiting, [])
        while len(wire.sent) < len(LARGE):
            sent = len(wire.sent)
            wire.channel._outlet.resumeProducing()
            wire.channel._outlet.pauseProducing()
            wire.clock.advance(0)
            self.threads.work()
            self.assertLess(len(wire.sent) - sent, PIECE_BYTES + 1024)
        wire.channel._outlet.resumeProducing()
        self.assertEqual(wire.reply().body, LARGE)

    def test_a_client_that_leaves(self) -> None:
        """When the client leaves, reading and compressing stop and the file is closed."""
        self.far_away()
        for paused in (False, True):
            for name, data in (("a.bin", LARGE), ("a.txt", PROSE), ("b.txt", PROSE[:5000])):
                wire = self.serve(data, name)
                wire.ask("GET", "/", "Accept-Encoding: gzip")
                if paused:
                    self.threads.waiting.pop(0)()
                    wire.channel._outlet.pauseProducing()
                    self.threads.work()
                wire.hang_up(ConnectionLost())
                self.threads.work()
                self.all_closed()
                self.assertEqual(self.resource.files._variants.streams, 0)

    def test_a_worker_reads_on(self) -> None:
        """While the client takes a piece, the next one is being read."""
        self.far_away()
        wire = self.serve(LARGE)
        wire.ask("GET", "/")
        self.threads.waiting.pop(0)()
        self.assertEqual(len(self.threads.waiting), 1)
        self.assertGreaterEqual(len(wire.sent), FIRST_BYTES)
        self.threads.work()


class EncodingTests(FilesTestCase):
    """Compressed on the way, or before."""

    def test_on_the_way(self) -> None:
        """A text is compressed for those who want it, each in a version of its own."""
        wire = self.serve(PROSE[:5000], "a.txt", workers=AtOnce())
        etags = set()
        for accepted, coding in (
            ("gzip", b"gzip"),
            ("br", b"br"),
            ("zstd", b"zstd"),
            ("gzip, deflate, br, zstd", b"zstd"),
            ("gzip, br;q=0.9", b"gzip"),
            ("identity;q=0, *", b"zstd"),
            ("br, gzip;q=0.5\r\nAccept-Encoding: identity;q=0.1", b"br"),
        ):
            reply = self.got(wire, f"Accept-Encoding: {accepted}")
            self.assertEqual((reply.fields[b"content-encoding"], reply.fields[b"vary"]), (coding, b"Accept-Encoding"))
            self.assertEqual(reply.body, compressed(coding, PROSE[:5000]))
            self.assertNotIn(b"accept-ranges", reply.fields)
            self.assertTrue(reply.fields[b"etag"].startswith(b'"'))
            etags.add(reply.fields[b"etag"])
        for accepted in ("", "gzip;q=0", "deflate", "identity, gzip;q=0.5", "*;q=0, identity"):
            reply = self.got(wire, f"Accept-Encoding: {accepted}")
            self.assertEqual((reply.body, reply.fields[b"vary"]), (PROSE[:5000], b"Accept-Encoding"), accepted)
            self.assertNotIn(b"content-encoding", reply.fields)
            etags.add(reply.fields[b"etag"])
        self.assertEqual(len(etags), 4)

    def test_a_long_text(self) -> None:
        """A long text is compressed piece by piece, without a length that nobody can know yet, at the client's pace."""
        for coding in (b"gzip", b"br", b"zstd"):
            wire = self.serve(PROSE, "a.txt")
            wire.ask("GET", "/", f"Accept-Encoding: {coding.decode()}")
            self.assertEqual(self.resource.files._variants.streams, 1)
            wire.channel._outlet.pauseProducing()
            self.threads.work()
            self.assertEqual(wire.sent, b"")
            wire.channel._outlet.resumeProducing()
            self.threads.work()
            reply = wire.reply()
            self.assertEqual(reply.fields[b"transfer-encoding"], b"chunked")
            self.assertNotIn(b"content-length", reply.fields)
            self.assertEqual(reply.body, compressed(coding, PROSE))
            self.assertEqual((wire.sent, self.resource.files._variants.streams), (b"", 0))
            self.assertEqual(self.got(wire, "Range: bytes=0-3").body, PROSE[:4])

    def test_for_an_old_client(self) -> None:
        """To HTTP/1.0 the end of what has no length is the end of the connection."""
        wire = self.serve(PROSE, "a.txt")
        reply = self.got(wire, "Accept-Encoding: gzip", version="1.0")
        self.assertEqual((gzip.decompress(reply.body), reply.fields[b"connection"]), (PROSE, b"close"))
        self.assertTrue(wire.socket.disconnecting)

    def test_without_a_body(self) -> None:
        """HEAD and 304 tell of the variant, and nothing of it follows them."""
        for data in (PROSE[:5000], PROSE):
            wire = self.serve(data, "a.txt")
            reply = self.got(wire, "Accept-Encoding: gzip", method="HEAD")
            self.assertEqual((reply.status, reply.fields[b"content-encoding"]), (200, b"gzip"))
            etag = reply.fields[b"etag"].decode()
            again = self.got(wire, "Accept-Encoding: gzip", f"If-None-Match: {etag}")
            self.assertEqual((again.status, again.fields[b"etag"].decode()), (304, etag))
            self.assertEqual((again.fields[b"vary"], wire.sent), (b"Accept-Encoding", b""))
            self.assertEqual(self.got(wire, f"If-None-Match: {etag}").status, 200)

    def test_a_part(self) -> None:
        """A part is always one of the file as it is; with another version's ETag it is the whole, in the variant."""
        wire = self.serve(PROSE[:5000], "a.txt")
        plain = self.got(wire)
        reply = self.got(wire, "Accept-Encoding: gzip", "Range: bytes=0-3")
        self.assertEqual((reply.status, reply.body, reply.fields[b"etag"]), (206, PROSE[:4], plain.fields[b"etag"]))
        self.assertEqual(reply.fields[b"vary"], b"Accept-Encoding")
        self.assertNotIn(b"content-encoding", reply.fields)
        variant = self.got(wire, "Accept-Encoding: gzip").fields[b"etag"].decode()
        whole = self.got(wire, "Accept-Encoding: gzip", "Range: bytes=0-3", f"If-Range: {variant}")
        self.assertEqual((whole.status, gzip.decompress(whole.body)), (200, PROSE[:5000]))
        for wanted in ("0-3", "99999-"):
            refusing = self.got(wire, "Accept-Encoding: gzip, *;q=0", f"Range: bytes={wanted}")
            self.assertEqual((refusing.status, gzip.decompress(refusing.body)), (200, PROSE[:5000]))

    def test_what_is_not_worth_it(self) -> None:
        """What is short, or compressed already, is sent as it is, and nobody else would get it otherwise."""
        for data, name in ((b"short", "a.txt"), (LARGE[:5000], "a.png"), (gzip.compress(PROSE), "a.tar.gz")):
            reply = self.serve(data, name, workers=AtOnce()).get("/", "Accept-Encoding: gzip, br")
            self.assertEqual(reply.body, data)
            self.assertNotIn(b"content-encoding", reply.fields)
            self.assertNotIn(b"vary", reply.fields)

    def test_who_takes_nothing_plain(self) -> None:
        """Whoever refuses content as it is gets it otherwise if at all possible, or else hears that it is not."""
        for name in ("a.txt", "a.png"):
            reply = self.serve(b"short", name, workers=AtOnce()).get("/", "Accept-Encoding: identity;q=0, gzip")
            self.assertEqual((gzip.decompress(reply.body), reply.fields[b"vary"]), (b"short", b"Accept-Encoding"))
        for accepted in ("identity;q=0", "*;q=0", "identity;q=0, deflate"):
            self.assertEqual(self.serve(b"short").get("/", f"Accept-Encoding: {accepted}").status, 406)
        refused = self.serve(b"short", compress=False).get("/", "Accept-Encoding: gzip, identity;q=0")
        self.assertEqual(refused.status, 406)

    def test_beside_the_file(self) -> None:
        """A compressed file beside the file is sent for it, with its length; without compressing on the way as well."""
        for compress in (True, False):
            wire = self.serve(PROSE, "a.css", workers=AtOnce(), compress=compress)
            packed = gzip.compress(PROSE)
            self.put("a.css.gz", packed)
            reply = wire.get("/", "Accept-Encoding: gzip")
            self.assertEqual((reply.body, reply.fields[b"content-length"]), (packed, b"%d" % len(packed)))
            self.assertEqual((reply.fields[b"content-encoding"], reply.fields[b"vary"]), (b"gzip", b"Accept-Encoding"))
            self.assertEqual(reply.fields[b"content-type"], b"text/css; charset=utf-8")
            head = wire.get("/", "Accept-Encoding: gzip", method="HEAD")
            self.assertEqual(head.fields[b"content-length"], b"%d" % len(packed))
            etag = reply.fields[b"etag"].decode()
            self.assertEqual(wire.get("/", "Accept-Encoding: gzip", f"If-None-Match: {etag}").status, 304)
            plain = wire.get("/")
            self.assertEqual((plain.body, plain.fields[b"vary"]), (PROSE, b"Accept-Encoding"))
            self.assertNotEqual(plain.fields[b"etag"].decode(), etag)
            part = wire.get("/", "Accept-Encoding: gzip", "Range: bytes=0-3")
            self.assertEqual(part.body, PROSE[:4])

    def test_no_compressing(self) -> None:
        """Where nothing is to be compressed on the way, nothing is, and nothing varies."""
        reply = self.serve(PROSE[:5000], "a.txt", compress=False).get("/", "Accept-Encoding: gzip")
        self.assertEqual(reply.body, PROSE[:5000])
        self.assertNotIn(b"vary", reply.fields)

    def test_between_short_and_long(self) -> None:
        """Up to a piece a text is compressed at once and its length is known, after that it is not."""
        for size, known in ((WHOLE_BYTES, True), (WHOLE_BYTES + 1, False)):
            wire = self.serve(PROSE[:size], "a.txt", workers=AtOnce())
            self.assertEqual(b"content-length" in wire.get("/", "Accept-Encoding: br").fields, known)


class KeepingTests(FilesTestCase):
    """What is given to the cache."""

    def test_what_is_kept(self) -> None:
        """Whole small responses are kept, each variant by itself, with all their fields; nothing else is."""
        wire = self.serve(PROSE[:5000], "a.txt", workers=AtOnce())
        cache = SmallFiles(self.root, wall=lambda: os.stat(self.path).st_ctime + 60)
        self.resource.files = Files(self.root, self.threads, cache=cache)
        for method, fields in (
            ("HEAD", ()),
            ("GET", ("Range: bytes=0-1",)),
            ("GET", ("If-None-Match: *",)),
            ("GET", ("If-Match: x",)),
        ):
            wire.get("/a.txt", *fields, method=method)
            self.assertEqual(len(cache._entries), 0, fields)
        wire.get("/?instead")
        self.assertEqual(len(cache._entries), 0)
        plain, packed = wire.get("/a.txt"), wire.get("/a.txt", "Accept-Encoding: gzip")
        for reply, accepted in ((plain, b""), (packed, b"gzip")):
            stored = cache.look_up(b"GET", b"/a.txt", accepted)
            assert stored is not None
            self.assertEqual(stored.body, reply.body)
            names = {line.partition(b":")[0].lower() for line in stored.fields.split(b"\r\n")} - {b""}
            self.assertEqual(names, set(reply.fields) - {b"server", b"date", b"connection"})
        self.assertIsNone(cache.look_up(b"GET", b"/a.txt", b"br"))

    def test_what_two_files_made(self) -> None:
        """A response from the file beside is not given any more once the file itself has changed."""
        wire = self.serve(PROSE[:5000], "a.txt", workers=AtOnce())
        self.put("a.txt.gz", gzip.compress(PROSE[:5000]))
        cache = SmallFiles(self.root, wall=lambda: os.stat(self.path).st_ctime + 60)
        self.resource.files = Files(self.root, self.threads, cache=cache)
        wire.get("/a.txt", "Accept-Encoding: gzip")
        self.assertIsNotNone(cache.look_up(b"GET", b"/a.txt", b"gzip"))
        self.put("a.txt", PROSE[:5000].replace(b"line", b"Line"))
        self.assertIsNone(cache.look_up(b"GET", b"/a.txt", b"gzip"))


class EndingTests(FilesTestCase):
    """Documents that something is put behind."""

    PAGE = b"<p>" + b"page " * 1000

    def test_behind_a_document(self) -> None:
        """It is part of the body and of its length, and the whole is another version than the file."""
        plain = self.serve(self.PAGE, "a.html", workers=AtOnce()).get("/")
        wire = self.serve(self.PAGE, "a.html", workers=AtOnce(), ending=b"<script>")
        reply = wire.get("/", "Accept-Encoding: gzip, br")
        self.assertEqual((reply.body, b"content-encoding" in reply.fields), (self.PAGE + b"<script>", False))
        self.assertNotEqual(reply.fields[b"etag"], plain.fields[b"etag"])
        head = wire.get("/", method="HEAD")
        self.assertEqual(head.fields[b"content-length"], b"%d" % len(reply.body))
        self.assertEqual(wire.get("/", f"If-None-Match: {reply.fields[b'etag'].decode()}").status, 304)

    def test_no_parts(self) -> None:
        """No part of it is sent, nor offered."""
        wire = self.serve(self.PAGE, "a.html", workers=AtOnce(), ending=b"<script>")
        reply = wire.get("/", "Range: bytes=0-1")
        self.assertEqual((reply.status, b"accept-ranges" in reply.fields), (200, False))

    def test_a_large_document(self) -> None:
        """It comes behind one that is sent piece by piece, and behind an empty one."""
        for data in (b"<p>" + LARGE, b""):
            wire = self.serve(data, "a.html", workers=AtOnce(), ending=b"<script>")
            self.assertEqual(wire.get("/").body, data + b"<script>")

    def test_other_files(self) -> None:
        """Nothing is put behind what is no document, nor behind one whose reader insists on a coding."""
        self.assertEqual(self.serve(b"x", "a.css", workers=AtOnce(), ending=b"!").get("/").body, b"x")
        wire = self.serve(self.PAGE, "a.html", workers=AtOnce(), ending=b"!")
        reply = wire.get("/", "Accept-Encoding: gzip, identity;q=0")
        self.assertEqual(gzip.decompress(reply.body), self.PAGE)
