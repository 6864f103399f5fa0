"""`fetch` against servers that want to harm: its memory, its time, its connections, and whoever looks at it."""

import base64
import contextlib
import gzip
import os
import signal
import subprocess
import threading
import time
import zlib
from pathlib import Path

import brotli
from backports import zstd
from twisted.internet import reactor

from tests.end_to_end.command import PATIENCE_SECONDS, TNET, environment, tnet
from tests.end_to_end.fetching import MIB, OK, FetchCase
from tests.end_to_end.real_world import receive_until
from tnet.clients.fetch.watch import FIRST_BYTE
from tnet.errors import (
    BodyCutShort,
    EncodingUnreadable,
    ExitStatus,
    MalformedReply,
    PartlyFailed,
    TimedOut,
    TnetError,
    TooLarge,
)
from tnet.events.kinds import ConnectionOpened, Logged
from tnet.plans.fetch import Body, Keeping, Login, Memory, Patience, Showing, Way

HEADROOM = 12 * MIB


def coded(body, *codings, more=b""):
    """An answer whose body is said to be coded so; `more` are further header lines."""
    fields = b"".join(b"Content-Encoding: %b\r\n" % coding for coding in codings)
    return b"HTTP/1.1 200 OK\r\n%b%bContent-Length: %d\r\n\r\n%b" % (fields, more, len(body), body)


def raw_deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def endless(peer, beginning, again):
    """Say `beginning`, and then `again` until nobody listens any more; how many bytes that were."""
    peer.sendall(beginning)
    sent, piece = 0, again * max(1, 65536 // len(again))
    with contextlib.suppress(OSError):
        while sent < 512 * MIB:
            peer.sendall(piece)
            sent += len(piece)
    return sent


class Codings(FetchCase):
    """Bodies that are more than they seem, or less."""

    def setUp(self):
        super().setUp()
        self.sink = os.open(os.devnull, os.O_WRONLY)
        self.addCleanup(os.close, self.sink)

    async def turns(self, running):
        """How often the reactor turns until a fetch is over, and its outcome."""
        count = 0

        def turn():
            nonlocal count
            count += 1
            self.next = reactor.callLater(0, turn)

        turn()
        try:
            return await running, count
        finally:
            self.next.cancel()

    async def test_bombs(self):
        """Case 31: a little that becomes very much ends with 63 before it is much."""
        zeros = bytes(64 * MIB)
        bombs = {
            b"gzip": gzip.compress(zeros),
            b"deflate": zlib.compress(zeros),
            b"DEFLATE": raw_deflate(zeros),
            b"br": brotli.compress(zeros, quality=5),
            b"zstd": zstd.compress(zeros),
            b"gzip, br": brotli.compress(gzip.compress(zeros)),
            b"x-gzip, gzip": gzip.compress(gzip.compress(zeros)),
        }
        for coding, bomb in bombs.items():
            url = self.says(coded(bomb, coding))
            error = await self.fails(TooLarge, url, compressed=True, stdout=self.sink)
            self.assertEqual(error.exit_status, ExitStatus.TOO_LARGE, coding)

    async def test_much_that_is_no_bomb(self):
        """Case 31: a body that is merely well compressed comes whole, and the reactor turns between its pieces."""
        block = os.urandom(600) + bytes(65536 - 600)
        packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        packed = b"".join(packer.compress(block) for _ in range(512)) + packer.flush()
        running = self.start(self.says(coded(packed, b"gzip")), compressed=True, stdout=self.sink)
        outcome, count = await self.turns(running)
        self.assertEqual(outcome, ExitStatus.OK)
        self.assertGreaterEqual(count, 512)

    async def test_too_many_codings(self):
        """Case 32: they are counted over all headers, and not one is undone."""
        body = b"x"
        for _ in range(6):
            body = gzip.compress(body)
        for fields in (
            [b"gzip"] * 6,
            [b"gzip, gzip", b"gzip,gzip,identity", b"gzip , gzip"],
            [b",".join([b"gzip"] * 9)],
        ):
            error = await self.fails(EncodingUnreadable, self.says(coded(body, *fields)), compressed=True)
            self.assertEqual(error.exit_status, 61)
        self.assertEqual(self.pipe.data(), b"")

    async def test_five_codings(self):
        """Case 32: so many are undone."""
        body = b"hello"
        for _ in range(5):
            body = gzip.compress(body)
        self.assertEqual(await self.get(self.says(coded(body, *[b"gzip"] * 5)), compressed=True), b"hello")

    async def test_truncated(self):
        """Case 33: a length that holds does not make a coded body whole; what there was is written."""
        text = b"hello " * 1000
        for coding, whole in (
            (b"gzip", gzip.compress(text)),
            (b"br", brotli.compress(text)),
            (b"zstd", zstd.compress(text)),
        ):
            error = await self.fails(BodyCutShort, self.says(coded(whole[:-3], coding)), compressed=True)
            self.assertEqual(error.exit_status, 18, coding)

    async def test_members(self):
        """Case 33: those that follow one another are all decoded; what belongs to none is warned of."""
        members = gzip.compress(b"he") + gzip.compress(b"") + gzip.compress(b"llo")
        self.assertEqual(await self.get(self.says(coded(members + b"\0junk", b"gzip")), compressed=True), b"hello")
        self.assertEqual([event.level for event in self.world.recorder.of(Logged)].count("warning"), 1)

    async def test_decoded_bytes_count(self):
        """Case 36: `--max-size` is about what is written, and stops before more than that is."""
        body = gzip.compress(os.urandom(1000) * 100)
        url = self.says(coded(body, b"gzip"))
        error = await self.fails(TooLarge, url, compressed=True, keeping=Keeping(most_bytes=50_000))
        self.assertEqual(error.exit_status, 63)
        self.assertLessEqual(len(self.pipe.data()), 50_000)

    async def test_plain_bytes_count(self):
        """Case 36: it holds for a body without codings, and without a length."""

        def pour(peer):
            endless(peer, b"HTTP/1.1 200 OK\r\n\r\n", b"x")

        error = await self.fails(TooLarge, self.server(pour), keeping=Keeping(most_bytes=50_000))
        self.assertEqual(error.exit_status, 63)
        self.assertLessEqual(len(self.pipe.data()), 50_000)


class Heads(FetchCase):
    """Headers without end."""

    async def test_floods(self):
        """Case 34: each is cut off with 56, long before memory is full."""
        status, chunked = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        floods = {
            "a section": (status, b"X-Flood: " + b"x" * 1000 + b"\r\n"),
            "short lines": (status, b"a:\r\n"),
            "one line": (status + b"X: ", b"x"),
            "one name": (status, b"x"),
            "the reason": (b"HTTP/1.1 200 ", b"x"),
            "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
            "trailers": (chunked + b"1\r\nx\r\n0\r\n", b"X-Trailer: x\r\n"),
            "one trailer": (chunked + b"0\r\nX: ", b"x"),
            "a chunk extension": (chunked + b"1;a=", b"x"),
            "a chunk size": (chunked, b"0"),
        }
        sent = {}
        for name, (beginning, again) in floods.items():
            url = self.server(lambda peer, b=beginning, a=again, n=name: sent.__setitem__(n, endless(peer, b, a)))
            error = await self.fails(TnetError, url)
            self.assertIn(error.exit_status, (ExitStatus.RECEIVE_FAILED, ExitStatus.MALFORMED_REPLY), name)
        await self.until(lambda: len(sent) == len(floods))
        self.assertEqual({name: count for name, count in sent.items() if count > 32 * MIB}, {})

    async def test_many_small_chunks(self):
        """Case 34: extensions of ordinary size are not added up to a refusal, however many there are."""
        chunks = b"1;ext=value\r\nx\r\n" * 20_000
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertEqual(await self.get(self.says(head + chunks + b"0\r\n\r\n")), b"x" * 20_000)

    async def test_slow_patterns(self):
        """Case 38: no header takes long to be understood, whatever it is made of and whoever reads it."""
        lines = {
            b"Set-Cookie": b"a=" + b" " * 3000 + b";" * 3000 + b"\t" * 3000 + b"Domain=" * 900,
            b"Content-Type": b"text/html" + b";charset" * 900 + b" " * 3000,
            b"Content-Disposition": b"attachment" + b'; filename="\\' * 600 + b" " * 3000,
            b"WWW-Authenticate": b'Digest realm="' + b"\\\\" * 3000 + b"a, " * 2000,
            b"Content-Encoding": b"," * 8000 + b" " * 4000,
            b"Retry-After": b"9" * 5000 + b" " * 5000 + b"x",
            b"Content-Range": b"bytes " + b"0" * 5000 + b"-" * 3000,
            b"Last-Modified": b"Mon, " * 3000,
            b"ETag": b'W/"' * 3000,
            b"Connection": b", ," * 4000,
        }
        folder = self.folder()
        shown = {"showing": Showing(parts="hb", pretty="all", har=f"{folder}/har")}
        kept = {"keeping": Keeping(remote_name=True, folder=folder)}
        for name, value in lines.items():
            for status, plan in ((200, shown), (401, shown), (200, kept)):
                answer = b"HTTP/1.1 %d No\r\n%b: %b\r\nContent-Length: 2\r\n\r\n[]" % (status, name, value)
                began = time.monotonic()
                with contextlib.suppress(TnetError):
                    await self.start(
                        self.says(answer) + "x",
                        compressed=True,
                        memory=Memory(cookie_jar=f"{folder}/jar"),
                        login=Login(user="u", password="p", kind="digest"),
                        **plan,
                    )
                self.assertLess(time.monotonic() - began, 2, name)


class Drips(FetchCase):
    """Servers that never quite fall silent."""

    def drips(self, beginning, piece=b"x", seconds=0.05):
        """The URL of one that says `piece` again and again."""

        def drip(peer):
            peer.sendall(beginning)
            while not self.over.wait(seconds):
                peer.sendall(piece)

        return self.server(drip)

    async def test_the_whole_is_bounded(self):
        """Case 37: a byte now and then is no silence, but the deadline holds, in whatever part of an answer."""
        head = b"HTTP/1.1 200 OK\r\n"
        beginnings = {
            head + b"X: ": "receiving the answer",
            head + b"\r\n": "receiving the answer",
            head + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: ": "receiving the answer",
            head + b"Transfer-Encoding: chunked\r\n\r\n1;": "receiving the answer",
        }
        began = time.monotonic()
        patience = Patience(idle_seconds=1, total_seconds=1.5)
        errors = await self.all_fail(TimedOut, map(self.drips, beginnings), patience=patience)
        self.assertLess(time.monotonic() - began, 5)
        for error, phase in zip(errors, beginnings.values(), strict=True):
            self.assertEqual((error.seconds, error.phase, error.exit_status), (1.5, phase, 28))

    async def test_silence(self):
        """Case 37: a server that stops is given up after the idle time."""
        url = self.drips(b"HTTP/1.1 200 OK\r\n\r\nx", seconds=10)
        error = await self.fails(TimedOut, url, patience=Patience(idle_seconds=0.3, total_seconds=20))
        self.assertEqual(error.seconds, 0.3)
        self.assertEqual(self.pipe.data(), b"x")

    async def test_the_first_byte(self):
        """Case 37: a server that says nothing is late; one that has begun, be it with half a header, is only slow."""
        late = {
            b"": (FIRST_BYTE, 0.5),
            b"HTTP/1.1 200 OK\r\nX: ": ("receiving the answer", 1.5),
            b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 ": ("receiving the answer", 1.5),
        }
        patience = Patience(first_byte_seconds=0.5, idle_seconds=5, total_seconds=1.5)
        urls = [self.drips(said) if said else self.drips(said, seconds=10) for said in late]
        for error, expected in zip(await self.all_fail(TimedOut, urls, patience=patience), late.values(), strict=True):
            self.assertEqual((error.phase, error.seconds), expected)

    async def test_a_slow_redirect(self):
        """Case 37: its body, which nobody wants, holds up nothing."""
        target = self.says(OK)
        began = time.monotonic()
        head = b"HTTP/1.1 302 x\r\nLocation: %b\r\nContent-Length: 1000\r\n\r\n" % target.encode()
        self.assertEqual(await self.get(self.drips(head)), b"hello")
        self.assertLess(time.monotonic() - began, 5)


class Framing(FetchCase):
    """Answers whose end could be seen in more than one place."""

    async def smuggled(self, answer):
        """Ask twice where each answer is this one, and behind it stands the answer to a request that was not made."""
        connections = []

        def talk(peer):
            connections.append(peer)
            peer.sendall(answer + b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled")
            while receive_until(peer, b"\r\n\r\n"):
                peer.sendall(OK)

        url = self.server(talk)
        error = await self.assertFailure(self.start(url, urls=(url, url)), PartlyFailed)
        self.assertEqual((error.failed, len(connections)), (2, 2), answer)
        told = [event.text for event in self.world.recorder.of(Logged)]
        self.assertTrue(all("malformed reply" in text for text in told), told)
        self.world.recorder.records.clear()

    async def test_smuggling(self):
        """Case 41: the answer is refused, and the connection is never used again."""
        head = b"HTTP/1.1 200 OK\r\n"
        for answer in (
            head + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
            head + b"Content-Length: 1, 2\r\n\r\nx",
            head + b"Content-Length: +1\r\n\r\nx",
            head + b"Content-Length: -1\r\n\r\n",
            head + b"Content-Length: 1_0\r\n\r\n",
            head + b"Content-Length: 0x1\r\n\r\nx",
            head + b"Content-Length:\r\n\r\n",
            head + b"Content-Length: 99999999999999999999\r\n\r\n",
            head + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            head + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            head + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            head + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            head + b"X: a\nContent-Length: 0\r\n\r\n",
            head + b"X: a\rContent-Length: 0\r\n\r\n",
            head + b"X: a\r\n folded\r\nContent-Length: 0\r\n\r\n",
            head + b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
            head + b"Content-Length : 0\r\n\r\n",
            head + b" Content-Length: 0\r\n\r\n",
            head + b": x\r\n\r\n",
            head + b"no colon\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n1 1\r\nx\r\n0\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\n0\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
        ):
            await self.smuggled(answer)

    async def test_the_status_of_each(self):
        """Case 41: 8 is the exit status for it."""
        for fields in (b"Content-Length: 1\r\nContent-Length: 2", b"Transfer-Encoding: gzip, chunked", b"X: a\n b"):
            error = await self.fails(MalformedReply, self.says(b"HTTP/1.1 200 OK\r\n%b\r\n\r\nxx" % fields))
            self.assertEqual(error.exit_status, 8)

    async def test_an_answer_too_many(self):
        """Case 41: what follows a good answer is not the answer to the next request."""
        for answer in (OK, b"HTTP/1.1 204 x\r\n\r\n", b"HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n"):
            connections = []

            def talk(peer, connections=connections, answer=answer):
                connections.append(peer)
                peer.sendall(answer + b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled")

            url = self.server(talk)
            self.assertEqual(await self.start(url, urls=(url, url)), ExitStatus.OK)
            self.assertEqual(len(connections), 2, answer)
        self.assertNotIn(b"smuggled", self.pipe.data())

    async def test_what_is_no_http_1(self):
        """Case 42: protocols that nobody asked to switch to, HTTP/0.9 and other languages end with 8."""
        for said in (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05hello",
            b"<html>hello</html>\r\n\r\n",
            b"HTTP/0.9 200 OK\r\n\r\nx",
            b"HTTP/2 200 OK\r\n\r\nx",
            b"HTTP/1.1 099 x\r\n\r\n",
            b"HTTP/1.1 2000 x\r\n\r\n",
            b"HTTP/1.1  200 OK\r\n\r\n",
            b"http/1.1 200 OK\r\n\r\n",
            b"\r\nHTTP/1.1 200 OK\r\n\r\n",
            b"ICY 200 OK\r\n\r\n",
            b"+OK POP3\r\n",
            b"\x16\x03\x01\x02\x00",
        ):
            error = await self.fails(MalformedReply, self.says(said))
            self.assertEqual(error.exit_status, 8, said)
        self.assertEqual(self.pipe.data(), b"")


def frame(kind, flags=0, stream=0, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


class Kept(FetchCase):
    """Connections that are kept for the next request, and what becomes of them meanwhile."""

    def goes_away(self):
        """The URL of a server whose first connection is good for one answer, and then ends at the next request."""
        talks = [
            lambda peer: (peer.sendall(OK), receive_until(peer, b"\r\n\r\n")),
            *[lambda peer: peer.sendall(OK)] * 2,
        ]
        return self.server(lambda peer: talks.pop(0)(peer))

    async def test_one_that_is_gone(self):
        """It is replaced, where the request does no harm if it is made twice."""
        url = self.goes_away()
        self.assertEqual(await self.fetched(url, url), b"hellohello")
        self.assertEqual(len(self.world.recorder.of(ConnectionOpened)), 2)

    async def test_a_request_that_may_not_be_made_twice(self):
        """It is not; the error is that there was no answer."""
        url = self.goes_away()
        await self.fetched("POST", url, url, status=ExitStatus.PARTLY_FAILED)
        (told,) = (event.text for event in self.world.recorder.of(Logged) if event.level == "error")
        self.assertIn("empty reply", told)
        self.assertEqual(len(self.heard), 1)

    async def test_an_answer_before_the_question(self):
        """Case 41: what a server says when nobody asked it is no answer to what comes next."""
        spoke = threading.Event()
        slow = self.server(lambda peer: (spoke.wait(10), time.sleep(0.1), peer.sendall(OK)))

        def talk(peer):
            peer.sendall(OK)
            time.sleep(0.1)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled")
            spoke.set()

        url = self.server(talk)
        self.assertEqual(await self.fetched(url, slow, url), b"hello" * 3)
        self.assertEqual(len(self.world.recorder.of(ConnectionOpened)), 3)


DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, *range(3, 10)
STATUS_200 = b"\x88"


class Http2(FetchCase):
    """The same in HTTP/2, with prior knowledge."""

    plan = {"way": Way(version="2"), "patience": Patience(idle_seconds=5, total_seconds=15)}

    def says_frames(self, *frames):
        """The URL of a server that says these once it was asked, and then waits."""

        def talk(peer):
            peer.sendall(b"".join([frame(SETTINGS), *frames]))
            while peer.recv(65536):
                pass

        return self.server(talk)

    async def test_floods(self):
        """Case 42: frames without end that carry nothing end it, and are not taken for long."""
        whole, begun = frame(HEADERS, 4, 1, STATUS_200), frame(HEADERS, 0, 1, STATUS_200)
        for beginning, again in (
            (begun, frame(CONTINUATION, 0, 1, b"\0\1a\1b" * 100)),
            (begun, frame(CONTINUATION, 0, 1)),
            (b"", frame(HEADERS, 4, 1, b"\x08\x03103")),
            (whole, frame(PING, 0, 0, bytes(8))),
            (whole, frame(SETTINGS)),
            (whole, frame(SETTINGS, 0, 0, b"\0\3\0\0\0\1" * 100)),
            (whole, frame(DATA, 0, 1)),
            (whole, frame(RST_STREAM, 0, 3, bytes(4))),
            (whole, frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1")),
            (whole, frame(250, 0, 0, b"unknown")),
        ):
            sent = []
            beginning = frame(SETTINGS) + beginning
            url = self.server(lambda peer, b=beginning, a=again, s=sent: s.append(endless(peer, b, a)))
            error = await self.fails(TnetError, url, **self.plan)
            self.assertNotEqual(error.exit_status, ExitStatus.TIMED_OUT, again[:20])
            await self.until(lambda sent=sent: sent)
            self.assertLess(sent[0], 64 * MIB, again[:20])

    async def test_what_breaks_the_rules(self):
        """Case 42: a stream or connection that does is an error of the peer's, told at once."""
        head = frame(HEADERS, 4, 1, STATUS_200)
        for frames in (
            (frame(DATA, 0, 1, b"x"),),
            (frame(HEADERS, 4, 1, b"\x80"),),
            (frame(HEADERS, 4, 1, b"\0\4Name\1x"),),
            (frame(HEADERS, 4, 3, STATUS_200),),
            (frame(HEADERS, 4, 1, STATUS_200 + b"\0\x0econtent-length\x011"), frame(DATA, 1, 1, b"xx")),
            (frame(HEADERS, 4, 1, STATUS_200 + b"\0\x0econtent-length\x013"), frame(DATA, 1, 1, b"xx")),
            (frame(HEADERS, 4, 1, STATUS_200 + b"\0\x11transfer-encoding\7chunked"), frame(DATA, 1, 1, b"x")),
            (frame(HEADERS, 4, 1, STATUS_200 + b"\0\1x\4a\r\nb"), frame(DATA, 1, 1, b"x")),
            (frame(HEADERS, 5, 1, b"\x08\x03101"),),
            (frame(PUSH_PROMISE, 4, 1, b"\0\0\0\2" + STATUS_200),),
            (head, frame(DATA, 0, 0, b"x")),
            (head, b"\xff\xff\xff" + frame(DATA, 0, 1)[3:]),
            (head, frame(DATA, 0, 1, b"x"), frame(RST_STREAM, 0, 1, b"\0\0\0\2")),
            (frame(RST_STREAM, 0, 1, b"\0\0\0\2"),),
            (frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\1"),),
            (frame(SETTINGS, 0, 0, b"\0\4\xff\xff\xff\xff"),),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n",),
        ):
            error = await self.fails(TnetError, self.says_frames(*frames), **self.plan)
            self.assertNotEqual(error.exit_status, ExitStatus.TIMED_OUT, frames)

    async def test_a_stalled_stream(self):
        """Case 42: a peer that lets nothing happen is given up after the idle time."""
        stalls = ((), (frame(HEADERS, 4, 1, STATUS_200),), (frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0"),))
        urls = [self.says_frames(*frames) for frames in stalls]
        body = Body(data=b"x" * 1000)
        plan = self.plan | {"patience": Patience(idle_seconds=0.5, total_seconds=15)}
        for error in await self.all_fail(TimedOut, urls, method="POST", body=body, **plan):
            self.assertEqual(error.seconds, 0.5)


class Commands(FetchCase):
    """The real command."""

    def setUp(self):
        super().setUp()
        self.home = Path(self.mktemp())

    def run_tnet(self, *words):
        return tnet(self.home, "fetch", *words)

    def peak(self, *words, status=0):
        """The most memory that a command had, which ended with `status` and whose body nobody kept."""
        with open(os.devnull, "wb") as sink:
            process = subprocess.Popen(
                [*TNET, "fetch", *words], stdin=sink, stdout=sink, stderr=subprocess.PIPE, env=environment(self.home)
            )
        watchdog = threading.Timer(PATIENCE_SECONDS, os.kill, (process.pid, signal.SIGKILL))
        watchdog.start()
        with process.stderr as stderr:
            said = stderr.read()
        _, ended, usage = os.wait4(process.pid, 0)
        watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(ended)
        self.assertEqual(process.returncode, status, said)
        return usage.ru_maxrss * 1024

    def test_flat_memory(self):
        """Cases 31 and 34: neither a large body, a bomb nor a flood of headers needs more than a small answer does."""
        block = os.urandom(600) + bytes(65536 - 600)
        packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        packed = b"".join(packer.compress(block) for _ in range(1024)) + packer.flush()
        bomb = gzip.compress(gzip.compress(bytes(256 * MIB)))

        def pour(peer):
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (256 * MIB))
            for _ in range(256):
                peer.sendall(bytes(MIB))

        usual = self.peak("--compressed", self.says(coded(gzip.compress(b"x"), b"gzip")))
        interim = b"HTTP/1.1 103 x\r\n\r\n"
        for name, url, status in (
            ("large", self.server(pour), 0),
            ("compressed", self.says(coded(packed, b"gzip")), 0),
            ("bomb", self.says(coded(bomb, b"gzip, gzip")), 63),
            ("headers", self.server(lambda peer: endless(peer, b"HTTP/1.1 200 OK\r\n", b"x")), 56),
            ("interim", self.server(lambda peer: endless(peer, b"", interim)), 56),
        ):
            self.assertLess(self.peak("--compressed", url, status=status), usual + HEADROOM, name)

    def test_layout_has_limits(self):
        """Case 35: JSON that is too long or too deep is written as it came."""
        long = b"[" + b'"%b",' % (b"x" * 1000) * (9 * MIB // 1003) + b"0]"
        deep = b"[" * 100_000 + b"]" * 100_000
        for body in (long, deep):
            url = self.says(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            done = self.run_tnet("--pretty", "all", url)
            self.assertEqual((done.returncode, done.stdout == body), (0, True), done.stderr)


class Input(FetchCase):
    """What is refused before anybody is called."""

    def listener(self):
        """A port where somebody listens, and notes in `heard` who comes."""
        return self.says(OK).rpartition(":")[2].rstrip("/")

    async def test_injection(self):
        """Case 39: line ends, blanks and NUL in URL, method, header or login are refused with 2."""
        port = self.listener()
        url = f"http://127.0.0.1:{port}/"
        for words in (
            (f"{url}a\r\nX: y",),
            (f"{url}a b",),
            (f"{url}?a=\n",),
            (f"{url}\0",),
            (f"http://127.0.0.1:{port}\r\nX: y/",),
            (f"http://127.0.0.1\r\n:{port}/",),
            (url, "Name:va\rlue"),
            (url, "Name:va\nlue"),
            (url, "Name:va\0lue"),
            (url, "Na\nme:value"),
            (url, "Na me:value"),
            (url, "Host:a\r\nX: y"),
            (url, "-A", "bearer", "-a", "a\r\nb"),
            (url, "--proxy", f"http://us\ner:pass@127.0.0.1:{port}"),
            ("GE\rT", url),
            ("GE T", url),
            (url, "Cookie:a=b\r\nX: y"),
        ):
            self.assertEqual((await self.run_fetch(*words))[0], ExitStatus.USAGE, (words, self.error))
        self.assertEqual(self.heard, [])

    async def test_a_login_cannot_inject(self):
        """Case 39: whatever is in a user's name or password, it is one header."""
        url = f"http://127.0.0.1:{self.listener()}/"
        await self.fetched(url, "-a", "us\r\ner:pa\nss")
        self.assertEqual(self.heard[0].count(b"\r\n"), self.heard[0].count(b"\n"))
        self.assertIn(b"Authorization: Basic " + base64.b64encode(b"us\r\ner:pa\nss") + b"\r\n", self.heard[0])
        status, _ = await self.run_fetch(url, "--proxy", f"http://us%0d%0aX:%20y@127.0.0.1:{self.listener()}")
        self.assertEqual(self.heard[-1].count(b"X: y"), 0, status)

    async def test_fields_cannot_inject(self):
        """Case 39: in a query, a form or a part's name line ends are percent-encoded."""
        url = f"http://127.0.0.1:{self.listener()}/"
        printed = await self.fetched(url, "a\r\nX-y==b\r\nc", "--offline")
        self.assertTrue(printed.startswith(b"GET /?a%0D%0AX-y=b%0D%0Ac HTTP/1.1\r\n"), printed)
        printed = await self.fetched("--form", "--offline", url, "a\r\nX-y=b\r\n")
        self.assertTrue(printed.endswith(b"\r\n\r\na%0D%0AX-y=b%0D%0A"), printed)
        printed = await self.fetched("--multipart", "--offline", url, 'a"\r\nX-y=b')
        self.assertIn(b'name="a%22%0D%0AX-y"\r\n', printed)

    async def test_hostile_urls(self):
        """Case 40: what two parsers could read differently is refused with 2, or as a name that is none with 6."""
        port = self.listener()
        for url in (
            "http://a%2Fb/",
            "http://a\\@b/",
            f"http://127.0.0.1:{port}\\@b/",
            "http://1.1.1.1 &@2.2.2.2",
            "http://a#@b@c d",
            "http://a@b@c/",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:80:80/",
            "http://127.0.0.1:+80/",
            f"http://127.0.0.1:{port}x/",
            "http://[::1/",
            "http://[::1]x/",
            "http://[127.0.0.1]/",
            "http://[::1%25]/",
            "http:///x",
            "http://:80/",
            "http://a\u2028b/",
            "http://a\u00adb..c/",
            f"http://127.0.0.1%00:{port}/",
            f"http://127.0.0.1;x:{port}/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            "javascript://127.0.0.1/",
            "http:/127.0.0.1/",
        ):
            status, printed = await self.run_fetch(url)
            self.assertIn(status, (ExitStatus.USAGE, ExitStatus.NOT_RESOLVED), (url, self.error))
            self.assertEqual(printed, b"")
        self.assertEqual(self.heard, [])

    async def test_urls_that_mean_one_thing(self):
        """Case 40: a fragment is no part of a request, nor is a user; full-width dots are dots."""
        port = self.listener()
        for url in (f"127.0.0.1:{port}/#@b", f"b@127.0.0.1:{port}/", f"127\uff0e0\uff0e0\uff0e1:{port}/"):
            self.assertEqual(await self.fetched(f"http://{url}"), b"hello", url)
        self.assertEqual({heard.split(b"\r\n")[0] for heard in self.heard}, {b"GET / HTTP/1.1"})
        self.assertEqual({heard.split(b"\r\n")[1] for heard in self.heard}, {b"Host: 127.0.0.1:%s" % port.encode()})

    async def test_redirects_are_read_as_strictly(self):
        """Cases 11 and 40: where a server sends us is judged like what a user types, and ends with 47."""
        for to in (
            "http://a%2Fb/",
            "http://a\\@b/",
            "\\\\b/",
            "file:///etc/passwd",
            "//",
            "///b",
            "http:/b",
            "http:b",
            "http://[::1",
            "http://127.0.0.1:99999/",
            "gopher://x/",
            "unix:/run/x.sock",
            "javascript:alert(1)",
            "http://a@b@c/",
            "http://127.0.0.2 &@127.0.0.1/",
            "http://a\u2028b/",
        ):
            url = self.says(b"HTTP/1.1 302 x\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % to.encode())
            status, _ = await self.run_fetch(url)
            self.assertEqual(status, ExitStatus.REDIRECT_REFUSED, (to, self.error))
