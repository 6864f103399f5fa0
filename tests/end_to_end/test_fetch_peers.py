"""`tnet fetch` with servers of other people: httpbin, alone and behind nginx and caddy; and what takes two of it."""

import base64
import gzip
import json
import os
import shutil
import socket
import stat
import subprocess
import threading
import time
import zlib
from pathlib import Path

from twisted.internet.defer import Deferred

from tests.certificates import make_authority, write_pair
from tests.end_to_end.command import PATIENCE_SECONDS, TNET, environment
from tests.end_to_end.fetching import OK, FetchCase
from tests.end_to_end.httpbin_peer import httpbin_port
from tests.end_to_end.real_world import free_port
from tnet.events.kinds import ConnectionOpened, Logged, TlsHandshaken


class Exchanges:
    """What holds of httpbin, whatever is between it and us."""

    async def test_items(self):
        """JSON, a form, queries and headers arrive as they were written."""
        words = ("name=nut", "size:=3", "a[b][]=1", "a[b][]=2", "q==x y&z", "X-Mine:äö", "User-Agent:")
        seen = await self.told(f"{self.url}/post", *words)
        self.assertEqual(seen["json"], {"name": "nut", "size": 3, "a": {"b": ["1", "2"]}})
        self.assertEqual(seen["args"], {"q": "x y&z"})
        self.assertNotIn("tnet", seen["headers"].get("User-Agent", ""))
        self.assertEqual(seen["headers"]["X-Mine"].encode("latin-1").decode("utf-8"), "äö")
        seen = await self.told("PUT", f"{self.url}/put", "--form", "a=1", "a=2", "ü=&")
        self.assertEqual(seen["form"], {"a": ["1", "2"], "ü": "&"})

    async def test_uploads(self):
        """A file, whole, in chunks, compressed, as a part of many: each comes as it was."""
        data = os.urandom(300_000)
        path = self.keep(self.folder(), 'na"me.bin', data)
        for options in ((), ("--chunked",)):
            seen = await self.told(f"{self.url}/post", "--data", f"@{path}", *options)
            self.assertEqual(unpacked(seen["data"]), data)
        seen = await self.told(f"{self.url}/post", "--data", f"@{path}", "-x")
        self.assertEqual(seen["headers"]["Content-Encoding"], "deflate")
        self.assertEqual(zlib.decompress(unpacked(seen["data"])), data)
        words = ("--multipart", f"file@{path};type=image/x-test", "text=a\r\nb", 'na"me=x')
        for options in ((), ("--chunked",)):
            seen = await self.told(f"{self.url}/post", *words, *options)
            self.assertEqual(unpacked(seen["files"]["file"]), data)
            self.assertEqual(sorted(seen["form"].values()), ["a\r\nb", "x"])

    async def test_codings(self):
        """Each coding that we ask for is undone; what came is exact where none was asked for."""
        for path in ("gzip", "deflate", "brotli"):
            self.assertTrue((await self.told(f"{self.url}/{path}", "--compressed"))[_DONE.get(path, path)])
        exact = await self.fetched(f"{self.url}/gzip", "Accept-Encoding:gzip")
        self.assertTrue(json.loads(gzip.decompress(exact))["gzipped"])

    async def test_bodies(self):
        """Binary data, odd text and bodies without a length are exact, byte by byte."""
        self.assertEqual(len(await self.fetched(f"{self.url}/bytes/100000")), 100_000)
        self.assertEqual((await self.fetched(f"{self.url}/image/png"))[:4], b"\x89PNG")
        self.assertIn("∮ E⋅da".encode(), await self.fetched(f"{self.url}/encoding/utf8"))
        streamed = (await self.fetched(f"{self.url}/stream/20")).splitlines()
        self.assertEqual([json.loads(line)["id"] for line in streamed], list(range(20)))
        self.assertEqual(len(await self.fetched(f"{self.url}/stream-bytes/50000", "chunk_size==1000")), 50_000)

    async def test_basic(self):
        """A login is shown at once; a wrong one is an answer like others, unless statuses are checked."""
        seen = await self.told(f"{self.url}/basic-auth/me/p:w", "-a", "me:p:w")
        self.assertEqual((seen["authenticated"], self.causes()), (True, ["first"]))
        await self.fetched(f"{self.url}/basic-auth/me/pw", "-a", "me:wrong")
        await self.fetched(f"{self.url}/basic-auth/me/pw", "-a", "me:wrong", "--check-status", status=4)
        await self.fetched(f"{self.url}/basic-auth/me/pw", "-a", "me:wrong", "--fail", status=22)

    async def test_digest(self):
        """Case 9: with each algorithm and quality of protection, also when the nonce has become stale."""
        for qop in ("auth", "auth-int"):
            for algorithm in ("MD5", "SHA-256"):
                words = (f"{self.url}/digest-auth/{qop}/me/pw/{algorithm}", "-A", "digest", "-a")
                self.assertTrue((await self.told(*words, "me:pw"))["authenticated"])
                self.assertEqual(self.causes(), ["first", "login"])
                weak = [event.text for event in self.world.recorder.of(Logged) if "MD5 alone" in event.text]
                self.assertEqual(len(weak), algorithm == "MD5")
                await self.fetched(*words, "me:wrong", "--fail", status=22)
        always_stale = f"{self.url}/digest-auth/auth/me/pw/SHA-256/0"
        await self.fetched(always_stale, "-A", "digest", "-a", "me:pw", "--check-status", status=4)
        self.assertEqual(self.causes(), ["first", *["login"] * 3])

    async def test_bearer(self):
        """A token is shown as it is."""
        token = self.keep(self.folder(), "token", b"t0ken\n")
        seen = await self.told(f"{self.url}/bearer", "-A", "bearer", "--password-file", token)
        self.assertEqual(seen, {"authenticated": True, "token": "t0ken"})

    async def test_netrc(self):
        """Case 7: a netrc logs in where nothing else does; others must not be able to read it."""
        path = self.keep(self.folder(), "netrc", f"machine {self.host} login me password pw\n".encode())
        for mode, warnings in ((0o600, 0), (0o644, 1)):
            os.chmod(path, mode)
            self.assertTrue((await self.told(f"{self.url}/basic-auth/me/pw", "--netrc-file", path))["authenticated"])
            texts = [event.text for event in self.world.recorder.of(Logged) if event.level == "warning"]
            self.assertEqual(sum("others can read" in text for text in texts), warnings, texts)
        await self.fetched(f"{self.url}/basic-auth/me/pw", "--netrc-file", path, "-a", "me:no", "--fail", status=22)

    async def test_redirects(self):
        """Ways of every kind lead to their end; methods and bodies change as they should (case 12)."""
        for way in ("redirect", "relative-redirect"):
            self.assertEqual((await self.told(f"{self.url}/{way}/3"))["args"], {})
            self.assertEqual(self.causes(), ["first", *["redirect"] * 3])
        await self.fetched(f"{self.url}/relative-redirect/3", "--max-redirects", "2", status=47)
        for status, method in ((301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")):
            query = ("url==/anything", f"status_code=={status}")
            seen = await self.told(
                "POST", f"{self.url}/redirect-to", *query, "--data", "hello", "Content-Type:text/plain"
            )
            self.assertEqual((seen["method"], seen["data"]), (method, "hello" if method == "POST" else ""), status)
            self.assertEqual("Content-Type" in seen["headers"], method == "POST", status)

    async def test_cookies(self):
        """What one answer sets goes with the next request, and to a file for the next command."""
        jar = os.path.join(self.folder(), "jar")
        words = ("--cookie-jar", jar)
        self.assertEqual(
            await self.told(f"{self.url}/cookies/set", "a==1", "b==2", *words), {"cookies": {"a": "1", "b": "2"}}
        )
        self.assertEqual(await self.told(f"{self.url}/cookies/delete", "a==", *words), {"cookies": {"b": "2"}})
        self.assertEqual(stat.S_IMODE(os.stat(jar).st_mode), 0o600)
        self.assertEqual(await self.told(f"{self.url}/cookies"), {"cookies": {}})

    async def test_sessions(self):
        """A session remembers headers, login and cookies for the next command; read only it stays as it was."""
        session = ("--session", os.path.join(self.folder(), "session.json"))
        await self.fetched(f"{self.url}/cookies/set/a/1", "X-Mine:yes", "-a", "me:pw", *session)
        seen = await self.told(f"{self.url}/headers", *session)
        self.assertEqual((seen["headers"]["X-Mine"], seen["headers"]["Cookie"]), ("yes", "a=1"))
        self.assertTrue((await self.told(f"{self.url}/basic-auth/me/pw", *session))["authenticated"])
        self.assertEqual(stat.S_IMODE(os.stat(session[1]).st_mode), 0o600)
        await self.fetched(f"{self.url}/cookies/set/b/2", "--session-read-only", session[1])
        self.assertEqual(await self.told(f"{self.url}/cookies", *session), {"cookies": {"a": "1"}})

    async def test_statuses(self):
        """Statuses are answers, and exit statuses where that was asked for."""
        for status, ended in ((200, 0), (304, 3), (404, 4), (418, 4), (503, 5)):
            await self.fetched(f"{self.url}/status/{status}")
            await self.fetched(f"{self.url}/status/{status}", "--check-status", status=ended)
            await self.fetched(f"{self.url}/status/{status}", "--fail", status=22 if status >= 400 else 0)

    async def test_heads(self):
        """`-I`, `-i` and `--print` show heads beside bodies, or without them."""
        head = await self.fetched("-I", f"{self.url}/get")
        self.assertRegex(head, rb"\AHTTP/[12.]+ 200( OK)?\r\n|\AHTTP/[12.]+ 200 \r\n")
        self.assertTrue(head.endswith(b"\r\n\r\n"))
        whole = await self.fetched("-i", f"{self.url}/get")
        head, _, body = whole.partition(b"\r\n\r\n")
        self.assertEqual(json.loads(body)["args"], {})
        self.assertIn(b"content-type: application/json", head.lower())
        shown = await self.fetched("--print", "HBh", f"{self.url}/post", "a=1", "Authorization:secret")
        self.assertIn(b"POST /post HTTP/1.1\r\n", shown)
        self.assertIn(b'\r\n\r\n{"a": "1"}', shown)
        self.assertNotIn(b"secret", shown)

    async def test_conditions(self):
        """A conditional request is answered by 304, whose length is that of no body."""
        self.assertEqual(
            await self.fetched(f"{self.url}/etag/abc", 'If-None-Match:"abc"', "--check-status", status=3), b""
        )
        self.assertNotEqual(await self.fetched(f"{self.url}/etag/abc", 'If-None-Match:"x"'), b"")

    async def test_what_is_told(self):
        """`--write-out` and `--report` tell of every hop."""
        printed = await self.fetched(
            f"{self.url}/relative-redirect/1", "-w", "\n%{http_code} %{num_redirects} %{size_download}"
        )
        body, _, told = printed.rpartition(b"\n")
        self.assertEqual(told, b"200 1 %d" % len(body))
        report = await self.told(f"{self.url}/relative-redirect/2", "--report", "json")
        self.assertEqual([each["cause"] for each in report["requests"]], ["first", "redirect", "redirect"])

    async def test_slow(self):
        """Deadlines and agreed times hold for a real server."""
        await self.fetched(f"{self.url}/delay/5", "--max-time", "0.5", status=28)
        await self.fetched(f"{self.url}/delay/5", "--ttfb-timeout", "0.5", status=28)
        await self.fetched(f"{self.url}/delay/0.3", "--slo", "ttfb=0.1", status=110)

    async def test_many(self):
        """`-Z` with a list: all come; what fails is told, and 113 says that something did."""
        lines = "".join(f"{self.url}/anything/{number} # one\n" for number in range(12))
        path = self.keep(self.folder(), "list", f"# all\n\n{lines}{self.url}/status/500\n".encode())
        printed = (await self.fetched("-Z", "4", "--fail", "--input-file", path, status=113)).decode()
        urls, at = set(), 0
        while at < len(printed):
            answer, at = json.JSONDecoder().raw_decode(printed, at)
            urls.add(answer["url"].rpartition("/")[2])
            at += 1
        self.assertEqual(urls, set(map(str, range(12))))
        (failed,) = (event.text for event in self.world.recorder.of(Logged) if event.level == "error")
        self.assertIn("/status/500 answered 500", failed)


_DONE = {"gzip": "gzipped", "deflate": "deflated"}


def unpacked(text):
    """What httpbin shows as text, or as a data: URL where it is none."""
    if not text.startswith("data:"):
        return text.encode()
    return base64.b64decode(text.partition("base64,")[2])


class Direct(Exchanges, FetchCase):
    """Werkzeug's server, HTTP/1.1."""

    host = "127.0.0.1"

    def setUp(self):
        super().setUp()
        self.url = f"http://127.0.0.1:{httpbin_port()}"


class Behind(FetchCase):
    """A server in front of it, over TLS."""

    host = "localhost"
    program = ""
    alpn = ""

    def setUp(self):
        super().setUp()
        found = shutil.which(self.program, path=os.environ.get("PATH", "") + ":/usr/sbin")
        if found is None:
            self.skipTest(f"{self.program} is not installed")
        self.root = self.folder()
        authority = make_authority()
        self.certificate, self.key = write_pair(self.root, authority.leaf(["localhost"]))
        self.options = ("--ca", self.keep(self.root, "ca.pem", authority.pem))
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        home = {"HOME": self.root, "XDG_DATA_HOME": self.root, "XDG_CONFIG_HOME": self.root}
        self.run_beside(*self.command(found), env=os.environ | home)
        return Deferred.fromCoroutine(self.until(self.listens))

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def command(self, program):
        raise NotImplementedError


class Between(Exchanges):
    """What holds of a server in front, besides."""

    async def test_version(self):
        """What is spoken is what is meant to be tested, and one connection is enough for a way of several hops."""
        await self.fetched(f"{self.url}/get")
        self.assertEqual([event.tls_alpn for event in self.world.recorder.of(TlsHandshaken)], [self.alpn])
        await self.fetched(f"{self.url}/relative-redirect/3")
        self.assertEqual(len(self.world.recorder.of(ConnectionOpened)), 1)
        await self.fetched("-Z", "3", *[f"{self.url}/get"] * 9)
        self.assertEqual(len(self.world.recorder.of(ConnectionOpened)), 1 if self.alpn == "h2" else 3)


class Caddy(Between, Behind):
    """Over HTTP/2."""

    program = "caddy"
    alpn = "h2"

    def command(self, program):
        config = f"""{{
            admin off
            auto_https off
        }}
        https://localhost:{self.port} {{
            tls {self.certificate} {self.key}
            reverse_proxy 127.0.0.1:{httpbin_port()}
        }}
        """
        path = self.keep(self.root, "Caddyfile", config.encode())
        return program, "run", "--config", path, "--adapter", "caddyfile"


class Nginx(Between, Behind):
    """Over HTTP/1.1 with TLS, and connections that are kept."""

    program = "nginx"
    alpn = "http/1.1"

    def command(self, program):
        config = f"""
        daemon off; master_process off; pid {self.root}/pid; error_log {self.root}/errors; worker_processes 1;
        events {{ worker_connections 64; }}
        http {{
          access_log off; client_body_temp_path {self.root}/t1; proxy_temp_path {self.root}/t2;
          fastcgi_temp_path {self.root}/t3; uwsgi_temp_path {self.root}/t4; scgi_temp_path {self.root}/t5;
          server {{
            listen 127.0.0.1:{self.port} ssl;
            ssl_certificate {self.certificate}; ssl_certificate_key {self.key};
            location / {{
              proxy_pass http://127.0.0.1:{httpbin_port()}; proxy_http_version 1.1; proxy_set_header Host $http_host;
            }}
          }}
        }}
        """
        return (
            program,
            "-p",
            self.root,
            "-c",
            self.keep(self.root, "conf", config.encode()),
            "-e",
            f"{self.root}/errors",
        )


class Commands(FetchCase):
    """Processes of their own, with servers that answer as a test wants."""

    timeout = 60

    def setUp(self):
        super().setUp()
        self.home = Path(self.mktemp())

    def begin(self, *words, **more):
        """A `tnet fetch` that runs, and ends with the test at the latest."""
        process = subprocess.Popen(
            [*TNET, "fetch", "--max-time", "20", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(self.home),
            **{"stdin": subprocess.DEVNULL} | more,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def printed(self, *words, status=0, **more):
        """What one prints, once it has ended with that status."""
        process = self.begin(*words, **more)
        printed, self.complaints = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(process.returncode, status, self.complaints)
        return printed

    def answers(self, *answers):
        """The URL of a server that answers one request on each connection, with these; it keeps what it heard."""
        left = list(answers)
        return self.server(lambda peer: peer.sendall(left.pop(0)))

    def test_standard_input_is_let_alone(self):
        """A pipe on standard input that nobody writes to is neither read nor waited for, and changes no method."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, writing)
        printed = self.printed(self.answers(OK), stdin=reading)
        os.close(reading)
        self.assertEqual((printed, self.heard[0][:6]), (b"hello", b"GET / "))

    def test_standard_input_is_sent(self):
        """With `--data -` it is the body, in chunks, as it comes; after a redirect that wants it again comes 65."""

        def listen(peer):
            while not self.heard[0].endswith(b"0\r\n\r\n"):
                self.heard[0] += peer.recv(1000)
            peer.sendall(OK)

        process = self.begin(self.server(listen), "--data", "-", stdin=subprocess.PIPE)
        process.stdin.write(b"from a pipe")
        self.assertEqual(process.communicate(timeout=PATIENCE_SECONDS)[0], b"hello")
        self.assertIn(b"b\r\nfrom a pipe\r\n0\r\n\r\n", self.heard[0])
        moved = self.answers(b"HTTP/1.1 307 x\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
        with open(__file__, "rb") as file:
            self.printed(moved, "--data", "-", stdin=file, status=65)

    def test_events(self):
        """`--stream` hands on each event when it comes, and after the end of the stream asks for what follows it."""
        gate = threading.Event()
        self.addCleanup(gate.set)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        talks = [
            lambda peer: (
                peer.sendall(head + b"retry: 50\nid: 7\nevent: a\ndata: 1\ndata: 2\n\n"),
                gate.wait(10),
                peer.sendall(b"data: last\n\n"),
            ),
            lambda peer: peer.sendall(head + b": nothing\n\ndata: again\n\n"),
            lambda peer: peer.sendall(b"HTTP/1.1 204 x\r\n\r\n"),
        ]
        process = self.begin("--stream", self.server(lambda peer: talks.pop(0)(peer)))
        first = json.loads(process.stdout.readline())
        self.assertEqual(first, {"id": "7", "event": "a", "data": "1\n2", "retry": 50})
        gate.set()
        rest = [json.loads(line) for line in process.communicate(timeout=PATIENCE_SECONDS)[0].splitlines()]
        self.assertEqual([event["data"] for event in rest], ["last", "again"])
        self.assertEqual(process.returncode, 0)
        self.assertNotIn(b"Last-Event-ID", self.heard[0])
        self.assertIn(b"Last-Event-ID: 7\r\n", self.heard[1])
        self.assertIn(b"Last-Event-ID: 7\r\n", self.heard[2])

    def test_lines(self):
        """`--stream` hands on each line of NDJSON when it is whole."""
        gate = threading.Event()
        self.addCleanup(gate.set)

        def talk(peer):
            peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n{"a":1}\n{"b":')
            gate.wait(10)
            peer.sendall(b"2}\n")

        process = self.begin("--stream", self.server(talk))
        self.assertEqual(process.stdout.readline(), b'{"a":1}\n')
        gate.set()
        self.assertEqual(process.communicate(timeout=PATIENCE_SECONDS)[0], b'{"b":2}\n')

    def test_retries(self):
        """`--retry` waits as long as Retry-After says, and only the last answer is printed."""
        later = b"HTTP/1.1 503 Later\r\nRetry-After: %b\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater"
        url = self.answers(later % b"1", OK)
        began = time.monotonic()
        self.assertEqual(self.printed("--retry", "2", url), b"hello")
        self.assertLess(1, time.monotonic() - began)
        self.assertEqual(len(self.heard), 2)
        self.assertIn(b"503", self.complaints)

    def test_secrets_stay_at_home(self):
        """Cases 1 to 4: no login, cookie or key goes to where a redirect leads; what does not, is said."""
        url = self.answers(OK)
        moved = self.answers(b"HTTP/1.1 302 x\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % url.encode())
        self.printed(moved, "-a", "me:s3cret", "X-Api-Key:s3cret", "Cookie:a=s3cret", "Accept:text/x")
        self.assertEqual(self.heard[0].count(b"s3cret"), 2)
        self.assertNotIn(b"s3cret", self.heard[1])
        self.assertIn(b"Accept: text/x", self.heard[1])
        for name in (b"Authorization", b"X-Api-Key", b"Cookie"):
            self.assertIn(name, self.complaints)
        self.assertNotIn(b"s3cret", self.complaints.replace(b"-a me:s3cret", b""))

    def test_two_commands_of_one_session(self):
        """What the first one remembers under a name, the second one has."""
        url = self.answers(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n", OK)
        for _ in range(2):
            self.printed("--session", "mine", url)
        self.assertIn(b"Cookie: a=1\r\n", self.heard[1])

    def test_offline(self):
        """`--offline` prints what would go out, byte by byte, and goes nowhere."""
        words = ("a=1", "X-Mine:yes")
        url = self.answers(OK)
        rehearsed = self.printed("--offline", url, *words)
        self.assertEqual(self.heard, [])
        self.printed(url, *words)
        self.assertTrue(rehearsed.startswith(self.heard[0].partition(b"\r\n\r\n")[0]), rehearsed)

    def test_several_end_in_one_status(self):
        """The last one does not decide: any that fails makes it 113, and each failure is told."""
        url = self.answers(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", OK)
        self.assertEqual(self.printed("--fail", url, url, status=113), b"hello")
        self.assertIn(b"answered 404 No", self.complaints)
        self.assertIn(b"1 of 2 failed", self.complaints)
