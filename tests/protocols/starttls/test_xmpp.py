"""STARTTLS in XMPP."""

from __future__ import annotations

from tests.protocols.starttls.wire import DialectCase
from tnet.errors import StartTlsRefused
from tnet.protocols.starttls.dialects import upgrade_of
from tnet.protocols.starttls.xmpp import MOST_BYTES

TLS = b"xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
STREAM = (
    b"<?xml version='1.0'?><stream:stream id='1' from=\"server.example\" version='1.0' xmlns='jabber:client'"
    b" xmlns:stream='http://etherx.jabber.org/streams'>"
)
FEATURES = (
    b"<stream:features><starttls %b><required/></starttls><other xmlns='x'>a &gt; b</other></stream:features>" % TLS
)
ASK = b"<starttls %b/>" % TLS
OFFERED = (STREAM + FEATURES, ASK)


class XmppTests(DialectCase):
    """`Xmpp`."""

    dialect = "xmpp"
    first = (
        b"<?xml version='1.0'?><stream:stream to=\"server.example\" version='1.0' xmlns='jabber:client'"
        b" xmlns:stream='http://etherx.jabber.org/streams'>"
    )

    def test_opens(self) -> None:
        """C36: features and go-ahead lead to TLS, however they are written."""
        self.opens(OFFERED, (b"<proceed %b/>" % TLS, b""))
        prefixed = FEATURES.replace(b"<starttls xmlns", b"<t:starttls xmlns:t").replace(b"</st", b"</t:st", 1)
        self.opens((STREAM + b"\n" + prefixed, ASK), (b"<proceed %b></proceed>" % TLS, b""))

    def test_whom_it_asks(self) -> None:
        """The name is quoted; without one none is sent."""
        hostile = upgrade_of("xmpp", "h:1", "a'\"<b")
        self.assertIn(b' to="a\'&quot;&lt;b" version', hostile.begin())
        self.assertNotIn(b" to=", upgrade_of("xmpp", "h:1").begin())

    def test_not_offered(self) -> None:
        """C36: features without TLS, or with something of its name that is another's, are not enough."""
        for features in (b"<stream:features/>", FEATURES.replace(TLS, b"xmlns='x'")):
            self.assertIn("it does not offer TLS", self.refused(last=STREAM + features).reason)

    def test_refused(self) -> None:
        """C36: failure, an error of the stream and its end are refusals, shown as they came."""
        for last in (b"<failure %b/>" % TLS, b"<stream:error><x xmlns='y'/></stream:error>", b"</stream:stream>"):
            error = self.refused(OFFERED, last=last)
            self.assertEqual(error.reason, f"it refuses: {last.decode()}")
        self.assertIn("it refuses", self.refused(OFFERED, last=b"<proceed/>").reason)

    def test_other_protocols(self) -> None:
        """What is not XMPP is refused, and no entity is ever expanded."""
        for last in (b"HTTP/1.1 400 Bad Request\r\n\r\n<html>", b"<html><body>", b"</a>", b"<stream:stream>"):
            self.assertIn("it does not speak XMPP: ", self.refused(last=last).reason)
        bomb = b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"
        self.assertIn("XML that XMPP forbids", self.refused(last=bomb).reason)

    def test_endless(self) -> None:
        """Neither a tag nor a stanza may be without an end."""
        for last in (b"<" + b"a" * MOST_BYTES, STREAM + b"<stream:features>" + b"<a/>" * (MOST_BYTES // 4)):
            error = self.assertRaises(StartTlsRefused, self.begun().received, last)
            self.assertIn(f"more than {MOST_BYTES} bytes", error.reason)
