"""Who may ask `tnet serve web` for what: with real accounts, curl, and raw sockets."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import socket
import subprocess
import time
from base64 import b64encode
from typing import Any, ClassVar

from twisted.trial.unittest import SkipTest

from tests.end_to_end.browser import shared_browser
from tests.end_to_end.command import tnet
from tests.end_to_end.test_web import SECONDS, WebTestCase, everything
from tnet.protocols.event_stream import EventStream, ServerEvent

CANARY = "c4nary-in-the-mine"
FORM = "application/x-www-form-urlencoded"


class AccountsCase(WebTestCase):
    """alice is in the group staff, bob in none; the password of both is the canary."""

    made: ClassVar[bytes] = b""

    def setUp(self) -> None:
        super().setUp()
        self.home = self.folder / "home"
        database = self.home / "data" / "tnet" / "users.db"
        self.users = f"sqlite:{database}"
        if not AccountsCase.made:
            for name, *more in (("alice", "--group", "staff"), ("bob",)):
                self.tnet("users", "add", name, "--password-file", "-", *more, stdin=f"{CANARY}\n".encode())
            AccountsCase.made = database.read_bytes()
        database.parent.mkdir(parents=True, exist_ok=True)
        database.write_bytes(AccountsCase.made)
        database.chmod(0o600)

    def tnet(self, *argv: str, stdin: bytes = b"") -> None:
        """Another `tnet` in the same home, which must succeed."""
        done = tnet(self.home, *argv, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)

    def request(
        self, method: str, path: str, user: str = "", password: str = CANARY, body: bytes | None = None, **fields: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, fields and body of one request; of a field's name, `_` is a dash."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=SECONDS)
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        if user:
            headers["Authorization"] = basic(user, password)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def form(self, path: str, fields: str, user: str) -> Any:
        """What a form gives, as JSON; the status when that is not 201."""
        fields_ = {"Content_Type": FORM, "Accept": "application/json"}
        status, _, body = self.request("POST", path, user, body=fields.encode(), **fields_)
        return json.loads(body) if status == 201 else status

    def attempts(self) -> list[tuple[str, str, str]]:
        """Who tried to log in, with what result, by what means."""
        events = [event for event in self.server.events if event["event"] == "auth.attempt"]
        return [(event["user"], event["result"], event["means"]) for event in events]

    def hang_up(self) -> None:
        """Let the server read its users anew."""
        before = sum(event.get("text") == "reloaded" for event in self.server.events)
        self.server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + SECONDS
        while sum(event.get("text") == "reloaded" for event in self.server.events) == before:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


def basic(user: str, password: str = CANARY) -> str:
    """The value that logs in."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


class LoginTests(AccountsCase):
    """Accounts in SQLite, and in a file of htpasswd."""

    def test_curl(self) -> None:
        """A login is asked for; a right one opens the files, a wrong or missing one nothing; no secret is told."""
        self.serve("--users", self.users)
        self.assertEqual(self.ask(f"{self.url}/a.txt")[0], 401)
        self.assertEqual(self.ask("-u", f"alice:{CANARY}", f"{self.url}/a.txt"), (200, b"hello\n"))
        self.assertEqual(self.ask("-u", "alice:wrong", f"{self.url}/a.txt")[0], 401)
        self.assertEqual(self.ask("--anyauth", "-u", f"bob:{CANARY}", f"{self.url}/a.txt"), (200, b"hello\n"))
        found = self.attempts()
        wanted = [("alice", "accepted", "password"), ("alice", "denied", "password"), ("bob", "accepted", "password")]
        self.assertEqual(found, wanted)
        requests = self.server.wait_for("http.request", 5)
        self.assertEqual(sorted({event.get("user", "") for event in requests}), ["", "alice", "bob"])
        self.assertEqual(self.server.end(), 143)
        self.assertNotIn(CANARY, self.server.story.read_text("utf-8"))

    def test_a_page_with_many_pictures(self) -> None:
        """Two hundred requests with one password cost one check of it."""
        self.serve("--users", self.users)
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=SECONDS)
        self.addCleanup(connection.close)
        for _ in range(200):
            connection.request("GET", "/a.txt", headers={"Authorization": basic("alice")})
            self.assertEqual(connection.getresponse().read(), b"hello\n")
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(len(self.attempts()), 1)

    def test_disabled(self) -> None:
        """A disabled account opens nothing: at once if it was not used lately, else after a SIGHUP at the latest."""
        self.serve("--users", self.users)
        self.assertEqual(self.request("GET", "/a.txt", "alice")[0], 200)
        for name in ("alice", "bob"):
            self.tnet("users", "disable", name, "--users", self.users)
        self.assertEqual(self.request("GET", "/a.txt", "bob")[0], 401)
        self.hang_up()
        self.assertEqual(self.request("GET", "/a.txt", "alice")[0], 401)

    def test_guessing(self) -> None:
        """Whoever guesses waits, and too many who wait are told to come back; others are served meanwhile."""
        self.serve("--users", self.users)
        socks = []
        for number in range(30):
            socks.append(self.connect())
            field = basic("alice", f"guess {number}")
            socks[-1].sendall(f"GET / HTTP/1.1\r\nHost: h\r\nAuthorization: {field}\r\n\r\n".encode())
        self.assertEqual(self.request("GET", "/a.txt")[0], 401)
        heads = [sock.recv(4096) for sock in socks[-5:]]
        for head in heads:
            self.assertIn(b" 429 ", head.partition(b"\r\n")[0])
            self.assertIn(b"\r\nRetry-After: ", head)

    def test_htpasswd(self) -> None:
        """The same with a file of htpasswd, whose changes count from the next check on."""
        htpasswd = shutil.which("htpasswd")
        if htpasswd is None:
            raise SkipTest("htpasswd is not installed")
        path = str(self.folder / "passwords")

        def change(*argv: str) -> None:
            command = [htpasswd or "", *argv]
            subprocess.run(command, input=CANARY.encode() + b"\n", capture_output=True, check=True)

        change("-i", "-B", "-c", path, "carol")
        self.serve("--users", f"htpasswd:{path}")
        statuses = [self.request("GET", "/a.txt", *who)[0] for who in (("carol",), ("carol", "no"), ("alice",), ())]
        self.assertEqual(statuses, [200, 401, 401, 401])
        change("-i", "-B", path, "dave")
        change("-D", path, "carol")
        self.assertEqual(self.request("GET", "/a.txt", "dave")[0], 200)
        self.hang_up()
        self.assertEqual(self.request("GET", "/a.txt", "carol")[0], 401)

    def test_before_the_body(self) -> None:
        """Who may not send a body is told so before any of it: no 100 Continue, and the connection ends."""
        self.serve("--users", self.users, "--upload")
        head = "PUT /new HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 100000000\r\n"
        for field in ("", f"Authorization: {basic('alice', 'wrong')}\r\n"):
            sock = self.connect()
            sock.sendall(f"{head}{field}\r\n".encode())
            reply = everything(sock)
            self.assertTrue(reply.startswith(b"HTTP/1.1 401 "), reply[:100])
            self.assertNotIn(b"100 Continue", reply)
        self.assertEqual(self.ask("-T", str(self.root / "large"), "-u", f"alice:{CANARY}", f"{self.url}/new")[0], 201)
        self.assertEqual((self.root / "new").stat().st_size, 3_000_000)

    def test_a_client_that_says_no_more(self) -> None:
        """It may close its half while its password is checked."""
        self.serve("--users", self.users)
        sock = self.connect()
        sock.sendall(f"GET /a.txt HTTP/1.1\r\nHost: h\r\nAuthorization: {basic('bob')}\r\n\r\n".encode())
        sock.shutdown(socket.SHUT_WR)
        self.assertTrue(everything(sock).endswith(b"hello\n"))

    def test_malformed(self) -> None:
        """What is no credential is 400 on the wire, and costs no check."""
        self.serve("--users", self.users)
        for field in (b"Basic", b"Basic =", b"Basic YQ==", b"Bearer a b", b"Basic " + b"\xff"):
            reply = self.raw(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: " + field + b"\r\n\r\n")
            self.assertTrue(reply.startswith(b"HTTP/1.1 400 "), (field, reply[:100]))
        self.assertEqual(self.attempts(), [])

    def test_nobody_there(self) -> None:
        """With no account at all, whoever started it is told of the one that is there as long as it runs; and no other
        machine is let near."""
        empty = ("--users", f"sqlite:{self.folder / 'empty.db'}")
        self.serve(*empty)
        self.assertEqual([self.request("GET", "/a.txt", *who)[0] for who in ((), ("tnet",), ("alice",))], [401] * 3)
        self.assertIn("no account yet: this one ends with the server", self.server.story.read_text("utf-8"))
        done = tnet(self.home, "serve", "web", str(self.root), "-p", "0", "--public", *empty)
        self.assertEqual(done.returncode, 2)


class RuleTests(AccountsCase):
    """`--acl`, over the wire."""

    TABLE = """
        GET     /a.txt          200 200 200
        GET     /               200 200 200
        PUT     /new            201 201 401
        GET     /staff/s.txt    200 403 401
        PUT     /staff/new      201 403 401
        GET     /staff/open.txt 200 200 200
        GET     /secret/x       403 403 401
        GET     /drop/          200 200 200
        GET     /drop/d.txt     403 403 401
        PUT     /drop/new       201 201 201
        GET     /link           200 403 401
        GET     /STAFF/s.txt    404 404 404
        GET     /%73taff/s.txt  200 403 401
        GET     /staff%2fs.txt  404 403 401
        GET     //staff/s.txt   404 403 401
        GET     /_tnet/         404 404 401
    """

    def test_matrix(self) -> None:
        """Each path, by alice of the staff, by bob, and by a stranger."""
        for name in ("staff/s.txt", "staff/open.txt", "secret/x", "drop/d.txt"):
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(name)
        (self.root / "link").symlink_to("staff/s.txt")
        acl = ("/=*:lr,+:lrw", "/staff=@staff:all", "/staff/open.txt=*:r", "/secret=*:none", "/drop=*:w")
        self.serve("--users", self.users, "--upload", *(word for rule in acl for word in ("--acl", rule)))
        for line in self.TABLE.strip().split("\n"):
            method, path, *wanted = line.split()
            for user, status in zip(("alice", "bob", ""), wanted, strict=True):
                body = b"new" if method == "PUT" else None
                target = path + user if method == "PUT" else path
                got = self.request(method, target, user, body=body)[0]
                self.assertEqual((method, path, user, got), (method, path, user, int(status)))
        listing = json.loads(self.request("GET", "/", Accept="application/json")[2])
        names = {entry["name"] for entry in listing["entries"]}
        self.assertEqual(names & {"a.txt", "secret", "staff", "drop", "link"}, {"a.txt", "drop"})

    def test_everybody(self) -> None:
        """Rules for everybody need no accounts."""
        (self.root / "sub" / "x").write_text("x")
        self.serve("--acl", "/sub=*:none")
        self.assertEqual([self.request("GET", path)[0] for path in ("/a.txt", "/sub/x", "/sub/none")], [200, 403, 403])


class LinkTests(AccountsCase):
    """Share links and tokens, in strange hands."""

    def test_links(self) -> None:
        """A link opens its path by GET and HEAD, to anybody, after a restart too; nothing else, and not for ever."""
        (self.root / "sub" / "b.txt").write_text("b")
        self.serve("--users", self.users, "--upload")
        link = self.form("/a.txt", "action=share", "alice")["path"]
        below = self.form("/sub", "action=share", "alice")["path"]
        short = self.form("/a.txt", "action=share&expires=1", "alice")["path"]
        self.assertEqual(self.server.end(), 143)
        self.serve("--users", self.users, "--upload")
        self.assertEqual(self.request("GET", link)[::2], (200, b"hello\n"))
        self.assertEqual(self.request("GET", below + "b.txt")[::2], (200, b"b"))
        self.assertIn(b"b.txt", self.request("GET", below)[2])
        token = below.split("/")[3]
        forged = link.replace(token[:4], "AAAA") if token[:4] in link else link[:-8] + "x" + link[-7:]
        for method, path, status in (
            ("HEAD", link, 200),
            ("PUT", below + "new", 405),
            ("POST", below, 405),
            ("DELETE", link, 405),
            ("GET", f"/_tnet/share/{token}/../a.txt", 404),
            ("GET", f"/_tnet/share/{token}/none", 404),
            ("GET", link.replace("a.txt", "large"), 404),
            ("GET", forged, 404),
        ):
            self.assertEqual((method, path, self.request(method, path)[0]), (method, path, status))
        deadline = time.monotonic() + SECONDS
        while (status := self.request("GET", short)[0]) == 200 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(status, 410)
        self.tnet("users", "remove", "alice", "--users", self.users)
        self.hang_up()
        self.assertEqual(self.request("GET", link)[0], 410)
        self.assertNotIn(token, self.server.story.read_text("utf-8"))

    def test_tokens(self) -> None:
        """A token stands for its account until that gets another password; curl sends it."""
        self.serve("--users", self.users)
        done = self.curl("-u", f"bob:{CANARY}", "-X", "POST", "-d", "expires=3600", f"{self.url}/_tnet/token")
        token = done.stdout.decode().strip()
        bearer = ("-H", f"Authorization: Bearer {token}", f"{self.url}/a.txt")
        self.assertEqual(self.ask(*bearer), (200, b"hello\n"))
        self.assertEqual(self.request("POST", "/_tnet/token")[0], 401)
        self.assertEqual(self.ask("-H", f"Authorization: Bearer x{token}", f"{self.url}/a.txt")[0], 401)
        self.tnet("users", "passwd", "bob", "--password-file", "-", "--users", self.users, stdin=b"another one\n")
        self.hang_up()
        self.assertEqual(self.ask(*bearer)[0], 401)
        self.assertIn(("bob", "accepted", "token"), self.attempts())
        self.assertNotIn(token, self.server.story.read_text("utf-8"))


class OriginTests(AccountsCase):
    """Other sites' pages, and fields of the user's own."""

    def test_cors(self) -> None:
        """A preflight is answered without a login, a request needs one; any site may read the answer, without ours."""
        self.serve("--users", self.users, "--cors", "--header", "X-Frame-Options: DENY")
        fields = ("-H", "Origin: https://app.example", "-H", "Access-Control-Request-Method: PUT")
        done = self.curl("-i", "-X", "OPTIONS", *fields, f"{self.url}/new")
        head = done.stdout.decode()
        self.assertTrue(head.startswith("HTTP/1.1 204 "), head)
        self.assertIn("Access-Control-Allow-Origin: *\r\n", head)
        status, said, _ = self.request("GET", "/a.txt", "alice", Origin="https://app.example")
        self.assertEqual((status, said["access-control-allow-origin"], said["x-frame-options"]), (200, "*", "DENY"))
        self.assertNotIn("access-control-allow-credentials", said)
        self.assertEqual(self.request("GET", "/a.txt", Origin="https://app.example")[0], 401)

    def test_names(self) -> None:
        """On this machine alone, nothing is changed for a page that made its own name lead here."""
        self.serve("--upload")
        self.assertEqual(self.request("PUT", "/one", body=b"1", Host="evil.example")[0], 421)
        self.assertEqual(self.request("GET", "/a.txt", Host="tunnel.example")[0], 200)
        self.assertEqual(self.request("PUT", "/one", body=b"1", Host=f"localhost:{self.server.port}")[0], 201)


class Page:
    """A page that follows what is told."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._received = b""
        self._told = 0
        self._found: list[ServerEvent] = []
        sock.sendall(b"GET /_tnet/reload HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def next(self, seconds: float = SECONDS) -> str | None:
        """What is told next, within so many seconds."""
        self._sock.settimeout(seconds)
        while not self._found:
            try:
                self._received += self._sock.recv(4096)
            except TimeoutError:
                return None
            chunks = self._received.partition(b"\r\n\r\n")[2].split(b"\r\n")
            self._found = list(EventStream().feed(b"".join(chunks[1::2])))[self._told :]
        self._told += 1
        return self._found.pop(0).event


class LiveReloadTests(WebTestCase):
    """`--live-reload`, as a page would follow it."""

    def test_changes(self) -> None:
        """Pages carry the script; a change of a style sheet and of a page are told, in new directories too."""
        (self.root / "page.html").write_text("<p>page")
        self.serve("--live-reload")
        status, body = self.ask(f"{self.url}/page.html")
        self.assertEqual((status, body), (200, b'<p>page<script src="/_tnet/reload.js"></script>\n'))
        self.assertIn(b"EventSource", self.ask(f"{self.url}/_tnet/reload.js")[1])
        page = Page(self.connect())
        self.assertEqual(page.next(), "hello")
        deadline, told = time.monotonic() + SECONDS, None
        while told is None and time.monotonic() < deadline:
            (self.root / "style.css").write_text(f"/* {time.monotonic()} */")
            told = page.next(0.5)
        self.assertEqual(told, "style")
        (self.root / "new").mkdir()
        (self.root / "new" / "index.html").write_text("<p>new")
        self.assertEqual(page.next(), "page")

    def test_a_browser(self) -> None:
        """A style sheet that changed is loaded anew and nothing else is; a page that changed is shown as it is now."""
        browser = shared_browser()
        self.addCleanup(browser.driver.get, "about:blank")
        style, page = self.root / "style.css", self.root / "page.html"
        style.write_text("p {color: rgb(1, 1, 1)}")
        page.write_text("<!DOCTYPE html><title>x</title><link rel=stylesheet href=style.css><p>one")
        self.serve("--live-reload")
        browser.driver.get(f"{self.url}/page.html")
        browser.run("window.before = true")
        color = "getComputedStyle(document.querySelector('p')).color"
        deadline = time.monotonic() + SECONDS
        while browser.run(f"return {color}") == "rgb(1, 1, 1)" and time.monotonic() < deadline:
            style.write_text(f"p {{color: rgb(2, 2, 2)}} /* {time.monotonic()} */")
            time.sleep(0.3)
        browser.wait(f"{color} == 'rgb(2, 2, 2)'")
        browser.wait("document.querySelectorAll('link').length == 1")
        self.assertTrue(browser.run("return window.before === true"))
        page.write_text("<!DOCTYPE html><title>x</title><p>two")
        browser.wait("document.querySelector('p') && document.querySelector('p').textContent.trim() == 'two'")
        self.assertFalse(browser.run("return window.before === true"))
        self.assertEqual(browser.complaints(), [])

    def test_the_end(self) -> None:
        """A stream does not keep the server from ending, and is completed."""
        self.serve("--live-reload")
        sock = self.connect()
        self.assertEqual(Page(sock).next(), "hello")
        self.assertEqual(self.server.end(), 143)
        self.assertTrue(everything(sock).endswith(b"0\r\n\r\n"))
