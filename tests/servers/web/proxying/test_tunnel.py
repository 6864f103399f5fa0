"""Tests for connections that leave HTTP."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone, ConnectionLost

from tests.servers.web.proxying.staging import ProxyTestCase, Upstream
from tnet.servers.web.proxying.tunnel import SILENCE_SECONDS

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x/1\r\nX-Accept: y\r\n\r\n"


class TunnelTests(ProxyTestCase):
    """`Tunnel`, from the request that asks for it."""

    def ask(self, *fields: str, version: str = "1.1") -> Upstream:
        """Let the client ask for another protocol."""
        self.wire.ask("GET", "/api/x", "Connection: keep-alive, Upgrade", "Upgrade: x/1", *fields, version=version)
        return self.accept()

    def open(self, early: bytes = b"") -> Upstream:
        """A tunnel."""
        upstream = self.ask()
        upstream.take()
        upstream.say(SWITCH + early)
        return upstream

    def test_opens(self) -> None:
        """The upstream is asked, and its consent passed on; what it said with it is not lost."""
        upstream = self.ask()
        fields = upstream.take()[1]
        self.assertEqual((fields[b"connection"], fields[b"upgrade"]), ([b"Upgrade"], [b"x/1"]))
        upstream.say(SWITCH + b"hello")
        reply = self.wire.reply(bodiless=True)
        self.assertEqual((reply.status, reply.fields[b"upgrade"], reply.fields[b"x-accept"]), (101, b"x/1", b"y"))
        self.assertEqual(self.wire.sent, b"hello")

    def test_both_ways(self) -> None:
        """Bytes go both ways, as they are."""
        upstream = self.open()
        self.wire.socket.clear()
        self.wire.send(b"GET / HTTP/1.1\r\n\r\n\x00\xff")
        upstream.say(b"\r\n\x00")
        self.assertEqual((upstream.asked, self.wire.sent), (b"GET / HTTP/1.1\r\n\r\n\x00\xff", b"\r\n\x00"))

    def test_pace(self) -> None:
        """Each side waits for the other."""
        upstream = self.open()
        self.wire.socket.producer.pauseProducing()
        self.assertEqual(upstream.socket.producerState, "paused")
        upstream.socket.producer.pauseProducing()
        self.assertEqual(self.wire.socket.producerState, "paused")
        self.wire.socket.producer.resumeProducing()
        upstream.socket.producer.resumeProducing()
        self.assertEqual((upstream.socket.producerState, self.wire.socket.producerState), ("producing",) * 2)

    def test_ends(self) -> None:
        """An end of one direction is passed on as that, and both are over when both have ended."""
        upstream = self.open()
        self.wire.channel.readConnectionLost()
        self.assertTrue(upstream.socket.half_closed)
        upstream.say(b"rest")
        self.assertTrue(self.wire.sent.endswith(b"rest"))
        upstream.protocol.readConnectionLost()
        self.assertTrue(self.wire.socket.disconnecting)

    def test_breaks(self) -> None:
        """A side that breaks off breaks the other."""
        upstream = self.open()
        upstream.lose()
        self.assertTrue(self.wire.socket.aborted)
        self.wire = self.connect()
        upstream = self.open()
        self.wire.hang_up(ConnectionLost())
        self.assertTrue(upstream.socket.aborted)

    def test_silence(self) -> None:
        """A tunnel in which nothing is said is ended some day."""
        upstream = self.open()
        upstream.socket.bytes_in = 5  # type: ignore[attr-defined]  # as our own transports have it
        self.reactor.advance(SILENCE_SECONDS)
        self.assertFalse(upstream.socket.aborted)
        self.reactor.advance(SILENCE_SECONDS)
        self.assertTrue(upstream.socket.aborted and self.wire.socket.aborted)
        self.assertIn("nothing was said", self.wire.socket.ended_because)

    def test_refused(self) -> None:
        """An upstream that goes on in HTTP is answered in HTTP."""
        self.ask().say(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno")
        reply = self.wire.reply()
        self.assertEqual((reply.status, reply.body), (426, b"no"))

    def test_another_protocol(self) -> None:
        """An upstream that switches to what nobody asked for is not believed."""
        upstream = self.ask()
        upstream.say(SWITCH.replace(b"x/1", b"y/1"))
        self.assertEqual(self.wire.reply().status, 502)
        self.assertTrue(upstream.socket.aborted)

    def test_http_1_0(self) -> None:
        """Where a connection cannot become another protocol, the client is told so."""
        upstream = self.ask(version="1.0")
        upstream.say(SWITCH)
        self.assertEqual(self.wire.reply().status, 501)
        self.assertTrue(upstream.socket.aborted)

    def test_report(self) -> None:
        """The exchange is told when the tunnel has ended."""
        upstream = self.open()
        self.assertEqual(self.wire.exchanges, [])
        upstream.lose(ConnectionDone())
        self.wire.hang_up(ConnectionDone())
        (told,) = self.wire.exchanges
        self.assertEqual((told.status, told.method), (101, "GET"))
