"""`tnet serve web` against curl, nc and raw sockets."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from tests.end_to_end.command import Running

SECONDS = 20
LARGE = os.urandom(3_000_000)


class WebTestCase(TestCase):
    """Serves a directory in a process of its own."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.root = self.folder / "root"
        (self.root / "sub").mkdir(parents=True)
        (self.root / "a.txt").write_bytes(b"hello\n")
        (self.root / "large").write_bytes(LARGE)
        (self.folder / "secret").write_bytes(b"secret")
        (self.root / "out").symlink_to("../secret")
        os.mkfifo(self.root / "pipe")
        for name in ("a.txt", "large"):
            os.utime(self.root / name, (1_000_000_000, 1_000_000_000))

    def serve(self, *options: str) -> Running:
        """Start; it can be reached when this returns."""
        argv = ("serve", "web", str(self.root), "-p", "0", "-H", "127.0.0.1", "--output", "json", *options)
        self.server = Running(self, self.folder / "home", *argv)
        scheme = "https" if "--tls" in options else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server.port}"
        return self.server

    def curl(self, *argv: str) -> subprocess.CompletedProcess[bytes]:
        """curl, told to be quiet and to end."""
        if shutil.which("curl") is None:
            raise SkipTest("curl is not installed")
        command = ["curl", "--silent", "--show-error", "--insecure", "--max-time", str(SECONDS), *argv]
        return subprocess.run(command, capture_output=True, timeout=SECONDS + 5, check=False)

    def ask(self, *argv: str) -> tuple[int, bytes]:
        """Status and body of one request by curl."""
        done = self.curl("--write-out", "\n%{http_code}", *argv)
        body, _, status = done.stdout.rpartition(b"\n")
        return int(status or 0), body

    def connect(self) -> socket.socket:
        """A raw connection."""
        sock = socket.create_connection(("127.0.0.1", self.server.port), SECONDS)
        self.addCleanup(sock.close)
        return sock

    def raw(self, data: bytes) -> bytes:
        """Everything that comes back for some bytes."""
        sock = self.connect()
        sock.sendall(data)
        return everything(sock)


def everything(sock: socket.socket) -> bytes:
    """What comes until the end."""
    received = b""
    while data := sock.recv(1 << 16):
        received += data
    return received


class CurlTests(WebTestCase):
    """What curl makes of it."""

    def test_reading(self) -> None:
        """Files, HEAD, ranges, listings and misses over one kept connection."""
        self.serve()
        done = self.curl("-v", f"{self.url}/a.txt", f"{self.url}/large", "-o", "-", "-o", str(self.folder / "got"))
        self.assertEqual((done.stdout, (self.folder / "got").read_bytes() == LARGE), (b"hello\n", True))
        self.assertIn(b"Re-using existing connection", done.stderr)
        self.assertEqual(self.ask("-r", "1-2", f"{self.url}/a.txt"), (206, b"el"))
        self.assertEqual(self.ask("-r", "-70000", f"{self.url}/large"), (206, LARGE[-70_000:]))
        self.assertEqual(self.ask("-r", "6-", f"{self.url}/a.txt")[0], 416)
        self.assertIn(b"Content-Length: 3000000", self.curl("-I", f"{self.url}/large").stdout)
        self.assertIn(b"large\n", self.ask(f"{self.url}/")[1])
        self.assertEqual(self.ask("-L", f"{self.url}/sub?x"), (200, b""))
        self.assertEqual(self.ask(f"{self.url}/nothing"), (404, b"404 Not Found\n"))
        listing = json.loads(self.ask("-H", "Accept: application/json", f"{self.url}/")[1])
        self.assertEqual([entry["name"] for entry in listing["entries"]], ["sub", "a.txt", "large"])

    def test_what_curl_keeps(self) -> None:
        """curl's own conditional requests work: by time and by ETag."""
        self.serve()
        etag = str(self.folder / "etag")
        self.assertEqual(self.ask("--etag-save", etag, f"{self.url}/a.txt"), (200, b"hello\n"))
        self.assertEqual(self.ask("--etag-compare", etag, f"{self.url}/a.txt"), (304, b""))
        self.assertEqual(self.ask("-z", str(self.root / "a.txt"), f"{self.url}/a.txt"), (304, b""))

    def test_nothing_outside(self) -> None:
        """No path and no link leads out of the root, and a FIFO stops nobody."""
        self.serve()
        for path in ("/../secret", "/..%2fsecret", "/%2e%2e/secret", "/sub/../../secret", "/out", "/pipe", "//secret"):
            status, body = self.ask("--path-as-is", self.url + path)
            self.assertEqual((path, status, b"secret" in body), (path, 404, False))
        self.assertEqual(self.ask(f"{self.url}/%00")[0], 400)

    def test_read_only(self) -> None:
        """Without --upload a body is refused before curl sends it."""
        self.serve()
        for argv in (["-T", str(self.root / "large")], ["-F", f"file=@{self.root / 'large'}"], ["-X", "DELETE"]):
            self.assertEqual(self.ask(*argv, f"{self.url}/a.txt")[0], 405, argv)
        self.assertEqual(self.ask("-X", "BREW", f"{self.url}/a.txt")[0], 501)
        done = self.curl("-v", "-T", str(self.root / "large"), f"{self.url}/a.txt")
        self.assertNotIn(b"100 Continue", done.stderr)
        self.assertEqual(self.server.wait_for("http.request", 5)[-1]["bytes_in"], 0)

    def test_uploading(self) -> None:
        """Uploads by PUT, chunked PUT and form arrive whole, replace nothing, and are bounded."""
        self.serve("--upload", "--max-body", "4MiB")
        large = str(self.root / "large")
        self.assertEqual(self.ask("-T", large, f"{self.url}/put")[0], 201)
        self.assertEqual(self.ask("-T", large, "-H", "Transfer-Encoding: chunked", f"{self.url}/chunked")[0], 201)
        self.assertEqual(self.ask("-F", f"f=@{large};filename=form", "-F", "x=y", f"{self.url}/sub/")[0], 201)
        for name in ("put", "chunked", "sub/form"):
            self.assertEqual((self.root / name).read_bytes() == LARGE, True, name)
        self.assertEqual(self.ask("-T", str(self.folder / "secret"), f"{self.url}/a.txt")[0], 409)
        (self.folder / "huge").write_bytes(LARGE * 2)
        for field in ("Expect: 100-continue", "Expect:", "Transfer-Encoding: chunked"):
            argv = ("-T", str(self.folder / "huge"), "-H", field, f"{self.url}/huge")
            self.assertEqual((field, self.ask(*argv)[0]), (field, 413))
        self.assertEqual((self.root / "a.txt").read_bytes(), b"hello\n")
        self.server.end()  # which waits until what was refused is gone
        names = {"a.txt", "large", "out", "pipe", "sub", "put", "chunked"}
        self.assertEqual(set(os.listdir(self.root)), names)

    def test_under_tls(self) -> None:
        """The same over TLS, where ALPN may choose HTTP/1.1."""
        self.serve("--tls", "--upload")
        self.assertEqual(self.ask(f"{self.url}/large"), (200, LARGE))
        self.assertEqual(self.ask("-T", str(self.root / "large"), f"{self.url}/put")[0], 201)
        self.assertIn(b"ALPN: server accepted http/1.1", self.curl("-v", "--http1.1", f"{self.url}/a.txt").stderr)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(self.connect()) as sock:
            sock.sendall(b"garbage\r\n\r\n")
            self.assertIn(b"400 Bad Request", sock.recv(1 << 16))


class RawTests(WebTestCase):
    """What no client sends, and what impatient ones do."""

    def test_a_pipe_through_nc(self) -> None:
        """A client that half-closes after its request gets the whole response."""
        if shutil.which("nc") is None:
            raise SkipTest("nc is not installed")
        self.serve()
        request = b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n"
        argv = ["nc", "-N", "127.0.0.1", str(self.server.port)]
        done = subprocess.run(argv, input=request, capture_output=True, timeout=SECONDS, check=False)
        self.assertEqual(done.stdout.partition(b"\r\n\r\n")[2] == LARGE, True)

    def test_bad_requests(self) -> None:
        """Each gets its response, its end, and its event."""
        self.serve()
        cases = (
            (b"garbage\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\n\r\n", 400),
            (b"GET / HTTP/1.1\nHost: h\n\n", 400),
            (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", 400),
            (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
            (b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"b" * 200_000 + b"\r\n\r\n", 431),
            (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: banana\r\n\r\n", 417),
        )
        for data, status in cases:
            reply = self.raw(data)
            self.assertTrue(reply.startswith(b"HTTP/1.1 %d " % status), (data[:40], reply[:80]))
            self.assertIn(b"\r\nConnection: close\r\n", reply)
        events = self.server.wait_for("http.request", len(cases))
        self.assertEqual([event["http.response.status_code"] for event in events], [status for _, status in cases])

    def test_pipelining(self) -> None:
        """Many requests at once are answered in order."""
        self.serve()
        data = b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % number for number in range(500))
        sock = self.connect()
        threading.Thread(target=lambda: (sock.sendall(data), sock.shutdown(socket.SHUT_WR))).start()
        self.assertEqual(everything(sock).count(b"HTTP/1.1 404"), 500)
        events = self.server.wait_for("http.request", 500)
        self.assertEqual([event["url.full"] for event in events], [f"/{number}" for number in range(500)])

    def test_a_client_that_leaves(self) -> None:
        """A download that is broken off is reported as such."""
        self.serve()
        (self.root / "huge").write_bytes(bytes(50_000_000))
        sock = self.connect()
        sock.sendall(b"GET /huge HTTP/1.1\r\nHost: h\r\n\r\n")
        sock.recv(1000)
        sock.close()
        (event,) = self.server.wait_for("http.request")
        self.assertEqual((event["http.response.status_code"], event["reason"]), (200, "reset by peer"))
        self.assertLess(event["bytes_out"], 50_000_000)


class DrainTests(WebTestCase):
    """The end."""

    def test_drain(self) -> None:
        """On TERM idle connections close at once, and a download in progress is completed."""
        self.serve()
        (self.root / "huge").write_bytes(bytes(30_000_000))
        idle, busy = self.connect(), self.connect()
        idle.sendall(b"GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n")
        self.server.wait_for("http.request")
        busy.sendall(b"GET /huge HTTP/1.1\r\nHost: h\r\n\r\n")
        received = len(busy.recv(1000))
        self.server.process.send_signal(signal.SIGTERM)
        self.assertIn(b"hello\n", everything(idle))
        self.assertIsNone(self.server.process.poll())
        while data := busy.recv(1 << 20):
            received += len(data)
        self.assertGreater(received, 30_000_000)
        self.assertEqual(self.server.process.wait(SECONDS), 143)

    def test_soon(self) -> None:
        """With nothing but idle connections the end takes no time."""
        self.serve()
        for _ in range(5):
            self.connect()
        self.server.wait_for("connection.open", 5)
        began = time.monotonic()
        self.assertEqual(self.server.end(), 143)
        self.assertLess(time.monotonic() - began, 9)
