"""The facts of a TLS connection."""

from __future__ import annotations

from cryptography import x509
from OpenSSL.crypto import X509

from tests.certificates import days
from tests.net.tls.pairs import Pair, TlsTestCase
from tnet.net.tls.facts import (
    MOST_CERTIFICATES,
    MOST_NAMES,
    NAME_CHARACTERS,
    TlsFacts,
    bounded,
    certificate_facts,
    chain,
    names,
    public_key_pin,
    subject,
)
from tnet.plans.tls import parse_pins


class Shown:
    """A session whose peer has shown these certificates, none of which anybody believed."""

    def __init__(self, certificates: list[X509] | None) -> None:
        self._certificates = certificates

    def get_peer_cert_chain(self) -> list[X509] | None:
        return self._certificates

    def get_verified_chain(self) -> None:
        return None


class FactsTests(TlsTestCase):
    """`certificate_facts`."""

    def test_established(self) -> None:
        """Version, cipher, protocol and the peer's certificate are told."""
        until = days(30).replace(microsecond=0)
        pems = self.authority.leaf(["server.example", "127.0.0.1"], not_after=until)
        pair = Pair(self.dialing(alpn=("x",)), self.serving(pems, alpn=(b"x",))).settle()
        facts = certificate_facts(pair.client_tls.getHandle())
        self.assertEqual((facts.version, facts.alpn), ("TLSv1.3", "x"))
        self.assertIn("TLS_", str(facts.cipher))
        self.assertIn("25519", str(facts.group))
        self.assertEqual(facts.sni, "server.example")
        self.assertEqual((facts.subject, facts.issuer), ("CN=server.example", "CN=Test authority"))
        self.assertEqual(facts.not_after, until.isoformat().replace("+00:00", "Z"))
        self.assertEqual(facts.names, ("server.example", "127.0.0.1"))

    def test_certificate(self) -> None:
        """Its beginning, its number and its key are told, the key as it can be pinned."""
        pems = self.authority.leaf(["server.example"])
        facts = certificate_facts(Pair(self.dialing(), self.serving(pems)).settle().client_tls.getHandle())
        certificate = self.certificate(pems[0])
        self.assertEqual(int(str(facts.serial), 16), certificate.get_serial_number())
        self.assertEqual(facts.not_before, certificate.to_cryptography().not_valid_before_utc.strftime("%FT%TZ"))
        self.assertEqual(facts.pin, public_key_pin(certificate))
        self.assertEqual(parse_pins(str(facts.pin)), (facts.pin,))

    def test_peer_without_certificate(self) -> None:
        """A client that showed none has no certificate to tell of."""
        facts = certificate_facts(Pair(self.dialing(), self.serving()).settle().server_tls.getHandle())
        self.assertEqual((facts.subject, facts.names, facts.version), (None, (), "TLSv1.3"))

    def test_before_the_handshake(self) -> None:
        """Where nothing was agreed on there is nothing to tell, but the name that is asked for."""
        facts = certificate_facts(Pair(self.dialing(), self.serving()).client_tls.getHandle())
        self.assertEqual(facts, TlsFacts(sni="server.example"))

    def test_rejected(self) -> None:
        """A certificate that was not accepted is described all the same."""
        pair = Pair(self.dialing("a.example"), self.serving())
        session = pair.client_tls.getHandle()
        pair.settle()
        self.assertEqual(certificate_facts(session).subject, "CN=server.example")
        self.assertTrue(certificate_facts(session).chain[0].startswith("CN=server.example · issued by CN=Test auth"))

    def test_chain(self) -> None:
        """C32: each certificate has its line: that of the peer, and the root that we have of our own."""
        until = days(30)
        pems = self.authority.leaf([f"{letter}.example" for letter in "abcdef"] + ["server.example"], not_after=until)
        facts = certificate_facts(Pair(self.dialing(), self.serving(pems)).settle().client_tls.getHandle())
        first, root = facts.chain
        self.assertIn("CN=a.example · issued by CN=Test authority · ", first)
        self.assertIn(f"to {until.date().isoformat()} · for a.example, b.example, c.example, d.example and 3", first)
        self.assertTrue(first.endswith(f" · {facts.pin}"))
        self.assertTrue(root.startswith("CN=Test authority · issued by CN=Test authority · "))

    def test_long_chain(self) -> None:
        """Of a chain without an end only the beginning is told."""
        certificate = self.certificate(self.authority.pem)
        self.assertEqual(len(chain(Shown([certificate] * 99))), MOST_CERTIFICATES)
        self.assertEqual(chain(Shown(None)), ())

    def test_bounds(self) -> None:
        """A certificate with too much in it is told in part."""
        many = [f"host{number}.example" for number in range(MOST_NAMES + 5)]
        certificate = self.certificate(self.authority.leaf(many)[0])
        self.assertEqual(len(names(certificate)), MOST_NAMES)
        self.assertEqual(bounded("x" * NAME_CHARACTERS), "x" * NAME_CHARACTERS)
        self.assertEqual(bounded("x" * 1000), "x" * (NAME_CHARACTERS - 1) + "…")

    def test_peer_text_is_raw(self) -> None:
        """Control characters stay: whoever shows them escapes them."""
        pems = self.authority.leaf(["server.example"], common_name="a\x1b[2Jb")
        self.assertIn("\x1b[2J", subject(self.certificate(pems[0])))

    def certificate(self, pem: bytes) -> X509:
        return X509.from_cryptography(x509.load_pem_x509_certificate(pem))
