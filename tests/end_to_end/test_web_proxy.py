"""`tnet serve web --proxy` between real clients and real upstreams."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.end_to_end.command import Running
from tests.end_to_end.httpbin_peer import httpbin_port
from tests.end_to_end.peers import Peer
from tests.end_to_end.test_web import SECONDS, WebTestCase

LARGE = os.urandom(5_000_000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class ProxyTestCase(WebTestCase):
    """Serves a directory, and an upstream at /api."""

    def pass_on(self, url: str, *options: str) -> None:
        """Start, with the upstream at `url`."""
        self.serve("--proxy", f"/api={url}", *options)

    def json(self, path: str, *argv: str) -> Any:
        """What an upstream of JSON answers to curl."""
        return json.loads(self.curl(f"{self.url}/api{path}", *argv).stdout)

    def status(self, path: str, *argv: str) -> tuple[int, int]:
        """curl's exit status, and the HTTP status."""
        done = self.curl("-o", "/dev/null", "-w", "%{http_code}", f"{self.url}/api{path}", *argv)
        return done.returncode, int(done.stdout or 0)


class HttpbinTests(ProxyTestCase):
    """httpbin behind it, curl before it."""

    def setUp(self) -> None:
        super().setUp()
        self.pass_on(f"http://127.0.0.1:{httpbin_port()}")

    def test_reading(self) -> None:
        """What a client asks arrives, and so do bodies in every framing; files are served beside it."""
        got = self.json("/get?a=b%20c&show_env=1", "-H", "X-Mine: 1", "-H", "X-Forwarded-For: 203.0.113.9")
        self.assertEqual(got["args"]["a"], "b c")
        self.assertEqual((got["headers"]["X-Mine"], got["headers"]["Host"]), ("1", f"127.0.0.1:{httpbin_port()}"))
        self.assertEqual(got["headers"]["X-Forwarded-For"], "127.0.0.1")
        self.assertEqual(len(self.curl(f"{self.url}/api/stream/5").stdout.splitlines()), 5)
        self.assertEqual(len(self.curl(f"{self.url}/api/bytes/100000").stdout), 100_000)
        self.assertIn("gzipped", self.curl("--compressed", f"{self.url}/api/gzip").stdout.decode())
        self.assertEqual(self.ask(f"{self.url}/a.txt"), (200, b"hello\n"))

    def test_statuses(self) -> None:
        """Statuses are passed on, with and without bodies, and the connections are used again."""
        urls = [f"{self.url}/api/status/{status}" for status in (200, 204, 304, 404, 418, 503)]
        done = self.curl("-v", "-w", "%{http_code} ", *(part for url in urls for part in ("-o", "/dev/null", url)))
        self.assertEqual(done.stdout, b"200 204 304 404 418 503 ")
        self.assertEqual(done.stderr.count(b"Re-using existing"), 5)
        self.assertEqual(self.status("/get", "-I"), (0, 200))

    def test_writing(self) -> None:
        """Bodies arrive whole, with a length, in chunks, and after a 100 that was waited for."""
        body = self.folder / "body"
        body.write_bytes(b"x" * 2_000_000)
        plain = ("-H", "Content-Type: text/plain")
        for argv in ((), ("-H", "Transfer-Encoding: chunked"), ("-H", "Expect: 100-continue"), ("-H", "Expect:")):
            got = self.json("/anything", "-X", "PUT", "--data-binary", f"@{body}", *plain, *argv)
            self.assertEqual((got["method"], len(got["data"])), ("PUT", 2_000_000))
        self.assertEqual(self.json("/post", "-F", "a=b")["form"], {"a": "b"})

    def test_places(self) -> None:
        """Redirects and cookies lead back to us."""
        for kind in ("relative-redirect", "absolute-redirect", "redirect"):
            done = self.curl("-L", "-w", "%{url_effective}", "-o", "/dev/null", f"{self.url}/api/{kind}/2")
            self.assertEqual(done.stdout.decode(), f"{self.url}/api/get")
        jar = str(self.folder / "jar")
        self.curl("-c", jar, f"{self.url}/api/cookies/set?k=v")
        self.assertIn("\t/api\t", Path(jar).read_text())
        self.assertEqual(self.json("/cookies", "-b", jar)["cookies"], {"k": "v"})


class UpstreamTests(ProxyTestCase):
    """Upstreams that do what they should not."""

    def upstream(self, script: Callable[[socket.socket], Any]) -> Peer:
        """One that plays `script` with the first connection."""
        peer = Peer(script)
        self.pass_on(f"http://{peer.target}")
        return peer

    def test_not_there(self) -> None:
        """Nobody listens: 502, and the story says why."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.pass_on(f"http://127.0.0.1:{unused.getsockname()[1]}")
            status, body = self.ask(f"{self.url}/api/x")
        self.assertEqual(status, 502)
        self.assertIn(b"connection refused", body.lower())
        (told,) = self.server.wait_for("http.request")
        self.assertIn("connection refused", told["reason"].lower())

    def test_cut_short(self) -> None:
        """A reply that breaks off is one for curl as well, in every framing."""
        for begun, exit_statuses in (
            (b"Content-Length: 99\r\n\r\nabc", (18, 56)),
            (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", (18, 56)),
        ):
            self.upstream(lambda sock, begun=begun: sock.recv(9999) and sock.sendall(b"HTTP/1.1 200 OK\r\n" + begun))  # type: ignore[misc]
            self.assertIn(self.status("/x")[0], exit_statuses)
            self.assertNotEqual(self.server.wait_for("http.request")[0].get("reason"), None)

    def test_smuggling(self) -> None:
        """Two framings at once never reach an upstream, and what is in a body stays a body."""

        def script(sock: socket.socket) -> bytes:
            got = b""
            while b"SMUGGLED" not in got:
                got += sock.recv(9999)
            sock.sendall(OK)
            return got

        peer = self.upstream(script)
        for framing in (
            b"Content-Length: 4\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: chunked\r\nContent-Length: 4",
        ):
            got = self.raw(
                b"POST /api/x HTTP/1.1\r\nHost: localhost\r\n"
                + framing
                + b"\r\n\r\n0\r\n\r\nGET /api/evil HTTP/1.1\r\n\r\n"
            )
            self.assertTrue(got.startswith(b"HTTP/1.1 400"), got)
        body = b"GET /SMUGGLED HTTP/1.1\r\nHost: localhost\r\n\r\n"
        head = b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        self.assertIn(b"200 OK", self.raw(head + body))
        self.assertTrue(peer.result.startswith(b"POST /x HTTP/1.1\r\n"))
        self.assertTrue(peer.result.endswith(b"Content-Length: %d\r\n\r\n" % len(body) + body) or body in peer.result)

    def test_events_as_they_come(self) -> None:
        """Server-sent events are not kept back."""
        go_on = threading.Event()

        def script(sock: socket.socket) -> None:
            sock.recv(9999)
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
            go_on.wait(SECONDS)

        self.upstream(script)
        sock = self.connect()
        sock.sendall(b"GET /api/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = b""
        while b"data: 1\n\n" not in got:
            got += sock.recv(9999)
        go_on.set()

    def test_slow_sides(self) -> None:
        """Whoever is slower sets the pace, both ways, and the server holds little of what is on its way."""
        size = 60_000_000

        def script(sock: socket.socket) -> int:
            got = b""
            while b"\r\n\r\n" not in got:
                got += sock.recv(9999)
            taken = len(got.partition(b"\r\n\r\n")[2])
            halt.wait(SECONDS)
            while taken < size:
                taken += len(sock.recv(1 << 20))
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            sock.sendall(bytes(size))
            return taken

        halt = threading.Event()
        peer = self.upstream(script)
        sock = self.connect()
        before = self.memory()
        sock.sendall(b"PUT /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size)
        sock.settimeout(1)
        sent = 0
        piece = bytes(1 << 16)
        with self.assertRaises(TimeoutError):
            while sent < size:
                sent += sock.send(piece)
        self.assertLess(sent, 30_000_000)
        halt.set()
        sock.settimeout(SECONDS)
        while sent < size:
            sent += sock.send(piece[: size - sent])
        head = sock.recv(300)
        self.assertTrue(head.startswith(b"HTTP/1.1 200 OK"))
        self.assertLess(self.memory() - before, 16 << 20)
        taken = len(head.partition(b"\r\n\r\n")[2])
        while taken < size:
            taken += len(sock.recv(1 << 20))
        self.assertEqual((peer.result, taken), (size, size))

    def memory(self) -> int:
        """How much the server has of it."""
        for line in Path(f"/proc/{self.server.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) << 10
        raise AssertionError("no VmRSS")

    def test_client_leaves(self) -> None:
        """An upstream that works for nobody hears of it."""
        gone = threading.Event()
        peer = self.upstream(lambda sock: (sock.recv(9999), gone.wait(SECONDS), sock.recv(9999)))
        sock = self.connect()
        sock.sendall(b"GET /api/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.server.wait_for("connection.open", 2)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        gone.set()
        self.assertRaises(ConnectionResetError, lambda: peer.result)


class SecuredTests(ProxyTestCase):
    """Upstreams under TLS: tnet itself, whose authority this user trusts."""

    def test_https(self) -> None:
        """A certificate is checked, and a file arrives whole, through both HTTP/1.1 and HTTP/2 of ours."""
        argv = ("serve", "web", str(self.root), "-p", "0", "-H", "127.0.0.1", "--output", "json", "--tls")
        upstream = Running(self, self.folder / "home", *argv)
        self.pass_on(f"https://localhost:{upstream.port}", "--tls")
        for version in ("--http1.1", "--http2"):
            got = self.curl(version, f"{self.url}/api/large").stdout
            self.assertEqual(hashlib.sha256(got).digest(), hashlib.sha256((self.root / "large").read_bytes()).digest())

    def test_unknown_authority(self) -> None:
        """Whom nobody vouches for is not asked."""
        argv = ("serve", "web", str(self.root), "-p", "0", "-H", "127.0.0.1", "--output", "json", "--tls")
        upstream = Running(self, self.folder / "another home", *argv)
        self.pass_on(f"https://localhost:{upstream.port}")
        status, body = self.ask(f"{self.url}/api/large")
        self.assertEqual(status, 502)
        self.assertIn(b"TLS with the upstream failed", body)


class WebSocketTests(ProxyTestCase):
    """The server and client of the `websockets` library."""

    def setUp(self) -> None:
        super().setUp()
        from websockets.sync.server import serve

        def echo(connection: Any) -> None:
            for message in connection:
                connection.send(message)

        server = serve(echo, "127.0.0.1", 0, subprotocols=["chat"])  # type: ignore[list-item]  # a str
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        self.upstream = server.socket.getsockname()[1]

    def echo(self, url: str, **options: Any) -> None:
        """Send and get messages of many sizes, and close in good order."""
        from websockets.sync.client import connect

        with connect(url, subprotocols=["chat"], max_size=None, **options) as connection:  # type: ignore[list-item]
            self.assertEqual(connection.subprotocol, "chat")
            for message in ("hi", b"\x00\xff", "é" * 70_000, LARGE[:900_000]):
                connection.send(message)
                self.assertEqual(connection.recv(timeout=SECONDS), message)
        self.assertEqual(connection.close_code, 1000)
        (told,) = self.server.wait_for("http.request")
        self.assertEqual(told["http.response.status_code"], 101)
        self.assertGreater(told["bytes_in"], 900_000)

    def test_plain(self) -> None:
        """Through HTTP."""
        self.pass_on(f"http://127.0.0.1:{self.upstream}")
        self.echo(f"ws://127.0.0.1:{self.server.port}/api/chat?x")

    def test_secured(self) -> None:
        """Through HTTPS."""
        self.pass_on(f"http://127.0.0.1:{self.upstream}", "--tls")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.echo(f"wss://127.0.0.1:{self.server.port}/api/chat", ssl=context)


class NginxTests(ProxyTestCase):
    """nginx behind it."""

    def setUp(self) -> None:
        super().setUp()
        program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
        if program is None:
            self.skipTest("nginx is not installed")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (self.root / "five").write_bytes(LARGE)
        conf = self.folder / "nginx.conf"
        conf.write_text(
            f"daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/errors; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {self.folder}/body; gzip on; gzip_types *;\n"
            f"proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u;\n"
            f"scgi_temp_path {self.folder}/s; server {{ listen 127.0.0.1:{port}; root {self.root}; }} }}\n"
        )
        nginx = subprocess.Popen([program, "-p", self.folder, "-c", conf, "-e", self.folder / "errors"])
        self.addCleanup(nginx.wait, 10)
        self.addCleanup(nginx.terminate)
        self.wait_for_port(port)
        self.pass_on(f"http://127.0.0.1:{port}")

    def wait_for_port(self, port: int) -> None:
        """Until somebody listens there."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), SECONDS).close()
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)

    def test_files(self) -> None:
        """Files, parts of them, and what has not changed, on kept connections."""
        done = self.curl("-v", f"{self.url}/api/five", "--next", "--silent", f"{self.url}/api/five", "-o", "/dev/null")
        self.assertTrue(done.stdout.startswith(LARGE[:1000]))
        self.assertEqual(self.ask("-r", "1000-1999", f"{self.url}/api/five"), (206, LARGE[1000:2000]))
        head = self.curl("-I", f"{self.url}/api/a.txt").stdout.decode()
        etag = next(line.split(": ")[1] for line in head.splitlines() if line.lower().startswith("etag"))
        self.assertEqual(self.ask("-H", f"If-None-Match: {etag}", f"{self.url}/api/a.txt"), (304, b""))
        (self.root / "text").write_bytes(b"hello " * 1000)
        self.assertEqual(self.curl("--compressed", f"{self.url}/api/text").stdout, b"hello " * 1000)
