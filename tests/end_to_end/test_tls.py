"""TLS with OpenSSL's own client and server as the peer, on loopback."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import Any
from unittest import SkipTest

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost, ProcessExitedAlready
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, ProcessProtocol, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from tests.certificates import Pems, days, make_authority, self_signed, write_pair
from tests.end_to_end.real_world import RealWorld
from tnet.errors import CertificateRejected, TlsFailed
from tnet.events.kinds import TlsHandshaken
from tnet.net.dial import dial
from tnet.net.tap import Tap
from tnet.net.tls.authority import Authority, default_folder
from tnet.net.tls.serving import ServerTls
from tnet.plans import TcpAddress
from tnet.plans.tls import TlsDialing, TlsServing

OPENSSL = shutil.which("openssl")


class Openssl(ProcessProtocol):
    """A running `openssl`; `said` is its output so far, and `when` waits for a part of it."""

    transport: Any

    def __init__(self) -> None:
        self.said = ""
        self.ended: Deferred[None] = Deferred()
        self._waiting: list[tuple[re.Pattern[str], Deferred[re.Match[str]]]] = []

    def when(self, pattern: str) -> Deferred[re.Match[str]]:
        """Fires with: the match, as soon as the output has one; fails when the process ends before."""
        waiting = (re.compile(pattern), Deferred[re.Match[str]]())
        self._waiting.append(waiting)
        self._look()
        return waiting[1]

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        self.said += data.decode("utf-8", "replace")
        self._look()

    def processEnded(self, reason: Failure) -> None:
        self._look()
        waiting, self._waiting = self._waiting, []
        for pattern, each in waiting:
            each.errback(AssertionError(f"openssl never said {pattern.pattern!r} but:\n{self.said}"))
        self.ended.callback(None)

    def _look(self) -> None:
        for pair in tuple(self._waiting):
            if match := pair[0].search(self.said):
                self._waiting.remove(pair)
                pair[1].callback(match)


@implementer(IHalfCloseableProtocol)
class Client(Protocol):
    """Keeps what it gets; half-closeable, as the more demanding of protocols are."""

    transport: Any

    def __init__(self) -> None:
        self.data = b""
        self.lost: Deferred[BaseException | None] = Deferred()
        self._wanted: tuple[bytes, Deferred[None]] | None = None

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        if self._wanted is not None and self._wanted[0] in self.data:
            wanted, self._wanted = self._wanted, None
            wanted[1].callback(None)

    def readConnectionLost(self) -> None:
        raise AssertionError("TLS is never half closed")

    writeConnectionLost = readConnectionLost

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost.callback(reason.value)

    def got(self, data: bytes) -> Deferred[None]:
        """Fires with: None, as soon as `data` has come."""
        self._wanted = (data, Deferred())
        deferred = self._wanted[1]
        self.dataReceived(b"")
        return deferred


class Echo(Protocol):
    """Says hello, and sends back what comes; its own transport paces it."""

    transport: Any

    def connectionMade(self) -> None:
        self.transport.registerProducer(self.transport, True)
        self.transport.write(b"hello\n")

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.transport.unregisterProducer()


class OpensslTestCase(TestCase):
    """A test with an authority and `openssl` processes that end with it."""

    timeout = 30

    def setUp(self) -> None:
        if OPENSSL is None:
            raise SkipTest("openssl is not installed")
        self.world = RealWorld()
        self.authority = make_authority()
        self.ca_file = self.file(self.authority.pem)
        before = os.environ.get("XDG_DATA_HOME")
        os.environ["XDG_DATA_HOME"] = os.path.abspath(self.mktemp())
        self.addCleanup(os.environ.__setitem__, "XDG_DATA_HOME", before) if before else self.addCleanup(
            os.environ.pop, "XDG_DATA_HOME"
        )

    def file(self, data: bytes) -> str:
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(data)
        return path

    def openssl(self, *arguments: str) -> Openssl:
        running = Openssl()
        command = ["openssl", *arguments]
        reactor.spawnProcess(running, str(OPENSSL), command, env=dict(os.environ), path=None)  # type: ignore[attr-defined]
        self.addCleanup(self.end, running)
        return running

    def end(self, running: Openssl) -> Deferred[None]:
        try:
            running.transport.signalProcess("KILL")
        except ProcessExitedAlready:
            pass
        return running.ended


class ClientTests(OpensslTestCase):
    """Our client against `openssl s_server`."""

    async def serve(self, pems: Pems | None = None, *options: str) -> tuple[TcpAddress, Openssl]:
        """A server that sends each line back reversed, and where it listens."""
        certificate, key = write_pair(self.mktemp(), pems or self.authority.leaf(["localhost", "127.0.0.1"]))
        running = self.openssl(
            "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-rev", *options
        )
        match = await running.when(r"ACCEPT 127\.0\.0\.1:(\d+)")
        return TcpAddress("127.0.0.1", int(match[1])), running

    def dial(self, target: TcpAddress, **plan: Any) -> Deferred[Client]:
        asked = TlsDialing(**({"ca_file": self.ca_file} | plan))
        trace = self.world.publisher.trace()
        return Deferred.fromCoroutine(dial(target, Client, self.world.context, trace, tls=asked, seconds=10))

    async def error(self, target: TcpAddress, **plan: Any) -> Any:
        """The error that dialling ends with; the event says the same."""
        error = await self.assertFailure(self.dial(target, **plan), TlsFailed)
        event = self.world.recorder.of(TlsHandshaken)[-1]
        self.assertEqual((event.outcome, event.error), ("failed", error.reason))
        return error

    async def test_conversation(self) -> None:
        """Bytes go both ways, are counted as plaintext, and the end is clean."""
        target, _ = await self.serve()
        client = await self.dial(target)
        client.transport.write(b"abc\n")
        await client.got(b"cba\n")
        self.assertEqual((client.transport.bytes_in, client.transport.bytes_out), (4, 4))
        (event,) = self.world.recorder.of(TlsHandshaken)
        self.assertEqual((event.outcome, event.tls_version), ("ok", "TLSv1.3"))
        self.assertEqual((event.subject, event.issuer), ("CN=localhost", "CN=Test authority"))
        self.assertIn("25519", event.group)
        self.assertEqual([line.partition(" · ")[0] for line in event.chain], ["CN=localhost", "CN=Test authority"])
        client.transport.loseConnection()
        self.assertIsInstance(await client.lost, ConnectionDone)

    async def test_rejected_certificates(self) -> None:
        """C32: each kind of bad certificate has its own line, names the certificate, and shows the chain."""
        names = ["127.0.0.1"]
        for pems, words in (
            (make_authority("Stranger").leaf(names), "it was issued by CN=Stranger, which is not trusted here"),
            (self_signed(names), "it is self-signed"),
            (self.authority.leaf(names, not_after=days(-1)), "it expired on"),
            (self.authority.leaf(names, not_before=days(1)), "it is not valid before"),
            (self.authority.leaf(["localhost", "127.0.0.2"]), "it is for localhost, 127.0.0.2, not for 127.0.0.1"),
        ):
            target, _ = await self.serve(pems)
            error = await self.error(target)
            self.assertIsInstance(error, CertificateRejected)
            self.assertIn(words, error.reason)
            self.assertTrue(error.subject.startswith("CN="))
            self.assertTrue(
                self.world.recorder.of(TlsHandshaken)[-1].chain[0].startswith(f"{error.subject} · issued by")
            )

    async def test_old_server(self) -> None:
        """C32: a server that speaks only TLS 1.0 or 1.1 has no version in common with us, and has to be updated."""
        for version in ("-tls1", "-tls1_1"):
            target, _ = await self.serve(None, version, "-cipher", "ALL:@SECLEVEL=0")
            error = await self.error(target)
            self.assertEqual(error.reason, "no version of TLS in common (we speak 1.2 and 1.3)")
            self.assertIn("its owner has to update it", error.hint)

    async def test_no_application_protocol(self) -> None:
        """C32: a server with other application protocols refuses, and what we offered is told."""
        target, _ = await self.serve(None, "-alpn", "http/1.1")
        error = await self.error(target, alpn=("h3",))
        self.assertEqual(error.reason, "no application protocol in common: we offered h3")

    async def test_client_certificate_wanted(self) -> None:
        """C32: a server that wants a certificate says so in the handshake (1.2) or just after it (1.3)."""
        wanting = ("-Verify", "1", "-CAfile", self.ca_file, "-verify_return_error")
        target, _ = await self.serve(None, *wanting, "-tls1_2")
        self.assertEqual((await self.error(target)).reason, "the peer wants a client certificate")
        target, _ = await self.serve(None, *wanting)
        client = await self.dial(target)
        reason = await client.lost
        assert isinstance(reason, TlsFailed), reason
        self.assertEqual(reason.reason, "the peer wants a client certificate")

    async def test_client_certificate(self) -> None:
        """A server that wants a certificate gets ours."""
        target, _ = await self.serve(None, "-Verify", "1", "-CAfile", self.ca_file, "-verify_return_error")
        certificate, key = write_pair(self.mktemp(), self.authority.leaf(["client.example"]), "client")
        client = await self.dial(target, certificate_file=certificate, key_file=key)
        client.transport.write(b"abc\n")
        await client.got(b"cba\n")
        client.transport.loseConnection()
        await client.lost

    async def test_truncated(self) -> None:
        """C32: a server that is killed has cut the connection short: that is no clean end."""
        target, running = await self.serve()
        client = await self.dial(target)
        client.transport.write(b"abc\n")
        await client.got(b"cba\n")
        running.transport.signalProcess("KILL")
        self.assertIsInstance(await client.lost, ConnectionLost)

    async def test_plaintext_port(self) -> None:
        """C32: dialling a plaintext port with TLS says what is wrong, and shows the banner."""
        port = reactor.listenTCP(0, Factory.forProtocol(Echo), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(port.stopListening)
        error = await self.error(TcpAddress("127.0.0.1", port.getHost().port))
        self.assertEqual(error.reason, "the port does not speak TLS: it says hello")
        self.assertIn("check the port", error.hint)


class ServerTests(OpensslTestCase):
    """Our server against `openssl s_client`."""

    async def listen(self, plan: TlsServing, alpn: tuple[bytes, ...] = ()) -> int:
        """An echo server over TLS, and its port."""
        listening = [TcpAddress("127.0.0.1", 0, tls=True)]
        tls = await ServerTls.open(plan, self.world.context, listening, alpn=alpn)
        tapped = Tap(Factory.forProtocol(Echo), self.world.publisher, role="server")
        port = reactor.listenTCP(0, tls.wrap(tapped), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(port.stopListening)
        return int(port.getHost().port)

    def client(self, port: int, *options: str) -> Openssl:
        return self.openssl("s_client", "-connect", f"127.0.0.1:{port}", *options)

    async def closed(self, running: Openssl) -> None:
        """Let the client end as it does at the end of its input, and wait for both ends."""
        running.transport.closeStdin()
        await running.ended

    async def test_local_authority(self) -> None:
        """C35: OpenSSL's client accepts our certificate for every local name, and gets a paced server's banner."""
        port = await self.listen(TlsServing())
        public = Authority(default_folder()).public_path
        for check in (("-verify_hostname", "localhost"), ("-verify_ip", "127.0.0.1"), ("-verify_ip", "::1")):
            client = self.client(port, "-CAfile", public, "-verify_return_error", *check)
            await client.when(r"Verify return code: 0 \(ok\)")
            await client.when("hello")
            client.transport.write(b"some line\n")
            await client.when("some line")
            await self.closed(client)

    async def test_versions(self) -> None:
        """TLS 1.2 and 1.3 are spoken, 1.1 is refused."""
        port = await self.listen(TlsServing())
        for option, said in (("-tls1_2", r"TLSv1\.2, Cipher is ECDHE"), ("-tls1_3", r"TLSv1\.3, Cipher is TLS_")):
            client = self.client(port, option)
            await client.when(said)
            await client.when("hello")
            await self.closed(client)
        client = self.client(port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        await client.when("alert protocol version")
        await client.ended
        (event,) = [each for each in self.world.recorder.of(TlsHandshaken) if each.outcome == "failed"]
        self.assertIn("no version of TLS in common", event.error)

    async def test_renegotiation(self) -> None:
        """A TLS 1.2 client that asks to renegotiate does not get it."""
        client = self.client(await self.listen(TlsServing()), "-tls1_2")
        await client.when("hello")
        client.transport.write(b"R\n")
        await client.when("no renegotiation")
        await client.ended

    async def test_application_protocol(self) -> None:
        """Our first protocol that the client has, too, is chosen."""
        port = await self.listen(TlsServing(), alpn=(b"h2", b"http/1.1"))
        client = self.client(port, "-alpn", "http/1.1,h2")
        await client.when("ALPN protocol: h2")
        await self.closed(client)

    async def test_client_authority(self) -> None:
        """With a client authority a stranger is turned away, and one of its own is let in."""
        port = await self.listen(TlsServing(client_ca_file=self.ca_file))
        stranger = self.client(port)
        await stranger.when("alert certificate required")
        await stranger.ended
        certificate, key = write_pair(self.mktemp(), self.authority.leaf(["client.example"]))
        friend = self.client(port, "-cert", certificate, "-key", key)
        await friend.when("hello")
        await self.closed(friend)

    async def test_two_processes_at_once(self) -> None:
        """Two processes that need the local authority at the same time end up with the same one."""
        program = (
            "import sys; from tnet.net.tls.authority import *; "
            "sys.stdout.write(str(Authority(sys.argv[1]).leaf(('localhost',)).chain[0].issuer.rfc4514_string()))"
        )
        folder = os.path.abspath(self.mktemp())
        both = [self._python(program, folder) for _ in range(2)]
        issuers = {(await running.when(r"CN=tnet local authority.*"))[0] for running in both}
        for running in both:
            await running.ended
        self.assertEqual(len(issuers), 1)

    def _python(self, program: str, *arguments: str) -> Openssl:
        running = Openssl()
        command = [sys.executable, "-c", program, *arguments]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        reactor.spawnProcess(running, sys.executable, command, env=environment)  # type: ignore[attr-defined]
        self.addCleanup(self.end, running)
        return running
