"""Tests for passing requests on and replies back."""

from __future__ import annotations

import os

from twisted.internet.error import ConnectionDone

from tests.servers.web.proxying.staging import ProxyTestCase
from tnet.servers.web.proxying.passing import ANSWER_SECONDS, IDLE_SECONDS, Asked

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class AskedTests(ProxyTestCase):
    """What goes to the upstream."""

    def test_head(self) -> None:
        """A request becomes one for the upstream, and its reply the response."""
        reply = self.through(OK, path="/api/a/b?c=d")
        self.assertEqual((reply.status, reply.body), (200, b"ok"))
        self.assertRegex(reply.fields[b"via"], rb"^1\.1 tnet-[0-9a-f]{8}$")

    def test_a_body_of_no_kind(self) -> None:
        """What an upstream does not say of its body is not made up."""
        self.assertNotIn(b"content-type", self.through(OK).fields)

    def test_line_and_fields(self) -> None:
        """Line, Host and what is told of the client."""
        self.wire.ask("GET", "/api/a/b?c=d", "Cookie: e=f")
        line, fields, rest = self.accept().take()
        self.assertEqual((line, rest), (b"GET /a/b?c=d HTTP/1.1", b""))
        self.assertEqual((fields[b"host"], fields[b"cookie"]), ([b"127.0.0.1:9000"], [b"e=f"]))
        self.assertEqual(fields[b"x-forwarded-for"], [b"127.0.0.1"])
        self.assertEqual(fields[b"x-forwarded-host"], [b"h"])
        self.assertNotIn(b"content-length", fields)

    def test_framing(self) -> None:
        """Length and coding are ours, made from what was understood."""
        for method, length, framing in (
            (b"GET", 0, []),
            (b"POST", 0, [b"Content-Length: 0"]),
            (b"GET", 3, [b"Content-Length: 3"]),
            (b"PUT", None, [b"Transfer-Encoding: chunked"]),
        ):
            head = Asked(method, b"/", [(b"Host", b"h")], length).head()
            self.assertEqual(head.split(b"\r\n")[2:-2], framing)

    def test_body(self) -> None:
        """A body that has a length is passed on as it comes, and one in chunks in chunks."""
        self.wire.send(b"POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc")
        upstream = self.accept()
        _, fields, rest = upstream.take()
        self.assertEqual((fields[b"content-length"], rest), ([b"6"], b"abc"))
        self.wire.send(b"def")
        self.assertEqual(upstream.asked, b"def")
        upstream.say(OK)
        self.assertEqual(self.wire.reply().body, b"ok")

    def test_chunks(self) -> None:
        """A chunked body is chunked anew, without its extensions and trailers."""
        self.wire.send(b"POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        upstream = self.accept()
        self.assertEqual(upstream.take()[1][b"transfer-encoding"], [b"chunked"])
        self.wire.send(b"3;x=y\r\nabc\r\n", b"1\r\nd\r\n0\r\nX-Trailer: x\r\n\r\n")
        self.assertEqual(upstream.asked, b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n")
        upstream.say(OK)
        self.assertEqual(self.wire.reply().body, b"ok")

    def test_empty_chunks(self) -> None:
        """An empty chunked body that ended before there was a connection is ended there, too."""
        self.wire.send(b"POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        self.assertTrue(self.accept().asked.endswith(b"\r\n\r\n0\r\n\r\n"))

    def test_smuggling(self) -> None:
        """Whatever a client says about two framings at once, nothing of it reaches an upstream."""
        for fields in (
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            b"Content-Length: 5\r\nContent-Length: 6\r\n",
            b"Transfer-Encoding: xchunked\r\n",
            b"Transfer-Encoding : chunked\r\n",
            b"Transfer-Encoding:\r\n chunked\r\n",
        ):
            wire = self.connect()
            wire.send(b"POST /api/x HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n0\r\n\r\nGET /api/y HTTP/1.1\r\n")
            self.assertEqual((wire.reply().status, self.dialled), (400, 0), fields)

    def test_pipelined(self) -> None:
        """What follows a body is another request, and waits for the first one's reply."""
        self.wire.ask("POST", "/api/x", body=b"GET /api/evil HTTP/1.1\r\n\r\n")
        self.wire.ask("GET", "/api/y")
        upstream = self.accept()
        self.assertTrue(upstream.take()[2].endswith(b"evil HTTP/1.1\r\n\r\n"))
        self.assertEqual(self.dialled, 0)
        upstream.say(OK)
        self.assertEqual(upstream.take()[0], b"GET /y HTTP/1.1")

    def test_expectation(self) -> None:
        """The client is told to go on by us, and the upstream hears nothing of it; its own 100 is not passed on."""
        self.wire.ask("POST", "/api/x", "Expect: 100-continue", "Content-Length: 2")
        self.reactor.advance(0)
        self.assertTrue(self.wire.sent.startswith(b"HTTP/1.1 100 Continue\r\n\r\n"))
        self.wire.socket.clear()
        upstream = self.accept()
        self.assertNotIn(b"expect", upstream.take()[1])
        self.wire.send(b"hi")
        upstream.say(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
        self.assertEqual(self.wire.reply().status, 200)


class FlowTests(ProxyTestCase):
    """Who waits for whom."""

    def test_upload_waits_for_the_connection(self) -> None:
        """The client is not read from while nobody is there to take it."""
        self.wire.send(b"PUT /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n", b"x" * 50_000)
        self.wire.send(b"x" * 20_000)
        self.assertEqual(self.wire.socket.producerState, "paused")
        upstream = self.accept()
        self.assertEqual(self.wire.socket.producerState, "producing")
        self.assertEqual(len(upstream.take()[2]), 70_000)

    def test_upload_waits_for_the_upstream(self) -> None:
        """A client that is faster than the upstream waits, and nothing is lost."""
        self.wire.send(b"PUT /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
        upstream = self.accept()
        upstream.take()
        upstream.socket.producer.pauseProducing()
        self.wire.send(b"x" * 30_000)
        self.wire.send(b"y" * 40_000)
        self.assertEqual((self.wire.socket.producerState, len(upstream.asked)), ("paused", 30_000))
        upstream.socket.producer.resumeProducing()
        self.wire.send(b"z" * 30_000)
        self.assertEqual(upstream.asked, b"x" * 30_000 + b"y" * 40_000 + b"z" * 30_000)

    def test_download_waits_for_the_client(self) -> None:
        """An upstream that is faster than the client waits."""
        self.wire.ask("GET", "/api/x")
        upstream = self.accept()
        upstream.say(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n", b"x" * 100_000)
        self.wire.socket.producer.pauseProducing()
        self.assertEqual(upstream.socket.producerState, "paused")
        self.wire.socket.producer.resumeProducing()
        self.assertEqual(upstream.socket.producerState, "producing")
        upstream.say(b"y" * 100_000)
        self.assertEqual(self.wire.reply().body, b"x" * 100_000 + b"y" * 100_000)

    def test_as_it_comes(self) -> None:
        """Head and pieces are passed on at once, as server-sent events need it."""
        self.wire.ask("GET", "/api/x")
        upstream = self.accept()
        upstream.say(CHUNKED)
        self.assertIn(b"200 OK", self.wire.sent)
        upstream.say(b"9\r\ndata: 1\n\n\r\n")
        self.assertTrue(self.wire.sent.endswith(b"data: 1\n\n\r\n"))

    def test_early_answer(self) -> None:
        """A reply that does not wait for the body is passed on, and neither connection is used again."""
        self.wire.send(b"PUT /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n", b"x" * 100)
        upstream = self.accept()
        upstream.say(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        reply = self.wire.reply()
        self.assertEqual((reply.status, reply.fields[b"connection"]), (413, b"close"))
        self.assertTrue(upstream.socket.aborted)


class ReplyTests(ProxyTestCase):
    """What comes back."""

    def test_kept(self) -> None:
        """After a complete reply the connection is used again."""
        self.wire.ask("GET", "/api/x")
        upstream = self.accept()
        upstream.say(OK)
        self.assertEqual(self.wire.reply().body, b"ok")
        upstream.take()
        self.wire.ask("GET", "/api/y")
        self.assertEqual((upstream.take()[0], self.dialled), (b"GET /y HTTP/1.1", 0))

    def test_not_kept(self) -> None:
        """A connection on which anything is in doubt is not."""
        for reply in (
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            OK + b"HTTP/1.1 200 OK\r\n",
        ):
            self.wire = self.connect()
            self.assertEqual(self.through(reply).body, b"ok")
            self.wire.ask("GET", "/api/y")
            self.assertEqual(self.dialled, 1)
            self.refuse()

    def test_framings(self) -> None:
        """Chunks and a body that ends with the connection become chunks, for HTTP/1.0 the end of the connection."""
        reply = self.through(CHUNKED + b"2;a=b\r\nok\r\n0\r\nX-Trailer: x\r\n\r\n")
        self.assertEqual((reply.body, reply.fields[b"transfer-encoding"]), (b"ok", b"chunked"))
        self.assertNotIn(b"x-trailer", reply.fields)
        self.wire.ask("GET", "/api/x")
        upstream = self.asked()
        upstream.say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok")
        upstream.end()
        self.assertEqual(self.wire.reply().body, b"ok")
        old = self.wire = self.connect()
        self.assertEqual(self.through(CHUNKED + b"2\r\nok\r\n0\r\n\r\n", version="1.0").body, b"ok")
        self.assertTrue(old.socket.disconnecting)

    def test_bodiless(self) -> None:
        """HEAD, 204 and 304 have no body, and the length that HEAD tells is passed on."""
        reply = self.through(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD")
        self.assertEqual((reply.fields[b"content-length"], self.wire.sent), (b"5", b""))
        for status in (204, 304):
            self.wire.ask("GET", "/api/x")
            self.asked().say(b'HTTP/1.1 %d X\r\nETag: "e"\r\n\r\n' % status)
            reply = self.wire.reply()
            self.assertEqual((reply.status, reply.fields[b"etag"], self.wire.sent), (status, b'"e"', b""))

    def test_hints(self) -> None:
        """Early hints are passed on, with nothing but the links."""
        self.wire.ask("GET", "/api/x")
        self.accept().say(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nX: y\r\n\r\n" + OK)
        self.assertEqual(self.wire.reply().fields, {b"link": b"</a.css>"})
        self.assertEqual(self.wire.reply().body, b"ok")

    def test_malformed(self) -> None:
        """A reply that is none is a 502 which says why, and not where the upstream is."""
        for reply, why in (
            (b"SSH-2.0-x\r\n", b"does not begin with HTTP/"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"where the body ends"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", b"not one number"),
            (b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", b"folded"),
            (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", b"nobody had asked"),
        ):
            self.wire = self.connect()
            got = self.through(reply)
            self.assertEqual(got.status, 502)
            self.assertIn(why, got.body)
            self.assertNotIn(b"9000", got.body)

    def test_cut_short(self) -> None:
        """A reply that breaks off is cut off for the client as well, and its event says why."""
        for begun in (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", CHUNKED + b"9\r\nabc"):
            for reason in (None, ConnectionDone()):
                self.wire = self.connect()
                self.wire.ask("GET", "/api/x")
                upstream = self.accept()
                upstream.say(begun)
                upstream.lose(reason)
                self.assertTrue(self.wire.socket.aborted)
                self.assertNotIn(b"\r\n0\r\n", self.wire.sent)
                self.wire.hang_up(ConnectionDone())
                (told,) = self.wire.exchanges
                self.assertEqual(told.status, 200)
                self.assertIn("upstream", told.reason or "")

    def test_reset_without_length(self) -> None:
        """A body that would end with the connection is not complete when the connection breaks."""
        self.wire.ask("GET", "/api/x")
        upstream = self.accept()
        upstream.say(b"HTTP/1.1 200 OK\r\n\r\nabc")
        upstream.lose()
        self.assertTrue(self.wire.socket.aborted)


class FailureTests(ProxyTestCase):
    """Upstreams that are not there, or not in time."""

    def test_refused(self) -> None:
        """Nobody listens: 502."""
        self.wire.ask("GET", "/api/x")
        self.refuse()
        reply = self.wire.reply()
        self.assertEqual(reply.status, 502)
        self.assertIn(b"the upstream cannot be reached: connection was refused", reply.body)

    def test_no_connection(self) -> None:
        """The connection takes too long: 504."""
        self.wire.ask("GET", "/api/x")
        self.reactor.advance(5)
        self.assertEqual(self.wire.reply().status, 504)

    def test_no_answer(self) -> None:
        """The answer takes too long: 504; an interim head is a sign of life."""
        self.wire.ask("GET", "/api/x")
        upstream = self.accept()
        self.reactor.advance(ANSWER_SECONDS - 1)
        upstream.say(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.reactor.advance(ANSWER_SECONDS - 1)
        self.assertEqual(self.wire.sent, b"")
        self.reactor.advance(2)
        self.assertEqual(self.wire.reply().status, 504)
        self.assertTrue(upstream.socket.aborted)

    def test_silence(self) -> None:
        """An upstream that stops in the middle is cut off, one that sends now and then is not."""
        self.wire.ask("GET", "/api/x")
        upstream = self.accept()
        upstream.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        for _ in range(3):
            self.reactor.advance(IDLE_SECONDS - 1)
            upstream.say(b"x")
        self.assertFalse(self.wire.socket.aborted)
        self.reactor.advance(IDLE_SECONDS)
        self.assertTrue(self.wire.socket.aborted and upstream.socket.aborted)

    def test_a_slow_client_is_no_silence(self) -> None:
        """While the client takes nothing, the upstream has no deadline."""
        self.wire.ask("GET", "/api/x")
        upstream = self.accept()
        upstream.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
        self.wire.socket.producer.pauseProducing()
        for _ in range(10):
            self.wire.socket.bytes_out += 1
            self.reactor.advance(IDLE_SECONDS / 2)
        self.assertFalse(upstream.socket.aborted)

    def test_body_not_taken(self) -> None:
        """An upstream that takes nothing of the body is given up, unless the system still takes some of it."""
        self.wire.send(b"PUT /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
        upstream = self.accept()
        upstream.socket.producer.pauseProducing()
        self.wire.send(b"x" * 50_000)
        upstream.socket.bytes_out += 10
        self.reactor.advance(IDLE_SECONDS)
        self.assertEqual(self.wire.sent, b"")
        self.reactor.advance(IDLE_SECONDS)
        self.assertEqual(self.wire.reply().status, 504)

    def test_asked_again(self) -> None:
        """A kept connection that had ended meanwhile costs nothing where asking twice is harmless."""
        self.assertEqual(self.through(OK).body, b"ok")
        self.wire.ask("GET", "/api/y")
        self.last.lose(ConnectionDone())
        self.accept().say(OK)
        self.assertEqual(self.wire.reply().body, b"ok")

    def test_not_asked_again(self) -> None:
        """Where asking twice is not, where an answer had begun, and on a fresh connection: 502."""
        for request, begun in (
            (b"POST /api/y HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", b""),
            (b"PUT /api/y HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", b""),
            (b"GET /api/y HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 2"),
        ):
            self.wire = self.connect()
            self.assertEqual(self.through(OK).body, b"ok")
            self.wire.send(request)
            if begun:
                self.last.say(begun)
            self.last.lose()
            self.assertEqual((self.wire.reply().status, self.dialled), (502, 0))
        self.wire = self.connect()
        self.wire.ask("GET", "/api/y")
        self.accept().lose()
        self.assertEqual((self.wire.reply().status, self.dialled), (502, 0))

    def test_client_leaves(self) -> None:
        """Whatever was begun for a client that has gone is ended."""
        self.wire.ask("GET", "/api/x")
        self.reactor.advance(0)
        self.wire.hang_up(ConnectionDone())
        self.assertTrue(self.reactor.connectors[-1].stoppedConnecting)
        self.reactor.tcpClients.clear()
        for begun in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"):
            self.wire = self.connect()
            self.wire.ask("GET", "/api/x")
            upstream = self.accept()
            if begun:
                upstream.say(begun)
            self.wire.hang_up(ConnectionDone())
            self.assertTrue(upstream.socket.aborted)
        self.wire = self.connect()
        self.wire.send(b"PUT /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
        upstream = self.accept()
        self.wire.hang_up(ConnectionDone())
        self.assertTrue(upstream.socket.aborted)
        self.reactor.advance(0)
        self.assertEqual([call for call in self.reactor.getDelayedCalls() if call.getTime() < 1e6], [])

    def test_any_cut(self) -> None:
        """However a reply is cut into pieces, the client gets the same."""
        body = os.urandom(300)
        reply = CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:])) + b"0\r\n\r\n"
        for at in range(1, len(reply), 13):
            self.wire.ask("GET", "/api/x")
            upstream = self.asked()
            upstream.say(reply[:at], reply[at:])
            self.assertEqual(self.wire.reply().body, body)
