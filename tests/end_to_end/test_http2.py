"""HTTP/2 with servers of other people: caddy, nghttpd and nginx."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from datetime import datetime

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.certificates import make_authority, write_pair
from tests.end_to_end.real_world import RealWorld, free_port
from tnet.clients.fetch.outgoing import open_body
from tnet.clients.fetch.request import Request
from tnet.clients.fetch.wire.pool import Pool
from tnet.clients.fetch.wire.route import route_to
from tnet.errors import MalformedReply, ReceiveFailed
from tnet.events.kinds import ConnectionOpened, TlsHandshaken
from tnet.plans.fetch import Body, Patience, Way
from tnet.plans.tls import TlsDialing
from tnet.plans.urls import parse_url

MIB = 1 << 20
WATCHFUL = """
import sys, time
from tnet.__main__ import main
found = open(sys.argv.pop(1), "w", buffering=1)
sys.addaudithook(lambda event, args: event == "import" and found.write(f"{time.time()} {args[0]}\\n"))
main()
"""


class Case(TestCase):
    timeout = 60
    program = ""

    def setUp(self):
        found = shutil.which(self.program, path=os.environ.get("PATH", "") + ":/usr/sbin")
        if found is None:
            self.skipTest(f"{self.program} is not installed")
        self.world = RealWorld()
        self.pool = Pool(self.world.context, Patience(connect_seconds=10))
        self.root = os.path.abspath(self.mktemp())
        os.makedirs(self.root)
        self.data = os.urandom(16 * MIB)
        self.keep("blob", self.data)
        self.keep("small", b"hello")
        authority = make_authority()
        self.certificate, self.key = write_pair(self.root, authority.leaf(["localhost"]))
        self.way = Way(tls=TlsDialing(ca_file=self.keep("ca.pem", authority.pem)))
        self.tls_port, self.port = free_port(), free_port()
        self.url, self.plain_url = f"https://localhost:{self.tls_port}", f"http://127.0.0.1:{self.port}"
        self.run_it(found)
        return self.until_it_listens()

    def tearDown(self):
        return Deferred.fromCoroutine(self.pool.close())

    def keep(self, name, data):
        path = os.path.join(self.root, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def run_it(self, program):
        raise NotImplementedError

    def beside(self, *command):
        """A child process that ends with the test."""
        home = {"HOME": self.root, "XDG_DATA_HOME": self.root, "XDG_CONFIG_HOME": self.root}
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | home, cwd=self.root
        )
        self.addCleanup(child.wait, 10)
        self.addCleanup(child.terminate)

    def until_it_listens(self, attempts=400):
        try:
            socket.create_connection(("127.0.0.1", self.tls_port), timeout=1).close()
        except OSError:
            if not attempts:
                raise
            return deferLater(reactor, 0.05, self.until_it_listens, attempts - 1)

    async def ask(self, path, method="GET", *, body=None, base=None, way=None):
        """The exchange, when all of it has come, and its body."""
        request = Request(method, parse_url((base or self.url) + path), body=body)
        route = route_to(request.url, way or self.way, {})
        exchange, _ = await self.pool.begin(request, route, self.world.publisher.next_request())
        outgoing = await open_body(body, self.world.context) if body is not None else None
        sending = Deferred.fromCoroutine(exchange.send(outgoing))
        pieces = []
        try:
            await exchange.answer()
            while piece := await exchange.read():
                pieces.append(piece)
            await sending
        finally:
            exchange.leave()
        return exchange, b"".join(pieces)

    def together(self, *paths):
        """All of them at once."""
        return gatherResults([Deferred.fromCoroutine(self.ask(path)) for path in paths], consumeErrors=True)

    def connections(self):
        return len(self.world.recorder.of(ConnectionOpened))


class Caddy(Case):
    """Go's HTTP/2, over TLS and without."""

    program = "caddy"

    def run_it(self, program):
        config = f"""{{
            admin off
            auto_https off
            servers {{
                protocols h1 h2 h2c
            }}
        }}
        https://localhost:{self.tls_port} {{
            tls {self.certificate} {self.key}
            root * {self.root}
            file_server
        }}
        http://127.0.0.1:{self.port} {{
            root * {self.root}
            file_server
        }}
        """
        path = self.keep("Caddyfile", config.encode())
        self.beside(program, "run", "--config", path, "--adapter", "caddyfile")

    async def test_alpn_picks(self):
        """Offered both, it takes HTTP/2; its body is exact, and its length told."""
        exchange, body = await self.ask("/blob")
        self.assertEqual((exchange.version, exchange.head.version, exchange.head.status), ("2", "2", 200))
        self.assertEqual(exchange.head.length, len(self.data))
        self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(self.data).digest())
        self.assertEqual(self.world.recorder.of(TlsHandshaken)[0].tls_alpn, "h2")

    async def test_one_connection_for_all(self):
        """A hundred at once share it, large ones beside small ones; a later one finds it again."""
        answers = await self.together("/blob", *["/small"] * 100, "/blob")
        self.assertEqual({len(body) for _, body in answers}, {len(self.data), 5})
        await self.ask("/small")
        self.assertEqual(self.connections(), 1)

    async def test_prior_knowledge(self):
        """Without TLS nobody negotiates: it is spoken because the user says so."""
        exchange, body = await self.ask("/small", base=self.plain_url, way=Way(version="2"))
        self.assertEqual((exchange.version, body), ("2", b"hello"))

    async def test_1_1_when_asked_for(self):
        """Then nothing else is offered."""
        exchange, body = await self.ask("/small", way=Way(tls=self.way.tls, version="1.1"))
        self.assertEqual((exchange.version, body), ("1.1", b"hello"))

    async def test_no_body(self):
        """HEAD has a length and nothing behind it; an error is an answer like others."""
        exchange, body = await self.ask("/blob", "HEAD")
        self.assertEqual((exchange.head.length, body), (len(self.data), b""))
        exchange, body = await self.ask("/nowhere")
        self.assertEqual(exchange.head.status, 404)
        self.assertEqual(self.connections(), 1)

    async def test_leaving(self):
        """Who leaves in the middle cuts a stream; the connection goes on to serve."""
        for _ in range(20):
            request = Request("GET", parse_url(self.url + "/blob"))
            exchange, _ = await self.pool.begin(request, route_to(request.url, self.way, {}), 1)
            await exchange.send(None)
            await exchange.read()
            exchange.leave()
        exchange, body = await self.ask("/blob")
        self.assertEqual((body == self.data, self.connections()), (True, 1))


class Nghttpd(Case):
    """nghttp2's server, with padding, small windows, trailers, and few streams."""

    program = "nghttpd"

    def run_it(self, program):
        options = ["--echo-upload", "-d", self.root, "--trailer", "x-sum: 1", "-m", "4", "-b", "250", "-w", "14"]
        self.beside(program, *options, str(self.tls_port), self.key, self.certificate)
        self.beside(program, "--no-tls", *options, str(self.port))

    async def test_padding_and_trailers(self):
        """What is padded is exact; trailers come behind it."""
        exchange, body = await self.ask("/blob")
        self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(self.data).digest())
        self.assertEqual(exchange.trailers, ((b"x-sum", b"1"),))
        self.assertGreater(exchange.bytes_in, len(self.data))

    async def test_an_echo(self):
        """A large body goes there through small windows, and comes back meanwhile."""
        for base, way in ((self.url, self.way), (self.plain_url, Way(version="2"))):
            exchange, body = await self.ask("/echo", "POST", body=Body(data=self.data[:MIB]), base=base, way=way)
            self.assertEqual((exchange.head.status, len(body), body == self.data[:MIB]), (200, MIB, True))
            self.assertGreater(exchange.bytes_out, MIB)

    async def test_few_streams(self):
        """More than the server takes at once wait their turn."""
        await self.ask("/small")
        answers = await self.together(*["/small"] * 20)
        self.assertEqual([body for _, body in answers], [b"hello"] * 20)
        self.assertEqual(self.connections(), 1)


class Nginx(Case):
    """nginx, which goes away in good order after so many requests."""

    program = "nginx"

    def run_it(self, program):
        config = f"""
        daemon off; master_process off; pid {self.root}/pid; error_log {self.root}/errors; worker_processes 1;
        events {{ worker_connections 64; }}
        http {{
          access_log off; client_body_temp_path {self.root}/t1; proxy_temp_path {self.root}/t2;
          fastcgi_temp_path {self.root}/t3; uwsgi_temp_path {self.root}/t4; scgi_temp_path {self.root}/t5;
          keepalive_requests 3;
          server {{
            listen 127.0.0.1:{self.port}; listen 127.0.0.1:{self.tls_port} ssl http2; root {self.root};
            ssl_certificate {self.certificate}; ssl_certificate_key {self.key};
          }}
        }}
        """
        self.beside(program, "-p", self.root, "-c", self.keep("conf", config.encode()), "-e", self.root + "/errors")

    async def test_going_away(self):
        """Case 42: after three requests it says GOAWAY; the third still comes to its end, the next is asked anew."""
        for _ in range(7):
            _, body = await self.ask("/blob")
            self.assertEqual(body == self.data, True)
        self.assertEqual(self.connections(), 3)

    async def test_more_than_it_takes_on(self):
        """Case 42: of those asked at once, the ones that it does not look at say that it is safe to ask again."""

        async def patiently():
            while True:
                exchange = None
                try:
                    request = Request("GET", parse_url(self.url + "/small"))
                    exchange, _ = await self.pool.begin(request, route_to(request.url, self.way, {}), 1)
                    await exchange.send(None)
                    await exchange.answer()
                    return await exchange.read()
                except ReceiveFailed:
                    self.assertTrue(exchange.refused)

        bodies = await gatherResults([Deferred.fromCoroutine(patiently()) for _ in range(10)])
        self.assertEqual(bodies, [b"hello"] * 10)

    async def test_what_speaks_only_1_1(self):
        """Prior knowledge that is wrong is told from a broken server."""
        failed = Deferred.fromCoroutine(self.ask("/small", base=self.plain_url, way=Way(version="2")))
        error = await self.assertFailure(failed, MalformedReply)
        self.assertIn("HTTP/1.1", str(error))

    async def test_nothing_is_imported_while_the_clock_runs(self):
        """What takes long to import is there before a request begins, or else it would pass for the network."""
        imports, events = os.path.join(self.root, "imports"), os.path.join(self.root, "events")
        words = ("--ca", os.path.join(self.root, "ca.pem"), "--events", events, self.url + "/small")
        command = (sys.executable, "-c", WATCHFUL, imports, "fetch", "-o", os.path.join(self.root, "kept"), *words)
        status = await deferToThread(subprocess.call, command, stderr=subprocess.DEVNULL, timeout=30)
        with open(events) as file:
            told = {event["event"]: event["ts"] for event in map(json.loads, file)}
        began, answered = (
            datetime.fromisoformat(told[name]).timestamp() for name in ("http.begin", "http.head.received")
        )
        with open(imports) as file:
            during = [name for at, name in map(str.split, file) if began < float(at) < answered]
        found = [
            name for name in during if name.partition(".")[0] in ("tnet", "OpenSSL", "cryptography", "h2", "twisted")
        ]
        self.assertEqual((status, found), (0, []))
