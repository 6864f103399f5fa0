"""`tnet connect ws://…` with two real servers: Twisted's, and the one of the package `websockets`."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.ssl import PrivateCertificate
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest
from twisted.web.resource import Resource
from twisted.web.server import Site
from twisted.web.websocket import WebSocketResource, WebSocketTransport

from tests.certificates import make_authority, write_pair
from tests.end_to_end.connecting import ConnectCase

REACTOR: Any = reactor
MIB = 1 << 20


class Echo:
    """Says again what it hears, and does what some words ask for."""

    transport: WebSocketTransport

    def negotiationStarted(self, transport: WebSocketTransport) -> None:
        self.transport = transport

    def negotiationFinished(self) -> None:
        """Nothing to greet with."""

    def pongReceived(self, payload: bytes) -> None:
        self.transport.sendTextMessage(f"pong {payload.decode()}")

    def textMessageReceived(self, message: str) -> None:
        match message:
            case "bye":
                self.transport.loseConnection(1001)
            case "ping":
                self.transport.ping(b"7")
            case "later":
                REACTOR.callLater(0.5, self.transport.sendTextMessage, "here it is")
            case _:
                self.transport.sendTextMessage(message)

    def bytesMessageReceived(self, data: bytes | bytearray) -> None:
        self.transport.sendBytesMessage(bytes(data))

    def connectionLost(self, reason: Failure) -> None:
        """Nothing to do."""


class Echoes:
    """A factory of them, which keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    def buildProtocol(self, request: Any) -> Echo:
        self.requests.append(request)
        return Echo()


class TwistedTests(ConnectCase):
    """With Twisted's server in this process."""

    timeout = 120

    def setUp(self) -> None:
        super().setUp()
        self.echoes = Echoes()
        root = Resource()
        root.putChild(b"echo", WebSocketResource(self.echoes))
        self.site = Site(root)
        self.port = self.listen(REACTOR.listenTCP(0, self.site, interface="127.0.0.1"))

    def listen(self, port: Any) -> int:
        """The number of a port that is closed when the test is over."""
        self.addCleanup(port.stopListening)
        number: int = port.getHost().port
        return number

    async def talk(self, *words: str, data: bytes = b"", scheme: str = "ws") -> subprocess.CompletedProcess[bytes]:
        """The command, with `data` as its input."""
        target = f"{scheme}://localhost:{self.port}/echo?room=1"
        done: subprocess.CompletedProcess[bytes] = await deferToThread(
            self.connect, target, "-4", "--linger", "1", *words, input=data
        )
        return done

    async def test_text(self) -> None:
        """Lines go and come as messages of text; the request has the path and the port."""
        done = await self.talk("--text", data="one\nzwölf\nlast".encode())
        self.assertEqual((done.returncode, done.stdout.decode()), (0, "one\nzwölf\nlast\n"))
        (request,) = self.echoes.requests
        self.assertEqual((request.uri, request.getHeader("host")), (b"/echo?room=1", f"localhost:{self.port}"))

    async def test_bytes(self) -> None:
        """C16: what is read goes and comes as messages of bytes, exactly."""
        for data in (bytes(range(256)), os.urandom(16384), os.urandom(16385), os.urandom(65537)):
            done = await self.talk(data=data)
            self.assertEqual((done.returncode, done.stdout), (0, data))

    async def test_much(self) -> None:
        """C6: much of it, both ways at once, arrives whole."""
        data = os.urandom(20 * MIB)
        done = await self.talk(data=data)
        self.assertEqual((done.returncode, sha256(done.stdout).digest()), (0, sha256(data).digest()))

    async def test_late_answer(self) -> None:
        """C1: an answer that comes after the end of input is waited for."""
        done = await self.talk("--text", "--linger", "3", data=b"later\n")
        self.assertEqual((done.returncode, done.stdout), (0, b"here it is\n"))

    async def test_ping(self) -> None:
        """A ping is answered with what it held."""
        done = await self.talk("--text", data=b"ping\n")
        self.assertEqual((done.returncode, done.stdout), (0, b"pong 7\n"))

    async def test_server_closes(self) -> None:
        """C3: a server that closes ends it, though our input stays open, and its code is told."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, writing)
        self.addCleanup(os.close, reading)
        os.write(writing, b"hello\nbye\n")
        target = f"ws://127.0.0.1:{self.port}/echo"
        done = await deferToThread(self.connect, target, "--text", "-v", stdin=reading)
        self.assertEqual((done.returncode, done.stdout), (0, b"hello\n"))
        self.assertIn(b"the peer closed the WebSocket: 1001 (going away)", done.stderr)

    async def test_no_websocket_there(self) -> None:
        """Another path of the same server is no WebSocket: its answer is quoted."""
        done = await deferToThread(self.connect, f"ws://127.0.0.1:{self.port}/other", input=b"")
        self.assertEqual(done.returncode, 22)
        self.assertIn(b"/other answered 404 Not Found", done.stderr)

    async def test_message_limit(self) -> None:
        """A message that is larger than allowed is an error in either direction."""
        line = b"x" * 2000 + b"\n"
        done = await self.talk("--text", "--message-size", "1KiB", data=line)
        self.assertEqual(done.returncode, 63)
        self.assertIn(b"a line of standard input is larger than 1024 bytes", done.stderr)

    async def test_tls(self) -> None:
        """`wss://` checks the certificate; one that nobody vouches for is 60."""
        authority = make_authority()
        pair = authority.leaf(["localhost"])
        options = PrivateCertificate.loadPEM(pair[0] + pair[1]).options()
        self.port = self.listen(REACTOR.listenSSL(0, self.site, options, interface="127.0.0.1"))
        ca = self.path("ca.pem", authority.pem)
        done = await self.talk("--text", "--ca", ca, "-v", data=b"secret\n", scheme="wss")
        self.assertEqual((done.returncode, done.stdout), (0, b"secret\n"))
        self.assertIn(b"TLSv1.3", done.stderr)
        done = await self.talk("--text", data=b"secret\n", scheme="wss")
        self.assertEqual((done.returncode, done.stdout), (60, b""))

    async def test_through_a_proxy(self) -> None:
        """A proxy leads to the WebSocket as to everything else."""
        proxy = Relay(self.port)
        self.addCleanup(proxy.stop)
        done = await self.talk("--text", "--proxy", f"http://127.0.0.1:{proxy.port}", data=b"around\n")
        self.assertEqual((done.returncode, done.stdout), (0, b"around\n"))
        self.assertEqual(proxy.asked, f"CONNECT localhost:{self.port} HTTP/1.1")


class Relay:
    """An HTTP proxy for one connection, which leads to `port` whatever it is asked for."""

    def __init__(self, port: int) -> None:
        self.asked = ""
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def stop(self) -> None:
        """Wait until nothing passes any more."""
        self._listening.close()
        for thread in self._threads:
            thread.join(10)

    def _serve(self) -> None:
        client, _ = self._listening.accept()
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        self.asked = head.split(b"\r\n")[0].decode()
        server = socket.create_connection(("127.0.0.1", self._to))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
        self._threads.append(back)
        back.start()
        _pass_on(client, server)


def _pass_on(source: socket.socket, to: socket.socket) -> None:
    with to:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)


class WebsocketsTests(ConnectCase):
    """With the server of the package `websockets`, in a thread."""

    timeout = 120

    def serve(self, handler: Callable[[Any], None], **options: Any) -> int:
        """The port of a server that calls `handler` with each connection."""
        try:
            from websockets.sync.server import serve
        except ImportError:
            raise SkipTest("the package websockets is not installed") from None
        server = serve(handler, "127.0.0.1", 0, max_size=None, **options)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()

        def stop() -> None:
            server.shutdown()
            thread.join(10)

        self.addCleanup(stop)
        port: int = server.socket.getsockname()[1]
        return port

    def test_both_kinds(self) -> None:
        """Messages of text and of bytes, in several frames as well, come whole."""

        def handler(peer: Any) -> None:
            peer.send(["in ", "three ", "frames"])
            for message in peer:
                peer.send(message)

        port = self.serve(handler)
        done = self.connect(f"ws://127.0.0.1:{port}", "--text", "--linger", "1", input=b"hello\n")
        self.assertEqual((done.returncode, done.stdout), (0, b"in three frames\nhello\n"))
        done = self.connect(f"ws://127.0.0.1:{port}", "--linger", "1", input=b"\x00\xff")
        self.assertEqual((done.returncode, done.stdout), (0, b"in three frames\x00\xff"))

    def test_good_order(self) -> None:
        """The server sees a normal close from us, and answers it."""
        codes: list[int] = []

        def handler(peer: Any) -> None:
            for message in peer:
                peer.send(message)
            codes.append(peer.close_code)

        done = self.connect(f"ws://127.0.0.1:{self.serve(handler)}", "--linger", "1", input=b"x")
        self.assertEqual((done.returncode, codes), (0, [1000]))
        self.assertLess(self.seconds, 5)

    def test_complaint(self) -> None:
        """A server that closes because something is wrong is quoted, and what it said before is kept."""

        def handler(peer: Any) -> None:
            peer.send("partly")
            peer.close(1011, "out of luck")

        done = self.connect(f"ws://127.0.0.1:{self.serve(handler)}", input=b"")
        self.assertEqual((done.returncode, done.stdout), (56, b"partly"))
        self.assertIn(b"closed by peer: 1011 (unexpected condition): out of luck", done.stderr)

    def test_too_large(self) -> None:
        """A message above the limit is refused with 1009."""
        ends: list[Any] = []

        def handler(peer: Any) -> None:
            peer.send(bytes(2 * MIB))
            try:
                peer.recv()
            except Exception as closed:
                ends.append(closed)

        done = self.connect(f"ws://127.0.0.1:{self.serve(handler)}", "--message-size", "1MiB", input=b"")
        self.assertEqual((done.returncode, done.stdout), (63, b""))
        self.assertIn(b"a message from the peer is larger than 1048576 bytes", done.stderr)
        self.assertEqual([end.rcvd.code for end in ends], [1009])

    def test_slow_reader(self) -> None:
        """C10: a reader of ours that is slow stops the server, and nothing is lost."""
        count = 200

        def handler(peer: Any) -> None:
            for number in range(count):
                peer.send(bytes([number]) * 65536)

        port = self.serve(handler)
        process = self.start(f"ws://127.0.0.1:{port}", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert process.stdout is not None
        data = b"".join(iter(lambda: process.stdout.read(100_000), b""))  # type: ignore[union-attr]  # it is a pipe
        self.assertEqual(data, b"".join(bytes([number]) * 65536 for number in range(count)))
        self.assertEqual(process.wait(20), 0)

    def test_tls_with_a_pair_on_disk(self) -> None:
        """`wss://` with that server, too; the name in the certificate counts."""
        authority = make_authority()
        certificate, key = write_pair(Path(self.folder), authority.leaf(["127.0.0.1"]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

        def handler(peer: Any) -> None:
            for message in peer:
                peer.send(message)

        port = self.serve(handler, ssl=context)
        ca = self.path("ca.pem", authority.pem)
        done = self.connect(f"wss://127.0.0.1:{port}", "--ca", ca, "--linger", "1", input=b"x")
        self.assertEqual((done.returncode, done.stdout), (0, b"x"))
        done = self.connect(f"wss://localhost:{port}", "-4", "--ca", ca, input=b"x")
        self.assertEqual((done.returncode, done.stdout), (60, b""))
