"""`tnet serve web` over HTTP/2, against curl, nghttp, h2load, `tnet fetch` and bare frames."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import threading

from twisted.trial.unittest import SkipTest

from tests.end_to_end.command import tnet
from tests.end_to_end.test_web import LARGE, SECONDS, WebTestCase, everything
from tests.protocols.http2.client import Client, cut, headers, request
from tests.protocols.http2.server import frame
from tnet.protocols.http2.frames import DATA, GOAWAY, Frames
from tnet.servers.web.carrying.preface import PREFACE

REQUESTS = 2_000
MIB = 1 << 20


class Http2TestCase(WebTestCase):
    """Has peers that speak HTTP/2."""

    def program(self, name: str, *argv: str) -> subprocess.CompletedProcess[str]:
        """What a program of nghttp2's says."""
        if shutil.which(name) is None:
            raise SkipTest(f"{name} is not installed")
        return subprocess.run([name, *argv], capture_output=True, text=True, timeout=SECONDS * 3, check=False)

    def fill(self, name: str, size: int) -> bytes:
        """A file of that size, and its content."""
        data = os.urandom(size)
        (self.root / name).write_bytes(data)
        return data


class CurlTests(Http2TestCase):
    """What curl makes of it, with TLS and without."""

    def test_alpn(self) -> None:
        """HTTP/2 is chosen where a client offers it, and HTTP/1.1 where it does not."""
        self.serve("--tls")
        version = ("--write-out", "%{http_version}", "-o", "/dev/null")
        self.assertEqual(self.curl("--http2", *version, f"{self.url}/a.txt").stdout, b"2")
        self.assertEqual(self.curl("--http1.1", *version, f"{self.url}/a.txt").stdout, b"1.1")
        events = self.server.wait_for("http.request", 2)
        self.assertEqual([event["version"] for event in events], ["2", "1.1"])
        self.assertEqual(
            [event["tls.next_protocol"] for event in self.server.wait_for("tls.handshake", 2)], ["h2", "http/1.1"]
        )

    def test_reading(self) -> None:
        """Files, HEAD, ranges, listings and misses, with prior knowledge and over TLS."""
        for options, choice in (((), "--http2-prior-knowledge"), (("--tls",), "--http2")):
            self.serve(*options)
            self.assertEqual(self.ask(choice, f"{self.url}/a.txt"), (200, b"hello\n"))
            self.assertEqual(self.ask(choice, f"{self.url}/large"), (200, LARGE))
            self.assertEqual(self.ask(choice, "-r", "1-2", f"{self.url}/a.txt"), (206, b"el"))
            self.assertEqual(self.ask(choice, f"{self.url}/nothing")[0], 404)
            head = self.curl(choice, "-I", f"{self.url}/large").stdout.lower()
            self.assertIn(b"http/2 200", head)
            self.assertIn(b"content-length: 3000000", head)
            self.assertIn(b"large", self.ask(choice, f"{self.url}/")[1])
            self.assertEqual(self.ask(choice, "-z", str(self.root / "a.txt"), f"{self.url}/a.txt"), (304, b""))
            self.server.end()

    def test_large_bodies(self) -> None:
        """They arrive as they were sent, both ways, side by side."""
        data = self.fill("big", 24 * MIB)
        self.serve("--tls", "--upload", "--max-body", "100MiB")
        for count in range(2):
            status = self.ask("--http2", "-T", str(self.root / "big"), f"{self.url}/up{count}")[0]
            self.assertEqual((status, (self.root / f"up{count}").read_bytes() == data), (201, True))
        got = [str(self.folder / f"got{count}") for count in range(4)]
        urls = [each for path in got for each in ("-o", path, f"{self.url}/big")]
        done = self.curl("--http2", "--parallel", "--parallel-immediate", *urls)
        self.assertEqual(done.returncode, 0, done.stderr)
        for path in got:
            with open(path, "rb") as file:
                self.assertTrue(file.read() == data)

    def test_refused_uploads(self) -> None:
        """A client hears why before it has sent everything, and it does not have to."""
        self.serve("--tls", "--upload", "--max-body", "4MiB")
        self.fill("../huge", 32 * MIB)
        huge, large = str(self.folder / "huge"), str(self.root / "large")
        for expect in ("Expect: 100-continue", "Expect:"):
            self.assertEqual(self.ask("--http2", "-H", expect, "-T", huge, f"{self.url}/x")[0], 413)
            self.assertEqual(self.ask("--http2", "-H", expect, "-T", large, f"{self.url}/a.txt")[0], 409)
        self.assertEqual(self.ask("--http2", "-F", f"f=@{large}", f"{self.url}/")[0], 409)
        self.assertEqual(self.ask("--http2", "-H", "Expect: banana", "-T", large, f"{self.url}/x")[0], 417)

    def test_heads_that_are_too_large(self) -> None:
        """They are answered, as over HTTP/1.1."""
        self.serve("--tls")
        for size in (20_000, 50_000):
            field = "X: " + "x" * size
            self.assertEqual(self.ask("--http2", "-H", field, f"{self.url}/a.txt")[0], 431)
        self.assertEqual(self.ask("--http2", f"{self.url}/{'a' * 20_000}")[0], 414)


class PeerTests(Http2TestCase):
    """What others make of it."""

    def test_h2load(self) -> None:
        """Many requests on many streams, none of them in vain."""
        self.serve()
        for path, count in (("a.txt", REQUESTS), ("large", 60)):
            told = self.program("h2load", f"-n{count}", "-c16", "-m20", f"{self.url}/{path}").stdout
            self.assertRegex(told, rf"{count} succeeded, 0 failed, 0 errored, 0 timeout")
            self.assertRegex(told, rf"status codes: {count} 2xx")

    def test_nghttp(self) -> None:
        """A client with small windows, priorities and padding gets everything."""
        self.serve()
        windows = ("--window-bits=14", "--connection-window-bits=15", "--padding=200", "--weight=7")
        done = self.program("nghttp", "-ns", *windows, f"{self.url}/a.txt", f"{self.url}/large")
        self.assertEqual(len(re.findall(r" 200 .*/(?:a.txt|large)", done.stdout)), 2, done.stdout + done.stderr)
        done = self.program("nghttp", "-ns", "--no-dep", "-d", str(self.root / "large"), f"{self.url}/a.txt")
        self.assertRegex(done.stdout, r" 405 ")

    def test_fetch(self) -> None:
        """`tnet fetch` gets what `tnet serve` has."""
        self.serve("--tls")
        done = tnet(self.folder / "fetch", "fetch", "--http2", "--insecure", f"{self.url}/large")
        self.assertEqual((done.returncode, done.stdout == LARGE), (0, True), done.stderr)
        self.assertEqual(self.server.wait_for("http.request")[0]["version"], "2")


class RawTests(Http2TestCase):
    """What no client sends, and what impatient ones do."""

    def speak(self, *frames: bytes) -> tuple[socket.socket, Client]:
        """A connection on which these frames were sent, and a client to hear with."""
        sock, client = self.connect(), Client()
        sock.sendall(PREFACE + client.says() + b"".join(frames))
        return sock, client

    def heard(self, sock: socket.socket, client: Client) -> Client:
        """What comes until the end."""
        sock.settimeout(SECONDS)
        try:
            while data := sock.recv(1 << 16):
                client.hears(data)
        except ConnectionResetError:
            pass
        return client

    def test_malformed_requests(self) -> None:
        """Each is cut and reported, and reaches nobody; the connection goes on."""
        self.serve()
        cases = (
            request(method="G ET"),
            request(path="/a b"),
            request(path="a.txt"),
            request(("x", "a\x01b")),
            request(("x", "a\r\nb: c")),
            request(("X", "y")),
            request(("connection", "close")),
            request(("transfer-encoding", "chunked")),
            request(("host", "other")),
            request(("content-length", "5")),
            request(method=None),
        )
        sock = self.connect()
        client = Client()
        sock.sendall(PREFACE + client.says())
        for number, fields in enumerate(cases):
            sock.sendall(headers(2 * number + 1, *fields))
        events = self.server.wait_for("http.request", len(cases))
        self.assertEqual({event["http.response.status_code"] for event in events}, {0})
        sock.sendall(headers(2 * len(cases) + 1, *request(path="/a.txt")))
        data = b""
        while b"hello\n" not in data:
            data += sock.recv(1 << 16)
        for number in range(len(cases)):
            self.assertIn(cut(2 * number + 1, 1), data)

    def test_floods(self) -> None:
        """Each ends its connection with a word of why, and the server serves on."""
        self.serve()
        floods = {
            "resets": (headers(number, *request()) + cut(number, 8) for number in range(1, 20_001, 2)),
            "pings": (frame(6, b"12345678") for _ in range(10_000)),
            "settings": (frame(4) for _ in range(10_000)),
            "continuations": [frame(1, b"", stream=1) + frame(9, b"", stream=1) * 10_000],
            "windows": (frame(8, b"\0\0\0\1") for _ in range(10_000)),
        }
        for name, flood in floods.items():
            sock, _ = self.speak()
            sender = threading.Thread(target=self._send, args=(sock, b"".join(flood)))
            sender.start()
            data = b""
            try:
                data = everything(sock)
            except ConnectionResetError:
                pass
            sender.join()
            self.assertIn(b"\0\0\0\x0b", data, name)
        self.assertEqual(self.ask("--http2-prior-knowledge", f"{self.url}/a.txt"), (200, b"hello\n"))
        reasons = [event.get("reason", "") for event in self.server.wait_for("http.request", len(floods))]
        self.assertTrue(any("too many streams" in reason for reason in reasons if reason), reasons)

    def _send(self, sock: socket.socket, data: bytes) -> None:
        try:
            sock.sendall(data)
        except OSError:
            pass

    def test_another_protocol(self) -> None:
        """What breaks HTTP/2 is told to the client."""
        self.serve()
        client = self.heard(*self.speak(b"GET / HTTP/1.1\r\n\r\n"))
        self.assertIsNotNone(client.farewell)

    def test_drain(self) -> None:
        """On TERM what is in progress is completed, and the client told that nothing else begins."""
        data = self.fill("big", 16 * MIB)
        self.serve()
        sock, client = self.connect(), Client(INITIAL_WINDOW_SIZE=40 * MIB)
        wide = frame(8, (20 * MIB).to_bytes(4, "big"))
        sock.sendall(PREFACE + client.says() + wide + client.asks(path="/big"))
        received = sock.recv(1 << 14)
        self.server.process.terminate()
        self.server.wait_for("draining")
        frames = list(Frames().feed(received + sock.makefile("rb").read()))
        self.assertTrue(b"".join(each.payload for each in frames if each.kind == DATA) == data)
        self.assertEqual([each.payload for each in frames if each.kind == GOAWAY], [b"\0\0\0\1\0\0\0\0"])
        sock.close()
        self.assertEqual(self.server.process.wait(SECONDS), 143)
