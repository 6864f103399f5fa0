"""Failed handshakes in words: each failure is made by two real ends, then read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from OpenSSL import SSL
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IOpenSSLServerConnectionCreator
from zope.interface import implementer

from tests.certificates import days, make_authority, self_signed, write_pair
from tests.net.tls.pairs import Pair, TlsTestCase
from tnet.errors import CertificateRejected, ClientCertificateWanted, TlsFailed
from tnet.net.tls.contexts import modern_context
from tnet.net.tls.explain import explain, why_rejected
from tnet.net.tls.facts import NAMES_SHOWN
from tnet.net.tls.identity import load_identity
from tnet.net.tls.session import Codes, Rejection, TlsSession
from tnet.net.tls.trust import trust_file

NO_PROTOCOL = SSL.Error([("SSL routines", "", "tlsv1 alert no application protocol")])


@implementer(IOpenSSLClientConnectionCreator)
class OddClient:
    """A client whose context is what `change` makes of OpenSSL's own."""

    def __init__(self, change: Callable[[SSL.Context], None]) -> None:
        self._change = change

    def clientConnectionForTLS(self, tlsProtocol: Any) -> TlsSession:
        context = SSL.Context(SSL.TLS_METHOD)
        self._change(context)
        return TlsSession(context, tlsProtocol, is_server=False)


@implementer(IOpenSSLServerConnectionCreator)
class OldServer:
    """A server that has not heard of TLS 1.3, and may want certificates of its clients."""

    def __init__(self, certificate: str, key: str, client_ca_file: str | None) -> None:
        self._context = modern_context(SSL.TLS_SERVER_METHOD)
        self._context.set_max_proto_version(SSL.TLS1_2_VERSION)
        load_identity(certificate, key).install(self._context)
        self._asks = client_ca_file is not None
        if client_ca_file is not None:
            trust_file(self._context, client_ca_file)
            self._context.load_client_ca(client_ca_file.encode())

    def serverConnectionForTLS(self, tlsProtocol: Any) -> TlsSession:
        session = TlsSession(self._context, tlsProtocol, is_server=True)
        if self._asks:
            session.require()
        return session


class RejectedTests(TlsTestCase):
    """Certificates that a client does not accept."""

    def rejection(self, pems: Any, name: str = "server.example", **plan: Any) -> CertificateRejected:
        """What a client says of a server with these PEMs."""
        pair = Pair(self.dialing(name, **plan), self.serving(pems)).settle()
        self.assertEqual(pair.client.handshakes, 0)
        reason = pair.client.reason
        assert isinstance(reason, CertificateRejected), reason
        self.assertEqual(reason.peer, "server.example:443")
        return reason

    def test_untrusted(self) -> None:
        """Case 48: an authority that nobody knows is named, and the way out is shown."""
        error = self.rejection(make_authority("Somebody").leaf(["server.example"]))
        self.assertIn("issued by CN=Somebody, which is not trusted here", str(error))
        self.assertIn("(certificate: CN=server.example)", str(error))
        self.assertIn("--ca", error.hint)

    def test_untrusted_root_in_the_chain(self) -> None:
        """A chain that brings its own root is judged by that root."""
        other = make_authority("Somebody")
        certificate, key = other.leaf(["server.example"])
        error = self.rejection((certificate + other.pem, key))
        self.assertIn("its chain ends at CN=Somebody, which is not trusted here", error.reason)

    def test_self_signed(self) -> None:
        """Case 48: a certificate that vouches for itself is called that."""
        error = self.rejection(self_signed(["server.example"]))
        self.assertIn("self-signed", error.reason)
        self.assertIn("--ca", error.hint)

    def test_expired(self) -> None:
        """Case 48: the day on which it expired is told."""
        when = days(-3)
        error = self.rejection(self.authority.leaf(["server.example"], not_after=when))
        self.assertEqual(error.reason, f"it expired on {when.date().isoformat()}")

    def test_expired_authority(self) -> None:
        """When it is the authority that expired, the authority is named."""
        old = make_authority("Old root", not_after=days(-1))
        error = self.rejection(old.leaf(["server.example"]), ca_file=self.file(old.pem))
        self.assertIn("it expired on", error.reason)
        self.assertEqual(error.subject, "CN=Old root")

    def test_not_yet_valid(self) -> None:
        """The day from which it is valid is told, and the clock is suspected."""
        when = days(3)
        error = self.rejection(self.authority.leaf(["server.example"], not_before=when))
        self.assertEqual(error.reason, f"it is not valid before {when.date().isoformat()}")
        self.assertIn("clock", error.hint)

    def test_wrong_name(self) -> None:
        """Case 48: the names that it has are listed, a few of them."""
        names = [f"host{number}.example" for number in range(NAMES_SHOWN + 3)]
        error = self.rejection(self.authority.leaf(names))
        self.assertIn("it is for host0.example, host1.example", error.reason)
        self.assertIn(" and 3 more, not for server.example", error.reason)
        self.assertNotIn(names[-1], error.reason)

    def test_no_name(self) -> None:
        """Case 48: a certificate without names is for nobody, whatever its subject says."""
        error = self.rejection(self.authority.leaf([], common_name="server.example"))
        self.assertIn("it is for no host at all", error.reason)

    def test_wrong_address(self) -> None:
        """Case 48: an IP address is looked for among the addresses, not among the names."""
        error = self.rejection(self.authority.leaf(["192.0.2.1", "127.0.0.2.example"]), name="127.0.0.2")
        self.assertIn("192.0.2.1", error.reason)
        self.assertIn("not for 127.0.0.2", error.reason)

    def test_other_codes(self) -> None:
        """A code without words of its own is told by OpenSSL's name for it, and an unknown one by its number."""
        session = Pair(self.dialing(), self.serving()).settle().client_tls.getHandle()
        for code, words in ((Codes.ERR_INVALID_CA, "invalid ca"), (9999, "error 9999")):
            session.rejection = Rejection(code, 0, session.get_peer_certificate())
            self.assertIn(words, explain(SSL.Error([]), session, "peer").reason)


class FailedTests(TlsTestCase):
    """Handshakes that fail for other reasons."""

    def ends(self, pair: Pair) -> tuple[str, str]:
        """What the client and the server say."""
        pair.settle()
        for end in (pair.client, pair.server):
            self.assertIsInstance(end.reason, TlsFailed)
        return str(pair.client.reason), str(pair.server.reason)

    def test_plaintext_server(self) -> None:
        """C32: of a port that answers without TLS the banner is shown, and what to do with such a server."""
        for greeting, advice in (
            (b"220 mail.example ESMTP ready\r\n", "--starttls smtp"),
            (b"220-Welcome\r\n220 files\r\n", "--starttls ftp"),
            (b"* OK IMAP4rev2 ready\r\n", "--starttls imap"),
            (b"+OK ready\r\n", "--starttls pop3"),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP without TLS"),
            (b"SSH-2.0-OpenSSH\r\n", "SSH"),
            (b"hello, who is there?\r\n", "check the port"),
        ):
            reason = self.plaintext(greeting)
            line = greeting.partition(b"\r")[0].decode()
            self.assertEqual(reason.reason, f"the port does not speak TLS: it says {line}")
            self.assertIn(advice, reason.hint)

    def test_plaintext_behind_the_go_ahead(self) -> None:
        """Where a server agreed to TLS, plaintext means that somebody is in between: nothing advises to go without."""
        for greeting in (b"250 injected\r\n", b"HTTP/1.1 200 OK\r\n", b"\x00\x01\x02\x03\x04\x05"):
            pair = Pair(self.dialing(), self.serving())
            pair.client_tls.getHandle().was_asked = True
            pair.client_tls.dataReceived(greeting)
            reason = pair.settle().client.reason
            assert isinstance(reason, TlsFailed)
            self.assertIn("it agreed to TLS, but plaintext came: ", reason.reason)
            self.assertIn("somebody in between", reason.hint)
            self.assertNotIn("leave TLS out", reason.hint)

    def test_binary_server(self) -> None:
        """C32: what is no text is not shown, and what is too long is shown in part."""
        for greeting in (b"\x00\x01\x02\x03\x04\x05\x06", b"\xff\xfd\x01 login: ", b"\n\nhello\n"):
            self.assertEqual(self.plaintext(greeting).reason, "the port does not speak TLS")
        self.assertTrue(self.plaintext(b"y" * 5000).reason.endswith("y…"))

    def plaintext(self, greeting: bytes) -> TlsFailed:
        """What a client makes of a server that says this."""
        pair = Pair(self.dialing(), self.serving())
        pair.client_tls.dataReceived(greeting)
        pair.settle()
        reason = pair.client.reason
        assert isinstance(reason, TlsFailed)
        return reason

    def test_plaintext_client(self) -> None:
        """A client that speaks plain HTTP to a TLS port is told of, too."""
        for request in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"hello, is anybody there?\r\n", b"EHLO a\r\n"):
            pair = Pair(self.dialing(), self.serving())
            pair.server_tls.dataReceived(request)
            pair.settle()
            self.assertIn("the peer does not speak TLS", str(pair.server.reason))

    def test_old_version(self) -> None:
        """A client that knows only TLS 1.1 has no version in common with us."""

        def only_1_1(context: SSL.Context) -> None:
            context.set_cipher_list(b"ALL:@SECLEVEL=0")
            context.set_min_proto_version(SSL.TLS1_1_VERSION)
            context.set_max_proto_version(SSL.TLS1_1_VERSION)

        pair = Pair(OddClient(only_1_1), self.serving()).settle()
        self.assertIn("no version of TLS in common", str(pair.server.reason))

    def test_downgrade(self) -> None:
        """Case 51: a server that has only TLS 1.2 is refused by who wants 1.3, and who wants 1.2 takes it."""
        self.assertEqual(Pair(self.dialing(min_version="1.2"), self.only_1_2()).settle().client.handshakes, 1)
        error = Pair(self.dialing(min_version="1.3"), self.only_1_2()).settle().client.reason
        assert isinstance(error, TlsFailed)
        self.assertEqual(error.exit_status, 35)
        self.assertIn("no version of TLS in common (we speak 1.3 alone)", str(error))
        self.assertIn("allow 1.2", error.hint)

    def only_1_2(self, client_ca_file: str | None = None) -> OldServer:
        """A server of TLS 1.2 and no later version."""
        return OldServer(*write_pair(self.folder(), self.authority.leaf(["server.example"])), client_ca_file)

    def test_no_cipher(self) -> None:
        """A TLS 1.2 client without forward secrecy finds no cipher in common with us."""

        def only_rsa(context: SSL.Context) -> None:
            context.set_cipher_list(b"AES128-GCM-SHA256")
            context.set_max_proto_version(SSL.TLS1_2_VERSION)

        pair = Pair(OddClient(only_rsa), self.serving()).settle()
        self.assertIn("no cipher in common", str(pair.server.reason))

    def test_no_application_protocol(self) -> None:
        """Without an application protocol in common both ends say so; ours says what was offered."""
        client, server = self.ends(Pair(self.dialing(alpn=("h3", "x")), self.serving(alpn=(b"http/1.1",))))
        self.assertIn("no application protocol in common: we offered h3, x", client)
        self.assertEqual(explain(NO_PROTOCOL, self.session(), "peer").hint, "offer another, or none")
        self.assertIn("no application protocol in common", server)

    def test_client_certificate_wanted(self) -> None:
        """Case 50: a client without a certificate learns that the peer wants one, after its handshake in TLS 1.3."""
        ca_file = self.file(self.authority.pem)
        for server_creator in (self.serving(client_ca_file=ca_file), self.only_1_2(ca_file)):
            pair = Pair(self.dialing(), server_creator)
            client, server = self.ends(pair)
            self.assertIn("the peer wants a client certificate", client)
            self.assertIn("the client showed no certificate", server)
            assert isinstance(pair.client.reason, ClientCertificateWanted)
            self.assertEqual(pair.client.reason.exit_status, 98)
            self.assertIn("--cert", pair.client.reason.hint)

    def test_client_certificate_not_accepted(self) -> None:
        """A client with a stranger's certificate: the server names it, the client learns that it was refused."""
        certificate, key = write_pair(self.folder(), make_authority("Stranger").leaf(["client.example"]), "client")
        dialing = self.dialing(certificate_file=certificate, key_file=key)
        pair = Pair(dialing, self.serving(client_ca_file=self.file(self.authority.pem)))
        client, server = self.ends(pair)
        self.assertIsInstance(pair.client.reason, ClientCertificateWanted)
        self.assertIn("does not accept our certificate (unknown ca)", client)
        self.assertIn("issued by CN=Stranger", server)
        self.assertIn("(certificate: CN=client.example)", server)

    def test_our_certificate_is_not_accepted(self) -> None:
        """A server learns that its client does not believe its certificate."""
        _, server = self.ends(Pair(self.dialing(), self.serving(make_authority().leaf(["server.example"]))))
        self.assertIn("the peer does not accept our certificate", server)

    def test_closed_during_the_handshake(self) -> None:
        """A peer that goes away is told from one whose connection breaks."""
        pair = Pair(self.dialing(), self.serving())
        session = pair.client_tls.getHandle()
        for cause, words in ((ConnectionDone(), "closed"), (ConnectionLost(), "broke")):
            self.assertIn(f"the peer {words} the connection during", str(explain(cause, session, "peer")))
        pair.server_wire.loseConnection()
        pair.settle()
        self.assertIn("closed the connection during the handshake", str(pair.client.reason))
        self.assertIn("check that the port speaks TLS", pair.client.reason.hint)

    def test_reason_of_a_doubt(self) -> None:
        """C32: what is wrong with a certificate can be told although it was accepted."""
        session = Pair(self.dialing(), self.serving()).settle().client_tls.getHandle()
        rejection = Rejection(Codes.ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0, session.get_peer_certificate())
        self.assertIn("self-signed", why_rejected(rejection))

    def session(self) -> TlsSession:
        """A client's session that has not begun."""
        made: TlsSession = Pair(self.dialing(), self.serving()).client_tls.getHandle()
        return made

    def test_unknown_reason(self) -> None:
        """What nobody has words for is told in OpenSSL's."""
        session = Pair(self.dialing(), self.serving()).client_tls.getHandle()
        for queue, words in (([("a", "b", "Strange Thing")], "strange thing"), ([], "unknown error")):
            error = explain(SSL.Error(queue), session, "peer")
            self.assertEqual(error.reason, words)
            self.assertIsInstance(error.__cause__, SSL.Error)
