"""A server's TLS."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from OpenSSL import SSL
from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Factory
from zope.interface import implementer

from tests.certificates import days, make_authority, write_pair
from tests.net.tls.pairs import Pair, TlsTestCase, Witness
from tests.support import AtOnce
from tnet.errors import CaFileUnusable, CertificateRejected, OwnCertificateUnusable
from tnet.events.kinds import Logged
from tnet.net.tls.authority import Authority
from tnet.net.tls.connection import TlsTransport
from tnet.net.tls.serving import ServerTls
from tnet.net.tls.signing import LEAF_DAYS
from tnet.plans import TcpAddress, UnixAddress
from tnet.plans.tls import TlsServing


class GivenCertificateTests(TlsTestCase):
    """`ServerTls` with a certificate of the user's."""

    def test_wrap(self) -> None:
        """A wrapped factory's protocols are secured, and know it."""
        factory = self.serving().wrap(Factory.forProtocol(Witness))
        self.assertIsInstance(factory.buildProtocol(None), TlsTransport)  # type: ignore[arg-type]  # unused

    def test_reload(self) -> None:
        """After a reload new connections see the new certificate, and the old ones go on."""
        server = self.serving()
        before = Pair(self.dialing(), server).settle()
        write_pair(os.path.dirname(str(server._plan.certificate_file)), self.authority.leaf(["new.example"]))
        self.successResultOf(Deferred.fromCoroutine(server.reload()))
        self.assertEqual(Pair(self.dialing("new.example"), server).settle().client.handshakes, 1)
        before.client_tls.write(b"still here")
        before.settle()
        self.assertEqual(before.server.data, b"still here")

    def test_bad_reload(self) -> None:
        """A reload that fails says why, and leaves the old certificate in use."""
        server = self.serving()
        certificate = str(server._plan.certificate_file)
        with open(certificate, "wb") as file:
            file.write(b"damage")
        error = self.failureResultOf(Deferred.fromCoroutine(server.reload()), OwnCertificateUnusable).value
        self.assertEqual(error.path, certificate)
        self.assertEqual(Pair(self.dialing(), server).settle().client.handshakes, 1)

    def test_client_authority(self) -> None:
        """With a client authority only its clients get in, and what they said before does not."""
        ca_file = self.file(self.authority.pem)
        own, stranger = (
            write_pair(self.folder(), authority.leaf(["client.example"]))
            for authority in (self.authority, make_authority())
        )
        for (certificate, key), heard in ((own, b"hello"), (stranger, b"")):
            dialing = self.dialing(certificate_file=certificate, key_file=key)
            pair = Pair(dialing, self.serving(client_ca_file=ca_file), client=Witness(b"hello")).settle()
            self.assertEqual(pair.server.data, heard)
        self.assertIsInstance(pair.server.reason, CertificateRejected)

    def test_client_authority_after_reload(self) -> None:
        """A client whose authority is no longer believed cannot come back with its old session."""
        ca_file = self.file(self.authority.pem)
        server = self.serving(client_ca_file=ca_file)
        certificate, key = write_pair(self.folder(), self.authority.leaf(["client.example"]))
        dialing = self.dialing(certificate_file=certificate, key_file=key)
        first = Pair(dialing, server).settle()
        with open(ca_file, "wb") as file:
            file.write(make_authority().pem)
        self.successResultOf(Deferred.fromCoroutine(server.reload()))
        session = first.client_tls.getHandle().get_session()
        second = Pair(Resuming(dialing, session), server, client=Witness(b"hello")).settle()
        self.assertEqual(second.server.data, b"")

    def test_bad_client_authority(self) -> None:
        """A client authority that cannot be read is an unusable CA file."""
        certificate, key = write_pair(self.folder(), self.authority.leaf(["a.example"]))
        plan = TlsServing(certificate_file=certificate, key_file=key, client_ca_file="/missing")
        self.failureResultOf(Deferred.fromCoroutine(ServerTls.open(plan, self.world.context, [])), CaFileUnusable)

    def test_renegotiation_is_refused(self) -> None:
        """A TLS 1.2 client may neither renegotiate nor compress, nor choose the cipher."""
        options = Pair(self.dialing(), self.serving()).server_tls.getHandle().set_options(0)
        for wanted in (SSL.OP_NO_RENEGOTIATION, SSL.OP_NO_COMPRESSION, SSL.OP_CIPHER_SERVER_PREFERENCE):
            self.assertTrue(options & wanted)


@implementer(IOpenSSLClientConnectionCreator)
class Resuming:
    """A client that offers an old session."""

    def __init__(self, dialing: Any, session: Any) -> None:
        self._dialing = dialing
        self._session = session

    def clientConnectionForTLS(self, tlsProtocol: Any) -> Any:
        connection = self._dialing.clientConnectionForTLS(tlsProtocol)
        connection.set_session(self._session)
        return connection


class Workers(AtOnce):
    """Workers that fail while they have an error to fail with."""

    error: Exception | None = None

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        return fail(self.error) if self.error else super().run(function, *args, **kwargs)


class LocalCertificateTests(TlsTestCase):
    """`ServerTls` with a certificate of the local authority."""

    def server(self, **options: Any) -> ServerTls:
        server = ServerTls(TlsServing(), self.world.context, ["192.0.2.7"], **options)
        self.successResultOf(Deferred.fromCoroutine(server.reload()))
        return server

    def test_covers_every_name(self) -> None:
        """The certificate is good for the names of this machine and for what is listened on."""
        authority = Authority(self.folder())
        server = self.server(authority=authority)
        for name in ("localhost", "127.0.0.1", "::1", "192.0.2.7"):
            dialing = self.dialing(name, ca_file=authority.public_path)
            self.assertEqual(Pair(dialing, server).settle().client.handshakes, 1, name)

    def test_open(self) -> None:
        """`open` takes the addresses of the listeners as they are."""
        self.environment(XDG_DATA_HOME=os.path.abspath(self.folder()))
        listen = [TcpAddress("192.0.2.9", 0, tls=True), UnixAddress("/run/x")]
        opening = Deferred.fromCoroutine(ServerTls.open(TlsServing(), self.world.context, listen))
        dialing = self.dialing("192.0.2.9", ca_file=None)
        self.assertEqual(Pair(dialing, self.successResultOf(opening)).settle().client.handshakes, 1)

    def test_renews_itself(self) -> None:
        """A server that lives longer than its certificate gets a new one, by itself and only once."""
        now = [days(0)]
        authority = Authority(self.folder(), lambda: now[0])
        server = self.server(authority=authority, now=lambda: now[0])
        ends = self.ends(server)
        self.assertEqual(self.ends(server), ends)
        now[0] += timedelta(days=LEAF_DAYS - 1)
        renewed = self.ends(server)
        self.assertGreater(renewed, ends)
        self.assertEqual(self.ends(server), renewed)

    def test_renewal_that_fails(self) -> None:
        """When renewing fails the old certificate is used on, the log says so, and a day later it is tried again."""
        now = [days(0)]
        failing = Workers()
        context = replace(self.world.context, workers=failing)
        authority = Authority(self.folder(), lambda: now[0])
        server = ServerTls(TlsServing(), context, authority=authority, now=lambda: now[0])
        self.successResultOf(Deferred.fromCoroutine(server.reload()))
        ends = self.ends(server)
        failing.error = OwnCertificateUnusable("ca", "No space left on device")
        now[0] += timedelta(days=LEAF_DAYS - 5)
        self.assertEqual((self.ends(server), self.ends(server)), (ends, ends))
        (logged,) = (line for line in self.world.recorder.of(Logged) if line.level == "error")
        self.assertIn("No space left on device", logged.text)
        failing.error = None
        now[0] += timedelta(days=2)
        self.assertGreater(self.ends(server), ends)

    def ends(self, server: ServerTls) -> datetime:
        """When the certificate that the next client sees expires."""
        pair = Pair(self.dialing("localhost", verify=False), server).settle()
        certificate = pair.client_tls.getHandle().get_peer_certificate(as_cryptography=True)
        return certificate.not_valid_after_utc  # type: ignore[no-any-return]
