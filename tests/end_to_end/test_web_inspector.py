"""`tnet serve web --inspect` and `--bin` against curl, tnet itself and raw sockets."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import time
from typing import Any

from jsonschema import Draft202012Validator

from tests.clients.fetch.report.har_schema import HAR
from tests.end_to_end.command import TNET, environment
from tests.end_to_end.test_web import SECONDS, WebTestCase, everything
from tnet.protocols.event_stream import EventStream
from tnet.servers.web.inspector.history import MOST_EXCHANGES

TEXT = b"hello"

# Path, status, and something that is in the body.
READABLE: tuple[tuple[str, int, bytes], ...] = (
    ("get?a=1", 200, b'"a": "1"'),
    ("headers", 200, b"curl/"),
    ("ip", 200, b"127.0.0.1"),
    ("user-agent", 200, b"curl/"),
    ("raw", 200, b"/_tnet/raw HTTP/1.1\r\nHost: 127.0.0.1"),
    ("status/418", 418, b"418 I'm a Teapot"),
    ("delay/0.1", 200, b'"method"'),
    ("bytes/1000?seed=1", 200, b""),
    ("stream/3", 200, b'"id": 2'),
    ("stream-bytes/1000", 200, b""),
    ("drip?numbytes=5&duration=0.2&delay=0.1", 200, b"*****"),
    ("range/100", 200, b"abcdefgh"),
    ("response-headers?X-Y=z", 200, b'"X-Y": "z"'),
    ("cookies", 200, b"{}"),
    ("cache", 200, b'"args"'),
    ("cache/60", 200, b'"args"'),
    ("etag/x", 200, b'"args"'),
    ("encoding/utf8", 200, "こんにちは".encode()),
    ("base64/aGVsbG8=", 200, TEXT),
    ("links/5/2", 200, b'href="3"'),
    ("image", 200, b"PNG"),
    ("image/png", 200, b"IHDR"),
    ("image/jpeg", 200, b"JFIF"),
    ("image/svg", 200, b"<svg"),
    ("image/webp", 200, b"WEBP"),
    ("json", 200, b"stations"),
    ("xml", 200, b"<stations"),
    ("html", 200, b"<h1>"),
    ("uuid", 200, b"-4"),
    ("sse?count=2&duration=0.1", 200, b"event: ping"),
    ("trailers?X-Y=z", 200, b"behind"),
    ("basic-auth/u/p", 401, b""),
    ("hidden-basic-auth/u/p", 404, b""),
    ("bearer", 401, b""),
    ("digest-auth/auth/u/p", 401, b""),
)


class InspectorTestCase(WebTestCase):
    """Serves with an inspector."""

    def setUp(self) -> None:
        super().setUp()
        self.serve("--inspect", "--bin", "/hook:status=202,header=X-Bin: yes,body={json.challenge}")
        self.ours = f"{self.url}/_tnet"

    def json(self, path: str, *argv: str) -> Any:
        """JSON from one of the inspector's paths."""
        return json.loads(self.curl(*argv, f"{self.ours}/{path}").stdout)

    def rows(self, query: str = "") -> list[dict[str, Any]]:
        """What was seen, the newest first."""
        found: list[dict[str, Any]] = self.json(f"exchanges{query}")["exchanges"]
        return found


class EndpointTests(InspectorTestCase):
    """What curl makes of each endpoint."""

    def test_reading(self) -> None:
        """Each answers, and HEAD as GET would but for the body."""
        for path, status, body in READABLE:
            found = self.ask(f"{self.ours}/{path}")
            self.assertEqual((path, found[0], body in found[1]), (path, status, True), found[1][:200])
            done = self.curl("--head", "--write-out", "\n%{http_code}", f"{self.ours}/{path}")
            self.assertEqual((path, done.stdout.splitlines()[-1]), (path, b"%d" % status), done.stderr)

    def test_over_http2(self) -> None:
        """The same over HTTP/2, but for what only HTTP/1.1 has."""
        http1_only = {"raw", "trailers"}
        for path, status, body in READABLE:
            found = self.ask("--http2-prior-knowledge", f"{self.ours}/{path}")
            if path.partition("?")[0] in http1_only:
                self.assertEqual((path, found[0]), (path, 501))
            else:
                self.assertEqual((path, found[0], body in found[1]), (path, status, True), found[1][:200])
        self.assertEqual(self.json("get", "--http2-prior-knowledge")["version"], "HTTP/2")

    def test_writing(self) -> None:
        """Bodies of every kind come back, by every method."""
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for path in (method.lower(), "anything", "echo"):
                found = self.json(path, "-X", method, "-d", "a=1&a=2")
                self.assertEqual((found["form"], found["method"]), ({"a": ["1", "2"]}, method), path)
        found = self.json("post", "-F", "a=1", "-F", f"f=@{self.root}/a.txt")
        self.assertEqual((found["form"], found["files"]), ({"a": "1"}, {"f": "hello\n"}))
        found = self.json("put", "-T", str(self.root / "a.txt"), "-H", "Transfer-Encoding: chunked")
        self.assertEqual((found["data"], found["headers"]["Transfer-Encoding"]), ("hello\n", "chunked"))
        self.assertEqual(self.json("post", "--json", '{"a": [1]}')["json"], {"a": [1]})

    def test_bodies_that_are_refused(self) -> None:
        """Those that are too long, for a path that takes none, or broken; whether they say how long they are or not."""
        large = f"@{self.root}/large"
        for argv, status in (
            (["--data-binary", large, f"{self.ours}/post"], 413),
            (["--data-binary", large, "-H", "Transfer-Encoding: chunked", f"{self.ours}/post"], 413),
            (["-d", "x", f"{self.ours}/get"], 405),
            (["-d", "x", "-H", "Content-Type: multipart/form-data; boundary=b", f"{self.ours}/post"], 400),
            (["-d", "x", "-H", "Content-Type: multipart/form-data", f"{self.ours}/post"], 415),
        ):
            self.assertEqual(self.ask(*argv)[0], status, argv)
        self.assertIn(b"Allow: POST, OPTIONS", self.curl("-i", f"{self.ours}/post").stdout)

    def test_redirects(self) -> None:
        """curl follows each chain to its end, and none leads away."""
        for path in ("redirect/3", "relative-redirect/3", "absolute-redirect/3", "status/307", "links/3"):
            done = self.curl("-L", "-o", "-", "-w", "\n%{http_code} %{num_redirects}", f"{self.ours}/{path}")
            self.assertEqual(done.stdout.splitlines()[-1], b"200 3" if "redirect" in path else b"200 1", path)
        self.assertEqual(self.ask("-L", f"{self.ours}/redirect-to?url=/a.txt"), (200, b"hello\n"))
        self.assertEqual(self.ask(f"{self.ours}/redirect-to?url=http://example.com/")[0], 403)

    def test_logins(self) -> None:
        """curl logs in by every scheme."""
        for path, argv in (
            ("basic-auth/u/p", ["-u", "u:p"]),
            ("hidden-basic-auth/u/p", ["-u", "u:p"]),
            ("bearer", ["--oauth2-bearer", "token"]),
            ("digest-auth/auth/u/p", ["--digest", "-u", "u:p"]),
            ("digest-auth/auth/u/p/MD5", ["--digest", "-u", "u:p"]),
            ("digest-auth/auth/u/p/SHA-256", ["--digest", "-u", "u:p"]),
        ):
            self.assertIs(self.json(path, *argv)["authenticated"], True, path)
            wrong = [word.replace("u:p", "u:x") for word in argv]
            if wrong != argv:
                self.assertIn(self.ask(*wrong, f"{self.ours}/{path}")[0], (401, 404), path)

    def test_codings_and_conditions(self) -> None:
        """curl undoes each coding, keeps cookies, and asks for parts and changes."""
        for path, name in (("gzip", "gzipped"), ("deflate", "deflated"), ("brotli", "brotli"), ("zstd", "zstd")):
            done = self.curl("--compressed", f"{self.ours}/{path}")
            if b"Unrecognized content encoding" not in done.stderr:
                self.assertIs(json.loads(done.stdout)[name], True, path)
        jar = str(self.folder / "jar")
        self.assertEqual(self.json("cookies/set?a=1&b=2", "-L", "-c", jar, "-b", jar)["cookies"], {"a": "1", "b": "2"})
        self.assertEqual(self.json("cookies/delete?a", "-L", "-c", jar, "-b", jar)["cookies"], {"b": "2"})
        self.assertEqual(self.ask("-r", "3-5", f"{self.ours}/range/26"), (206, b"def"))
        etag = str(self.folder / "etag")
        self.curl("--etag-save", etag, f"{self.ours}/etag/x")
        self.assertEqual(self.ask("--etag-compare", etag, f"{self.ours}/etag/x")[0], 304)
        done = self.curl("-o", "/dev/null", "-w", "%{size_download}", f"{self.ours}/bytes/50000000")
        self.assertEqual(done.stdout, b"50000000")

    def test_trailers(self) -> None:
        """curl reads what comes behind a body as a header."""
        done = self.curl("-i", f"{self.ours}/trailers?X-Behind=yes")
        self.assertIn(b"X-Behind: yes", done.stdout.replace(b"\r", b""))


class HistoryTests(InspectorTestCase):
    """What is remembered of what happens."""

    def events(self, sock: socket.socket, stream: EventStream, until: str) -> list[Any]:
        """What a live page was told, until something with `until` in it was."""
        found: list[Any] = []
        deadline = time.monotonic() + SECONDS
        while not any(until in event.data for event in found):
            self.assertLess(time.monotonic(), deadline, found)
            data = sock.recv(1 << 16)
            found += stream.feed(b"".join(data.partition(b"data: ")[1:]) if b"HTTP/1.1 200" in data else data)
        return found

    def test_live(self) -> None:
        """A refused request and a client that leaves in the middle are on the page at once."""
        page, stream = self.connect(), EventStream()
        page.sendall(b"GET /_tnet/events HTTP/1.0\r\nHost: localhost\r\n\r\n")
        self.raw(b"GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n")
        self.assertEqual(self.events(page, stream, "malformed header fields")[-1].event, "rows")
        (self.root / "huge").write_bytes(bytes(50_000_000))
        gone = self.connect()
        gone.sendall(b"GET /huge HTTP/1.1\r\nHost: h\r\n\r\n")
        gone.recv(1000)
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.close()
        event = self.events(page, stream, "left at")[-1]
        (row,) = [row for row in json.loads(event.data) if "left at" in row["outcome"]]
        self.assertEqual((row["target"], row["status"], row["state"]), ("/huge", 200, "cut"))
        half = self.connect()
        half.sendall(b"POST /half HTTP/1.1\r\nAuthoriz")
        half.close()
        self.events(page, stream, "in the middle of a request")
        self.assertIn("POST /half HTTP/1.1\r\nAuthoriz", self.json("exchanges/3")["request"]["head"])

    def test_bounds(self) -> None:
        """After 5 000 requests the last ones are there, the page is quick, and the server has not grown."""
        sock = self.connect()
        for start in range(0, 5000, 100):
            sock.sendall(b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % (start + at) for at in range(100)))
            received = b""
            while received.count(b"HTTP/1.1 404") < 100:
                received += sock.recv(1 << 16)
        found = self.rows()
        self.assertEqual((len(found), found[0]["target"], found[0]["nth"]), (MOST_EXCHANGES, "/4999", 5000))

    def test_one(self) -> None:
        """Everything about one exchange, TLS included; secrets are nowhere."""
        self.server.end()
        self.serve("--inspect", "--tls")
        self.ours = f"{self.url}/_tnet"
        self.curl(
            "--http1.1", "-u", "u:s3cret", "-b", "a=s3cret", f"{self.url}/a.txt?token=s3cret", "-H", "X-Odd-CASE: 1"
        )
        found = self.json("exchanges/1")
        self.assertNotIn("s3cret", json.dumps(found))
        self.assertEqual(found["url"], f"{self.url}/a.txt?token=***")
        self.assertIn(["X-Odd-CASE", "1"], found["request"]["fields"])
        self.assertEqual((found["tls"]["version"], found["tls"]["alpn"]), ("TLSv1.3", "http/1.1"))
        self.assertEqual(found["response"]["body"]["text"], "hello\n")
        self.curl(f"{self.url}/a.txt")
        self.assertEqual((self.json("exchanges/2")["version"], self.json("exchanges/2")["tls"]["alpn"]), ("2", "h2"))

    def test_asking_again(self) -> None:
        """The commands ask for the same, byte for byte."""
        body = self.folder / "body"
        for argv in (
            ["-X", "POST", "-H", "X-Odd: it's =@:", "-d", "a=b c&d='\"$`\\"],
            ["-X", "PUT", "-H", "Content-Type: x/y", "--data-binary", f"@{body}"],
            ["-H", "User-Agent:", "-H", "Accept:", "-H", "X-Empty;"],
            ["-X", "DELETE"],
        ):
            body.write_bytes(bytes(range(256)) + b"%d\n")
            first = self.json("anything?q=[1]&x=%20", "--globoff", *argv)
            seen = self.rows()[0]["number"]
            found = self.json(f"exchanges/{seen}")
            for command in (found["curl"], found["fetch"]):
                again = json.loads(self.shell(command))
                for name in ("data", "form", "json", "args", "method", "url"):
                    self.assertEqual(again[name], first[name], command)
                self.assertEqual(self.fields(again), self.fields(first), command)

    def fields(self, told: Any) -> set[tuple[str, str]]:
        """The fields of a request, but for how its body was framed: a shell's pipe has no length."""
        found = {(name.lower(), value) for name, value in told["fields"]}
        return {pair for pair in found if pair[0] not in ("content-length", "transfer-encoding")}

    def shell(self, command: str) -> bytes:
        """What a shell makes of a command."""
        command = command.replace("tnet fetch", " ".join([*TNET, "fetch"]))
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env=environment(self.folder / "h"),
        )
        self.assertEqual(done.returncode, 0, (command, done.stderr))
        return done.stdout

    def test_archive(self) -> None:
        """The archive is valid, and tnet can fetch it."""
        self.curl(f"{self.url}/a.txt", f"{self.ours}/gzip", f"{self.ours}/bytes/100", "-o", "-", "-o", "-", "-o", "-")
        self.curl("-d", "password=s3cret&a=b", f"{self.ours}/post")
        self.raw(b"garbage\r\n\r\n")
        path = self.folder / "tnet.har"
        subprocess.run(
            [*TNET, "fetch", f"{self.ours}/har", "-o", str(path)],
            check=True,
            timeout=SECONDS,
            capture_output=True,
            env=environment(self.folder / "h"),
        )
        found = json.loads(path.read_bytes())
        Draft202012Validator(HAR).validate(found)
        entries = found["log"]["entries"]
        self.assertEqual([entry["response"]["status"] for entry in entries], [200] * 4)
        self.assertIn('"gzipped": true', entries[1]["response"]["content"]["text"])
        self.assertNotIn("s3cret", json.dumps(found["log"]["entries"][3]["request"]))

    def test_strangers(self) -> None:
        """What others asked is for nobody that a proxy, another name or another site brings."""
        for path in ("", "exchanges", "events", "har", "bins", "bins/hook"):
            for field in ("Host: evil.example", "X-Forwarded-For: 192.0.2.1", "Origin: http://evil.example"):
                self.assertIn(self.ask("-H", field, f"{self.ours}/{path}")[0], (403, 421), (path, field))
            self.assertEqual(self.ask("-m", "1", "-I", f"{self.ours}/{path}")[0], 200, path)
        self.assertEqual(self.ask("-X", "POST", "-H", "Origin: null", f"{self.ours}/clear")[0], 403)


class BinTests(InspectorTestCase):
    """`--bin`."""

    def test_bin(self) -> None:
        """It takes everything, answers as it was told, shows what came, and can be told otherwise."""
        done = self.curl("-i", "--json", '{"challenge": "abc", "secret": "s3cret"}', f"{self.url}/hook/a?b=c")
        self.assertIn(b"202 Accepted", done.stdout)
        self.assertIn(b"X-Bin: yes", done.stdout)
        self.assertTrue(done.stdout.endswith(b"abc"))
        self.assertEqual(self.ask("--data-binary", f"@{self.root}/large", f"{self.url}/hook")[0], 202)
        found = self.json("bins/hook")["caught"]
        self.assertEqual([each["target"] for each in found], ["/hook", "/hook/a?b=c"])
        self.assertEqual((found[0]["bytes_in"], found[0]["request"]["body"]["kept"]), (3_000_000, 1 << 20))
        self.assertEqual(json.loads(found[1]["request"]["body"]["text"]), {"challenge": "abc", "secret": "***"})
        self.assertEqual([row["bin"] for row in self.rows("?show=bins")], ["/hook", "/hook"])
        self.assertEqual(self.ask("-X", "PUT", "-d", '{"status": 410, "body": "x"}', f"{self.ours}/bins/hook")[0], 200)
        self.assertEqual(self.ask(f"{self.url}/hook"), (410, b"x"))

    def test_without_an_inspector(self) -> None:
        """It answers, and every request is in the story."""
        self.server.end()
        self.serve("--bin", "/hook:delay=100ms,body=ok", "--bin", f"/file:body=@{self.root}/a.txt")
        self.assertEqual(self.ask("-X", "BREW", f"{self.url}/hook"), (200, b"ok"))
        self.assertEqual(self.ask(f"{self.url}/file"), (200, b"hello\n"))
        self.assertEqual(self.ask(f"{self.url}/_tnet/bins/hook")[0], 404)
        events = self.server.wait_for("http.request", 3)
        self.assertEqual([event["url.full"] for event in events], ["/hook", "/file", "/_tnet/bins/hook"])

    def test_the_rest_is_read(self) -> None:
        """A raw client that sends in chunks, slowly, is taken to its end."""
        sock = self.connect()
        sock.sendall(b"POST /hook HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (b"5\r\nhe", b"llo\r\n", b"0\r\n\r\n"):
            sock.sendall(piece)
        self.assertIn(b"202 Accepted", everything(sock))
        self.assertEqual(self.json("bins/hook")["caught"][0]["request"]["body"]["text"], "hello")
