"""One TLS session."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from OpenSSL import SSL
from twisted.internet.error import ConnectionDone

from tests.certificates import Pems, make_authority
from tests.net.tls.pairs import Pair, TlsTestCase, Witness
from tnet.errors import CertificateRejected, PinMismatch, TlsFailed
from tnet.net.tls.session import AT_ONCE_BYTES, HEARD_BYTES, RELIES_ON, Codes, TlsSession
from tnet.plans.tls import pin_of


class SessionTests(TlsTestCase):
    """`TlsSession`."""

    def rejection_code(self, *names: str, wanted: str) -> int | None:
        """Why a certificate for `names` is not accepted for `wanted`; None when it is."""
        pair = Pair(self.dialing(wanted), self.serving(self.authority.leaf(names)))
        session = pair.client_tls.getHandle()
        pair.settle()
        return session.rejection.code if session.rejection else None

    def test_names(self) -> None:
        """Case 48: a name matches itself and one level of a wildcard, an address only an address."""
        for names, wanted, expected in (
            (["a.example"], "a.example", None),
            (["a.example"], "A.Example.", None),
            (["b.example", "a.example"], "a.example", None),
            (["*.example.org"], "a.example.org", None),
            (["*.example.org"], "a.b.example.org", Codes.ERR_HOSTNAME_MISMATCH),
            (["*.example.org"], "example.org", Codes.ERR_HOSTNAME_MISMATCH),
            (["xn--bcher-kva.example"], "bücher.example", None),
            (["x*.example.org"], "bücher.example.org", Codes.ERR_HOSTNAME_MISMATCH),
            (["127.0.0.1"], "127.0.0.1", None),
            (["::1"], "0:0:0:0:0:0:0:1", None),
            (["127.0.0.1"], "127.0.0.2", Codes.ERR_IP_ADDRESS_MISMATCH),
            (["127.0.0.1"], "localhost", Codes.ERR_HOSTNAME_MISMATCH),
        ):
            self.assertEqual(self.rejection_code(*names, wanted=wanted), expected, (names, wanted))

    def test_rejection_is_kept(self) -> None:
        """A session keeps the certificate that it did not accept, and the name it looked for."""
        pair = Pair(self.dialing("a.example"), self.serving())
        session = pair.client_tls.getHandle()
        pair.settle()
        assert session.rejection is not None
        self.assertEqual((session.rejection.depth, session.rejection.wanted), (0, "a.example"))
        self.assertEqual(session.rejection.certificate.get_subject().CN, "server.example")

    def test_nothing_is_sent_to_a_rejected_peer(self) -> None:
        """Case 52: what was written before the verdict never reaches a peer whose certificate is not accepted."""
        pair = Pair(self.dialing("a.example"), self.serving(), client=Witness(b"secret")).settle()
        self.assertEqual((pair.server.data, pair.client_tls.bytes_out), (b"", 0))

    def test_pinned(self) -> None:
        """Case 49: a peer with one of the pinned keys is accepted, whoever else is pinned."""
        pems = self.authority.leaf(["server.example"])
        pins = (pin_of(bytes(32)), pin(pems))
        for plan in ({}, {"verify": False, "ca_file": None}):
            pair = Pair(self.dialing(pins=pins, **plan), self.serving(pems), client=Witness(b"secret")).settle()
            self.assertEqual((pair.client.handshakes, pair.server.data), (1, b"secret"))

    def test_not_pinned(self) -> None:
        """Case 49: another key is refused, checked or not, and not a byte is sent to it."""
        pems = self.authority.leaf(["server.example"])
        for verify in (True, False):
            dialing = self.dialing(pins=(pin_of(bytes(32)),), verify=verify)
            pair = Pair(dialing, self.serving(pems, alpn=()), client=Witness(b"secret"), server=Witness(b"hello"))
            pair.settle()
            self.assertEqual((pair.client.handshakes, pair.client.data, pair.server.data), (0, b"", b""))
            error = pair.client.reason
            assert isinstance(error, PinMismatch), error
            self.assertEqual((error.exit_status, error.reason), (90, f"its key is {pin(pems)}"))

    def test_certificate_comes_before_pin(self) -> None:
        """A certificate that is not trusted is called that, also with a pin."""
        stranger = make_authority().leaf(["server.example"])
        pair = Pair(self.dialing(pins=(pin(stranger),)), self.serving(stranger)).settle()
        self.assertIs(type(pair.client.reason), CertificateRejected)

    def test_an_error_while_judging_is_a_refusal(self) -> None:
        """When the judgement itself breaks, the certificate is not accepted."""
        pair = Pair(self.dialing(), self.serving())
        pair.client_tls.getHandle().require("not a name \u00fc")
        pair.settle()
        self.assertEqual((pair.client.handshakes, pair.server.data), (0, b""))
        self.assertIsNotNone(pair.client.reason)

    def test_offers_nothing_by_default(self) -> None:
        """Without protocols to offer there is no ALPN at all."""
        pair = Pair(self.dialing(), self.serving(alpn=(b"x",))).settle()
        self.assertEqual(pair.client.handshakes, 1)
        self.assertIsNone(pair.client_tls.negotiatedProtocol)

    def test_records_that_came_together_are_read_at_once(self) -> None:
        """However many there are, up to a bound; what was half of one is read with its other half."""
        pair = Pair(self.dialing(), self.serving()).settle()
        session = pair.client_tls.getHandle()
        sent = bytes(range(256)) * 1500
        came = encrypted(pair, sent)
        session.bio_write(came[:-1])
        first, second = session.recv(1), session.recv(1)
        self.assertRaises(SSL.WantReadError, session.recv, 1)
        session.bio_write(came[-1:])
        self.assertEqual(first + second + session.recv(1), sent)
        self.assertEqual((len(first), pair.client_tls.bytes_in), (AT_ONCE_BYTES, len(sent)))

    def test_what_precedes_a_fault_is_read(self) -> None:
        """And the fault is told as what it is."""
        pair = Pair(self.dialing(), self.serving()).settle()
        good, bad = encrypted(pair, b"before"), encrypted(pair, b"behind")
        pair.client_tls.dataReceived(good + bad[:-1] + bytes([bad[-1] ^ 1]))
        pair.settle()
        self.assertEqual(pair.client.data, b"before")
        assert isinstance(pair.client.reason, TlsFailed), pair.client.reason
        self.assertEqual(pair.client.reason.reason, "record layer failure")

    def test_what_precedes_the_end_is_read(self) -> None:
        """Also when close_notify came with it."""
        pair = Pair(self.dialing(), self.serving()).settle()
        pair.server_tls.write(b"last words")
        pair.server_tls.loseConnection()
        pair.settle()
        self.assertEqual(pair.client.data, b"last words")
        self.assertIsInstance(pair.client.reason, ConnectionDone)

    def test_contract_with_pyopenssl(self) -> None:
        """What is not promised is there, and OpenSSL is the one that pyOpenSSL uses."""
        session = Pair(self.dialing(), self.serving()).client_tls.getHandle()
        for name in RELIES_ON:
            self.assertTrue(hasattr(session, name), name)
        self.assertRaises(SSL.WantReadError, session._raise_ssl_error, session._ssl, -1)

    def test_is_a_connection(self) -> None:
        """It is what Twisted expects: an OpenSSL connection, which belongs to the transport that it counts for."""
        pair = Pair(self.dialing(), self.serving())
        session = pair.client_tls.getHandle()
        self.assertIsInstance(session, TlsSession)
        self.assertIsInstance(session, SSL.Connection)
        self.assertIs(session.get_app_data(), pair.client_tls)

    def test_heard(self) -> None:
        """How a peer began is kept in part while it may not be TLS, and forgotten once it is."""
        pair = Pair(self.dialing(), self.serving())
        session = pair.client_tls.getHandle()
        session.bio_write(b"\x16\x03")
        self.assertEqual(session.heard, b"\x16\x03")
        session.bio_write(b"x" * 2 * HEARD_BYTES)
        self.assertEqual(len(session.heard), HEARD_BYTES)
        well = Pair(self.dialing(), self.serving()).settle()
        self.assertEqual((well.client.handshakes, well.client_tls.getHandle().heard), (1, b""))
        well.server.transport.write(b"later")
        well.settle()
        self.assertEqual((well.client.data, well.client_tls.getHandle().heard), (b"later", b""))

    def test_shown_pin(self) -> None:
        """The key of the peer is told as a pin; a client that shows no certificate has none."""
        pair = Pair(self.dialing(), self.serving()).settle()
        self.assertTrue(str(pair.client_tls.getHandle().shown_pin).startswith("sha256//"))
        self.assertIsNone(pair.server_tls.getHandle().shown_pin)


def encrypted(pair: Pair, data: bytes) -> bytes:
    """What the server would send to say `data`."""
    session, sent = pair.server_tls.getHandle(), b""
    while data:
        data = data[session.send(data[: 1 << 14]) :]
        sent += session.bio_read(1 << 15)
    return sent


def pin(pems: Pems) -> str:
    """The pin of a certificate's key."""
    key = x509.load_pem_x509_certificate(pems[0]).public_key()
    return pin_of(hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest())
