"""Dialling through real proxies: tinyproxy and squid for CONNECT, microsocks for SOCKS, socat to put TLS before one."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import time
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, TestCase

from tests.certificates import make_authority, write_pair
from tests.end_to_end.real_world import RealWorld, ThreadedServer, free_port, receive_until
from tnet.clients.fetch.client import Client
from tnet.clients.fetch.report.ledger import Ledger
from tnet.errors import CertificateRejected, ConnectFailed, PinMismatch, ProxyRefused, TnetError
from tnet.events.kinds import ConnectionClosed, DialAttempted, DnsAnswered, SpanEnded, TlsHandshaken
from tnet.net.dial import dial
from tnet.net.tls.dialing import ClientTls
from tnet.plans import TcpAddress
from tnet.plans.fetch import FetchPlan, Way
from tnet.plans.proxies import Proxy, Scheme, parse_no_proxy
from tnet.plans.routes import Override
from tnet.plans.tls import TlsDialing, pin_of

MIB = 1 << 20
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
SECONDS = 10.0

Proxies = Proxy | tuple[Proxy, ...]


class Caller(Protocol):
    """Keeps what it gets; `heard(n)` fires once that are `n` bytes."""

    transport: Any

    def __init__(self) -> None:
        self.data = bytearray()
        self.lost: Deferred[None] = Deferred()
        self._wanted: tuple[int, Deferred[bytes]] | None = None

    def heard(self, count: int) -> Deferred[bytes]:
        self._wanted = (count, Deferred())
        self._look()
        return self._wanted[1]

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        self._look()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost.callback(None)

    def _look(self) -> None:
        if self._wanted is not None and len(self.data) >= self._wanted[0] and not self._wanted[1].called:
            self._wanted[1].callback(bytes(self.data))


class Case(TestCase):
    """A world with a target that says everything back, and an authority that it and the proxies are signed by."""

    timeout = 60

    def setUp(self) -> None:
        self.world = RealWorld()
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.authority = make_authority()
        self.ca_file = str(self.folder / "ca.pem")
        Path(self.ca_file).write_bytes(self.authority.pem)
        self.pair = write_pair(self.folder, self.authority.leaf(["localhost", "127.0.0.1"]))

    # ── the targets ──

    def echo(self, *, secure: bool = False) -> TcpAddress:
        """Where a server says everything back, over TLS if `secure`."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*self.pair)

        def secured(peer: socket.socket) -> socket.socket:
            return tls.wrap_socket(peer, server_side=True) if secure else peer

        def talk(peer: socket.socket) -> None:
            with contextlib.suppress(ssl.SSLError), secured(peer) as connection:
                while data := connection.recv(65536):
                    connection.sendall(data)

        server = ThreadedServer(self, talk)
        self.addCleanup(lambda: self.assertEqual(server.errors, []))
        return TcpAddress("localhost", server.port)

    def refusing(self) -> TcpAddress:
        """A port that refuses while this test lasts."""
        bound = socket.socket()
        self.addCleanup(bound.close)
        bound.bind(("127.0.0.1", 0))
        return TcpAddress("127.0.0.1", bound.getsockname()[1])

    # ── the proxies ──

    def run_proxy(self, scheme: Scheme, port: int, *command: str) -> Proxy:
        """Start a proxy that ends with the test, once it listens on `port`."""
        program = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            raise SkipTest(f"{command[0]} is not installed")
        log = (self.folder / f"{command[0]}.log").open("wb")
        child = subprocess.Popen([program, *command[1:]], stdout=log, stderr=log, cwd=self.folder)
        log.close()

        def end() -> None:
            child.terminate()
            child.wait(SECONDS)

        self.addCleanup(end)
        until = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return Proxy(scheme, "127.0.0.1", port)
            self.assertLess(time.monotonic(), until, (self.folder / f"{command[0]}.log").read_text())
            time.sleep(0.02)

    def tinyproxy(self, *lines: str) -> Proxy:
        """An HTTP proxy."""
        port = free_port()
        config = self.folder / f"tinyproxy-{port}.conf"
        config.write_text("\n".join([f"Port {port}", "Listen 127.0.0.1", "MaxClients 20", *lines, ""]))
        return self.run_proxy("http", port, "tinyproxy", "-d", "-c", str(config))

    def squid(self, *rules: str) -> Proxy:
        """Another HTTP proxy."""
        port = free_port()
        config = self.folder / "squid.conf"
        config.write_text(
            "\n".join(
                [
                    f"http_port 127.0.0.1:{port}",
                    "pid_filename none",
                    "cache deny all",
                    "access_log none",
                    "cache_log /dev/null",
                    "shutdown_lifetime 0 seconds",
                    f"coredump_dir {self.folder}",
                    *rules,
                    "http_access allow all",
                    "",
                ]
            )
        )
        return self.run_proxy("http", port, "squid", "-N", "-f", str(config))

    def microsocks(self, *options: str) -> Proxy:
        """A SOCKS proxy."""
        port = free_port()
        return self.run_proxy("socks5h", port, "microsocks", "-i", "127.0.0.1", "-p", str(port), *options)

    def behind_tls(self, proxy: Proxy) -> Proxy:
        """The same proxy as an https one."""
        port = free_port()
        certificate, key = self.pair
        listen = f"OPENSSL-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,cert={certificate},key={key},verify=0"
        return self.run_proxy("https", port, "socat", listen, f"TCP:127.0.0.1:{proxy.port}")

    # ── the calls ──

    def call(self, target: TcpAddress, proxy: Proxies, **options: Any) -> Deferred[Caller]:
        """Dial `target` through `proxy`, or through several."""
        trace = self.world.publisher.trace()
        return Deferred.fromCoroutine(dial(target, Caller, self.world.context, trace, via=proxy, **options))

    async def says_back(self, target: TcpAddress, proxy: Proxies, size: int = 10_000, **options: Any) -> None:
        """What goes through the proxy comes back whole."""
        caller = await self.call(target, proxy, **options)
        data = os.urandom(size)
        caller.transport.write(data)
        self.assertEqual(await caller.heard(size), data)
        caller.transport.loseConnection()
        await caller.lost
        await deferLater(reactor, 0)  # type: ignore[arg-type]  # the reactor is a module

    async def fails(self, kind: type[TnetError], target: TcpAddress, proxy: Proxies, **options: Any) -> Any:
        """The error that dialling through the proxy ends in."""
        return await self.assertFailure(self.call(target, proxy, **options), kind)

    def trusting(self, **plan: Any) -> TlsDialing:
        """TLS that believes our authority."""
        return TlsDialing(ca_file=self.ca_file, **plan)


class ConnectTests(Case):
    """HTTP proxies."""

    async def test_plain(self) -> None:
        """Bytes pass both ways, and the story has the attempt, the way and the connection."""
        await self.says_back(self.echo(), self.tinyproxy())
        (attempt,) = self.world.recorder.of(DialAttempted)
        self.assertEqual(attempt.outcome, "ok")
        self.assertEqual([(span.span, span.outcome) for span in self.world.recorder.of(SpanEnded)], [("proxy", "ok")])
        self.assertEqual(self.world.recorder.of(DnsAnswered), [])
        (closed,) = self.world.recorder.of(ConnectionClosed)
        self.assertEqual((closed.bytes_in >= 10_000, closed.bytes_out >= 10_000), (True, True))

    async def test_secured(self) -> None:
        """TLS is with the target, whose name is checked."""
        await self.says_back(self.echo(secure=True), self.squid(), tls=self.trusting())
        (handshake,) = self.world.recorder.of(TlsHandshaken)
        self.assertEqual((handshake.outcome, handshake.subject), ("ok", "CN=localhost"))

    async def test_login(self) -> None:
        """The proxy's login is given, a wrong one and a missing one are refused with advice."""
        proxy = self.tinyproxy("BasicAuth me secret")
        target = self.echo()
        await self.says_back(target, replace(proxy, user="me", password="secret"))
        for login in ({}, {"user": "me", "password": "wrong"}):
            error = await self.fails(ProxyRefused, target, replace(proxy, **login))
            self.assertEqual(error.exit_status, 97)
            self.assertIn(f"proxy http://127.0.0.1:{proxy.port} refused: 40", str(error))

    async def test_refused_by_a_rule(self) -> None:
        """A proxy's rules are told in its own words."""
        proxy = self.squid("acl bad port 25", "http_access deny bad")
        error = await self.fails(ProxyRefused, TcpAddress("localhost", 25), proxy)
        self.assertIn("403 Forbidden: ERROR: The requested URL could not be retrieved", str(error))

    async def test_target_that_refuses(self) -> None:
        """A target that cannot be reached from there is the proxy's refusal."""
        error = await self.fails(ProxyRefused, self.refusing(), self.tinyproxy())
        self.assertIn(" refused: 50", str(error))

    async def test_proxy_that_is_not_there(self) -> None:
        """A proxy that cannot be reached is named."""
        nowhere = self.refusing()
        error = await self.fails(ConnectFailed, self.echo(), Proxy("http", nowhere.host, nowhere.port))
        self.assertIn(f"cannot connect to proxy 127.0.0.1:{nowhere.port}", str(error))
        self.assertEqual(error.exit_status, 7)

    async def test_only_what_is_the_proxys(self) -> None:
        """Case 8: CONNECT carries the target and the proxy's login, and the target hears nothing of that."""
        asked: list[bytes] = []

        def talk(peer: socket.socket) -> None:
            asked.append(receive_until(peer, b"\r\n\r\n"))
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            asked.append(receive_until(peer, b"\n"))

        proxy = Proxy("http", "127.0.0.1", ThreadedServer(self, talk).port, "me", "secret")
        caller = await self.call(TcpAddress("h.example", 80), proxy)
        caller.transport.write(b"hello\n")
        await caller.lost
        lines = b"CONNECT h.example:80 HTTP/1.1\r\nHost: h.example:80\r\n"
        self.assertEqual(asked, [lines + b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n", b"hello\n"])


class SecuredProxyTests(Case):
    """https proxies."""

    async def test_tls_inside_tls(self) -> None:
        """Eight MiB go through two layers of TLS and back, at once and at the slower one's pace."""
        proxy = self.behind_tls(self.tinyproxy())
        tls = await ClientTls.open(self.trusting(), self.world.context)
        await self.says_back(self.echo(secure=True), proxy, 8 * MIB, tls=tls, proxy_tls=tls)
        (handshake,) = self.world.recorder.of(TlsHandshaken)
        self.assertEqual((handshake.outcome, handshake.subject), ("ok", "CN=localhost"))

    async def test_plain_inside_tls(self) -> None:
        """A plain connection goes through as well, and waits for no handshake of its own."""
        proxy = self.behind_tls(self.tinyproxy())
        await self.says_back(self.echo(), proxy, MIB, proxy_tls=self.trusting())
        self.assertEqual(self.world.recorder.of(TlsHandshaken), [])

    async def test_insecure_is_not_for_the_proxy(self) -> None:
        """Case 48: who accepts any target still checks the proxy, before it is told of the target."""
        proxy = self.behind_tls(self.tinyproxy())
        error = await self.fails(CertificateRejected, self.echo(secure=True), proxy, tls=TlsDialing(verify=False))
        self.assertEqual(error.exit_status, 60)
        self.assertIn(f"certificate of proxy 127.0.0.1:{proxy.port} rejected", str(error))

    async def test_pins_are_not_for_the_proxy(self) -> None:
        """Case 49: a pin is the target's, also through a proxy, also unchecked."""
        proxy = self.behind_tls(self.tinyproxy())
        tls = TlsDialing(verify=False, pins=(pin_of(bytes(32)),))
        await self.fails(PinMismatch, self.echo(secure=True), proxy, tls=tls, proxy_tls=self.trusting())


class SocksTests(Case):
    """SOCKS proxies."""

    async def test_names_there_and_here(self) -> None:
        """A name is looked up by the proxy, or by us."""
        proxy, target = self.microsocks(), self.echo()
        await self.says_back(target, proxy)
        self.assertEqual(self.world.recorder.of(DnsAnswered), [])
        await self.says_back(target, replace(proxy, scheme="socks5"))
        self.assertEqual([answer.host for answer in self.world.recorder.of(DnsAnswered)], ["localhost"])

    async def test_known_addresses(self) -> None:
        """A name that nobody knows leads to the address that it was given."""
        target = replace(self.echo(), host="nowhere.invalid")
        await self.says_back(target, replace(self.microsocks(), scheme="socks5"), addresses=("127.0.0.1",))

    async def test_next_address(self) -> None:
        """An address that the proxy does not reach is followed by the next one."""
        target = self.echo()
        await self.says_back(target, replace(self.microsocks(), scheme="socks5"), addresses=("127.0.0.2", "127.0.0.1"))

    async def test_secured(self) -> None:
        """TLS goes through as anything else."""
        await self.says_back(self.echo(secure=True), self.microsocks(), MIB, tls=self.trusting())

    async def test_login(self) -> None:
        """The login is given; a wrong one and a missing one are refused."""
        proxy, target = self.microsocks("-u", "me", "-P", "secret"), self.echo()
        await self.says_back(target, replace(proxy, user="me", password="secret"))
        for login in ({}, {"user": "me", "password": "wrong"}):
            error = await self.fails(ProxyRefused, target, replace(proxy, **login))
            self.assertEqual(error.exit_status, 97)

    async def test_target_that_refuses(self) -> None:
        """The proxy's reason is told."""
        error = await self.fails(ProxyRefused, self.refusing(), self.microsocks())
        self.assertIn("the target refused the connection", str(error))


class ChainTests(Case):
    """Several proxies, one through the other."""

    async def test_every_kind(self) -> None:
        """CONNECT, SOCKS, CONNECT again: all bytes pass both ways, and the target is asked for by its name."""
        chain = (self.tinyproxy(), self.microsocks(), self.squid())
        await self.says_back(self.echo(), chain, MIB)
        self.assertEqual([each.outcome for each in self.world.recorder.of(DialAttempted)], ["ok"])
        self.assertEqual([span.span for span in self.world.recorder.of(SpanEnded)], ["proxy"] * 3)
        self.assertEqual(self.world.recorder.of(DnsAnswered), [])

    async def test_tls_at_every_step(self) -> None:
        """TLS to the target inside TLS to the second proxy inside TLS to the first."""
        tls = await ClientTls.open(self.trusting(), self.world.context)
        chain = (self.behind_tls(self.tinyproxy()), self.behind_tls(self.squid()))
        await self.says_back(self.echo(secure=True), chain, MIB, tls=tls, proxy_tls=tls)

    async def test_each_its_own_login(self) -> None:
        """A wrong login names the proxy that did not take it, and no secret."""
        first = replace(self.tinyproxy("BasicAuth me secret"), user="me", password="secret")
        second = self.microsocks("-u", "you", "-P", "hidden")
        await self.says_back(self.echo(), (first, replace(second, user="you", password="hidden")))
        error = await self.fails(ProxyRefused, self.echo(), (first, replace(second, user="you", password="wrong")))
        self.assertIn(f"proxy socks5h://127.0.0.1:{second.port} refused", str(error))
        self.assertNotIn("wrong", str(error))

    async def test_second_that_is_not_there(self) -> None:
        """A proxy that its predecessor cannot reach is that one's refusal."""
        nowhere, first = self.refusing(), self.tinyproxy()
        error = await self.fails(ProxyRefused, self.echo(), (first, Proxy("http", nowhere.host, nowhere.port)))
        self.assertIn(f"proxy http://127.0.0.1:{first.port} refused: 50", str(error))


class GreetingTests(Case):
    """The PROXY protocol, told to nginx."""

    def nginx(self, *, secure: bool = False) -> TcpAddress:
        """A server that wants a header, and says whose connection it was told of."""
        port = free_port()
        certificate, key = self.pair
        tls = f"ssl_certificate {certificate}; ssl_certificate_key {key};" if secure else ""
        (self.folder / "nginx.conf").write_text(
            f"daemon off; pid {self.folder}/nginx.pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; {_nginx_folders(self.folder)} server {{ {tls}\n"
            f"listen 127.0.0.1:{port} proxy_protocol{' ssl' if secure else ''};\n"
            "location / { return 200 '$proxy_protocol_addr:$proxy_protocol_port>$proxy_protocol_server_addr:"
            "$proxy_protocol_server_port\\n'; } } }\n"
        )
        self.run_proxy("http", port, "nginx", "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder))
        return TcpAddress("127.0.0.1", port)

    async def asked(self, target: TcpAddress, **options: Any) -> bytes:
        """What nginx says that it was told, and how it should have been."""
        caller = await Deferred.fromCoroutine(
            dial(target, Caller, self.world.context, self.world.publisher.trace(), **options)
        )
        ours = caller.transport.getHost()
        caller.transport.write(b"GET / HTTP/1.0\r\n\r\n")
        await caller.lost
        told = bytes(caller.data).rpartition(b"\r\n\r\n")[2]
        self.assertTrue(caller.data.startswith(b"HTTP/1.1 200 "), bytes(caller.data))
        if "via" not in options:
            self.assertEqual(told, f"127.0.0.1:{ours.port}>127.0.0.1:{target.port}\n".encode())
        return told

    async def test_both_versions(self) -> None:
        """It takes either version for what it is, in clear and before TLS."""
        for version in ("v1", "v2"):
            await self.asked(self.nginx(), proxy_protocol=version)
            tls = self.trusting(server_name="localhost")
            await self.asked(self.nginx(secure=True), proxy_protocol=version, tls=tls)

    async def test_behind_a_proxy(self) -> None:
        """Through a proxy it is not told addresses that would be wrong."""
        told = await self.asked(self.nginx(), proxy_protocol="v1", via=self.tinyproxy())
        self.assertNotIn(b"127.0.0.1", told)


def _nginx_folders(folder: Path) -> str:
    """Directives that keep nginx out of folders that are not ours."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


class FetchTests(Case):
    """Requests through proxies."""

    def setUp(self) -> None:
        super().setUp()
        self.heads: dict[str, list[bytes]] = {}

    def server(self, name: str, answer: bytes, *, secure: bool = False) -> int:
        """The port of a server that keeps the heads it gets under `name`, and says `answer` to each."""
        heads = self.heads.setdefault(name, [])
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*self.pair)

        def talk(peer: socket.socket) -> None:
            with tls.wrap_socket(peer, server_side=True) if secure else peer as connection:
                heads.append(receive_until(connection, b"\r\n\r\n"))
                connection.sendall(answer)

        return ThreadedServer(self, talk).port

    async def get(self, url: str, environ: dict[str, str] | None = None, **plan: Any) -> bytes:
        """The body of the final answer."""
        asked = FetchPlan(method="GET", urls=(url,), **plan)
        client = await Client.open(asked, self.world.context, Ledger(awake=False))
        client.hops.environ = environ or {}
        try:
            async with client.ask(client.first_request(url), 1) as response:
                body = b""
                while data := await response.read():
                    body += data
                return body
        finally:
            await client.close()

    async def test_whole_requests_to_the_proxy(self) -> None:
        """Case 8: what is not secured goes to the proxy whole, with its login, of which the origin hears nothing."""
        port = self.server("origin", OK)
        proxy = replace(self.tinyproxy("BasicAuth me secret"), user="me", password="secret")
        self.assertEqual(await self.get(f"http://localhost:{port}/x", way=Way(proxy=proxy)), b"hello")
        (head,) = self.heads["origin"]
        self.assertTrue(head.startswith(b"GET /x HTTP/1."), head)
        self.assertIn(b"Host: localhost:%d\r\n" % port, head)
        self.assertNotIn(b"authorization", head.lower())

    async def test_tunnels_for_what_is_secured(self) -> None:
        """Case 8: through CONNECT and through SOCKS the origin gets the request, and the proxy only the way."""
        port = self.server("origin", OK, secure=True)
        for proxy in (self.squid(), self.microsocks()):
            way = Way(proxy=replace(proxy, user="me", password="secret"), tls=self.trusting(), version="1.1")
            self.assertEqual(await self.get(f"https://localhost:{port}/x", way=way), b"hello")
        for head in self.heads["origin"]:
            self.assertTrue(head.startswith(b"GET /x HTTP/1.1\r\nHost: localhost:%d\r\n" % port), head)
            self.assertNotIn(b"authorization", head.lower())

    async def test_each_proxy_its_own_login(self) -> None:
        """Case 8: a redirect to another scheme leads through another proxy, which hears nothing of the first login."""
        moved = b"HTTP/1.1 302 Found\r\nLocation: https://h.example/\r\nContent-Length: 0\r\n\r\n"
        plain = self.server("plain", moved)
        secured = self.server("secured", b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        environ = {
            "http_proxy": f"http://a:secret-a@127.0.0.1:{plain}",
            "https_proxy": f"http://b:secret-b@127.0.0.1:{secured}",
        }
        await self.assertFailure(Deferred.fromCoroutine(self.get("http://h.example/", environ)), ProxyRefused)
        login_a, login_b = b64encode(b"a:secret-a"), b64encode(b"b:secret-b")
        (asked,), (opened,) = self.heads["plain"], self.heads["secured"]
        self.assertTrue(asked.startswith(b"GET http://h.example/ HTTP/1.1\r\n"))
        self.assertEqual((login_a in asked, login_b in asked), (True, False))
        self.assertTrue(opened.startswith(b"CONNECT h.example:443 HTTP/1.1\r\n"))
        self.assertEqual((login_a in opened, login_b in opened), (False, True))

    async def test_moved_and_known(self) -> None:
        """`--connect-to` and `--resolve` change where a connection goes, and neither the name checked nor asked for."""
        port = self.server("origin", OK, secure=True)
        for override in (
            Override("localhost", 443, addresses=("127.0.0.1",)),
            Override("localhost", 443, to_host="127.0.0.1", to_port=port),
        ):
            url = f"https://localhost:{port}/" if override.addresses else "https://localhost/"
            way = Way(overrides=(replace(override, port=0),), tls=self.trusting(), version="1.1")
            self.assertEqual(await self.get(url, way=way), b"hello")
        self.assertIn(b"Host: localhost\r\n", self.heads["origin"][1])
        self.assertEqual(self.world.recorder.of(DnsAnswered), [])


class ExceptedHostsTests(Case):
    """`--noproxy` beside curl's."""

    def test_as_curl_has_it(self) -> None:
        """Which hosts no proxy is for is the same for curl and for us."""
        if shutil.which("curl") is None:
            raise SkipTest("curl is not installed")

        def answers(code: int) -> int:
            def talk(peer: socket.socket) -> None:
                receive_until(peer, b"\r\n\r\n")
                peer.sendall(b"HTTP/1.1 %d x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % code)

            return ThreadedServer(self, talk).port

        direct, proxy = answers(200), answers(418)
        for patterns, host in (
            ("*", "h.example"),
            ("example", "h.example"),
            (".example", "h.example"),
            (".example", "example"),
            ("h.example", "xh.example"),
            ("h.example", "H.EXAMPLE"),
            ("a.example, h.example", "h.example"),
            ("a.example b.example", "b.example"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.2", "127.0.0.1"),
            ("127.0.0.0/8", "127.0.0.1"),
            ("10.0.0.0/8,192.168.0.0/16", "127.0.0.1"),
            ("127.0.0.0/31", "127.0.0.1"),
            ("127", "127.0.0.1"),
        ):
            command = [
                "curl", "-q", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--proxy", f"http://127.0.0.1:{proxy}",
                "--noproxy", patterns, "--resolve", f"{host.lower()}:{direct}:127.0.0.1", f"http://{host}:{direct}/",
            ]  # fmt: skip
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
            self.assertEqual(parse_no_proxy(patterns).covers(host, direct), done.stdout == b"200", (patterns, host))
