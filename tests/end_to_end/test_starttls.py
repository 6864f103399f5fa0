"""STARTTLS with the servers that people have: Exim, Dovecot, vsftpd, Prosody, OpenLDAP and PostgreSQL."""

from __future__ import annotations

import os
import struct
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.certificates import make_authority
from tests.end_to_end.peers import Peer, everything
from tests.end_to_end.postgres import Postgres
from tests.end_to_end.real_world import RealWorld
from tests.end_to_end.starttls_peers import StartTlsPeer
from tnet.errors import CertificateRejected, PinMismatch, StartTlsRefused
from tnet.events.kinds import ConnectionOpened, SpanEnded, TlsHandshaken
from tnet.net.dial import dial
from tnet.plans import TcpAddress
from tnet.plans.tls import TlsDialing

# What can be said once TLS stands, and what the answer holds.
STREAM = b"<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
STARTUP = b"user\0tnet\0database\0postgres\0\0"
SESSIONS = {
    "smtp": (b"EHLO [127.0.0.1]\r\n", b"250 HELP"),
    "imap": (b"a LOGOUT\r\n", b"a OK"),
    "pop3": (b"QUIT\r\n", b"+OK Logging out"),
    "ftp": (b"QUIT\r\n", b"221 Goodbye."),
    "xmpp": (b"<?xml version='1.0'?>" + STREAM, b"<mechanisms "),
    "ldap": (b"\x30\x0c\x02\x01\x02\x60\x07\x02\x01\x03\x04\0\x80\0", b"\x02\x01\x02\x61"),
    "postgres": (struct.pack("!II", len(STARTUP) + 8, 3 << 16) + STARTUP, b"SCRAM-SHA-256"),
}


class Listener(Protocol):
    """Keeps what comes, and tells when something is among it."""

    transport: Any

    def __init__(self) -> None:
        self.data = b""
        self.lost: Deferred[None] = Deferred()
        self._wanted: tuple[bytes, Deferred[None]] | None = None

    def got(self, wanted: bytes) -> Deferred[None]:
        """Fires with: None, once `wanted` has come; fails when the connection ends before."""
        self._wanted = (wanted, Deferred())
        deferred = self._wanted[1]
        self._look()
        return deferred

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        self._look()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._wanted is not None:
            self._wanted[1].errback(AssertionError(f"only {self.data!r} came"))
        self.lost.callback(None)

    def _look(self) -> None:
        if self._wanted is not None and self._wanted[0] in self.data:
            deferred = self._wanted[1]
            self._wanted = None
            deferred.callback(None)


class StartTlsCase(TestCase):
    """A test with an authority and a world."""

    timeout = 60

    def setUp(self) -> None:
        self.world = RealWorld()
        self.authority = make_authority()
        self.pems = self.authority.leaf(["localhost", "127.0.0.1"])
        self.ca_file = os.path.abspath(self.mktemp())
        with open(self.ca_file, "wb") as file:
            file.write(self.authority.pem)

    def dial(self, dialect: str, port: int, **plan: Any) -> Deferred[Listener]:
        """Connect by the name that is in the certificate, over IPv4, where the servers of this test are."""
        asked = TlsDialing(**({"ca_file": self.ca_file} | plan))
        target, trace = TcpAddress("localhost", port), self.world.publisher.trace()
        dialling = dial(target, Listener, self.world.context, trace, tls=asked, starttls=dialect, family=4, seconds=20)
        return Deferred.fromCoroutine(dialling)

    async def converse(self, dialect: str, port: int) -> None:
        """TLS stands after the right words, its peer is verified, and the session that follows is ours alone."""
        client = await self.dial(dialect, port)
        (handshake,) = self.world.recorder.of(TlsHandshaken)
        self.assertEqual((handshake.outcome, handshake.sni), ("ok", "localhost"))
        self.assertIn("CN=localhost · issued by CN=Test authority", handshake.chain[0])
        (span,) = self.world.recorder.of(SpanEnded)
        self.assertEqual((span.span, span.outcome), ("starttls", "ok"))
        self.assertEqual(client.data, b"")
        say, wanted = SESSIONS[dialect]
        client.transport.write(say)
        await client.got(wanted)
        client.transport.abortConnection()
        await client.lost

    async def not_offered(self, dialect: str, port: int) -> None:
        """A server without TLS is refused, with nothing said to it in clear, and no connection of the user's."""
        error = await self.assertFailure(self.dial(dialect, port), StartTlsRefused)
        self.assertEqual((error.peer, int(error.exit_status)), (f"localhost:{port}", 35))
        self.assertEqual(self.world.recorder.of(ConnectionOpened), [])


class ServerTests(StartTlsCase):
    """Each dialect against a server that speaks it."""

    async def talk(self, dialect: str) -> None:
        await self.converse(dialect, StartTlsPeer(self, dialect, self.pems).port)

    async def refuse(self, dialect: str) -> None:
        await self.not_offered(dialect, StartTlsPeer(self, dialect, self.pems, tls=False).port)

    async def test_smtp(self) -> None:
        """C36: Exim."""
        await self.talk("smtp")

    async def test_imap(self) -> None:
        """C36: Dovecot, for IMAP."""
        await self.talk("imap")

    async def test_pop3(self) -> None:
        """C36: Dovecot, for POP3."""
        await self.talk("pop3")

    async def test_ftp(self) -> None:
        """C36: vsftpd."""
        await self.talk("ftp")

    async def test_xmpp(self) -> None:
        """C36: Prosody."""
        await self.talk("xmpp")

    async def test_ldap(self) -> None:
        """C36: OpenLDAP."""
        await self.talk("ldap")

    async def test_postgres(self) -> None:
        """C36: PostgreSQL."""
        await self.converse("postgres", Postgres(self, self.pems).port)

    async def test_smtp_without(self) -> None:
        """C36: Exim that offers no TLS is not asked for it."""
        await self.refuse("smtp")

    async def test_imap_without(self) -> None:
        """C36: nor is Dovecot, for IMAP."""
        await self.refuse("imap")

    async def test_pop3_without(self) -> None:
        """C36: nor for POP3."""
        await self.refuse("pop3")

    async def test_ftp_without(self) -> None:
        """C36: vsftpd without TLS refuses."""
        await self.refuse("ftp")

    async def test_xmpp_without(self) -> None:
        """C36: Prosody without TLS does not offer it."""
        await self.refuse("xmpp")

    async def test_ldap_without(self) -> None:
        """C36: OpenLDAP without a certificate refuses."""
        await self.refuse("ldap")


class TrustTests(StartTlsCase):
    """TLS after STARTTLS is as careful as any other."""

    async def test_untrusted(self) -> None:
        """C32: a server of a strange authority is rejected, and its certificate is told of all the same."""
        peer = StartTlsPeer(self, "imap", make_authority("Stranger").leaf(["localhost"]))
        error = await self.assertFailure(self.dial("imap", peer.port), CertificateRejected)
        self.assertIn("issued by CN=Stranger", str(error))
        (handshake,) = self.world.recorder.of(TlsHandshaken)
        self.assertIn("CN=localhost · issued by CN=Stranger", handshake.chain[0])

    async def test_trust_on_first_use(self) -> None:
        """C32: a stranger is let in the first time, known the second, and refused with another key."""
        known, trusted = os.path.abspath(self.mktemp()), {"ca_file": None}
        peer = StartTlsPeer(self, "smtp", make_authority("Stranger").leaf(["elsewhere.example"]))
        for _ in range(2):
            client = await self.dial("smtp", peer.port, known_hosts=known, **trusted)
            client.transport.abortConnection()
            await client.lost
        with open(known, encoding="utf-8") as file:
            address, pin, _ = file.read().split()
        self.assertEqual(address, f"localhost:{peer.port}")
        with open(known, "w", encoding="utf-8") as file:
            file.write(f"{address} sha256//{'A' * 43}= 2026-01-01\n")
        error = await self.assertFailure(self.dial("smtp", peer.port, known_hosts=known), PinMismatch)
        self.assertIn(f"and is {pin} now", error.reason)


class InjectionTests(StartTlsCase):
    """C36: somebody in between who speaks before TLS does."""

    async def test_behind_the_go_ahead(self) -> None:
        """C36: what comes with the go-ahead is neither TLS nor the session's, and we say nothing more."""

        def inject(sock: Any) -> bytes:
            sock.sendall(b"220 mail.example\r\n")
            sock.recv(100)
            sock.sendall(b"250-mail.example\r\n250 STARTTLS\r\n")
            sock.recv(100)
            sock.sendall(b"220 go ahead\r\n250 you are logged in\r\n")
            try:
                return everything(sock)
            except ConnectionResetError:
                return b""

        peer = Peer(inject)
        port = int(peer.target.rpartition(":")[2])
        error = await self.assertFailure(self.dial("smtp", port), StartTlsRefused)
        self.assertIn("it sent more than its go-ahead before TLS", error.reason)
        self.assertEqual(peer.result, b"")
