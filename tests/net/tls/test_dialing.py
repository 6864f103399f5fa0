"""A client's TLS."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import Deferred

from tests.certificates import make_authority, write_pair
from tests.net.tls.pairs import Pair, TlsTestCase
from tnet.errors import BadUsage, CaFileUnusable, CertificateRejected, OwnCertificateUnusable, TnetError
from tnet.events.kinds import Logged
from tnet.net.tls.dialing import ClientTls
from tnet.net.tls.serving import ServerTls
from tnet.plans.tls import TlsDialing, TlsServing


class ClientTests(TlsTestCase):
    """`ClientTls` and the connections that it makes."""

    def test_sends_the_name(self) -> None:
        """The host is sent as SNI in the form of DNS, also when the certificate is not checked."""
        for name, plan, sent in (
            ("Server.Example.", {}, b"server.example"),
            ("bücher.example", {"verify": False}, b"xn--bcher-kva.example"),
            ("server.example", {"server_name": "other.example", "verify": False}, b"other.example"),
            ("127.0.0.1", {"verify": False}, None),
            (None, {"verify": False}, None),
        ):
            pair = Pair(self.dialing(name, **plan), self.serving()).settle()
            self.assertEqual(pair.server_tls.getHandle().get_servername(), sent)

    def test_unverified(self) -> None:
        """Case 48: with `verify` off a stranger under a wrong name is accepted, and each time we are warned."""
        stranger = self.serving(make_authority().leaf(["other.example"]))
        self.assertEqual(Pair(self.dialing(verify=False), stranger).settle().client.handshakes, 1)
        (logged,) = self.world.recorder.of(Logged)
        self.assertEqual((logged.level, logged.text[:28]), ("warning", "certificates are not checked"))

    def test_server_name_is_checked_instead_of_the_host(self) -> None:
        """The plan's name decides, not the host that was dialled."""
        dialing = self.dialing("127.0.0.1", server_name="server.example")
        self.assertEqual(Pair(dialing, self.serving()).settle().client.handshakes, 1)

    def test_one_for_many_servers(self) -> None:
        """What was read, and warned of, once serves for any name; each name is checked for itself."""
        opened = ClientTls.open(TlsDialing(ca_file=self.file(self.authority.pem)), self.world.context)
        shared = self.successResultOf(Deferred.fromCoroutine(opened))
        for name, handshakes in (("server.example", 1), ("other.example", 0)):
            dialing = shared.named(name).towards("127.0.0.1")
            self.assertEqual(Pair(dialing, self.serving()).settle().client.handshakes, handshakes)

    def test_ca_file_replaces_all_other_trust(self) -> None:
        """With a CA file neither the system nor the local authority is believed."""
        self.environment(XDG_DATA_HOME=os.path.abspath(self.folder()), SSL_CERT_FILE=self.file(self.authority.pem))
        self.assertEqual(Pair(self.dialing(ca_file=None), self.serving()).settle().client.handshakes, 1)
        pair = Pair(self.dialing(ca_file=self.file(make_authority().pem)), self.serving()).settle()
        self.assertIsInstance(pair.client.reason, CertificateRejected)

    def test_client_certificate(self) -> None:
        """Our own certificate is shown to a server that asks for one."""
        certificate, key = write_pair(self.folder(), self.authority.leaf(["client.example"]), "client")
        dialing = self.dialing(certificate_file=certificate, key_file=key)
        pair = Pair(dialing, self.serving(client_ca_file=self.file(self.authority.pem))).settle()
        self.assertEqual(pair.server_tls.getHandle().get_peer_certificate().get_subject().CN, "client.example")

    def test_alpn(self) -> None:
        """Protocols are offered in the order of the plan; the server's order decides."""
        pair = Pair(self.dialing(alpn=("a", "b")), self.serving(alpn=(b"b", b"a"))).settle()
        self.assertEqual(pair.client_tls.negotiatedProtocol, b"b")

    def test_bad_files(self) -> None:
        """Case 50: files that cannot be used fail before anything is connected, each with its own exit status."""
        self.assertEqual(self.failed(CaFileUnusable, ca_file="/missing").exit_status, 77)
        self.assertEqual(self.failed(CaFileUnusable, ca_file=self.file(b"no certificate")).exit_status, 77)
        plan = {"verify": False, "certificate_file": "/missing", "key_file": "/missing"}
        self.assertEqual(self.failed(OwnCertificateUnusable, **plan).exit_status, 58)

    def test_no_name_to_check(self) -> None:
        """Verifying needs a name: a UNIX socket has none, and a bad one is refused by its option."""
        for name, plan in ((None, {}), ("server.example", {"server_name": "a..b"})):
            error = self.assertRaises(BadUsage, self.dialing, name, **plan)
            self.assertEqual(error.field, "--sni")

    def test_one_for_many(self) -> None:
        """One ClientTls makes connections to any number of names."""
        opened = self.opened(ca_file=self.file(self.authority.pem))
        for name in ("a.example", "b.example"):
            server = self.serving(self.authority.leaf([name]))
            self.assertEqual(Pair(opened.towards(name), server).settle().client.handshakes, 1)

    def opened(self, **plan: Any) -> ClientTls:
        """A ClientTls, its files read."""
        opening = Deferred.fromCoroutine(ClientTls.open(TlsDialing(**plan), self.world.context))
        return self.successResultOf(opening)

    def failed(self, error: type[TnetError], **plan: Any) -> Any:
        """The `error` that opening fails with."""
        opening = Deferred.fromCoroutine(ClientTls.open(TlsDialing(**plan), self.world.context))
        return self.failureResultOf(opening, error).value


class LocalAuthorityTests(TlsTestCase):
    """What this user's own authority signed."""

    def test_local_authority_is_believed(self) -> None:
        """A server with a certificate of the local authority is accepted without any option."""
        self.environment(XDG_DATA_HOME=os.path.abspath(self.folder()))
        server = ServerTls(TlsServing(), self.world.context)
        self.successResultOf(Deferred.fromCoroutine(server.reload()))
        dialing = self.dialing("localhost", ca_file=None)
        self.assertEqual(Pair(dialing, server).settle().client.handshakes, 1)
