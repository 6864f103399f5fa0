"""One TLS session."""

from __future__ import annotations

from OpenSSL import SSL

from tests.net.tls.pairs import Pair, TlsTestCase, Witness
from tnet.net.tls.session import Codes, TlsSession


class SessionTests(TlsTestCase):
    """`TlsSession`."""

    def rejection_code(self, *names: str, wanted: str) -> int | None:
        """Why a certificate for `names` is not accepted for `wanted`; None when it is."""
        pair = Pair(self.dialing(wanted), self.serving(self.authority.leaf(names)))
        session = pair.client_tls.getHandle()
        pair.settle()
        return session.rejection.code if session.rejection else None

    def test_names(self) -> None:
        """A name matches itself and one level of a wildcard; an address matches only an address."""
        for names, wanted, expected in (
            (["a.example"], "a.example", None),
            (["a.example"], "A.Example.", None),
            (["b.example", "a.example"], "a.example", None),
            (["*.example.org"], "a.example.org", None),
            (["*.example.org"], "a.b.example.org", Codes.ERR_HOSTNAME_MISMATCH),
            (["*.example.org"], "example.org", Codes.ERR_HOSTNAME_MISMATCH),
            (["xn--bcher-kva.example"], "bücher.example", None),
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
        """What was written before the verdict never reaches a peer whose certificate is not accepted."""
        pair = Pair(self.dialing("a.example"), self.serving(), client=Witness(b"secret")).settle()
        self.assertEqual((pair.server.data, pair.client_tls.bytes_out), (b"", 0))

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

    def test_is_a_connection(self) -> None:
        """It is what Twisted expects: an OpenSSL connection, which belongs to the transport that it counts for."""
        pair = Pair(self.dialing(), self.serving())
        session = pair.client_tls.getHandle()
        self.assertIsInstance(session, TlsSession)
        self.assertIsInstance(session, SSL.Connection)
        self.assertIs(session.get_app_data(), pair.client_tls)
